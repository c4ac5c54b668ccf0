"""The worker: every live run, from its start or adoption to its end, over one journal. It keeps the Engine's contract.

What runs is folded in memory; what has ended is read back from the journal when somebody asks.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import field, replace
from pathlib import Path

from mntui.core.decide import Now, due, is_due
from mntui.core.events import Event, RunAdopted, Timer
from mntui.core.frozen import frozen
from mntui.core.messages import (
    Accepted,
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
)
from mntui.core.requests import Request
from mntui.core.rows import row_of
from mntui.core.run import Run, new_run
from mntui.crash import CrashPoint
from mntui.effects import Effects
from mntui.journal.base import Journal, JournalFull
from mntui.models.answers import Answers
from mntui.models.catalog import Models
from mntui.worker.admission import TOOL_CALLS_AT_ONCE, Admission
from mntui.worker.clock import Clock
from mntui.worker.flow import FlowLimits, Flows
from mntui.worker.frozen import FrozenEffects, NoTools, attend
from mntui.worker.live import LiveRun, Surroundings
from mntui.worker.payloads import Payloads
from mntui.worker.questions import About, Questions, later_than
from mntui.worker.quotes import Quoter
from mntui.worker.recording import Recording
from mntui.worker.roster import Roster
from mntui.worker.starting import Prepared, Starter
from mntui.worker.tool_quotes import ToolQuoter
from mntui.worker.turn import Asked, Tick, Told

WAKE_SECONDS = 1.0


@frozen
class Parts:
    """Everything that a worker is made of; `build` hands it over once. `fatal` ends the process on a lost journal.

    `limits` are how fast providers may be asked, by their names.
    """

    about: About
    journal: Journal
    models: Models
    effects: Effects
    tool_quoter: ToolQuoter
    starter: Starter
    clock: Clock
    jitter: Callable[[], float]
    crash: CrashPoint
    fatal: Callable[[BaseException], None]
    release: Callable[[], Awaitable[None]]
    tool_calls_at_once: int = TOOL_CALLS_AT_ONCE
    limits: Mapping[str, FlowLimits] = field(default_factory=dict)
    answers: Answers | None = None


class Worker:
    """Runs, by id and by name. Keeps the contract of `engines.base.Engine`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._journal = parts.journal
        self.roster = Roster(parts.journal)
        self._live = self.roster.live
        self._questions = Questions(parts.about, parts.journal, parts.models, parts.clock, self.roster)
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False
        self._waking = False
        self._alarm: asyncio.Task[None] | None = None
        self._around = Surroundings(
            parts.journal,
            parts.effects,
            Admission(
                parts.journal.room,
                parts.models.calls_at_once,
                Flows(parts.limits, parts.clock),
                parts.tool_calls_at_once,
            ),
            parts.clock,
            parts.crash,
            self._freed,
            parts.fatal,
        )

    # Life

    async def adopt(self) -> None:
        """Read back what hasn't ended; it goes on. Calls that were out under the last worker are lost."""
        adopted = []
        for run_id in self._journal.unfinished():
            run = self.roster.fold(run_id)
            self._parts.starter.pin(run.digest, run.plan, self.roster.source(run_id))
            adopted.append((self._revive(run), _adoption(run, self._parts.about)))
        self._parts.crash("worker.adopting")
        await asyncio.gather(*(self._tell(live, events) for live, events in adopted))
        self._alarm = asyncio.create_task(self._wake_up(), name="alarm")

    def busy(self) -> bool:
        """Whether a run that hasn't ended needs this process."""
        return bool(self._live)

    async def drain(self, seconds: float) -> None:
        """Begin no call any more; wait for those in flight, at most so long."""
        self._draining = True
        for live in self._live.values():
            live.drain()
        deadline = asyncio.get_running_loop().time() + seconds
        while any(live.calls_out for live in self._live.values()):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Let go of every run, as if killed, and close the journal."""
        if self._alarm is not None:
            self._alarm.cancel()
        for live in self._live.values():
            await live.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._parts.release()
        self._journal.close()

    # The engine's contract

    async def start(self, start: Start) -> Started | Denied:
        if self._draining:
            return Denied("draining", "this worker is being replaced", "start it again in a moment")
        if not self._journal.room():
            return Denied("disk_full", "the disk has no room to begin a run", "free some space and start it again")
        prepared = await self._prepared(start)
        if isinstance(prepared, Denied):
            return prepared
        try:
            await self._open(prepared)
        except JournalFull as error:
            return Denied("disk_full", str(error), "free some space and start it again")
        return prepared.started

    async def send(self, run: str, request: Request, actor: str) -> Accepted | Denied:
        run_id = self.roster.resolve(run)
        if run_id is None:
            return self.roster.unknown(run)
        live = self._live.get(run_id) or self._revive(self.roster.fold(run_id))
        reply: asyncio.Future[Accepted | Denied] = asyncio.get_running_loop().create_future()
        live.put(Asked(request, actor, reply))
        return await reply

    async def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]:
        run_id = self.roster.resolve(run)
        if run_id is None:
            raise LookupError(self.roster.unknown(run).message)
        live = self._live.get(run_id)
        watcher = live.feed.join() if live is not None else None
        try:
            facts = await asyncio.to_thread(self._journal.facts, run_id)
            yield Opened(run_id, self.roster.name(run_id), self.roster.plan(run_id), later_than(facts, after))
            seen = facts[-1].seq if facts else 0
            while live is not None and watcher is not None:
                update = await watcher.get()
                if isinstance(update, Happened):
                    fresh = later_than(update.facts, seen)
                    if fresh:
                        seen = fresh[-1].seq
                        yield Happened(fresh)
                elif update is not None:
                    yield update
                elif live.run.ended:
                    return
                else:
                    # This watcher was too slow and was cut off: it goes on where it was, from the journal.
                    watcher = live.feed.join()
                    missed = later_than(await asyncio.to_thread(self._journal.facts, run_id), seen)
                    if missed:
                        seen = missed[-1].seq
                        yield Happened(missed)
        finally:
            if live is not None and watcher is not None:
                live.feed.leave(watcher)

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        ended = await self._journal.ended(replace(wanted, limit=wanted.limit + len(self._live)))
        rows = {row.id: row for row in ended}
        rows |= {run_id: row_of(live.run) for run_id, live in self._live.items() if live.run.seq}
        found = [row for row in rows.values() if _fits(row, wanted)]
        found.sort(key=lambda row: (row.started_at, row.id), reverse=True)
        return tuple(found[: wanted.limit])

    async def query(self, question: Question) -> Reply | Denied:
        return await self._questions.answer(question)

    # Runs

    async def _prepared(self, start: Start) -> Prepared | Denied:
        if start.again_of and not start.blueprint:
            return await self._again(start)
        if not start.rerun_of:
            return await self._parts.starter.prepare(start, self.roster.names)
        run_id = self.roster.resolve(start.rerun_of)
        if run_id is None:
            return self.roster.unknown(start.rerun_of)
        run = await asyncio.to_thread(self.roster.run, run_id)
        if not run.ended:
            return Denied("not_ended", f"{run.name} goes on: only a run that has ended is rerun", "mntui runs")
        if run.rerun_of is not None:
            return Denied("is_rerun", f"{run.name} is a rerun itself", f"name {run.rerun_of.name}, which it is made of")
        source = self.roster.source(run_id) or {}
        return await self._parts.starter.prepare_rerun(start, run, source, self.roster.names)

    async def _again(self, start: Start) -> Prepared | Denied:
        run_id = self.roster.resolve(start.again_of)
        if run_id is None:
            return self.roster.unknown(start.again_of)
        run = await asyncio.to_thread(self.roster.run, run_id)
        if run.rerun_of is not None:
            message = (
                f"{run.name} is a frozen rerun, made to compare models: its steps don't wait as the blueprint says"
            )
            return Denied("is_rerun", message, f"mntui rerun {run.rerun_of.name}")
        source = self.roster.source(run_id) or {}
        return await self._parts.starter.prepare_again(start, run, source, self.roster.names)

    async def _open(self, prepared: Prepared) -> None:
        payloads = self.roster.payloads()
        run = new_run(prepared.run_id, prepared.plan)._replace(rerun_of=prepared.rerun_of)
        live = self._revive(run, payloads)
        self.roster.call(prepared.run_id, prepared.started.run)
        try:
            signals = self._recording(run).signals if run.rerun_of is not None else ()
            await self._tell(live, (*prepared.facts(payloads.keep), *signals), prepared.actor)
        except JournalFull:
            self.roster.forget(prepared.run_id)
            self._live.pop(prepared.run_id, None)
            raise

    def _revive(self, run: Run, payloads: Payloads | None = None) -> LiveRun:
        kept = payloads or self.roster.payloads()
        around, tools = self._around, self._parts.tool_quoter
        recording = self._recording(run) if run.rerun_of is not None else None
        if recording is not None:
            around = replace(around, effects=FrozenEffects(self._parts.models, recording, kept.load))
            tools = tools.over(NoTools())
        quoter = Quoter(self._parts.models, tools, kept, self._parts.jitter, self._parts.answers)
        live = LiveRun(run, around, quoter, kept)
        self._live[run.id] = live
        if recording is not None:
            self._attend(live, recording)
        self._serve(live)
        return live

    def _serve(self, live: LiveRun) -> None:
        task = asyncio.create_task(live.serve(), name=f"run {live.run.id}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._served(live, done))

    def _recording(self, run: Run) -> Recording:
        """What the run did that a rerun is made of; nothing where that run is gone."""
        assert run.rerun_of is not None
        of, load = run.rerun_of.id, self.roster.payloads().load
        if not self.roster.knows(of):
            return Recording(new_run(of, run.plan), (), load)
        return Recording(self.roster.fold(of), self._journal.facts(of), load)

    def _attend(self, live: LiveRun, recording: Recording) -> None:
        task = asyncio.create_task(attend(live, recording), name=f"attends {live.run.id}")
        self._tasks.add(task)
        task.add_done_callback(self._attended)

    def _attended(self, done: "asyncio.Task[None]") -> None:
        self._tasks.discard(done)
        if not done.cancelled() and (error := done.exception()) is not None:
            self._parts.fatal(error)

    def _served(self, live: LiveRun, done: "asyncio.Task[None]") -> None:
        self._tasks.discard(done)
        if done.cancelled():
            return
        if (error := done.exception()) is not None:
            self._parts.fatal(error)
        elif live.has_more:
            # Somebody asked it for something after its last look: whoever asks gets an answer.
            self._serve(live)
        elif live.run.ended:
            self._archive(live)

    def _archive(self, live: LiveRun) -> None:
        self._live.pop(live.run.id, None)
        live.feed.end()
        if live.run.out and Path(live.run.folder).is_dir():
            shutil.copytree(live.run.folder, live.run.out, dirs_exist_ok=True)

    async def _tell(self, live: LiveRun, events: tuple[Event, ...], actor: str = "worker") -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        live.put(Told(events, actor, done))
        await done

    def _freed(self) -> None:
        """A limit has room again. Many calls end at once: those that wait are woken once for all of them."""
        if self._around.admission.has_refused and not self._waking:
            self._waking = True
            asyncio.get_running_loop().call_soon(self._wake_waiting)

    def _wake_waiting(self) -> None:
        """As many as there is room for: with 200 runs on 64 places waking all of them took two of three turns."""
        self._waking = self._around.admission.has_refused = False
        room = self._around.admission.tool_room
        for live in self._live.values():
            if live.awaits_more or (live.tools_awaited and room > 0):
                room -= live.tools_awaited
                live.put(Tick())

    async def _wake_up(self) -> None:
        """Fire what is due: at the earliest timer, and at least once a second, since sleep doesn't move this clock."""
        while True:
            now = self._parts.clock()
            for live in tuple(self._live.values()):
                if (live.run.timers and due(live.run, now)) or live.feed.waiting:
                    live.put(Tick())
            await asyncio.sleep(min(self._pause(now), WAKE_SECONDS))

    def _pause(self, now: Now) -> float:
        live_runs = self._live.values()
        left = [_seconds_left(timer, now) for live in live_runs for timer in live.run.timers.values()]
        left += [max((until - now.at) / 1_000_000, 0.02) for live in live_runs for until in live.feed.until.values()]
        return min(left, default=WAKE_SECONDS)


def _adoption(run: Run, about: About) -> tuple[Event, ...]:
    """Only a run with calls in flight is told: the others wait as before, and their journal needn't know."""
    out = any(call.status == "running" for node in run.nodes.values() for call in node.calls.values())
    return (RunAdopted(f"pid {about.pid}"),) if out else ()


def _fits(row: RunRow, wanted: RunFilter) -> bool:
    return wanted.status in {"", row.status} and wanted.blueprint in {"", row.blueprint}


def _seconds_left(timer: Timer, now: Now) -> float:
    if is_due(timer, now):
        return 0.01
    left = timer.elapsed_until - now.elapsed if timer.boot and timer.boot == now.boot else timer.until - now.at
    return min(max(left / 1_000_000, 0.001), WAKE_SECONDS)
