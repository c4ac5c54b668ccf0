"""What every screen knows of the whole home: runs, what waits, whether a worker is there. Asked for again and again.

An engine has no watch over everything, so this is a few small questions a second. When no answer comes, the last
picture stays, with the sentence that says so; when one comes again, it goes on by itself.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from mntui.core.messages import AllWaiting, AskStatus, AskWaiting, RunFilter, RunRow, Waiting, WorkerStatus
from mntui.engines.base import Engine, EngineGone

MOST_RUNS: Final = 200
PATIENCE_SECONDS: Final = 1.5
GONE: Final = "No answer from the worker yet. If it died, another one is started; runs go on where they were."


@dataclass(frozen=True, slots=True)
class Overview:
    """`gone` says why this may be old, or is empty. Before the first answer `worker` is None."""

    rows: tuple[RunRow, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    worker: WorkerStatus | None = None
    gone: str = ""


def live(row: RunRow) -> bool:
    return row.status == "running"


async def keep_looking(engine: Engine, show: Callable[[Overview], None], wake: asyncio.Event, seconds: float) -> None:
    """Show the overview at every look, until cancelled. Setting `wake` makes it look at once."""
    seen = Overview()
    while True:
        seen = await _patiently(engine, seen, show)
        show(seen)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await wake.wait()
        wake.clear()


async def _patiently(engine: Engine, seen: Overview, show: Callable[[Overview], None]) -> Overview:
    """One look; where it takes long, people are told meanwhile."""
    looking = asyncio.ensure_future(_look(engine, seen))
    try:
        done, _ = await asyncio.wait({looking}, timeout=PATIENCE_SECONDS)
        if not done and seen.worker is not None:
            show(replace(seen, gone=GONE))
        return await looking
    finally:
        looking.cancel()


async def _look(engine: Engine, seen: Overview) -> Overview:
    try:
        rows = await engine.runs(RunFilter(limit=MOST_RUNS))
        waiting = await engine.query(AskWaiting())
        worker = await engine.query(AskStatus())
    except EngineGone as gone:
        return replace(seen, gone=f"{gone.message}. {gone.remedy}".strip())
    held = waiting.waiting if isinstance(waiting, AllWaiting) else ()
    ordered = sorted(held, key=lambda each: (each.ask.asked_at, each.run, len(each.ask.id), each.ask.id))
    return Overview(rows, tuple(ordered), worker if isinstance(worker, WorkerStatus) else None)
