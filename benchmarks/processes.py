"""The worker as it really is: a process behind its socket. How soon it answers, comes back, and what it needs.

Every worker here is started as any command starts one, and killed in the end.
"""

import asyncio
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import blueprints
from benchmarks.figures import Aim, Figure, Limit, median_limit, spread_of
from benchmarks.homes import cpu_seconds, home_in, memory_mb, worker_process
from benchmarks.limits import asyncio_limit, process_seconds, python_limit
from benchmarks.sizes import Size
from mntui.core.events import ApprovalRequested, Event, RunAdopted, StepSucceeded, ToolCallStarted
from mntui.core.messages import AskStatus, Happened, Opened, RunFilter, Start, Started
from mntui.core.requests import Approve
from mntui.engines.local import LocalEngine

APPROVAL = Aim(3.0)
RECOVERY = Aim(0.8)
HELP = Aim(150.0)
MEMORY_RUNS = Aim(90.0)
MEMORY_WAITING = Aim(150.0)
NO_CPU = Aim(1.0)
KILLED_STEPS, KILLED_AFTER = 300, 20
PATIENCE_SECONDS = 600.0
HEAVY = ("litellm", "duckdb", "textual", "pydantic")
FORBIDDEN = {"litellm", "duckdb", "textual"}


async def started(engine: LocalEngine, blueprint: str) -> str:
    answer = await engine.start(Start(blueprint, "/"))
    if not isinstance(answer, Started):
        raise RuntimeError(f"{blueprint} can't start: {answer}")  # noqa: TRY004 - refused, not of a wrong type
    return answer.run


# A person's answer


def approval(size: Size, folder: Path) -> list[Figure]:
    """From sending an approval to hearing, on a watch, that the call of the next step has begun."""
    return asyncio.run(_approval(size, folder))


async def _approval(size: Size, folder: Path) -> list[Figure]:
    limits, pings = [await asyncio_limit(folder)], list[float]()
    with home_in(folder) as settings:
        blueprint = blueprints.write(settings, "asks", blueprints.approvals(size.approvals), hosted=True)
        async with worker_process(settings) as (engine, _):
            for _ in range(size.approvals):
                begun = time.perf_counter()
                await engine.query(AskStatus())
                pings.append(time.perf_counter() - begun)
            times = await _approve_all(engine, await started(engine, blueprint))
    limits.append(await asyncio_limit(folder))
    spread, ping = spread_of(times), spread_of(pings)
    question = Limit("a question over the socket", ping.p50_ms, "ms", ping)
    sync = median_limit(limits).spread
    note = f"append + fdatasync {sync.p50_ms:.2f} ms beside" if sync is not None else ""
    return [Figure("approval → next step, through the socket", spread.p50_ms, "ms", APPROVAL, spread, question, note)]


async def _approve_all(engine: LocalEngine, run: str) -> list[float]:
    asked, times = 0.0, []
    sending: set[asyncio.Task[object]] = set()
    async for update in engine.watch(run):
        now = time.perf_counter()
        for event in _events(update):
            if isinstance(event, ApprovalRequested):
                asked = time.perf_counter()
                sending = {asyncio.create_task(engine.send(run, Approve(event.ask, event.digest), "person:bench"))}
            elif isinstance(event, ToolCallStarted) and asked:
                times.append(now - asked)
    await asyncio.gather(*sending)
    return times


def _events(update: object) -> list[Event]:
    return [fact.event for fact in update.facts] if isinstance(update, Opened | Happened) else []


# Death and birth


def recovery(size: Size, folder: Path) -> list[Figure]:
    """SIGKILL of a worker in the middle of a run, until a watcher hears of a new step by the next worker."""
    return asyncio.run(_recovery(size, folder))


async def _recovery(size: Size, folder: Path) -> list[Figure]:
    begun, done = [], []
    for _ in range(size.starts):
        with home_in(folder) as settings:
            blueprint = blueprints.write(settings, "chain", blueprints.held_chain(KILLED_STEPS), hosted=True)
            async with worker_process(settings) as (engine, pid):
                run = await started(engine, blueprint)
                first = await _killed_in(engine, run, pid)
                begun.append(first[0])
                done.append(first[1])
    limit, calls, ends = python_limit(), spread_of(begun), spread_of(done)
    name = "kill -9 → first new step"
    return [
        Figure(f"{name}: its call begins", calls.p50_ms / 1e3, "s", RECOVERY, calls, limit, "new process included"),
        Figure(f"{name}: it is done", ends.p50_ms / 1e3, "s", None, ends, limit, "a new tool host's start included"),
    ]


async def _killed_in(engine: LocalEngine, run: str, pid: int) -> tuple[float, float]:
    """Seconds from the kill to the first call that the next worker begins, and to the first step that it ends."""
    killed, called, adopted, seen = 0.0, 0.0, False, 0
    sending: set[asyncio.Task[object]] = set()
    async for update in engine.watch(run):
        for event in _events(update):
            if isinstance(event, ApprovalRequested):
                sending.add(asyncio.create_task(engine.send(run, Approve(event.ask, event.digest), "person:bench")))
            seen += isinstance(event, StepSucceeded)
            adopted = adopted or isinstance(event, RunAdopted)
            if adopted and isinstance(event, ToolCallStarted) and not called:
                called = time.perf_counter() - killed
            if adopted and isinstance(event, StepSucceeded):
                return called, time.perf_counter() - killed
        if seen >= KILLED_AFTER and not killed:
            killed = time.perf_counter()
            os.kill(pid, signal.SIGKILL)
    raise RuntimeError("the run ended before its worker was killed")


def cold_start(size: Size, folder: Path) -> list[Figure]:
    """The first command of a day: no worker runs, one is started, and it answers a question."""
    return asyncio.run(_cold_start(size, folder))


async def _cold_start(size: Size, folder: Path) -> list[Figure]:
    times = []
    for _ in range(size.starts):
        with home_in(folder) as settings:
            begun = time.perf_counter()
            async with worker_process(settings):
                times.append(time.perf_counter() - begun)
    spread = spread_of(times)
    return [Figure("cold start of the worker", spread.p50_ms, "ms", None, spread, python_limit(), "until it answers")]


def help_text(size: Size, _folder: Path) -> list[Figure]:
    """`mntui --help`, the whole process, and which heavy libraries it imports."""
    command = [sys.executable, "-m", "mntui", "--help"]
    process_seconds(command, 1)
    spread = spread_of(process_seconds(command, 3 * size.starts))
    imported = heavy_imports(command[1:])
    limit, note = python_limit(), f"imports of {', '.join(HEAVY)}: {', '.join(imported) or 'none'}"
    wrong = float(len(FORBIDDEN.intersection(imported)))
    return [
        Figure("mntui --help", spread.p50_ms, "ms", HELP, spread, limit, note),
        Figure("mntui --help imports litellm, duckdb, textual", wrong, "of 3", Aim(0)),
    ]


def heavy_imports(arguments: list[str]) -> list[str]:
    """Which of the heavy libraries a program imports on its way."""
    command = [sys.executable, "-X", "importtime", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    modules = set(re.findall(r"\|\s+([\w.]+)$", said, re.MULTILINE))
    return [name for name in HEAVY if name in modules and importlib.util.find_spec(name) is not None]


# What it needs


def memory(size: Size, folder: Path) -> list[Figure]:
    """Memory of a worker while many runs go through it, with real tool calls."""
    return asyncio.run(_memory(size, folder))


async def _memory(size: Size, folder: Path) -> list[Figure]:
    with home_in(folder) as settings:
        steps = blueprints.chain(size.steps_of_runs, given=False)
        blueprint = blueprints.write(settings, "chain", steps, hosted=True)
        async with worker_process(settings) as (engine, pid):
            empty = memory_mb(pid)
            await _start_many(engine, blueprint, size.runs)
            await _until(engine, "succeeded", size.runs)
            most, now, mapped = memory_mb(pid, "VmHWM"), memory_mb(pid), memory_mb(pid, "RssFile")
    name = f"{size.runs} runs × {size.steps_of_runs}"
    note = f"{now:.0f} MB behind them, of which {mapped:.0f} MB are pages of libraries (DuckDB's above all)"
    limit = Limit("a worker without runs", empty, "MB")
    return [Figure(f"worker memory, {name}, at its most", most, "MB", MEMORY_RUNS, None, limit, note)]


def waiting(size: Size, folder: Path) -> list[Figure]:
    """What runs cost that wait for a person."""
    return asyncio.run(_waiting(size, folder))


async def _waiting(size: Size, folder: Path) -> list[Figure]:
    with home_in(folder) as settings:
        blueprint = blueprints.write(settings, "asks", blueprints.approvals(1), hosted=True)
        async with worker_process(settings) as (engine, pid):
            empty = memory_mb(pid)
            await _start_many(engine, blueprint, size.waiting)
            await _until(engine, "waiting", size.waiting)
            await asyncio.sleep(1)
            before = cpu_seconds(pid)
            await asyncio.sleep(size.waiting_seconds)
            share = (cpu_seconds(pid) - before) / size.waiting_seconds * 100
            now = memory_mb(pid)
    name, limit = f"{size.waiting:,} runs waiting", Limit("a worker without runs", empty, "MB")
    return [
        Figure(f"{name}: memory", now, "MB", MEMORY_WAITING, None, limit),
        Figure(f"{name}: CPU", share, "%", NO_CPU, note=f"over {size.waiting_seconds:g} s; 1 % counts as none"),
    ]


async def _start_many(engine: LocalEngine, blueprint: str, count: int) -> None:
    for begun in range(0, count, 16):
        await asyncio.gather(*(started(engine, blueprint) for _ in range(begun, min(count, begun + 16))))


async def _until(engine: LocalEngine, status: str, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(await engine.runs(RunFilter(status=status, limit=count + 1))) < count:
        if time.monotonic() > deadline or await engine.runs(RunFilter(status="failed")):
            raise RuntimeError(f"the runs don't come to be {status}")
        await asyncio.sleep(0.1)
