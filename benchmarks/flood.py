"""`python -m benchmarks.flood RATE SECONDS FILE`: the app in this terminal, over a run that tells RATE facts a second.

The run has 60 steps, and each fact changes one of them: pending, running, succeeded, and again. They are made before,
so that what is measured is the app: folding them, laying out, drawing. What it took is written into the file.
"""

import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path

from benchmarks.drawing import plan_of
from benchmarks.figures import spread_of
from mntui.core.events import Event, Fact, RunStarted, StepRetried, StepStarted, StepSucceeded
from mntui.core.messages import (
    Accepted,
    AllWaiting,
    AskStatus,
    Denied,
    Happened,
    Opened,
    Question,
    Reply,
    RunFilter,
    RunRow,
    Start,
    Started,
    Update,
    WorkerStatus,
)
from mntui.core.plan import Plan
from mntui.core.requests import Request
from mntui.core.values import Json
from mntui.library.load import Loaded, load
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source
from mntui.ui.app import MntuiApp
from mntui.ui.given import Given

STEPS = 60
RUN = "flood-0000"
BATCH_SECONDS = 0.01
LAG_SECONDS = 0.01
SETTLE_SECONDS = 2.0
BEGUN = 1_800_000_000_000_000
REFUSED = Denied("flood", "this run is only looked at")


class Flood:
    """An engine with one run, which never ends. `window` holds what was measured while the facts came."""

    def __init__(self, rate: int, seconds: float) -> None:
        self.plan = plan_of(STEPS, 1)
        self.rate = rate
        self.seconds = seconds
        self.window: dict[str, Json] = {}
        self.done = asyncio.Event()
        self._facts = facts(self.plan, round(rate * seconds))

    async def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]:  # noqa: ARG002 - an engine's own signature
        yield Opened("flood", RUN, self.plan, (self._facts[0],))
        await asyncio.sleep(SETTLE_SECONDS)
        gc.collect()
        lags: list[float] = []
        watching = asyncio.ensure_future(note_lags(lags))
        cpu, begun, told = time.process_time(), time.perf_counter(), 1
        while told < len(self._facts):
            due = min(round((time.perf_counter() - begun) * self.rate), len(self._facts))
            if due > told:
                yield Happened(self._facts[told:due])
                told = due
            await asyncio.sleep(BATCH_SECONDS)
        took = time.perf_counter() - begun
        self.window = {"cpu": (time.process_time() - cpu) / took, "rate": (told - 1) / took}
        watching.cancel()
        self.window["lag_p99_ms"] = spread_of(lags).p99_ms
        self.done.set()
        await asyncio.Event().wait()

    async def start(self, start: Start) -> Started | Denied:  # noqa: ARG002 - as above
        return REFUSED

    async def send(self, run: str, request: Request, actor: str) -> Accepted | Denied:  # noqa: ARG002 - as above
        return REFUSED

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]:  # noqa: ARG002 - as above
        return ()

    async def query(self, question: Question) -> Reply | Denied:
        if isinstance(question, AskStatus):
            return WorkerStatus(os.getpid(), "flood", 1, BEGUN, "", 1)
        return AllWaiting(())


def facts(plan: Plan, wanted: int) -> tuple[Fact, ...]:
    """So many facts behind the first one; each changes one step."""
    started = RunStarted(RUN, plan.name, "1", "", None, None, {}, {}, "", "")
    made = [Fact("flood", 1, BEGUN, "worker", started)]
    for event in _turns(plan):
        if len(made) > wanted:
            break
        made.append(Fact("flood", len(made) + 1, BEGUN + len(made) * 1_000, "worker", event))
    return tuple(made)


def _turns(plan: Plan) -> Iterator[Event]:
    for generation in count(1):
        for path in plan.roots:
            if generation > 1:
                yield StepRetried(path, generation)
            yield StepStarted(path)
            yield StepSucceeded(path)


async def note_lags(lags: list[float]) -> None:
    """How late this loop comes back from a short sleep, in seconds."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(LAG_SECONDS)
        lags.append(time.perf_counter() - before - LAG_SECONDS)


def _load(path: Path) -> Loaded:
    return load(path, BUILTIN, describe_source)


async def main(rate: int, seconds: float) -> dict[str, Json]:
    with tempfile.TemporaryDirectory() as home:
        flood = Flood(rate, seconds)
        given = Given(
            open_engine=lambda: nullcontext(flood),
            load=_load,
            home=Path(home),
            cwd=Path(home),
            person="person",
            environment={},
            now=lambda: time.time_ns() // 1000,
            clock=time.monotonic,
            keys={},
            opens=RUN,
        )
        app = MntuiApp(given)
        showing = asyncio.ensure_future(app.run_async())
        done = asyncio.ensure_future(flood.done.wait())
        await asyncio.wait({showing, done}, return_when=asyncio.FIRST_COMPLETED)
        app.exit(0)
        await showing
        return flood.window


if __name__ == "__main__":
    found = asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
    Path(sys.argv[3]).write_text(json.dumps(found))
