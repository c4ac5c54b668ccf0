"""Real programs in real hosts: what may start, where, with what, for how long, and that nothing of it is left."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from mntui.tools.base import Grants, Pattern, ToolCall, ToolFailure
from mntui.tools.pool import HostPool, PoolSettings


@asynccontextmanager
async def pooling(**environ):
    pool = HostPool(PoolSettings({"PATH": os.environ["PATH"], "SECRET": "s", **environ}))
    try:
        yield pool
    finally:
        await pool.aclose()
        assert pool.pids() == ()


def job(world, command, programs=(), *, seconds=30.0, env=None, **more):
    programs = programs or (command[0],)
    allow = {"programs": tuple(Pattern("", each.replace("\\", "\\\\")) for each in programs)}
    allow["folder"] = (Pattern(str(world.box), "**"),)
    grants = Grants(str(world.folder), str(world.home), str(world.blueprint), allow)
    return ToolCall("call", "shell.run", {"command": command, **more}, "the-key", grants, seconds, env=env or {})


async def ran(world, command, programs=(), **more):
    async with pooling() as pool:
        return await pool.call(job(world, command, programs, **more))


async def failing(world, command, programs=(), **more):
    with pytest.raises(ToolFailure) as caught:
        await ran(world, command, programs, **more)
    return caught.value


async def gone(pid):
    for _ in range(2000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        await asyncio.sleep(0.005)
    return False


async def test_arguments_reach_the_program_as_they_are_and_no_shell_reads_them(world):
    words = ["$(touch pwned)", "; touch pwned", "a b", "*", "`id`", "| cat", "> x", "ä"]
    found = await ran(world, ["printf", "%s\n", *words])
    assert found == {"exit_code": 0, "stdout": "".join(f"{word}\n" for word in words), "stderr": ""}
    assert list(world.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        (["sh", "-c", "touch pwned"], ["git"]),
        (["/usr/bin/env", "sh"], ["env"]),
        (["git", "push"], ["git status"]),
        (["git"], ["git status"]),
        (["git status"], ["git status"]),
        (["./git", "status"], ["git"]),
        (["git\nsh"], ["git"]),
    ],
)
async def test_only_declared_programs_with_their_first_words_start(world, command, programs):
    failure = await failing(world, command, programs)
    assert (failure.kind, failure.not_sent) == ("Denied", True)


async def test_a_program_in_a_folder_that_a_run_may_write_is_never_the_one_that_was_declared(world):
    for folder in (world.folder, world.folder / "bin", world.home):
        folder.mkdir(exist_ok=True)
        (folder / "tool").write_text("#!/bin/sh\ntouch pwned\n")
        (folder / "tool").chmod(0o755)
    path = f"{world.folder}:.::{world.folder}/bin:{world.home}:{os.environ['PATH']}"
    async with pooling(PATH=path) as pool:
        with pytest.raises(ToolFailure, match="there is no program tool") as caught:
            await pool.call(job(world, ["tool"]))
    assert (caught.value.kind, caught.value.not_sent) == ("NotStarted", True)


async def test_it_runs_in_the_runs_folder_or_in_a_declared_one_with_its_input(world):
    assert (await ran(world, ["pwd"]))["stdout"] == f"{world.folder}\n"
    assert (await ran(world, ["cat"], stdin="grüezi"))["stdout"] == "grüezi"
    assert (await ran(world, ["pwd"], folder=str(world.box)))["stdout"] == f"{world.box}\n"
    assert (await failing(world, ["pwd"], folder="/etc")).kind == "Denied"
    (world.box / "away").symlink_to("/etc")
    assert (await failing(world, ["pwd"], folder=str(world.box / "away"))).kind == "Denied"


async def test_the_environment_is_clean_but_for_what_is_named(world):
    found = (await ran(world, ["env"], env={"TOKEN": "t"}))["stdout"].splitlines()
    names = {line.partition("=")[0] for line in found}
    assert {"PATH", "HOME", "LANG", "TOKEN", "MNTUI_EFFECT_KEY"} <= names
    assert "SECRET" not in names
    assert f"HOME={world.folder}" in found
    assert "MNTUI_EFFECT_KEY=the-key" in found


async def test_an_exit_code_is_a_failure_unless_it_was_named(world):
    failure = await failing(world, ["ls", "/nowhere-at-all"])
    assert (failure.kind, failure.not_sent, failure.retryable) == ("ExitCode", False, False)
    assert "/nowhere-at-all" in failure.message
    assert (await ran(world, ["false"], exit_codes=[0, 1]))["exit_code"] == 1


FORKS = """
import os, sys, time
for detached in (False, True):
    pid = os.fork()
    if pid == 0:
        if detached:
            os.setsid()
            if os.fork():
                os._exit(0)
        with open("pids", "a") as file:
            file.write(f"{os.getpid()}\\n")
        time.sleep(600)
while open("pids").read().count("\\n") < 2 if os.path.exists("pids") else True:
    time.sleep(0.005)
if "stay" in sys.argv:
    time.sleep(600)
"""


@pytest.mark.parametrize("how", ["ends", "stay"])
async def test_whatever_a_program_started_ends_with_it_or_with_its_time(world, how):
    command = [sys.executable, "-c", FORKS, how]
    if how == "ends":
        await ran(world, command)
    else:
        failure = await failing(world, command, seconds=3.0)
        assert (failure.kind, failure.not_sent, failure.retryable) == ("TimeoutError", False, True)
    pids = [int(line) for line in (world.folder / "pids").read_text().split()]
    assert len(pids) == 2
    for pid in pids:
        assert await gone(pid)


async def test_one_call_that_is_too_slow_ends_no_other(world):
    async with pooling() as pool:
        slow = asyncio.create_task(pool.call(job(world, ["sleep", "600"], seconds=1.0)))
        quick = await pool.call(job(world, [sys.executable, "-c", "import time; time.sleep(1.5); print('done')"]))
        with pytest.raises(ToolFailure, match="took longer than"):
            await slow
    assert quick["stdout"] == "done\n"


async def test_output_without_end_is_cut_off_and_told(world):
    failure = await failing(world, ["yes"])
    assert (failure.kind, failure.not_sent) == ("TooLarge", False)


async def test_a_program_that_needs_more_memory_or_a_larger_file_than_allowed_fails_by_itself(world):
    code = "import resource as r; print(*(r.getrlimit(w)[0] for w in (r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_CORE)))"
    found = await ran(world, [sys.executable, "-c", code])
    assert found["stdout"].split() == [str(16 << 30), str(4 << 30), "0"]
    too_much = await failing(world, [sys.executable, "-c", "bytearray(20 << 30)"])
    assert "MemoryError" in too_much.message
    large = await failing(world, [sys.executable, "-c", "f = open('f', 'wb'); f.truncate(5 << 30)"])
    assert "File too large" in large.message or f"signal {signal.SIGXFSZ.value}" in large.message
