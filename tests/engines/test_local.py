"""Real processes and real sockets: the toy's daemon behind a LocalEngine, killed, stopped and replaced."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from mntui.core.messages import (
    Accepted,
    AskStatus,
    Denied,
    Happened,
    Opened,
    RunFilter,
    Start,
    Started,
    Update,
    WorkerStatus,
)
from mntui.core.requests import Approve, Pause, Resume, Signal
from mntui.engines.base import EngineGone
from mntui.engines.launch import Launch, launch_of, start_worker, stop_worker, worker_status
from mntui.engines.link import Patience
from mntui.engines.local import Follower, LocalEngine
from mntui.settings import Settings
from mntui.wire.codec import decode, encode
from mntui.wire.frames import FRAME_BYTES, FrameReader, write_frame
from mntui.wire.holder import Holder, note_of, read_holder
from mntui.wire.protocol import PROTOCOL, Closing, Drain, Hello, Welcome, Why
from tests.engines.toy_engine import PLAN, Fact, RunPaused

TOY = (sys.executable, str(Path(__file__).with_name("toy_engine.py")))
SHORT = Patience(hello=0.3, silence=0.3, start=20.0)
APPROVE = Approve("a1", "d1")


@pytest.fixture
def launch(settings: Settings) -> Launch:
    return Launch(settings, TOY, Patience(start=20.0))


@pytest.fixture
async def engine(launch: Launch) -> AsyncIterator[LocalEngine]:
    async with LocalEngine(launch.settings, launch) as engine:
        yield engine


def pid_of(settings: Settings) -> int:
    holder = read_holder(settings.worker_lock)
    assert holder is not None
    return holder.pid


async def started(engine: LocalEngine) -> Started:
    answer = await engine.start(Start("asks", "/"))
    assert isinstance(answer, Started)
    return answer


class Watcher:
    """A watch read by a task: `upto` waits for a number, `ended` for the end."""

    def __init__(self, engine: LocalEngine, run: str) -> None:
        self.updates: list[Update] = []
        self.grown = asyncio.Event()
        self.task = asyncio.create_task(self._read(engine, run))

    async def _read(self, engine: LocalEngine, run: str) -> None:
        async for update in engine.watch(run):
            self.updates.append(update)
            self.grown.set()

    @property
    def seqs(self) -> list[int]:
        return [fact.seq for u in self.updates if isinstance(u, Opened | Happened) for fact in u.facts]

    async def upto(self, seq: int) -> None:
        async with asyncio.timeout(30):
            while seq not in self.seqs:
                self.grown.clear()
                await self.grown.wait()

    async def ended(self) -> None:
        await asyncio.wait_for(self.task, 30)


# Starting


async def test_the_first_use_starts_a_worker_and_the_next_one_finds_it(engine: LocalEngine, settings: Settings):
    assert await engine.runs(RunFilter()) == ()
    pid = pid_of(settings)
    async with LocalEngine(settings, Launch(settings, ("/bin/false",))) as other:
        status = await other.query(AskStatus())
    assert isinstance(status, WorkerStatus)
    assert status.pid == pid


async def test_clients_at_once_start_one_worker(launch: Launch):
    engines = [LocalEngine(launch.settings, launch) for _ in range(3)]
    statuses = await asyncio.gather(*(engine.query(AskStatus()) for engine in engines))
    assert len({status.pid for status in statuses if isinstance(status, WorkerStatus)}) == 1
    for engine in engines:
        engine.close()


async def test_a_socket_that_nobody_listens_on_is_no_worker(engine: LocalEngine, settings: Settings):
    settings.runtime.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(settings.socket))
    assert await engine.runs(RunFilter()) == ()


async def test_a_worker_started_in_another_session_is_found_by_its_note(engine: LocalEngine, settings: Settings):
    await engine.runs(RunFilter())
    elsewhere = replace(settings, runtime=settings.runtime.with_name("y"))
    async with LocalEngine.connect_only(elsewhere) as other:
        status = await other.query(AskStatus())
    assert isinstance(status, WorkerStatus)
    assert status.pid == pid_of(settings)


async def test_an_engine_that_only_connects_starts_nothing(settings: Settings):
    async with LocalEngine.connect_only(settings) as engine:
        with pytest.raises(EngineGone, match="no worker runs") as caught:
            await engine.runs(RunFilter())
    assert "mntui worker start" in caught.value.remedy
    assert not settings.worker_lock.exists()


async def test_a_worker_that_can_not_start_says_why_by_the_end_of_its_log(engine: LocalEngine, settings: Settings):
    (settings.home / "toy.journal").write_bytes(b"no fact\n")
    with pytest.raises(EngineGone, match="couldn't start") as caught:
        await engine.runs(RunFilter())
    assert "WireProblem" in caught.value.remedy


async def test_a_worker_that_refuses_to_start_is_quoted(launch: Launch):
    settings = replace(launch.settings, crash_at="x:never")
    async with LocalEngine(settings, replace(launch, settings=settings)) as engine:
        with pytest.raises(EngineGone, match="MNTUI_CRASH_AT") as caught:
            await engine.runs(RunFilter())
    assert caught.value.remedy == "unset MNTUI_CRASH_AT"


async def test_a_start_that_takes_too_long_is_given_up(settings: Settings):
    launch = Launch(settings, ("/bin/sh", "-c", "exec sleep 60"), Patience(start=0.1))
    async with LocalEngine(settings, launch) as engine:
        with pytest.raises(EngineGone, match="doesn't serve after"):
            await engine.runs(RunFilter())


async def test_the_folder_a_command_was_typed_in_lends_no_code_to_the_worker(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "argparse.py").write_text("raise SystemExit('code of a stranger')")
    monkeypatch.chdir(tmp_path)
    status = await start_worker(launch_of(settings))
    assert status.home == str(settings.home)
    await stop_worker(launch_of(settings))


# Watching


async def test_a_watch_outlives_a_killed_worker_without_a_gap_or_a_repeat(engine: LocalEngine, settings: Settings):
    run = await started(engine)
    watcher = Watcher(engine, run.run)
    await watcher.upto(3)
    os.kill(pid_of(settings), signal.SIGKILL)
    await engine.send(run.run, Pause(), "me")
    await watcher.upto(4)
    os.kill(pid_of(settings), signal.SIGKILL)
    await engine.send(run.run, APPROVE, "me")
    await watcher.ended()
    assert watcher.seqs == list(range(1, 8))
    assert [type(update) for update in watcher.updates].count(Opened) == 1


async def test_a_watch_alone_brings_a_killed_worker_back(engine: LocalEngine, settings: Settings):
    run = await started(engine)
    watcher = Watcher(engine, run.run)
    await watcher.upto(3)
    killed = pid_of(settings)
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(30):
        while (holder := read_holder(settings.worker_lock)) is None or holder.pid == killed:
            await asyncio.sleep(0.01)
    await engine.send(run.run, APPROVE, "me")
    await watcher.ended()
    assert watcher.seqs == list(range(1, 7))


async def test_a_watch_goes_on_with_the_next_worker_after_a_sigterm(engine: LocalEngine, settings: Settings):
    run = await started(engine)
    watcher = Watcher(engine, run.run)
    await watcher.upto(3)
    os.kill(pid_of(settings), signal.SIGTERM)
    assert isinstance(await engine.send(run.run, APPROVE, "me"), Accepted)
    await watcher.ended()
    assert watcher.seqs == list(range(1, 7))


async def test_a_watch_ends_with_a_sentence_when_a_person_stops_the_worker(engine: LocalEngine, launch: Launch):
    run = await started(engine)
    watcher = Watcher(engine, run.run)
    await watcher.upto(3)
    await stop_worker(launch)
    with pytest.raises(EngineGone, match="was stopped"):
        await watcher.ended()
    assert await worker_status(launch) is None


async def test_a_history_longer_than_a_frame_is_opened_at_once(engine: LocalEngine):
    run = await started(engine)
    for _ in range(300):
        await engine.send(run.run, Pause(), "me")
        await engine.send(run.run, Resume(), "me")
    watcher = Watcher(engine, run.run)
    await watcher.upto(603)
    watcher.task.cancel()
    (opened,) = watcher.updates
    assert isinstance(opened, Opened)
    assert [fact.seq for fact in opened.facts] == list(range(1, 604))


async def test_workers_that_die_again_and_again_under_a_watch_end_it(engine: LocalEngine, settings: Settings):
    run = await started(engine)

    async def kill() -> None:
        while True:
            holder = read_holder(settings.worker_lock)
            if holder is not None:
                with suppress(ProcessLookupError):
                    os.kill(holder.pid, signal.SIGKILL)
            await asyncio.sleep(0.01)

    killing = asyncio.create_task(kill())
    watcher = Watcher(engine, run.run)
    with pytest.raises(EngineGone, match=r"again and again|as soon as|couldn't start"):
        await watcher.ended()
    killing.cancel()


def test_a_follower_shows_each_fact_once_and_opens_once():
    facts = tuple(Fact("r", seq, 1, "p", RunPaused()) for seq in range(1, 6))
    follower = Follower(after=1)
    assert follower.take(Opened("i", "r", PLAN, facts[:2])) == Opened("i", "r", PLAN, facts[1:2])
    assert follower.take(Happened(facts[1:3])) == Happened(facts[2:3])
    assert follower.take(Opened("i", "r", PLAN, facts[:4])) == Happened(facts[3:4])
    assert follower.take(Opened("i", "r", PLAN, facts[:4])) is None
    assert follower.seen == 4


# A worker that hangs


async def test_a_worker_that_hangs_is_named_by_its_process(engine: LocalEngine, launch: Launch, settings: Settings):
    await engine.runs(RunFilter())
    pid = pid_of(settings)
    os.kill(pid, signal.SIGSTOP)
    async with LocalEngine(settings, replace(launch, patience=SHORT)) as other:
        with pytest.raises(EngineGone, match=f"process {pid}, doesn't answer") as caught:
            await other.runs(RunFilter())
    assert f"kill -9 {pid}" in caught.value.remedy
    os.kill(pid, signal.SIGCONT)
    assert await engine.runs(RunFilter()) == ()


async def test_a_watch_of_a_worker_that_hangs_ends_with_a_sentence(launch: Launch, settings: Settings):
    async with LocalEngine(settings, replace(launch, patience=SHORT)) as engine:
        run = await started(engine)
        watcher = Watcher(engine, run.run)
        await watcher.upto(3)
        os.kill(pid_of(settings), signal.SIGSTOP)
        with pytest.raises(EngineGone, match="doesn't answer"):
            await watcher.ended()


async def test_a_quiet_watch_is_no_hanging_worker(launch: Launch, settings: Settings):
    async with LocalEngine(settings, replace(launch, patience=Patience(silence=0.5, start=20.0))) as engine:
        run = await started(engine)
        watcher = Watcher(engine, run.run)
        await watcher.upto(3)
        await asyncio.wait([watcher.task], timeout=1.5)
        assert not watcher.task.done()
        await engine.send(run.run, APPROVE, "me")
        await watcher.ended()


# Requests: sent once


@asynccontextmanager
async def played(settings: Settings, *parts: Callable[[FrameReader, asyncio.StreamWriter], Awaitable[None]]):
    """A worker's socket whose connections play the parts given, each to its end, and then hang up."""
    left = iter(parts)
    playing: set[asyncio.Task[None]] = set()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await next(left)(FrameReader(reader), writer)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        playing.add(asyncio.create_task(play(reader, writer)))

    settings.runtime.mkdir(mode=0o700, exist_ok=True)
    settings.worker_lock.write_bytes(note_of(Holder(os.getpid(), "0", 1, str(settings.socket))))
    server = await asyncio.start_unix_server(accept, settings.socket)
    yield
    server.close()
    for task in playing:
        task.cancel()
    await asyncio.gather(*playing, return_exceptions=True)


def greets(welcome: Welcome, then: Callable[[FrameReader, asyncio.StreamWriter], Awaitable[None]] | None = None):
    async def part(frames: FrameReader, writer: asyncio.StreamWriter) -> None:
        hello = await frames.read()
        assert hello is not None
        assert decode(Hello, hello).protocol == PROTOCOL
        await write_frame(writer, encode(welcome))
        if then is not None:
            await then(frames, writer)

    return part


US = Welcome(PROTOCOL, "0.1.0", 77)


async def hangs_up(frames: FrameReader, writer: asyncio.StreamWriter) -> None:
    await frames.read()


def goes(settings: Settings, why: Why):
    """Takes nothing more, lets go of its home, and says so."""

    async def part(frames: FrameReader, writer: asyncio.StreamWriter) -> None:
        await frames.read()
        settings.socket.unlink()
        settings.worker_lock.write_bytes(b"")
        await write_frame(writer, encode(Closing(why)))

    return part


async def never(frames: FrameReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def test_where_nobody_knows_whether_a_start_was_taken_that_is_said(launch: Launch):
    async with played(launch.settings, greets(US, hangs_up)), LocalEngine(launch.settings, launch) as engine:
        with pytest.raises(EngineGone, match="nobody knows whether it took this") as caught:
            await engine.start(Start("asks", "/"))
    assert caught.value.remedy == "mntui runs shows whether it began"


async def test_where_nobody_knows_whether_a_request_was_taken_that_is_said(launch: Launch):
    async with played(launch.settings, greets(US, hangs_up)), LocalEngine(launch.settings, launch) as engine:
        with pytest.raises(EngineGone, match="nobody knows whether it took this") as caught:
            await engine.send("asks-0", Pause(), "me")
    assert caught.value.remedy == "mntui events asks-0 shows whether it was taken"


@pytest.mark.parametrize("why", ["stopped", "replaced", "ended"])
async def test_a_request_that_was_surely_not_taken_goes_to_the_next_worker(launch: Launch, why: Why):
    going = greets(US, goes(launch.settings, why))
    async with played(launch.settings, going), LocalEngine(launch.settings, launch) as engine:
        assert (await started(engine)).run == "asks-0"


async def test_a_question_that_changes_nothing_is_asked_again(engine: LocalEngine, settings: Settings):
    await engine.runs(RunFilter())
    os.kill(pid_of(settings), signal.SIGKILL)
    assert await engine.runs(RunFilter()) == ()


async def test_a_kept_link_to_a_dead_worker_sends_nothing(engine: LocalEngine, settings: Settings):
    run = await started(engine)
    os.kill(pid_of(settings), signal.SIGKILL)
    assert isinstance(await engine.send(run.run, APPROVE, "me"), Accepted)


async def test_an_answer_that_nobody_waited_for_meets_no_other_question(engine: LocalEngine):
    run = await started(engine)
    asking = asyncio.create_task(engine.send(run.run, Pause(), "me"))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await engine.start(Start("nothing", "/")) == Denied(
        "unknown_blueprint", "there is no blueprint nothing", "mntui blueprint list"
    )


@pytest.mark.parametrize("payload", ["x" * FRAME_BYTES, "\ud800"], ids=["too large", "half a character"])
async def test_what_can_not_be_sent_is_denied_and_the_engine_goes_on(engine: LocalEngine, payload: str):
    run = await started(engine)
    answer = await engine.send(run.run, Signal("s", payload), "me")
    assert isinstance(answer, Denied)
    assert answer.code == "invalid"
    assert len(await engine.runs(RunFilter())) == 1


# Versions


@pytest.mark.parametrize("newer", [Welcome(PROTOCOL, "99.0.0", 77), Welcome(PROTOCOL + 1, "0.1.0", 77)])
async def test_a_newer_worker_is_left_alone_and_the_person_told_to_update(launch: Launch, newer: Welcome):
    async with played(launch.settings, greets(newer, never)), LocalEngine(launch.settings, launch) as engine:
        with pytest.raises(EngineGone, match="newer than this") as caught:
            await engine.runs(RunFilter())
    assert "update mntui" in caught.value.remedy


@pytest.mark.parametrize("older", [Welcome(PROTOCOL, "0.0.9", 77), Welcome(PROTOCOL - 1, "0.1.0", 77)])
async def test_an_older_worker_is_drained_and_replaced(launch: Launch, older: Welcome):
    settings, asked = launch.settings, []

    async def leaves(frames: FrameReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await frames.read())
        settings.socket.unlink()
        settings.worker_lock.write_bytes(b"")
        await write_frame(writer, encode(Closing("replaced")))

    async with played(settings, greets(older, leaves)), LocalEngine(settings, launch) as engine:
        status = await engine.query(AskStatus())
    assert asked == [encode(Drain("replaced"))]
    assert isinstance(status, WorkerStatus)
    assert status.pid == pid_of(settings)


async def test_an_older_worker_is_only_named_by_who_only_connects(launch: Launch):
    older = greets(Welcome(PROTOCOL, "0.0.9", 77), never)
    async with played(launch.settings, older), LocalEngine.connect_only(launch.settings) as engine:
        with pytest.raises(EngineGone, match=r"an older mntui 0\.0\.9"):
            await engine.runs(RunFilter())


async def test_the_status_of_a_worker_of_another_protocol_is_what_it_said_of_itself(launch: Launch):
    async with played(launch.settings, greets(Welcome(PROTOCOL + 1, "99.0.0", 77), never)):
        status = await worker_status(launch)
    assert status == WorkerStatus(77, "99.0.0", PROTOCOL + 1, 1, str(launch.settings.home), 0)


@pytest.mark.parametrize("noise", [b'{"kind":"teleport"}', b"garbage", encode(Closing("ended"))])
async def test_what_is_no_greeting_is_told_or_passed_over(launch: Launch, noise: bytes):
    async def part(frames: FrameReader, writer: asyncio.StreamWriter) -> None:
        await write_frame(writer, noise)

    async with played(launch.settings, part), LocalEngine.connect_only(launch.settings) as engine:
        with pytest.raises(EngineGone, match=r"can't read what the worker says|no worker runs"):
            await engine.runs(RunFilter())


# What the command line does with workers


async def test_a_worker_is_started_looked_at_and_stopped(launch: Launch):
    assert await worker_status(launch) is None
    assert await stop_worker(launch) is None
    first = await start_worker(launch)
    assert await start_worker(launch) == first == await worker_status(launch)
    assert await stop_worker(launch) == first
    assert await worker_status(launch) is None
    assert read_holder(launch.settings.worker_lock) is None


def test_importing_the_engine_imports_neither_worker_nor_models():
    program = (
        "import sys, mntui.engines.local\n"
        "heavy = ('mntui.worker', 'mntui.journal', 'mntui.models', 'duckdb', 'litellm', 'textual', 'typer')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
