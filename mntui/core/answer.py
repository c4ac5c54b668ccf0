"""What a person's request becomes: facts, or a refusal that says why and what would work.

An approval binds to the digest that was shown. Whoever comes second is told who decided, and when.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import assert_never

from mntui.core import events as e
from mntui.core import requests as r
from mntui.core.contracts.contracts import violation
from mntui.core.decide import Now, is_due
from mntui.core.fold_retry import counted_as, has_unknown
from mntui.core.plan import ForEachWork
from mntui.core.policy import call_digest, shown_digest
from mntui.core.requests import Refused
from mntui.core.run import Ask, Node, Run
from mntui.core.steps import step_of
from mntui.core.values import Json, Problem

Answer = tuple[e.Event, ...] | Refused

NAMES: Mapping[str, str] = {
    "approval": "an approval",
    "question": "a question",
    "budget": "a budget that was reached",
    "in_doubt": "an effect in doubt",
}


def answer(run: Run, request: r.Request, now: Now) -> Answer:
    """The facts that a request becomes, given who asks in the fact's envelope; or why it can't be."""
    if run.ended and not isinstance(request, r.Retry):
        ask = getattr(request, "ask", "")
        if ask in run.decided:
            return _already_decided(run, ask)
        return Refused("ended", f"run {run.name} has {run.ended}", f"mntui show {run.name}")
    match request:
        case r.Approve():
            return _approve(run, request, now)
        case r.Reject():
            return _reject(run, request)
        case r.Respond():
            return _respond(run, request)
        case r.Settle():
            return _settle(run, request)
        case r.Signal(name=name, payload=payload):
            return (e.SignalReceived(name, payload),)
        case r.Retry(path=path):
            return _retry(run, path)
        case r.Skip():
            return _skip(run, request)
        case r.Pause() | r.Resume() | r.Cancel() | r.Terminate():
            return _control(run, request)
        case _:
            assert_never(request)


# Asks


def _find(run: Run, ask: str, kind: str) -> Ask | Refused:
    found = run.asks.get(ask)
    if found is None:
        if ask in run.decided:
            return _already_decided(run, ask)
        return Refused(
            "unknown_ask", f"nothing called {ask} waits in run {run.name}", "mntui approvals lists what waits"
        )
    if found.kind != kind:
        verb = {"approval": "approve", "question": "respond", "budget": "respond", "in_doubt": "settle"}[found.kind]
        return Refused("wrong_kind", f"{ask} is {NAMES[found.kind]}", f"mntui {verb} {ask} …")
    return found


def _already_decided(run: Run, ask: str) -> Refused:
    decision = run.decided[ask]
    at = datetime.fromtimestamp(decision.at / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Refused("already_decided", f"{ask} was already {decision.what} by {decision.by} at {at}", "")


def _approve(run: Run, request: r.Approve, now: Now) -> Answer:
    ask = _find(run, request.ask, "approval")
    if isinstance(ask, Refused):
        return ask
    if request.digest != ask.digest:
        return Refused(
            "changed",
            f"{ask.id} isn't what you were shown: its digest is {ask.digest[:12]}…",
            "look again: mntui approvals",
        )
    if ask.expires is not None and is_due(ask.expires, now):
        return Refused("expired", f"{ask.id} expired before this answer", "")
    unknown = [name for name in request.values if name not in ask.edit]
    if unknown:
        may = ", ".join(ask.edit) or "nothing"
        return Refused("not_editable", f"{', '.join(unknown)} can't be edited in {ask.id}; may be: {may}", "")
    values = {**ask.shown, **request.values} if isinstance(ask.shown, dict) else ask.shown
    broken = violation(values, ask.contract) if ask.contract is not None else None
    if broken is not None:
        return Refused("contract", f"the edited values break the contract: {broken}", "edit again")
    edited = tuple(sorted(name for name in request.values if request.values[name] != ask.shown.get(name)))
    final = _digest_of(ask, values) if edited else ask.digest
    return (e.ApprovalGranted(ask.id, ask.digest, values, final, edited),)


def _digest_of(ask: Ask, values: Json) -> str:
    if ask.call:
        return call_digest(ask.tool, ask.spec_digest, values)
    return shown_digest("approve", ask.path, ask.question, values)


def _reject(run: Run, request: r.Reject) -> Answer:
    ask = _find(run, request.ask, "approval")
    if isinstance(ask, Refused):
        return ask
    if request.digest and request.digest != ask.digest:
        return Refused("changed", f"{ask.id} isn't what you were shown", "look again: mntui approvals")
    return (e.ApprovalRejected(ask.id, request.reason),)


def _respond(run: Run, request: r.Respond) -> Answer:
    if request.ask in run.asks and run.asks[request.ask].kind == "budget":
        return _respond_budget(run, run.asks[request.ask], request.value)
    ask = _find(run, request.ask, "question")
    if isinstance(ask, Refused):
        return ask
    broken = violation(request.value, ask.contract) if ask.contract is not None else None
    if broken is not None:
        return Refused("contract", f"the answer doesn't fit the question: {broken}", f"mntui respond {ask.id} JSON")
    return (e.QuestionAnswered(ask.id, request.value),)


def _respond_budget(run: Run, ask: Ask, value: Json) -> Answer:
    limits = (run.budget_micros, run.budget_tokens)
    match value:
        case "stop":
            problem = Problem("budget", "a person stopped the run at its budget")
            return (e.BudgetRaised(ask.id, *limits), e.RunFailing(problem, ask.path))
        case "finish":
            return (e.BudgetRaised(ask.id, *limits, "finish"),)
        case "cheaper" if ask.shown.get("cheaper"):
            return (e.BudgetRaised(ask.id, *limits, "cheaper"),)
        case "cheaper":
            message = f"no cheaper model that serves {ask.path} would stay within the budget"
            return Refused("no_cheaper", message, f"mntui respond {ask.id} '{_RAISE[ask.limit]}'")
        case _:
            return _raise_budget(run, ask, value)


_RAISE: Mapping[str, str] = {"usd": '{"raise_usd": 1}', "tokens": '{"raise_tokens": 10000}'}


def _raise_budget(run: Run, ask: Ask, value: Json) -> Answer:
    """More of what is used up. Where a price is unknown, it also says that such calls may go on."""
    raised = value.get("raise_usd") if isinstance(value, dict) else None
    more_tokens = value.get("raise_tokens") if isinstance(value, dict) else None
    amounts = [n for n in (raised, more_tokens) if n is not None]
    if not amounts or not all(isinstance(n, int | float) and not isinstance(n, bool) and 0 < n < 1e9 for n in amounts):
        others = " or ".join(f"""'"{word}"'""" for word in ("cheaper", "finish", "stop"))
        remedy = f"mntui respond {ask.id} '{_RAISE[ask.limit]}' or {others}"
        return Refused("budget_answer", "a budget is answered by raising it, cheaper, finish or stop", remedy)
    micros, tokens = run.budget_micros, run.budget_tokens
    if raised is not None and micros is not None:
        micros += round(raised * 1_000_000)
    if more_tokens is not None and tokens is not None:
        tokens += int(more_tokens)
    unknown = ask.limit == "usd" and ask.shown.get("needed") is None
    return (e.BudgetRaised(ask.id, micros, tokens, unknown_price=unknown),)


def _settle(run: Run, request: r.Settle) -> Answer:
    ask = _find(run, request.ask, "in_doubt")
    if isinstance(ask, Refused):
        return ask
    if request.resolution == "compensate":
        return Refused(
            "later", "compensation is not in this version yet", "settle as happened, not-happened or abandon"
        )
    if request.resolution != "happened" and request.result is not None:
        return Refused(
            "no_result", "only an effect that happened has a result", f"mntui settle {ask.id} happened --result …"
        )
    return (e.EffectSettled(ask.id, request.resolution, request.result),)


# Steps


def _retry(run: Run, path: str) -> Answer:
    if run.ended and run.ended != "failed":
        return Refused("ended", f"run {run.name} has {run.ended}: nothing in it failed", f"mntui run {run.blueprint}")
    wanted = _retryable(run) if not path else (path,)
    if not wanted:
        return Refused("nothing_failed", f"no step of {run.name} waits for a retry", f"mntui why {run.name}")
    opening: tuple[e.Event, ...] = (e.RunReopened(),) if run.ended else ()
    if not run.ended and run.ending:
        return Refused("ending", f"run {run.name} is ending", "retry when it has ended")
    facts: list[e.Event] = []
    for each in wanted:
        node = run.nodes.get(each)
        refusal = _retry_refusal(run, each, node)
        if refusal is not None:
            return refusal
        assert node is not None
        facts.append(e.StepRetried(each, node.generation + (not has_unknown(node))))
    return (*opening, *facts)


def _retryable(run: Run) -> tuple[str, ...]:
    if not run.ended:
        return tuple(sorted(run.held))
    roots = (run.node(run.plan.steps[name].id) for name in run.plan.roots)
    return tuple(n.path for n in roots if n.status == "failed" and not _is_settled(run, n))


def _is_settled(run: Run, node: Node) -> bool:
    return counted_as(step_of(run, node.path), node) is not None


def _retry_refusal(run: Run, path: str, node: Node | None) -> Refused | None:
    if node is None:
        return Refused("unknown_step", f"run {run.name} has no step {path}", f"mntui show {run.name}")
    if node.status != "failed" or _is_settled(run, node):
        return Refused("not_failed", f"{path} is {node.status}", "only a failed step that stopped the run is retried")
    if run.ended and path not in _retryable(run):
        return Refused(
            "inner_step", f"{path} is inside a step that failed", f"retry that step: {path.split('[', maxsplit=1)[0]}"
        )
    happened = [c for c in node.calls.values() if c.status == "succeeded" and c.effect != "none" and c.id == "0.1"]
    if happened:
        remedy = f"mntui skip {run.name} {path} --output JSON --reason TEXT"
        return Refused("effect_happened", f"the effect of {path} has happened; a retry would do it twice", remedy)
    return None


def _skip(run: Run, request: r.Skip) -> Answer:
    node = run.nodes.get(request.path)
    if node is None:
        return Refused("unknown_step", f"run {run.name} has no step {request.path}", f"mntui show {run.name}")
    if any(call.status in {"running", "in_doubt"} for call in node.calls.values()):
        return Refused(
            "in_flight", f"{request.path} has a call whose outcome is open", "wait for it, or settle it first"
        )
    if request.path not in run.held and not (node.status == "waiting" and node.signal):
        remedy = "approve, reject or respond to it" if node.ask else f"mntui why {run.name}"
        return Refused(
            "not_stuck", f"{request.path} is {node.status}; only a step that stopped the run is skipped", remedy
        )
    step = step_of(run, request.path)
    broken = violation(request.output, step.output) if step.output is not None else None
    if broken is not None:
        return Refused("contract", f"the output breaks the step's contract: {broken}", "")
    if isinstance(step.work, ForEachWork) and request.output is None:
        return Refused("no_output", f"{request.path} needs an output", "--output '{\"results\": []}'")
    return (e.StepSucceeded(request.path, request.output, given=request.reason or "skipped by a person"),)


# The run


def _control(run: Run, request: r.Pause | r.Resume | r.Cancel | r.Terminate) -> Answer:
    match request:
        case r.Pause():
            if run.paused:
                return Refused("paused", f"{run.name} is paused already", f"mntui resume {run.name}")
            if run.ending:
                return Refused("ending", f"{run.name} is ending", "")
            return (e.RunPaused(),)
        case r.Resume():
            return (e.RunResumed(),) if run.paused else Refused("not_paused", f"{run.name} isn't paused", "")
        case r.Cancel(reason=reason):
            if run.ending == "cancelled":
                return Refused("ending", f"{run.name} is being cancelled already", _doubts(run))
            return (e.RunCancelling(reason),)
        case r.Terminate(reason=reason):
            cancelling = () if run.ending == "cancelled" else (e.RunCancelling(reason),)
            return (*cancelling, e.RunEnded("cancelled", problem=Problem("terminated", reason or "terminated")))
        case _:
            assert_never(request)


def _doubts(run: Run) -> str:
    doubts = [ask.id for ask in run.asks.values() if ask.kind == "in_doubt"]
    return f"it waits for: mntui settle {doubts[0]} …" if doubts else ""
