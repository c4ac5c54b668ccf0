"""The worker: every live run, the one journal, and the questions that people ask. It keeps the Engine's contract.

What runs is folded in memory; what has ended is read back from the journal when somebody asks.
"""

import asyncio
import difflib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import field, replace
from functools import lru_cache
from pathlib import Path

from mntui.core.decide import Now, due, is_due
from mntui.core.events import Event, Fact, RunAdopted, RunStarted, Timer
from mntui.core.evolve import replay
from mntui.core.frozen import frozen
from mntui.core.language.expressions import ExpressionFailure
from mntui.core.messages import (
    Accepted,
    AllWaiting,
    AskCompare,
    AskEvents,
    AskKeeping,
    AskPayload,
    AskSees,
    AskSql,
    AskStatus,
    AskWaiting,
    DeleteRuns,
    Denied,
    Facts,
    Happened,
    Opened,
    Payload,
    Question,
    Reply,
    RunFilter,
    RunRow,
    SeenMessage,
    Sees,
    Start,
    Started,
    Update,
    Waiting,
    WorkerStatus,
)
from mntui.core.plan import AgentWork, Plan
from mntui.core.requests import Request
from mntui.core.rows import row_of
from mntui.core.run import Run, new_run
from mntui.core.steps import step_of
from mntui.core.values import Ref
from mntui.crash import CrashPoint
from mntui.effects import Effects
from mntui.journal.base import Journal, JournalFull
from mntui.models.answers import Answers
from mntui.models.base import ModelFailure
from mntui.models.catalog import Models
from mntui.wire.codec import from_plain
from mntui.worker.admission import TOOL_CALLS_AT_ONCE, Admission
from mntui.worker.clock import Clock
from mntui.worker.comparing import Comparer, Taken
from mntui.worker.flow import FlowLimits, Flows
from mntui.worker.frozen import FrozenEffects, NoTools, attend
from mntui.worker.live import LiveRun, Surroundings
from mntui.worker.payloads import Payloads
from mntui.worker.prompts import request_for
from mntui.worker.quotes import Quoter
from mntui.worker.recording import Recording
from mntui.worker.starting import Prepared, Starter
from mntui.worker.tool_quotes import ToolQuoter
from mntui.worker.turn import Asked, Tick, Told

WAKE_SECONDS = 1.0


@frozen
class About:
    """What `worker status` tells of this process. `notes` are sentences beside what its journal says."""

    pid: int
    version: str
    protocol: int
    started_at: int
    home: Path
    notes: tuple[str, ...] = ()


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
        self._live: dict[str, LiveRun] = {}
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._plan = lru_cache(64)(self._read_plan)
        self._comparer = Comparer(parts.models, parts.journal)
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
        for name, run_id in self._journal.names().items():
            self._call(run_id, name)
        for run_id in self._journal.unfinished():
            run = self._fold(run_id)
            self._parts.starter.pin(run.digest, run.plan, self._payloads().load(self._started(run_id).source))
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
        run_id = self._resolve(run)
        if run_id is None:
            return self._unknown(run)
        live = self._live.get(run_id) or self._revive(self._fold(run_id))
        reply: asyncio.Future[Accepted | Denied] = asyncio.get_running_loop().create_future()
        live.put(Asked(request, actor, reply))
        return await reply

    async def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]:
        run_id = self._resolve(run)
        if run_id is None:
            raise LookupError(self._unknown(run).message)
        live = self._live.get(run_id)
        watcher = live.feed.join() if live is not None else None
        try:
            facts = await asyncio.to_thread(self._journal.facts, run_id)
            yield Opened(run_id, self._name(run_id), self._plan_of(run_id), _after(facts, after))
            seen = facts[-1].seq if facts else 0
            while live is not None and watcher is not None:
                update = await watcher.get()
                if isinstance(update, Happened):
                    fresh = _after(update.facts, seen)
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
                    missed = _after(await asyncio.to_thread(self._journal.facts, run_id), seen)
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
        match question:
            case AskWaiting():
                return self._all_waiting()
            case AskStatus():
                return self._status()
            case AskPayload(digest=digest):
                if not self._journal.holds(digest):
                    return Denied("unknown_payload", f"no value has the digest {digest}", "")
                return Payload(await asyncio.to_thread(self._journal.payload, digest))
            case AskEvents(run=run, after=after):
                run_id = self._resolve(run)
                if run_id is None:
                    return self._unknown(run)
                facts = await asyncio.to_thread(self._journal.facts, run_id)
                return Facts(run_id, self._name(run_id), _after(facts, after))
            case AskSees(run=run, path=path):
                return self._sees(run, path)
            case AskSql():
                return await self._journal.sql(question)
            case AskKeeping():
                return await self._journal.keep(question)
            case DeleteRuns():
                return await self._delete(question)
            case AskCompare():
                return await self._compare(question)

    async def _compare(self, question: AskCompare) -> Reply | Denied:
        taken = []
        reruns = question.reruns or await self._comparer.reruns_of(self._resolve(question.run) or "")
        for name in (question.run, *reruns):
            run_id = self._resolve(name)
            if run_id is None:
                return self._unknown(name)
            facts = await asyncio.to_thread(self._journal.facts, run_id)
            taken.append(Taken(replay(new_run(run_id, self._plan_of(run_id, facts)), facts), facts))
        return await self._comparer.compare(question, taken[0], taken[1:], self._payloads().load)

    async def _delete(self, question: DeleteRuns) -> Reply | Denied:
        gone = self._journal.gone()
        found = [run if run in gone else self._resolve(run) or "" for run in question.runs]
        for run, run_id in zip(question.runs, found, strict=True):
            if not run_id:
                return self._unknown(run)
            if run_id in self._live:
                return Denied("not_ended", f"{self._name(run_id)} hasn't ended", f"mntui cancel {self._name(run_id)}")
        # Nobody must wake one of them while it goes.
        names = {run_id: self._ids.pop(run_id) for run_id in found if run_id in self._ids}
        for name in names.values():
            self._names.pop(name, None)
        reply = await self._journal.delete(found, self._parts.clock().at, question.actor)
        if not self._journal.gone() >= names.keys():
            for run_id, name in names.items():
                self._call(run_id, name)
        return reply

    # Runs

    async def _prepared(self, start: Start) -> Prepared | Denied:
        if start.again_of and not start.blueprint:
            return await self._again(start)
        if not start.rerun_of:
            return await self._parts.starter.prepare(start, frozenset(self._names))
        run_id = self._resolve(start.rerun_of)
        if run_id is None:
            return self._unknown(start.rerun_of)
        run = self._live[run_id].run if run_id in self._live else await asyncio.to_thread(self._fold, run_id)
        if not run.ended:
            return Denied("not_ended", f"{run.name} goes on: only a run that has ended is rerun", "mntui runs")
        if run.rerun_of is not None:
            return Denied("is_rerun", f"{run.name} is a rerun itself", f"name {run.rerun_of.name}, which it is made of")
        source = self._payloads().load(self._started(run_id).source) or {}
        return await self._parts.starter.prepare_rerun(start, run, source, frozenset(self._names))

    async def _again(self, start: Start) -> Prepared | Denied:
        run_id = self._resolve(start.again_of)
        if run_id is None:
            return self._unknown(start.again_of)
        run = self._live[run_id].run if run_id in self._live else await asyncio.to_thread(self._fold, run_id)
        if run.rerun_of is not None:
            message = (
                f"{run.name} is a frozen rerun, made to compare models: its steps don't wait as the blueprint says"
            )
            return Denied("is_rerun", message, f"mntui rerun {run.rerun_of.name}")
        source = self._payloads().load(self._started(run_id).source) or {}
        return await self._parts.starter.prepare_again(start, run, source, frozenset(self._names))

    async def _open(self, prepared: Prepared) -> None:
        payloads = self._payloads()
        run = new_run(prepared.run_id, prepared.plan)._replace(rerun_of=prepared.rerun_of)
        live = self._revive(run, payloads)
        self._call(prepared.run_id, prepared.started.run)
        self._plan.cache_clear()
        try:
            signals = self._recording(run).signals if run.rerun_of is not None else ()
            await self._tell(live, (*prepared.facts(payloads.keep), *signals), prepared.actor)
        except JournalFull:
            del self._names[prepared.started.run], self._ids[prepared.run_id]
            self._live.pop(prepared.run_id, None)
            raise

    def _revive(self, run: Run, payloads: Payloads | None = None) -> LiveRun:
        kept = payloads or self._payloads()
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
        task = asyncio.create_task(live.serve(), name=f"run {run.id}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._served(live, done))
        return live

    def _recording(self, run: Run) -> Recording:
        """What the run did that a rerun is made of; nothing where that run is gone."""
        assert run.rerun_of is not None
        if run.rerun_of.id not in self._ids:
            return Recording(new_run(run.rerun_of.id, run.plan), (), self._payloads().load)
        return Recording(self._fold(run.rerun_of.id), self._journal.facts(run.rerun_of.id), self._payloads().load)

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
        if not done.cancelled() and (error := done.exception()) is not None:
            self._parts.fatal(error)
            return
        if live.run.ended:
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

    # Reading

    def _payloads(self) -> Payloads:
        return Payloads(self._journal)

    def _fold(self, run_id: str) -> Run:
        facts = self._journal.facts(run_id)
        return replay(new_run(run_id, self._plan_of(run_id, facts)), facts)

    def _started(self, run_id: str) -> RunStarted:
        event = self._journal.facts(run_id)[0].event
        assert isinstance(event, RunStarted)
        return event

    def _plan_of(self, run_id: str, facts: tuple[Fact, ...] = ()) -> Plan:
        live = self._live.get(run_id)
        if live is not None:
            return live.run.plan
        event = facts[0].event if facts else self._started(run_id)
        assert isinstance(event, RunStarted)
        if isinstance(event.plan, Ref):
            return self._plan(event.plan.digest)
        return from_plain(Plan, event.plan)

    def _read_plan(self, digest: str) -> Plan:
        return from_plain(Plan, self._journal.payload(digest))

    def _name(self, run_id: str) -> str:
        return self._ids[run_id]

    def _call(self, run_id: str, name: str) -> None:
        self._names[name] = run_id
        self._ids[run_id] = name

    def _resolve(self, run: str) -> str | None:
        if run in self._ids:
            return run
        if run in self._names:
            return self._names[run]
        starting = [run_id for name, run_id in self._names.items() if run and name.startswith(run)]
        return starting[0] if len(starting) == 1 else None

    def _unknown(self, run: str) -> Denied:
        near = difflib.get_close_matches(run, self._names, n=1)
        remedy = f"did you mean {near[0]}?" if near else "mntui runs lists them"
        return Denied("unknown_run", f"there is no run {run!r}", remedy)

    def _all_waiting(self) -> AllWaiting:
        found = [
            Waiting(live.run.name, live.run.id, ask) for live in self._live.values() for ask in live.run.asks.values()
        ]
        found.sort(key=lambda waiting: (waiting.ask.asked_at, waiting.ask.id))
        return AllWaiting(tuple(found))

    def _status(self) -> WorkerStatus:
        about = self._parts.about
        return WorkerStatus(
            about.pid,
            about.version,
            about.protocol,
            about.started_at,
            str(about.home),
            len(self._live),
            (*self._journal.opening, *about.notes),
        )

    def _sees(self, run: str, path: str) -> Sees | Denied:
        run_id = self._resolve(run)
        if run_id is None:
            return self._unknown(run)
        live = self._live.get(run_id)
        state = live.run if live is not None else self._fold(run_id)
        node = state.nodes.get(path)
        if node is None:
            return Denied("unknown_step", f"run {state.name} has no step {path!r}", f"mntui show {state.name}")
        work = step_of(state, path).work
        if not isinstance(work, AgentWork):
            return Denied("no_agent", f"{path} is no agent's step: it sees nothing", f"mntui show {state.name} {path}")
        if node.started_at is None:
            return Denied(
                "not_started", f"{path} hasn't started, so its inputs aren't known", f"mntui why {state.name}"
            )
        turn = f"{len(node.turns) or 1}.0"
        try:
            request = request_for(state, path, turn, self._payloads().load)
            model = self._parts.models.open(request.model)
        except (ExpressionFailure, ModelFailure) as failure:
            return Denied("unreadable", failure.message, failure.remedy)
        messages = tuple(SeenMessage(m.role, m.text) for m in request.messages)
        tokens = sum(model.count_tokens(m.text) for m in messages)
        tools = tuple(tool.name for tool in request.tools)
        return Sees(path, request.model, tokens, messages, tools, request.contract)


def _adoption(run: Run, about: About) -> tuple[Event, ...]:
    """Only a run with calls in flight is told: the others wait as before, and their journal needn't know."""
    out = any(call.status == "running" for node in run.nodes.values() for call in node.calls.values())
    return (RunAdopted(f"pid {about.pid}"),) if out else ()


def _after(facts: tuple[Fact, ...], seq: int) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.seq > seq)


def _fits(row: RunRow, wanted: RunFilter) -> bool:
    return wanted.status in {"", row.status} and wanted.blueprint in {"", row.blueprint}


def _seconds_left(timer: Timer, now: Now) -> float:
    if is_due(timer, now):
        return 0.01
    left = timer.elapsed_until - now.elapsed if timer.boot and timer.boot == now.boot else timer.until - now.at
    return min(max(left / 1_000_000, 0.001), WAKE_SECONDS)
