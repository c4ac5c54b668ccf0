"""What people ask a worker: each question read off the runs, the journal and the models, changing nothing but by asking
the journal to keep its house.
"""

import asyncio
from pathlib import Path

from mntui.core.events import Fact
from mntui.core.frozen import frozen
from mntui.core.language.expressions import ExpressionFailure
from mntui.core.messages import (
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
    Payload,
    Question,
    Reply,
    SeenMessage,
    Sees,
    Waiting,
    WorkerStatus,
)
from mntui.core.plan import AgentWork
from mntui.core.steps import step_of
from mntui.journal.base import Journal
from mntui.models.base import ModelFailure
from mntui.models.catalog import Models
from mntui.worker.clock import Clock
from mntui.worker.comparing import Comparer, Taken
from mntui.worker.prompts import request_for
from mntui.worker.roster import Roster


@frozen
class About:
    """What `worker status` tells of this process. `notes` are sentences beside what its journal says."""

    pid: int
    version: str
    protocol: int
    started_at: int
    home: Path
    notes: tuple[str, ...] = ()


class Questions:
    """Answers every Question. One that names no run is denied with what was probably meant."""

    def __init__(self, about: About, journal: Journal, models: Models, clock: Clock, roster: Roster) -> None:
        self._about = about
        self._journal = journal
        self._models = models
        self._clock = clock
        self._roster = roster
        self._comparer = Comparer(models, journal)

    async def answer(self, question: Question) -> Reply | Denied:
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
                return await self._events(run, after)
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

    def _all_waiting(self) -> AllWaiting:
        live = self._roster.live.values()
        found = [Waiting(each.run.name, each.run.id, ask) for each in live for ask in each.run.asks.values()]
        found.sort(key=lambda waiting: (waiting.ask.asked_at, waiting.ask.id))
        return AllWaiting(tuple(found))

    def _status(self) -> WorkerStatus:
        about = self._about
        return WorkerStatus(
            about.pid,
            about.version,
            about.protocol,
            about.started_at,
            str(about.home),
            len(self._roster.live),
            (*self._journal.opening, *about.notes),
        )

    async def _events(self, run: str, after: int) -> Facts | Denied:
        run_id = self._roster.resolve(run)
        if run_id is None:
            return self._roster.unknown(run)
        facts = await asyncio.to_thread(self._journal.facts, run_id)
        return Facts(run_id, self._roster.name(run_id), later_than(facts, after))

    def _sees(self, run: str, path: str) -> Sees | Denied:
        run_id = self._roster.resolve(run)
        if run_id is None:
            return self._roster.unknown(run)
        state = self._roster.run(run_id)
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
            request = request_for(state, path, turn, self._roster.payloads().load)
            model = self._models.open(request.model)
        except (ExpressionFailure, ModelFailure) as failure:
            return Denied("unreadable", failure.message, failure.remedy)
        messages = tuple(SeenMessage(m.role, m.text) for m in request.messages)
        tokens = sum(model.count_tokens(m.text) for m in messages)
        tools = tuple(tool.name for tool in request.tools)
        return Sees(path, request.model, tokens, messages, tools, request.contract)

    async def _compare(self, question: AskCompare) -> Reply | Denied:
        taken = []
        reruns = question.reruns or await self._comparer.reruns_of(self._roster.resolve(question.run) or "")
        for name in (question.run, *reruns):
            run_id = self._roster.resolve(name)
            if run_id is None:
                return self._roster.unknown(name)
            facts = await asyncio.to_thread(self._journal.facts, run_id)
            taken.append(Taken(self._roster.fold(run_id, facts), facts))
        return await self._comparer.compare(question, taken[0], taken[1:], self._roster.payloads().load)

    async def _delete(self, question: DeleteRuns) -> Reply | Denied:
        roster, gone = self._roster, self._journal.gone()
        found = [run if run in gone else roster.resolve(run) or "" for run in question.runs]
        for run, run_id in zip(question.runs, found, strict=True):
            if not run_id:
                return roster.unknown(run)
            if run_id in roster.live:
                name = roster.name(run_id)
                return Denied("not_ended", f"{name} hasn't ended", f"mntui cancel {name}")
        # Nobody must wake one of them while it goes.
        names = {run_id: called for run_id in found if (called := roster.forget(run_id)) is not None}
        reply = await self._journal.delete(found, self._clock().at, question.actor)
        if not self._journal.gone() >= names.keys():
            for run_id, name in names.items():
                roster.call(run_id, name)
        return reply


def later_than(facts: tuple[Fact, ...], seq: int) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.seq > seq)
