"""A small engine that keeps the contract: runs of one approval each, their facts in a file, nothing else.

It stands in for the worker where a test is about sockets and processes, and starts in a fraction of the time.
Run as a program it is a daemon, as `mntui.worker.daemon` is.
"""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from mntui.core.events import (
    ApprovalGranted,
    ApprovalRequested,
    Event,
    Fact,
    RunEnded,
    RunPaused,
    RunResumed,
    RunStarted,
    StepStarted,
    StepSucceeded,
)
from mntui.core.messages import (
    Accepted,
    AllWaiting,
    AskEvents,
    AskStatus,
    AskWaiting,
    Denied,
    Facts,
    Happened,
    Opened,
    Question,
    Reply,
    RunFilter,
    RunRow,
    Start,
    Started,
    Update,
    Waiting,
    WorkerStatus,
)
from mntui.core.plan import Plan
from mntui.core.requests import Approve, Pause, Request, Resume
from mntui.core.run import Ask
from mntui.crash import CrashPoint
from mntui.settings import Settings
from mntui.wire.codec import decode, encode
from mntui.wire.protocol import PROTOCOL
from mntui.worker.daemon import Build, main

PLAN = Plan("asks", "1", "", {}, {}, {}, {}, {}, {}, (), {}, {})
ASK = ("a1", "go", "", "Go on?", {"what": "everything"}, "d1")


@dataclass
class ToyRun:
    id: str
    name: str
    facts: list[Fact] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ended(self) -> bool:
        return isinstance(self.facts[-1].event, RunEnded)

    def happen(self, actor: str, *events: Event) -> list[Fact]:
        new = [Fact(self.id, seq, seq, actor, event) for seq, event in enumerate(events, len(self.facts) + 1)]
        self.facts += new
        self.more.set()
        self.more = asyncio.Event()
        return new


class ToyEngine:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.runs_by_name: dict[str, ToyRun] = {}

    # Life

    async def adopt(self) -> None:
        journal = self.home / "toy.journal"
        for line in journal.read_bytes().splitlines() if journal.exists() else []:
            fact = decode(Fact, line)
            if isinstance(fact.event, RunStarted):
                self.runs_by_name[fact.event.name] = ToyRun(fact.run, fact.event.name)
            next(run for run in self.runs_by_name.values() if run.id == fact.run).facts.append(fact)

    def busy(self) -> bool:
        return any(not run.ended for run in self.runs_by_name.values())

    async def drain(self, seconds: float) -> None:
        pass

    async def close(self) -> None:
        pass

    # The engine's contract

    async def start(self, start: Start) -> Started | Denied:
        if not (self.home / "blueprints" / start.blueprint).is_dir():
            return Denied("unknown_blueprint", f"there is no blueprint {start.blueprint}", "mntui blueprint list")
        run = ToyRun(str(uuid.uuid4()), f"{start.blueprint}-{len(self.runs_by_name)}")
        self.runs_by_name[run.name] = run
        started = RunStarted(run.name, start.blueprint, "1", "d", None, None, {}, {}, str(self.home), "")
        self._keep(run.happen(start.actor, started, StepStarted("go"), ApprovalRequested(*ASK)))
        return Started(run.name, run.id, str(self.home))

    async def send(self, run: str, request: Request, actor: str) -> Accepted | Denied:
        found = self._find(run)
        if found is None:
            return Denied("unknown_run", f"there is no run {run!r}")
        match request:
            case Pause() if not found.ended:
                events: tuple[Event, ...] = (RunPaused(),)
            case Resume() if not found.ended:
                events = (RunResumed(),)
            case Approve(ask="a1", digest="d1") if not found.ended:
                granted = ApprovalGranted("a1", "d1", ASK[4], "d1")
                events = (granted, StepSucceeded("go", ASK[4]), RunEnded("succeeded"))
            case _:
                return Denied("settled", "that can't be asked now")
        self._keep(found.happen(actor, *events))
        return Accepted(found.id, len(found.facts))

    async def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]:
        found = self._find(run)
        if found is None:
            raise LookupError(f"there is no run {run!r}")
        shown = len(found.facts)
        yield Opened(found.id, found.name, PLAN, tuple(found.facts[after:shown]))
        while not found.ended or shown < len(found.facts):
            more = found.more
            if shown == len(found.facts):
                await more.wait()
            fresh = tuple(found.facts[shown:])
            shown += len(fresh)
            yield Happened(fresh)

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        rows = [_row(run) for run in reversed(self.runs_by_name.values())]
        fitting = [r for r in rows if wanted.status in {"", r.status} and wanted.blueprint in {"", r.blueprint}]
        return tuple(fitting[: wanted.limit])

    async def query(self, question: Question) -> Reply | Denied:
        match question:
            case AskStatus():
                return WorkerStatus(os.getpid(), "toy", PROTOCOL, 1, str(self.home), len(self.runs_by_name))
            case AskWaiting():
                open_runs = [run for run in self.runs_by_name.values() if not run.ended]
                asks = [(run, Ask("a1", "approval", "go", "", ASK[3], 1, "d1", ASK[4])) for run in open_runs]
                return AllWaiting(tuple(Waiting(run.name, run.id, ask) for run, ask in asks))
            case AskEvents(run=run, after=after) if (found := self._find(run)) is not None:
                return Facts(found.id, found.name, tuple(found.facts[after:]))
            case _:
                return Denied("unknown", "there is no such thing")

    def _find(self, run: str) -> ToyRun | None:
        return next((r for r in self.runs_by_name.values() if run in {r.id, r.name}), None)

    def _keep(self, facts: list[Fact]) -> None:
        with (self.home / "toy.journal").open("ab") as journal:
            journal.writelines(encode(fact) + b"\n" for fact in facts)


def _row(run: ToyRun) -> RunRow:
    waiting = () if run.ended else ("approval",)
    status = "succeeded" if run.ended else "waiting"
    return RunRow(run.id, run.name, "asks", status, waiting, None, 0, 1, 0, True, 1, None, "")


def build_toy(settings: Settings, _crash: CrashPoint, _fatal: Callable[[BaseException], None]) -> ToyEngine:
    return ToyEngine(settings.home)


def load_toy() -> Build:
    return build_toy


if __name__ == "__main__":
    sys.exit(main(load=load_toy))
