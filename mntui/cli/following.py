"""Following a run: each update with the run as it is then, across workers that go and come back.

A client that is cut off comes back with the number of the last fact that it saw, so nothing is missed or told twice.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from mntui.cli.finding import watching
from mntui.core.evolve import replay
from mntui.core.frozen import frozen
from mntui.core.messages import Happened, Opened, Update
from mntui.core.run import Run, new_run
from mntui.engines.base import Engine, EngineGone

TRIES: Final = 5
RETRY_SECONDS: Final = 0.5


@frozen
class Seen:
    """An update, and the run with everything so far folded in."""

    run: Run
    update: Update


async def follow(engine: Engine, name: str, notice: Callable[[str], None]) -> AsyncGenerator[Seen]:
    """A run from its first fact on, until it has ended. Raises EngineGone when no worker comes back."""
    run: Run | None = None
    left = TRIES
    while run is None or not run.ended:
        before = run.seq if run is not None else 0
        try:
            async with aclosing(watching(engine, name, before)) as updates:
                async for update in updates:
                    run = _folded(run, update)
                    yield Seen(run, update)
        except EngineGone:
            if left <= 1:
                raise
            notice("The worker has gone; it is started again, the run goes on where it was.")
            await asyncio.sleep(RETRY_SECONDS)
        left = TRIES if run is not None and run.seq > before else left - 1
        if not left:
            raise EngineGone(f"the worker lets nobody watch {name}", "mntui worker status")


def _folded(run: Run | None, update: Update) -> Run:
    if isinstance(update, Opened):
        started = new_run(update.id, update.plan) if run is None else run
        return replay(started, [fact for fact in update.facts if fact.seq > started.seq])
    assert run is not None  # Every watch begins with Opened.
    if isinstance(update, Happened):
        return replay(run, [fact for fact in update.facts if fact.seq > run.seq])
    return run
