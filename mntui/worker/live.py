"""One live run: its inbox, its turns, and the calls it has out in the world.

A turn folds what came in, asks `decide` until it has nothing new, commits everything at once, and only then publishes,
answers and calls. A turn whose commit fails never happened: its state is dropped, what came in is taken again.
"""

import asyncio
from collections.abc import Callable
from typing import assert_never

from mntui.core.answer import answer
from mntui.core.begin import begin, fits_later
from mntui.core.commands import CallModel, CallTool, Command, ModelQuote, WorldCommand, key_of, slot_of
from mntui.core.decide import decide, due, in_flight
from mntui.core.events import (
    Event,
    Fact,
    ModelAnswered,
    ModelCallFailed,
    ModelCallStarted,
    ReconcileStarted,
    RunCancelling,
    RunEnded,
    StepCancelled,
    StepFailed,
    ToolCallStarted,
)
from mntui.core.evolve import evolve
from mntui.core.frozen import frozen
from mntui.core.messages import Accepted, Denied
from mntui.core.money import Cost, Usage
from mntui.core.requests import Refused
from mntui.core.run import Run
from mntui.core.serving import serving
from mntui.core.steps import step_of
from mntui.core.values import Problem
from mntui.crash import CrashPoint
from mntui.effects import RATE_LIMITED, Effects, GettingReady
from mntui.journal.base import Batch, Journal, JournalFull
from mntui.models.base import ModelRequest
from mntui.tools.base import ToolCall
from mntui.worker.admission import TOOL_LANE, Admission
from mntui.worker.clock import Clock
from mntui.worker.feed import Feed
from mntui.worker.flow import Hold
from mntui.worker.payloads import Payloads
from mntui.worker.prompts import step_timeout
from mntui.worker.quotes import Quoted, Quoter
from mntui.worker.tool_quotes import exclusive_key
from mntui.worker.turn import (
    Asked,
    CallOutcome,
    CallStart,
    Item,
    Outcome,
    Tick,
    Told,
    Turn,
    is_open,
    late,
    owner_of,
    still_wanted,
    unsettled,
)

MODEL_TIMEOUT_SECONDS = 600.0
FULL_DISK_PAUSE_SECONDS = 1.0
WORKER = "worker"
BUDGET_HELD = Hold("budget: calls in flight hold back what is left of it, and give back what they don't use")


@frozen
class Surroundings:
    """What every live run shares."""

    journal: Journal
    effects: Effects
    admission: Admission
    clock: Clock
    crash: CrashPoint
    freed: Callable[[], None]
    fatal: Callable[[BaseException], None]


class LiveRun:
    """A run that hasn't ended. `serve` is its only task; everything else puts into its inbox."""

    def __init__(self, run: Run, around: Surroundings, quoter: Quoter, payloads: Payloads) -> None:
        self.run = run
        self.feed = Feed()
        self.tools_awaited, self.awaits_more = 0, False
        """How many tool calls wait for a place, and whether anything waits for something else, since the last turn."""
        self._around = around
        self._quoter = quoter
        self._payloads = payloads
        self._inbox: asyncio.Queue[Item] = asyncio.Queue()
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._holds: dict[str, tuple[str, str]] = {}
        self._sizes: dict[str, int] = {}
        self._draining = False
        self._stopped = False
        for path, call in unsettled(run):
            self._hold(run, path, call)

    def put(self, item: Item) -> None:
        self._inbox.put_nowait(item)

    def drain(self) -> None:
        """Begin nothing more; what is in flight may still come back."""
        self._draining = True

    @property
    def has_more(self) -> bool:
        return not self._inbox.empty()

    @property
    def calls_out(self) -> int:
        return len(self._calls)

    async def serve(self) -> None:
        """Take turns until the run has ended and nothing of it is out any more."""
        items: list[Item] = []
        while not (self.run.ended and not self._calls and self._inbox.empty() and not items):
            if not items:
                items = [await self._inbox.get()]
            while not self._inbox.empty():
                items.append(self._inbox.get_nowait())
            items = await self._turn(items)
            if items:
                await asyncio.sleep(FULL_DISK_PAUSE_SECONDS)

    # A turn

    async def _turn(self, items: list[Item]) -> list[Item]:
        """Take the items in. Returns those that must be taken again, since the disk was full."""
        turn = Turn(self.run)
        for item in items:
            self._take(turn, item)
        waiting = await self._begin_all(turn)
        try:
            await self._commit(turn)
        except JournalFull as error:
            self._forget(turn)
            return self._after_full_disk(items, error)
        self._settle(turn, items)
        self.feed.queued(waiting)
        return []

    def _take(self, turn: Turn, item: Item) -> None:
        match item:
            case Outcome(command=command, event=event):
                self._add(turn, (event if in_flight(turn.run, command) else late(command, event),), WORKER)
            case Asked(request=request, actor=actor):
                answered = answer(turn.run, request, self._around.clock())
                if isinstance(answered, Refused):
                    turn.answers.append((item, Denied(answered.code, answered.message, answered.remedy)))
                else:
                    self._add(turn, answered, actor)
                    turn.answers.append((item, Accepted(turn.run.name, turn.run.seq)))
            case Told(events=events, actor=actor):
                self._add(turn, events, actor)
            case Tick():
                pass
            case _:
                assert_never(item)
        if turn.run.timers:
            self._add(turn, due(turn.run, self._around.clock()), WORKER)

    def _add(self, turn: Turn, events: tuple[Event, ...], actor: str) -> None:
        for event in events:
            at = max(self._around.clock().at, turn.run.at)
            fact = Fact(turn.run.id, turn.run.seq + 1, at, actor, event)
            turn.run = evolve(turn.run, fact)
            turn.facts.append(fact)

    async def _begin_all(self, turn: Turn) -> dict[str, Hold]:
        """Ask `decide` until it has nothing that may begin. Returns what has to wait, and for which limit."""
        waiting: dict[str, Hold] = {}
        self.tools_awaited, self.awaits_more = 0, False
        known, ready = turn.run, decide(turn.run)
        while ready:
            # What waits now will wait until the next turn: only what became possible meanwhile is looked at again.
            since = turn.run.orders
            for command in ready:
                if turn.run is not known and not still_wanted(turn.run, command):
                    continue
                hold = self._admit(turn, command)
                if hold is None:
                    hold = await self._begin(turn, command)
                if hold is not None:
                    waiting[slot_of(command)] = hold
                    self._await(command)
            known, ready = turn.run, decide(turn.run, since)
        return waiting

    def _await(self, command: Command) -> None:
        if isinstance(command, CallTool):
            self.tools_awaited += 1
        else:
            self.awaits_more = True

    def _admit(self, turn: Turn, command: Command) -> Hold | None:
        if self._draining and isinstance(command, CallModel | CallTool):
            return Hold("the worker is being replaced")
        if not isinstance(command, CallModel | CallTool):
            return None
        if turn.full is not None and isinstance(command, CallTool):
            return turn.full
        key, run = key_of(turn.run.id, command), turn.run
        if isinstance(command, CallModel):
            lane = serving(run, command.path).model
            hold = self._around.admission.hold(key, lane, tokens=self._sizes.get(key, 0))
        else:
            lane, exclusive = TOOL_LANE, exclusive_key(run, command.path, command.call, self._payloads)
            hold = self._around.admission.hold(key, lane, exclusive, owner_of(run, command.path, command.call))
        if hold is None:
            self._around.admission.enter(key, lane)
            self._hold(run, command.path, command.call)
            turn.entered.append(key)
        elif lane == TOOL_LANE and self._around.admission.tool_room <= 0:
            turn.full = hold
        return hold

    def _hold(self, run: Run, path: str, call: str) -> None:
        """Keep what this call has exclusively, until its outcome is known."""
        exclusive = exclusive_key(run, path, call, self._payloads)
        if exclusive:
            self._holds[owner_of(run, path, call)] = (path, call)
            self._around.admission.own(exclusive, owner_of(run, path, call))

    def _free_settled(self) -> None:
        settled = [owner for owner, (path, call) in self._holds.items() if not is_open(self.run.node(path).calls[call])]
        for owner in settled:
            del self._holds[owner]
            self._around.admission.free(owner)
            self._around.freed()

    async def _begin(self, turn: Turn, command: Command) -> Hold | None:
        now = self._around.clock()
        quoted = await self._quoter.quote(turn.run, command, now)
        if (
            isinstance(command, CallModel)
            and isinstance(quoted.quote, ModelQuote)
            and fits_later(turn.run, quoted.quote)
        ):
            self._leave(turn, key_of(turn.run.id, command))
            return BUDGET_HELD
        events = begin(turn.run, command, quoted.quote, now)
        started = next((e for e in events if isinstance(e, CallStart)), None)
        if isinstance(started, ModelCallStarted) and isinstance(command, CallModel) and quoted.again is None:
            hold = self._let_out(turn, key_of(turn.run.id, command), started)
            if hold is not None:
                return hold
        self._add(turn, events, WORKER)
        if isinstance(command, CallModel | CallTool):
            if started is not None:
                turn.calls.append((command, started, quoted))
            else:
                self._leave(turn, key_of(turn.run.id, command))
        return None

    def _let_out(self, turn: Turn, key: str, started: ModelCallStarted) -> Hold | None:
        """Whether its provider may be asked for so many tokens now. They are remembered, to be asked for again."""
        hold = self._around.admission.asks(key, started.reserved_tokens)
        if hold is None:
            self._sizes.pop(key, None)
        else:
            self._sizes[key] = started.reserved_tokens
            self._leave(turn, key)
        return hold

    def _leave(self, turn: Turn, key: str) -> None:
        self._around.admission.leave(key)
        turn.full = None
        if key in turn.entered:
            turn.entered.remove(key)

    async def _commit(self, turn: Turn) -> None:
        if not turn.facts:
            return
        self._around.crash("turn.before_commit")
        payloads = self._payloads.named_by(fact.event for fact in turn.facts)
        await self._around.journal.commit(Batch(tuple(turn.facts), payloads))
        self._payloads.written(payloads)
        self._around.crash("turn.after_commit")

    def _forget(self, turn: Turn) -> None:
        for key in turn.entered:
            self._around.admission.leave(key)

    def _after_full_disk(self, items: list[Item], error: JournalFull) -> list[Item]:
        """People are told at once; outcomes are facts of the world and are kept until there is room."""
        kept: list[Item] = []
        for item in items:
            if isinstance(item, Asked) and not item.reply.done():
                item.reply.set_result(Denied("disk_full", str(error), "free some space and ask again"))
            elif isinstance(item, Told) and self.run.seq == 0:
                item.done.set_exception(error)
            elif not isinstance(item, Tick | Asked):
                kept.append(item)
        return kept or [Tick()]

    def _settle(self, turn: Turn, items: list[Item]) -> None:
        """The facts are durable: now they are true for everyone, and the calls go out."""
        self.run = turn.run
        self.feed.clear(key_of(self.run.id, i.command) for i in items if isinstance(i, Outcome))
        if turn.facts:
            self._around.journal.stands(self.run)
            self.feed.happened(tuple(turn.facts))
        for asked, reply in turn.answers:
            if not asked.reply.done():
                asked.reply.set_result(reply)
        for item in items:
            if isinstance(item, Told) and not item.done.done():
                item.done.set_result(None)
        for command, started, quoted in turn.calls:
            self._call(command, started, quoted)
        if self._holds:
            self._free_settled()
        if any(isinstance(f.event, StepCancelled | StepFailed | RunCancelling | RunEnded) for f in turn.facts):
            self._abort_unwanted()

    # Calls

    def _call(self, command: WorldCommand, started: CallStart, quoted: Quoted) -> None:
        key = key_of(self.run.id, command)
        task = asyncio.create_task(self._perform(command, started, quoted), name=key)
        self._calls[key] = task
        task.add_done_callback(lambda done: self._called(key, done))

    def _called(self, key: str, done: "asyncio.Task[None]") -> None:
        self._calls.pop(key, None)
        self._around.admission.leave(key)
        self._around.freed()
        if self.run.ended:
            self.put(Tick())
        if not done.cancelled() and (error := done.exception()) is not None:
            self._around.fatal(error)

    async def _perform(self, command: WorldCommand, started: CallStart, quoted: Quoted) -> None:
        keep, effects = self._payloads.keep, self._around.effects
        self._around.crash("call.before")
        event: CallOutcome
        match started, quoted.work:
            case ToolCallStarted(), ToolCall() as call:
                event = await effects.call_tool(started, call, keep)
            case ReconcileStarted(), ToolCall() as call:
                event = await effects.reconcile(started, call, keep)
            case ModelCallStarted(), ModelRequest() as request if quoted.again is not None:
                event = effects.answer_again(started, request, quoted.again, keep)
            case ModelCallStarted(), ModelRequest() as request:
                event = await self._call_model(command, started, request)
            case _:
                raise TypeError(f"nothing was quoted for {started}")
        self._around.crash("call.after")
        # Its place is free before its outcome is taken in: the run's next call needn't wait for a turn of its own.
        self._around.admission.leave(key_of(self.run.id, command))
        self.put(Outcome(command, event))

    async def _call_model(
        self, command: WorldCommand, started: ModelCallStarted, request: ModelRequest
    ) -> ModelAnswered | ModelCallFailed:
        key, slot = key_of(self.run.id, command), slot_of(command)
        seconds = step_timeout(step_of(self.run, command.path), MODEL_TIMEOUT_SECONDS)

        def pulse(text: str) -> None:
            self.feed.pulse(key, command.path, text)

        def loading(text: str) -> None:
            self.feed.pulse(key, command.path, text)
            self.feed.loading(slot, text.strip())

        def ready() -> None:
            self.feed.loading(slot, "")

        try:
            getting_ready = GettingReady(loading, ready)
            event = await self._around.effects.call_model(
                started, request, seconds, pulse, self._payloads.keep, getting_ready
            )
        except asyncio.CancelledError:
            if self._stopped:
                raise
            # Given up on purpose: the provider may bill all that was reserved, so that is what counts.
            usage = Usage(input_tokens=started.reserved_tokens, estimated=True)
            problem = Problem("aborted", "the call was given up")
            where = (started.path, started.call, started.attempt)
            return ModelCallFailed(*where, problem, usage, Cost(started.reserved_micros, estimated=True))
        finally:
            ready()
        self._heard(key, event)
        return event

    def _heard(self, key: str, event: ModelAnswered | ModelCallFailed) -> None:
        """What an outcome says about how fast its provider may be asked."""
        admission, usage = self._around.admission, event.usage
        if isinstance(event, ModelAnswered):
            admission.answered(key, usage.input_tokens + usage.output_tokens + usage.thinking_tokens)
        elif event.problem.kind == RATE_LIMITED:
            admission.refused(key, event.retry_after_seconds)

    def _abort_unwanted(self) -> None:
        """Calls whose outcome nobody waits for any more; effects in flight are still waited for, so they go on."""
        wanted = {
            f"{self.run.id}/{path}/{call.generation}.{call.attempt}/{call.id}"
            for path, node in self.run.nodes.items()
            for call in node.calls.values()
            if call.status == "running"
        }
        for key, task in self._calls.items():
            if key not in wanted or self.run.ended:
                task.cancel()

    async def stop(self) -> None:
        """Let go of everything at once, as if killed: what was out is found again by its intent."""
        self._stopped = True
        for task in tuple(self._calls.values()):
            task.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)
