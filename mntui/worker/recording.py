"""What tools returned and people decided in a run that has ended, found again by the step and the arguments.

A call is looked for under its own step first, then in the whole run: a model may ask another step for the same thing.
The second of two equal calls gets the second result, as long as there is one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from mntui.core import events as e
from mntui.core import requests as r
from mntui.core.frozen import frozen
from mntui.core.names import Load
from mntui.core.run import Ask, Call, Run
from mntui.core.values import Json, Problem, canonical

ANYWHERE = ""
Slot = tuple[str, str, bytes]


@frozen
class Result:
    """What a call came to: a value, or the problem with which it failed for good."""

    value: Json = None
    problem: Problem | None = None


class Recording:
    """Reads a run once. What was given out is counted, so it belongs to one rerun in one worker."""

    def __init__(self, run: Run, facts: Iterable[e.Fact], load: Load) -> None:
        self.name = run.name
        self.signals = tuple(fact.event for fact in facts if isinstance(fact.event, e.SignalReceived))
        self._results: defaultdict[Slot, list[Result]] = defaultdict(list)
        self._asked: set[Slot] = set()
        self._given: Counter[Slot] = Counter()
        self._read_calls(run, load)
        self._decisions = _Decisions(facts)

    def result(self, path: str, tool: str, arguments: Json) -> Result | None:
        """What this call returned then; None where it wasn't made."""
        for where in (path, ANYWHERE):
            slot = (where, tool, canonical(arguments))
            found = self._results.get(slot)
            if found:
                self._given[slot] += 1
                return found[min(self._given[slot], len(found)) - 1]
        return None

    def was_asked(self, path: str, tool: str, arguments: Json) -> bool:
        """Whether an agent asked for this call then, in this step or another, and it had an outcome."""
        return any((where, tool, canonical(arguments)) in self._asked for where in (path, ANYWHERE))

    def answer(self, ask: Ask) -> r.Request | None:
        """What the person answered then. Where nobody was asked that: no approval, and None for a question."""
        return self._decisions.answer(ask, self.name)

    def _read_calls(self, run: Run, load: Load) -> None:
        for path, node in run.nodes.items():
            asked = {ask.call: (ask.tool, canonical(load(ask.arguments))) for turn in node.turns for ask in turn.asks}
            for call in sorted(node.calls.values(), key=lambda call: call.started_at):
                result = _result(call, load)
                if not call.tool or result is None:
                    continue
                for where in (path, ANYWHERE):
                    if call.started_at:
                        self._results[where, call.tool, canonical(load(call.arguments))].append(result)
                    if call.id in asked:
                        self._asked.add((where, *asked[call.id]))


def _result(call: Call, load: Load) -> Result | None:
    if call.status == "succeeded":
        return Result(load(call.result))
    if call.status == "failed":
        return Result(problem=call.problem or Problem("failed", str(load(call.result))))
    return None


class _Decisions:
    """Approvals, answers and what was asked for them, by their place."""

    def __init__(self, facts: Iterable[e.Fact]) -> None:
        self._asked: list[e.ApprovalRequested | e.QuestionAsked] = []
        self._decided: dict[str, e.ApprovalGranted | e.ApprovalRejected | e.ApprovalExpired | e.QuestionAnswered] = {}
        for fact in facts:
            match fact.event:
                case e.ApprovalRequested() | e.QuestionAsked() as asked:
                    self._asked.append(asked)
                case (
                    e.ApprovalGranted(ask=ask)
                    | e.ApprovalRejected(ask=ask)
                    | e.ApprovalExpired(ask=ask)
                    | e.QuestionAnswered(ask=ask)
                ) as decided:
                    self._decided[ask] = decided

    def answer(self, ask: Ask, name: str) -> r.Request | None:
        unknown = f"the journal of {name} holds no answer to this"
        if ask.kind == "in_doubt":
            return r.Settle(ask.id, "abandon")
        if ask.kind == "budget":
            return r.Respond(ask.id, "stop")
        same, decided = self._find(ask)
        match decided:
            case e.ApprovalGranted():
                values = decided.values if isinstance(decided.values, dict) else {}
                # What a person wrote into one text isn't written into another.
                edits = {key: values[key] for key in decided.edited if key in ask.edit} if same else {}
                return r.Approve(ask.id, ask.digest, edits)
            case e.ApprovalRejected(reason=reason):
                return r.Reject(ask.id, reason or "rejected then", ask.digest)
            case e.ApprovalExpired():
                return r.Reject(ask.id, "it expired then", ask.digest)
            case e.QuestionAnswered(value=value):
                return r.Respond(ask.id, value)
            case None:
                return r.Reject(ask.id, unknown, ask.digest) if ask.kind == "approval" else None

    def _find(
        self, ask: Ask
    ) -> tuple[bool, e.ApprovalGranted | e.ApprovalRejected | e.ApprovalExpired | e.QuestionAnswered | None]:
        """The decision on exactly this, else the one at this place; and whether it is on exactly this."""
        wanted = e.ApprovalRequested if ask.kind == "approval" else e.QuestionAsked
        here = [each for each in self._asked if isinstance(each, wanted) and each.path == ask.path]
        for exact in (True, False):
            for each in here:
                if each.ask in self._decided and (not exact or _same(each, ask)):
                    return exact, self._decided[each.ask]
        return False, None


def _same(asked: e.ApprovalRequested | e.QuestionAsked, ask: Ask) -> bool:
    if isinstance(asked, e.ApprovalRequested):
        return asked.digest == ask.digest
    return asked.question == ask.question
