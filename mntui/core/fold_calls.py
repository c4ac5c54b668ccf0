"""Fold the facts about calls: models and tools, their intents, outcomes and losses, and the money they took."""

from typing import assert_never

from mntui.core import events as e
from mntui.core.commands import CallModel, CallTool, EndStep, ParkEffect, ScheduleRetry, SwitchModel
from mntui.core.draft import Draft
from mntui.core.fold_steps import release
from mntui.core.money import Cost, Usage
from mntui.core.plan import AgentWork
from mntui.core.run import ENDED, Ask, Call, Node, Switch, Turn
from mntui.core.serving import Serving, taking_over

RATE_LIMITED = "rate_limited"
"""The kind of failure by which a provider asks to wait (429)."""
MOST_REFUSALS = 40
"""So often in a row is a call put off before it fails for good."""
SHORT_WAIT_SECONDS = 5.0
"""A provider that asks for more than this isn't waited for where a fallback could answer."""
CONTRACT = "contract"


def fold_model(draft: Draft, event: e.ModelEvent) -> None:
    match event:
        case e.ModelCallStarted():
            _model_started(draft, event)
        case e.ModelAnswered():
            _model_answered(draft, event)
        case e.ModelCallFailed():
            _model_failed(draft, event)
        case e.LateOutcome(path=path):
            spend(draft, path, event.usage, event.cost)
        case e.BudgetReached():
            _budget_reached(draft, event)
        case e.BudgetRaised(ask=ask):
            draft.close_ask(ask)
            draft.put(budget_ask="", budget_micros=event.micros, budget_tokens=event.tokens)
            if event.then is not None:
                draft.put(over=event.then)
            if event.unknown_price:
                draft.put(unknown_price_allowed=True)
        case e.ModelSwitched():
            _switched(draft, event)
        case _:
            assert_never(event)


def fold_tool(draft: Draft, event: e.ToolEvent) -> None:
    path, call = event.path, event.call
    match event:
        case e.ToolCallStarted():
            _tool_started(draft, event)
        case e.ToolReturned():
            tool_succeeded(draft, path, call, event.result)
        case e.ToolCallFailed():
            _tool_failed(draft, event)
        case e.ReconcileStarted():
            draft.drop(f"{path}#{call}")
            draft.update_call(path, call, status="running", attempt=event.attempt)
            draft.takes_off(path, call)
        case e.ReconcileFoundNothing() if draft.node(path).status in ENDED:
            draft.update_call(path, call, status="failed", unknown=False)
            draft.lands(path, call)
        case e.ReconcileFoundNothing():
            found = draft.update_call(path, call, status="ready", attempt=event.attempt + 1, unknown=False)
            draft.add(CallTool(path, call, found.generation, found.attempt, resumes=found.flying))
        case _:
            assert_never(event)


# Model calls


def _model_started(draft: Draft, event: e.ModelCallStarted) -> None:
    path, call = event.path, event.call
    draft.drop(f"{path}#{call}")
    draft.update(path, status="running")
    draft.update_call(
        path,
        call,
        status="running",
        attempt=event.attempt,
        model=event.model,
        digest=event.prompt,
        started_at=draft.at,
        reserved_micros=event.reserved_micros,
        reserved_tokens=event.reserved_tokens,
    )
    draft.put(
        reserved_micros=draft.get("reserved_micros") + event.reserved_micros,
        reserved_tokens=draft.get("reserved_tokens") + event.reserved_tokens,
    )
    draft.takes_off(path, call)


def _model_answered(draft: Draft, event: e.ModelAnswered) -> None:
    path, call = event.path, event.call
    release(draft, path, call)
    spend(draft, path, event.usage, event.cost)
    draft.update_call(path, call, status="succeeded", ended_at=draft.at)
    turn = Turn(call, event.text, event.asks, event.value, event.violation)
    node = draft.update(path, turns=(*draft.node(path).turns, turn))
    if node.status not in ENDED:
        if event.violation:
            _ask_again(draft, node)
        elif event.asks:
            _open_tool_calls(draft, node, event.asks)
        else:
            draft.add(EndStep(path))
    draft.lands(path, call)


def _ask_again(draft: Draft, node: Node) -> None:
    """The same model once more, with what is wrong; then another one; then the step is over."""
    since = node.switches[-1].turns if node.switches else 0
    broken = sum(bool(turn.violation) for turn in node.turns[since:])
    if broken <= draft.step(node.path).retry.contract:
        next_turn(draft, node.path)
    elif _other(draft, node, CONTRACT) is not None:
        call = Call(f"{len(node.turns) + 1}.0", "waiting", node.generation, attempt=0)
        draft.set_call(node.path, call)
        draft.add(SwitchModel(node.path, call.id))
    else:
        draft.add(EndStep(node.path))


def _other(draft: Draft, node: Node, kind: str) -> Serving | None:
    return taking_over(draft.plan, draft.get("models"), node, kind)


def _switched(draft: Draft, event: e.ModelSwitched) -> None:
    """The call is made again by another model: a new attempt, with all its tries. Answered turns stay."""
    path = event.path
    node = draft.node(path)
    switch = Switch(event.role, event.model, event.cause, event.why, len(node.turns))
    draft.update(path, switches=(*node.switches, switch))
    before = draft.call(path, event.call)
    attempt = before.attempt + (event.cause != "cheaper")
    call = draft.update_call(
        path, event.call, status="ready", attempt=attempt, failures=0, refusals=0, problem=None, model=event.model
    )
    draft.drop(f"{path}#{event.call}")
    draft.add(CallModel(path, call.id, call.generation, call.attempt))


def _open_tool_calls(draft: Draft, node: Node, asks: tuple[e.AskedCall, ...]) -> None:
    for ask in asks:
        call = Call(ask.call, generation=node.generation, tool=ask.tool, arguments=ask.arguments, asked_id=ask.id)
        if ask.problem:
            draft.set_call(node.path, call._replace(status="failed", result=ask.problem))
        else:
            draft.set_call(node.path, call)
            draft.add(CallTool(node.path, ask.call, node.generation, 1))
    after_tools(draft, node.path)


def after_tools(draft: Draft, path: str) -> None:
    """When every tool call of an agent's turn has ended, the model is asked again; a tool step is simply over."""
    node = draft.node(path)
    if node.status in ENDED:
        return
    if not isinstance(draft.step(path).work, AgentWork):
        draft.add(EndStep(path))
        return
    asked = [node.calls[ask.call] for ask in node.turns[-1].asks]
    if any(call.problem is not None and call.problem.kind == "abandoned" for call in asked):
        draft.add(EndStep(path))
    elif all(call.status in {"succeeded", "failed"} for call in asked):
        next_turn(draft, path)


def next_turn(draft: Draft, path: str) -> None:
    """The next model call of an agent, or the end of its step where it has used up its turns."""
    node = draft.node(path)
    work = draft.step(path).work
    assert isinstance(work, AgentWork)
    since = node.switches[-1].turns if node.switches else 0
    # Answers of a model before that failed their check are no turns of this one.
    turns = len(node.turns) - sum(bool(turn.violation) for turn in node.turns[:since])
    if turns >= draft.plan.agents[work.agent].max_turns + draft.step(path).retry.contract:
        draft.add(EndStep(path))
        return
    call = Call(f"{len(node.turns) + 1}.0", generation=node.generation)
    draft.set_call(path, call)
    draft.add(CallModel(path, call.id, node.generation, 1))


def _model_failed(draft: Draft, event: e.ModelCallFailed) -> None:
    path, call_id = event.path, event.call
    draft.drop(f"{path}#{call_id}")
    release(draft, path, call_id)
    if event.usage != Usage() or event.cost.micros:
        spend(draft, path, event.usage, event.cost)
    before, put_off = draft.call(path, call_id), event.problem.kind == RATE_LIMITED
    call = draft.update_call(
        path,
        call_id,
        problem=event.problem,
        failures=before.failures + (not put_off),
        refusals=before.refusals + 1 if put_off else 0,
        retry_after_seconds=event.retry_after_seconds,
        ended_at=draft.at,
    )
    node = draft.node(path)
    if node.status not in ENDED:
        other = _other(draft, node, event.problem.kind)
        tries_again = event.problem.retryable and may_retry(draft, node, call)
        if tries_again and not (other is not None and _put_off_long(draft, node, call)):
            draft.update_call(path, call_id, status="waiting")
            draft.add(ScheduleRetry(path, call_id))
        elif other is not None:
            draft.update_call(path, call_id, status="waiting")
            draft.add(SwitchModel(path, call_id))
        else:
            draft.update_call(path, call_id, status="failed")
            draft.add(EndStep(path))
    draft.lands(path, call_id)


def _put_off_long(draft: Draft, node: Node, call: Call) -> bool:
    """Whether a provider keeps a call waiting for longer than somebody else should, who could answer it."""
    too_often = call.refusals >= draft.step(node.path).retry.maximum_attempts
    return bool(call.refusals) and (too_often or (call.retry_after_seconds or 0) > SHORT_WAIT_SECONDS)


def may_retry(draft: Draft, node: Node, call: Call) -> bool:
    """A provider that asks to wait isn't a failure of the call, so it uses up no attempt; only patience has an end."""
    policy = draft.step(node.path).retry
    kind = call.problem.kind if call.problem is not None else ""
    if kind in policy.non_retryable_error_types or call.refusals >= MOST_REFUSALS:
        return False
    return call.failures < policy.maximum_attempts or kind == RATE_LIMITED


def lose_model_call(draft: Draft, path: str, call: Call) -> None:
    """The worker died while the call was out: what it may have cost is counted in full, as an estimate."""
    release(draft, path, call.id)
    usage = Usage(input_tokens=call.reserved_tokens, estimated=True)
    spend(draft, path, usage, Cost(micros=call.reserved_micros, estimated=True))
    again = draft.update_call(path, call.id, status="ready", attempt=call.attempt + 1)
    draft.add(CallModel(path, call.id, again.generation, again.attempt))
    draft.lands(path, call.id)


def spend(draft: Draft, path: str, usage: Usage, cost: Cost) -> None:
    draft.put(spend=draft.get("spend").plus(usage, cost))
    draft.update(path, spend=draft.node(path).spend.plus(usage, cost))


def _budget_reached(draft: Draft, event: e.BudgetReached) -> None:
    question = f"The next call of {event.path} could cross the budget."
    if not event.price_known:
        question = f"Nobody knows what the next call of {event.path} costs, and there is a budget."
    draft.open_ask(
        Ask(
            event.ask,
            "budget",
            event.path,
            "",
            question,
            draft.at,
            needed=event.needed,
            limit=event.limit,
            shown={
                "limit": event.limit,
                "needed": event.needed if event.price_known else None,
                "left": event.left,
                "cheaper": event.cheaper,
            },
        )
    )
    draft.put(budget_ask=event.ask)


# Tool calls


def _tool_started(draft: Draft, event: e.ToolCallStarted) -> None:
    path, call = event.path, event.call
    draft.drop(f"{path}#{call}")
    if draft.node(path).status in {"pending", "waiting"}:
        draft.update(path, status="running")
    draft.takes_off(
        path,
        call,
        status="running",
        attempt=event.attempt,
        arguments=event.arguments,
        digest=event.digest,
        effect=event.effect,
        effect_key=event.effect_key,
        intent=event.intent,
        started_at=draft.at,
    )


def tool_succeeded(draft: Draft, path: str, call: str, result: e.Stored) -> None:
    """A call has its outcome, from the tool, from asking what happened, or from a person who knows."""
    flew = draft.call(path, call).flying
    draft.update_call(
        path, call, status="succeeded", result=result, unknown=False, problem=None, ended_at=draft.at, flying=False
    )
    after_tools(draft, path)
    if flew:
        draft.landed(path)


def _tool_failed(draft: Draft, event: e.ToolCallFailed) -> None:
    path, call_id = event.path, event.call
    draft.drop(f"{path}#{call_id}")
    before = draft.call(path, call_id)
    reached = event.sent and before.status == "running" and before.effect != "none"
    unknown = before.unknown or (reached and event.problem.retryable)
    call = draft.update_call(
        path,
        call_id,
        problem=event.problem,
        failures=before.failures + 1,
        unknown=unknown,
        intent=before.intent if unknown or event.sent else None,
        ended_at=draft.at,
    )
    if (call.effect == "unsafe" and reached) or _reconcile_gave_up(before, event):
        draft.update_call(path, call_id, status="waiting", unknown=True)
        draft.add(ParkEffect(path, call_id))
        return
    node = draft.node(path)
    if node.status not in ENDED and event.problem.retryable and may_retry(draft, node, call):
        draft.update_call(path, call_id, status="waiting")
        draft.add(ScheduleRetry(path, call_id))
    else:
        end_tool_call(draft, path, call_id)
    draft.lands(path, call_id)


def _reconcile_gave_up(before: Call, event: e.ToolCallFailed) -> bool:
    """The provider was asked and can't say, now or ever: only a person can."""
    return before.unknown and before.effect == "reconcilable" and event.sent and not event.problem.retryable


def end_tool_call(draft: Draft, path: str, call_id: str) -> None:
    """A call has failed for good: an agent is told, a tool step fails with it."""
    draft.update_call(path, call_id, status="failed", ended_at=draft.at)
    after_tools(draft, path)


def lose_tool_call(draft: Draft, path: str, call: Call) -> None:
    """The worker died between intent and outcome. What is done now is the promise of the effect's class."""
    match call.effect:
        case "unsafe":
            draft.update_call(path, call.id, status="waiting", unknown=True)
            draft.add(ParkEffect(path, call.id))
            return
        case "none":
            draft.lands(path, call.id)
    harmless = call.effect == "none"
    again = draft.update_call(path, call.id, status="ready", attempt=call.attempt + 1, unknown=not harmless)
    reconcile = call.effect == "reconcilable"
    draft.add(CallTool(path, call.id, again.generation, again.attempt, resumes=not harmless, reconcile=reconcile))
