"""What every screen knows of the whole home: runs, what waits, whether a worker is there. Asked for again and again.

An engine has no watch over everything, so this is a few small questions a second. When no answer comes, the last
picture stays, with the sentence that says so; when one comes again, it goes on by itself.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.messages import AllWaiting, AskStatus, AskWaiting, RunFilter, RunRow, Waiting, WorkerStatus
from mntui.engines.base import Engine, EngineGone
from mntui.settings import SettingsProblem

MOST_RUNS: Final = 200
PATIENCE_SECONDS: Final = 1.5
AWAY: Final = (EngineGone, SettingsProblem)
"""Why no worker answers; the second where the home's folders can't be used any more. Both have a remedy."""
GONE: Final = "No answer from the worker yet. If it died, another one is started; runs go on where they were."


@frozen
class Overview:
    """`gone` says why this may be old, or is empty. Before the first answer `worker` is None."""

    rows: tuple[RunRow, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    worker: WorkerStatus | None = None
    gone: str = ""

    def came_back(self, before: "Overview") -> bool:
        """Whether a worker answers again, or another one answers."""
        another = before.worker is not None and self.worker is not None and before.worker.pid != self.worker.pid
        return another or bool(before.gone and not self.gone)


def live(row: RunRow) -> bool:
    return row.status == "running"


def sentences(*told: str) -> str:
    """Messages and remedies one after the other, each with one full stop."""
    return " ".join(f"{each.strip().rstrip('.')}." for each in told if each.strip())


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
    except AWAY as gone:
        return replace(seen, gone=sentences(gone.message, gone.remedy))
    held = waiting.waiting if isinstance(waiting, AllWaiting) else ()
    ordered = sorted(held, key=lambda each: (each.ask.asked_at, each.run, len(each.ask.id), each.ask.id))
    return Overview(rows, tuple(ordered), worker if isinstance(worker, WorkerStatus) else None)
