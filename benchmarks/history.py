"""A home with a past: many runs that have ended, how soon a worker serves it, how fast they are listed and opened.

One real run is told to the journal again and again under other names, through the journal's own commits.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from benchmarks import blueprints
from benchmarks.figures import Figure, Spread, spread_of
from benchmarks.homes import (
    NoTools,
    ended_here,
    facts_here,
    home_in,
    memory_mb,
    start_here,
    worker_here,
    worker_process,
)
from benchmarks.limits import process_seconds, python_limit
from benchmarks.sizes import Size
from mntui.core.events import Fact, RunStarted
from mntui.core.messages import AskEvents, RunFilter
from mntui.journal.base import Batch
from mntui.journal.remembered import LogJournal
from mntui.settings import Settings
from mntui.worker.starting import uuid7

STEPS = 3
AT_ONCE = 500
PAGE = 50
ASKED = 20
MILLION = 1_000_000
PATIENCE_SECONDS = 1_800.0


def finished(size: Size, folder: Path) -> list[Figure]:
    """Opening and listing a home full of runs that have ended, and building its index again."""
    return asyncio.run(_finished(size, folder))


async def _finished(size: Size, folder: Path) -> list[Figure]:
    with home_in(folder) as settings:
        facts = await write_history(settings, size.finished)
        opened = await _opened(settings, size)
        whole = await _commands(settings, size)
        return [*opened, *whole, *await _rebuilt(settings, facts, opened[0].value or 0.0)]


async def write_history(settings: Settings, runs: int) -> int:
    """Runs that ended, of three steps each. Returns how many facts stand in the journal."""
    blueprint = blueprints.write(settings, "chain", blueprints.chain(STEPS))
    async with worker_here(settings, NoTools()) as worker:
        run = await start_here(worker, blueprint)
        await ended_here(worker, [run])
        facts = await facts_here(worker, run)
    journal = LogJournal(settings.journal)
    try:
        for begun in range(1, runs, AT_ONCE):
            copies = [_copy(facts, number) for number in range(begun, min(runs, begun + AT_ONCE))]
            await asyncio.gather(*(journal.commit(Batch(facts)) for copy in copies for facts in copy))
    finally:
        journal.close()
    return runs * len(facts)


def _copy(facts: tuple[Fact, ...], number: int) -> list[tuple[Fact, ...]]:
    """The same facts as those of another run, in one batch a step, as they were committed."""
    run = uuid7(facts[0].at + number * 1_000)
    batches: list[list[Fact]] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, RunStarted):
            event = replace(event, name=f"chain-{number:05d}")
        if isinstance(event, RunStarted) or type(event).__name__ == "ToolReturned":
            batches.append([])
        batches[-1].append(replace(fact, run=run, event=event, at=fact.at + number * 1_000))
    return [tuple(batch) for batch in batches]


async def _opened(settings: Settings, size: Size) -> list[Figure]:
    """The worker's own time: from nothing until it serves, and what it then needs."""
    begun = time.perf_counter()
    async with worker_process(settings) as (engine, pid):
        ready = time.perf_counter() - begun
        page = await _asked(lambda: engine.runs(RunFilter(limit=PAGE)))
        every = await _asked(lambda: engine.runs(RunFilter(limit=size.finished)), 3)
        rows = await engine.runs(RunFilter(limit=size.finished))
        one = await _asked(lambda: engine.query(AskEvents(rows[len(rows) // 2].run)))
        used = memory_mb(pid)
    if len(rows) != size.finished:
        raise RuntimeError(f"{len(rows)} runs are listed, not {size.finished}")
    name = f"{size.finished:,} finished runs"
    return [
        Figure(f"{name}: worker starts and answers", ready, "s", limit=python_limit()),
        Figure(f"{name}: the latest {PAGE} listed", page.p50_ms, "ms", spread=page),
        Figure(f"{name}: all listed", every.p50_ms, "ms", spread=every),
        Figure(f"{name}: one opened (its facts)", one.p50_ms, "ms", spread=one),
        Figure(f"{name}: worker memory", used, "MB"),
    ]


async def _asked(question: Callable[[], Awaitable[object]], times: int = ASKED) -> Spread:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await question()
        taken.append(time.perf_counter() - begun)
    return spread_of(taken)


async def _commands(settings: Settings, size: Size) -> list[Figure]:
    """The whole commands, as a person types them, with the worker running."""
    async with worker_process(settings) as (engine, _):
        rows = await engine.runs(RunFilter(limit=1))
        figures = []
        for words in (["runs"], ["show", rows[0].run]):
            command = [sys.executable, "-m", "mntui", *words, "--home", str(settings.home)]
            environment = {**os.environ, **settings.environment()}
            spread = spread_of(await asyncio.to_thread(process_seconds, command, size.starts, environment))
            name = f"{size.finished:,} finished runs: `mntui {words[0]}`, whole process"
            figures.append(Figure(name, spread.p50_ms, "ms", spread=spread, limit=python_limit()))
    return figures


async def _rebuilt(settings: Settings, facts: int, start_seconds: float) -> list[Figure]:
    """Delete the index, start a worker, wait until the index stands again under its name. Its start isn't counted."""
    found = [path for path in settings.home.rglob("*.duckdb") if path.is_file()]
    if not found:
        return [Figure("rebuild of the index, a million events", None, "s", note="no index was written")]
    size = found[0].stat().st_size
    for path in settings.home.rglob(f"{found[0].name}*"):
        path.unlink()
    begun = time.perf_counter()
    async with worker_process(settings) as (_engine, pid):
        while not found[0].exists():
            if time.perf_counter() - begun > PATIENCE_SECONDS:
                raise RuntimeError("the index isn't built again")
            await asyncio.sleep(0.02)
        taken, used = time.perf_counter() - begun, memory_mb(pid, "VmHWM")
    counted = max(0.0, taken - start_seconds)
    note = f"extrapolated from {facts:,} events in {counted:.1f} s; {size / facts:,.0f} bytes an event"
    return [
        Figure("rebuild of the index, a million events", counted * MILLION / facts, "s", note=note),
        Figure("worker memory while it rebuilds, at its most", used, "MB"),
    ]
