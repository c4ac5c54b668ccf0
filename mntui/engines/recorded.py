"""A recorded run as an engine: its facts come again, by the recording's own clock. No worker, no effect, no decision.

Whoever watches can't tell it from a run that happens now, but for what it is asked: pause and resume hold and let go
the recording, and are told as the facts that a worker would tell. Everything else is refused with the reason.
"""

import os
from collections.abc import AsyncIterator

from mntui import __version__
from mntui.core import requests as r
from mntui.core.events import Fact
from mntui.core.messages import (
    Accepted,
    AllWaiting,
    AskEvents,
    AskPayload,
    AskSees,
    AskStatus,
    AskWaiting,
    Denied,
    Facts,
    Happened,
    Opened,
    Payload,
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
from mntui.core.rows import row_of
from mntui.core.run import Run
from mntui.core.why import asks_in_order
from mntui.engines.playing import Playing
from mntui.engines.recording import Recording
from mntui.wire.protocol import PROTOCOL


class RecordedEngine:
    """What `playing` tells, asked as every engine is; `recording` holds large values and what agents saw."""

    def __init__(self, recording: Recording, playing: Playing) -> None:
        self._recording = recording
        self._playing = playing

    @property
    def _run(self) -> Run:
        return self._playing.run

    @property
    def _facts(self) -> list[Fact]:
        return self._playing.facts

    async def start(self, start: Start) -> Started | Denied:
        return _recorded(f"A real one: mntui run {start.blueprint.rstrip('/').rpartition('/')[2]}.")

    async def send(self, run: str, request: r.Request, actor: str) -> Accepted | Denied:
        if not self._is(run):
            return _unknown(run)
        match request:
            case r.Pause() if not self._playing.is_held and not self._run.ended:
                self._playing.hold(actor)
            case r.Resume() if self._playing.is_held:
                self._playing.let_go(actor)
            case r.Approve() | r.Reject() | r.Respond() | r.Settle():
                self._playing.skip_reading()
                return _recorded("It goes on with the answer that was given then.")
            case _:
                return _recorded("Keys that only look work as always; p holds it.")
        return Accepted(self._run.id, len(self._facts))

    async def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]:
        if not self._is(run):
            raise LookupError(f"there is no run {run!r}")
        shown = len(self._facts)
        yield Opened(self._run.id, self._run.name, self._run.plan, tuple(self._facts[after:shown]))
        while not self._run.ended or shown < len(self._facts):
            if shown == len(self._facts):
                await self._playing.changed.wait()
            fresh = tuple(self._facts[shown:])
            shown += len(fresh)
            if fresh:
                yield Happened(fresh)

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        row = row_of(self._run)
        fits = wanted.status in {"", row.status} and wanted.blueprint in {"", row.blueprint}
        return (row,)[: wanted.limit] if fits else ()

    async def query(self, question: Question) -> Reply | Denied:
        match question:
            case AskStatus():
                return WorkerStatus(os.getpid(), __version__, PROTOCOL, self._facts[0].at, "", 1)
            case AskWaiting():
                return AllWaiting(tuple(Waiting(self._run.name, self._run.id, a) for a in asks_in_order(self._run)))
            case AskEvents(run=run, after=after) if self._is(run):
                return Facts(self._run.id, self._run.name, tuple(self._facts[after:]))
            case AskPayload(digest=digest) if digest in self._recording.payloads:
                return Payload(self._recording.payloads[digest])
            case AskSees(run=run, path=path) if self._is(run) and path in self._recording.sees:
                return self._recording.sees[path]
            case AskEvents(run=run) | AskSees(run=run) if not self._is(run):
                return _unknown(run)
            case _:
                return _recorded("What wasn't recorded can't be asked of it.")

    def _is(self, run: str) -> bool:
        return run in {self._run.name, self._run.id}


def _recorded(remedy: str) -> Denied:
    return Denied("recorded", "This is a recording: nothing is called, decided or started", remedy)


def _unknown(run: str) -> Denied:
    return Denied("unknown_run", f"there is no run {run!r}", "mntui demo plays one run only")
