import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mntui.crash import CrashPoints
from mntui.settings import Settings
from mntui.wire.codec import encode
from mntui.wire.frames import framed
from mntui.wire.holder import read_holder
from mntui.wire.protocol import PROTOCOL, Hello
from mntui.worker.daemon import READY, REFUSED, Ending, host
from mntui.worker.lock import take_lock

TOY = Path(__file__).parents[1] / "engines" / "toy_engine.py"
SECONDS = 30.0


def environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, **settings.environment(), "PYTHONPATH": str(TOY.parents[2])}


def detached(settings: Settings) -> subprocess.CompletedProcess[str]:
    """Start as a client does: this ends when the worker serves, or couldn't."""
    return run_to_its_end(settings, TOY, "--detach")


def run_to_its_end(settings: Settings, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def listens(settings: Settings) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(settings.socket)) == 0


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_free(settings: Settings) -> bool:
    lock = take_lock(settings.worker_lock)
    if lock is not None:
        lock.release()
    return lock is not None


def pid_of(settings: Settings) -> int:
    holder = read_holder(settings.worker_lock)
    assert holder is not None
    return holder.pid


@pytest.fixture
def foreground(settings: Settings) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [sys.executable, TOY], env=environment(settings), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            until(lambda: listens(settings))
            yield process
        finally:
            process.kill()


def test_the_one_who_starts_it_goes_when_the_worker_serves(settings: Settings):
    started = detached(settings)
    assert (started.returncode, started.stdout, started.stderr) == (0, "", "")
    assert listens(settings)
    holder = read_holder(settings.worker_lock)
    assert holder is not None
    assert holder.socket == str(settings.socket)
    assert os.getsid(holder.pid) == holder.pid, "it is in a session of its own"


def test_everything_it_writes_is_private_to_its_user(settings: Settings):
    detached(settings)
    paths = [settings.home, settings.runtime, settings.worker_lock, settings.worker_log, settings.socket]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in paths} == {0}


def test_two_starts_at_once_make_one_worker_and_both_are_content(settings: Settings):
    starts = [
        subprocess.Popen([sys.executable, TOY, "--detach"], env=environment(settings), stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [(start.communicate(timeout=SECONDS)[1], start.returncode) for start in starts] == [(b"", 0)] * 3
    assert settings.worker_log.read_text().count("serves") == 1


def test_a_second_start_leaves_the_first_worker_as_it_is(settings: Settings):
    detached(settings)
    first = pid_of(settings)
    assert detached(settings).returncode == 0
    assert pid_of(settings) == first


def test_sigterm_ends_it_in_order(settings: Settings, foreground: "subprocess.Popen[str]"):
    foreground.send_signal(signal.SIGTERM)
    assert foreground.wait(SECONDS) == 0
    assert not settings.socket.exists()
    assert settings.worker_lock.read_bytes() == b""
    assert is_free(settings)


def test_a_worker_that_was_killed_leaves_nothing_in_the_way_of_the_next(settings: Settings):
    detached(settings)
    killed = pid_of(settings)
    os.kill(killed, signal.SIGKILL)
    until(lambda: not listens(settings))
    assert settings.socket.exists()
    assert detached(settings).returncode == 0
    assert pid_of(settings) != killed
    assert listens(settings)


def test_a_worker_waits_for_one_that_goes(settings: Settings):
    settings.runtime.mkdir(mode=0o700)
    lock = take_lock(settings.worker_lock)
    assert lock is not None
    with subprocess.Popen([sys.executable, TOY, "--detach"], env=environment(settings)) as waiting:
        until(settings.worker_log.exists)
        assert waiting.poll() is None
        lock.release()
        assert waiting.wait(SECONDS) == 0
    assert listens(settings)


def test_without_anything_to_do_it_ends_by_itself(settings: Settings):
    assert detached(replace(settings, idle_seconds=0.2)).returncode == 0
    until(lambda: is_free(settings))
    assert "worker goes: ended" in settings.worker_log.read_text()


def test_a_client_keeps_it_there(settings: Settings):
    detached(replace(settings, idle_seconds=0.2))
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(settings.socket))
        client.sendall(framed(encode(Hello(PROTOCOL, "0.1.0", 1))))
        assert b"welcome" in client.recv(1000)
        client.settimeout(0.6)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert "worker goes" not in settings.worker_log.read_text()
    until(lambda: is_free(settings))


def test_folders_that_can_not_be_used_are_refused_in_two_lines(settings: Settings):
    settings.runtime.touch()
    refused = detached(settings)
    assert refused.returncode == REFUSED
    assert len(refused.stderr.splitlines()) == 2
    assert "is not a folder" in refused.stderr or "can't be made private" in refused.stderr


def test_crash_points_that_make_no_sense_are_refused(settings: Settings):
    refused = detached(replace(settings, crash_at="log.sync:never"))
    assert refused.returncode == REFUSED
    assert "MNTUI_CRASH_AT" in refused.stderr
    assert is_free(settings)


def test_a_bug_at_the_start_is_told_to_the_log_and_by_the_exit_code(settings: Settings):
    (settings.home / "toy.journal").write_bytes(b"no fact\n")
    assert detached(settings).returncode == 1
    assert "WireProblem" in settings.worker_log.read_text()
    until(lambda: is_free(settings))


def test_a_failure_of_the_worker_ends_the_process_as_if_killed(settings: Settings):
    program = (
        "import sys, threading\n"
        "from mntui.worker.daemon import main\n"
        "from tests.engines.toy_engine import ToyEngine\n"
        "class Lost(Exception): pass\n"
        "def build(settings, crash, fatal):\n"
        "    threading.Timer(0.1, fatal, [Lost('the journal')]).start()\n"
        "    return ToyEngine(settings.home)\n"
        "sys.exit(main(load=lambda: build))\n"
    )
    run = run_to_its_end(settings, "-c", program)
    assert run.returncode == 1
    assert "Lost: the journal" in run.stderr
    assert is_free(settings)


async def test_the_first_reason_to_go_counts():
    ending = Ending()
    ending.ask("replaced")
    ending.ask("stopped")
    assert await ending.wait(lambda: True, 60) == "replaced"


async def test_work_keeps_it_and_then_the_quiet_ends_it():
    looks = iter([True, True, False, False, False])
    assert await Ending().wait(lambda: next(looks, False), 0.02) == "ended"


def test_the_worker_is_given_the_crash_points_of_its_settings(settings: Settings):
    given = []

    def build(settings, crash, fatal):
        given.append(crash)
        raise ChildProcessError("far enough")

    settings.runtime.mkdir(mode=0o700)
    with pytest.raises(ChildProcessError):
        host(replace(settings, crash_at="log.sync:3"), build, lambda _text: None)
    assert isinstance(given[0], CrashPoints)


def test_where_another_serves_it_says_ready_and_leaves(settings: Settings):
    detached(settings)
    said: list[str] = []
    assert host(settings, lambda *_parts: pytest.fail("a second worker was built"), said.append) == 0
    assert said == [READY]


async def test_a_worker_that_is_told_to_go_while_it_adopts_goes() -> None:
    ending = Ending()
    adopting = asyncio.Event()

    async def adopt() -> None:
        adopting.set()
        await asyncio.Event().wait()

    allowed = asyncio.ensure_future(ending.allows(adopt()))
    await adopting.wait()
    ending.ask("ended")
    assert await allowed is False


async def test_a_run_that_fails_while_it_is_adopted_ends_the_worker_with_its_reason() -> None:
    ending = Ending()

    async def adopt() -> None:
        ending.fail(OSError("the journal is lost"))
        await asyncio.Event().wait()

    with pytest.raises(OSError, match="the journal is lost"):
        await ending.allows(adopt())


async def test_a_failing_adoption_tells_its_own_reason() -> None:
    async def adopt() -> None:
        raise LookupError("no such plan")

    with pytest.raises(LookupError, match="no such plan"):
        await Ending().allows(adopt())
