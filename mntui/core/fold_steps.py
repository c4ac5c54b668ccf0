"""Fold the facts about steps: starts, items, endings, and what an ending means for whoever needs the step.

Doing a step again is in fold_retry.
"""

from typing import Literal, assert_never

from mntui.core import events as e
from mntui.core.commands import CallModel, CallTool, EndStep, StartStep
from mntui.core.draft import Draft, changed
from mntui.core.joins import may_start, verdict
from mntui.core.plan import AgentWork, ForEachWork, StepPlan, ToolWork, WaitWork
from mntui.core.run import ENDED, Call, Node, Tally
from mntui.core.step_paths import child_path, is_item, item_path, scope_of
from mntui.core.values import Problem

Counted = Literal["succeeded", "failed", "skipped"]
TOOL_CALL = "0.1"
FIRST_MODEL_CALL = "1.0"
SCOPE_ENDED = "what it belongs to ended"


def fold_step(draft: Draft, event: e.ForwardStepEvent) -> None:
    match event:
        case e.StepStarted():
            _started(draft, event)
        case e.StepsPlanned(path=path, count=count):
            _planned(draft, path, count)
        case e.StepSucceeded(path=path):
            output = draft.call(path, event.output_of).result if event.output_of else event.output
            draft.update(path, status="succeeded", output=output, chosen=event.chosen, given=event.given)
            end_node(draft, path, "succeeded", event.chosen)
        case e.StepSkipped(path=path):
            draft.update(path, status="skipped", why=event.why)
            end_node(draft, path, "skipped")
        case e.StepCancelled(path=path):
            close_subtree(draft, path)
            draft.update(path, status="cancelled", why=event.why)
            end_node(draft, path, "skipped")
        case e.StepFailed():
            _failed(draft, event)
        case _:
            assert_never(event)


# Starting


def open_scope(draft: Draft, scope: str, steps: tuple[str, ...]) -> None:
    """Put the steps of the run or of an item on the map; those that need nothing may start."""
    draft.set_scope(scope, open=len(steps))
    for plan_step in steps:
        step = draft.plan.steps[plan_step]
        path = child_path(scope, step.id)
        draft.nodes[path] = Node(path)
        if not step.needs:
            draft.add(StartStep(path))


def _started(draft: Draft, event: e.StepStarted) -> None:
    path = event.path
    draft.drop(path)
    node = draft.update(path, status="running", started_at=draft.at, arguments=event.arguments, signal=event.signal)
    work = draft.step(path).work
    if is_item(path):
        assert isinstance(work, ForEachWork)
        open_scope(draft, path, work.steps)
        return
    match work:
        case ToolWork():
            call = Call(TOOL_CALL, generation=node.generation, tool=work.tool, arguments=event.arguments)
            draft.set_call(path, call)
            draft.add(CallTool(path, call.id, call.generation, call.attempt))
        case AgentWork():
            draft.set_call(path, Call(FIRST_MODEL_CALL, generation=node.generation))
            draft.add(CallModel(path, FIRST_MODEL_CALL, node.generation, 1))
        case WaitWork() if event.signal:
            _listen(draft, path, event.signal)
        case _:
            pass


def _listen(draft: Draft, path: str, signal: str) -> None:
    listeners = draft.get("listeners")
    draft.put(listeners=listeners.set(signal, (*listeners.get(signal, ()), path)))
    draft.update(path, status="waiting")
    match_signals(draft, signal)


def match_signals(draft: Draft, signal: str) -> None:
    """The first waiting step takes the first unused signal of its name."""
    waiting = draft.get("listeners").get(signal, ())
    if waiting and draft.get("signals").get(signal):
        draft.add(EndStep(waiting[0]))


def _planned(draft: Draft, path: str, count: int) -> None:
    work = draft.step(path).work
    assert isinstance(work, ForEachWork)
    opened = min(work.max_parallel, count)
    draft.update(path, item_count=count, opened=opened)
    for index in range(opened):
        _open_item(draft, path, index)
    if count == 0:
        draft.add(EndStep(path))


def _open_item(draft: Draft, container: str, index: int) -> None:
    path = item_path(container, index)
    draft.nodes[path] = Node(path)
    draft.add(StartStep(path))


# Ending


def end_node(draft: Draft, path: str, counted: Counted, chosen: tuple[str, ...] | None = None) -> None:
    """A step or item has ended: whoever needs it counts it, and its scope may be over."""
    draft.drop(path)
    draft.disarm(path)
    _hang_up(draft, path)
    _let_go(draft, path)
    draft.update(path, ended_at=draft.at)
    if is_item(path):
        _item_ended(draft, path)
        return
    scope = scope_of(path)
    draft.set_scope(scope, open=draft.scopes[scope].open - 1)
    step = draft.step(path)
    for dependent in step.dependents:
        _count(draft, scope, draft.plan.steps[dependent], step, counted, chosen)
    draft.check_scope(scope)


def _let_go(draft: Draft, path: str) -> None:
    """No person needs to look at this step's failure any more."""
    held = draft.get("held")
    if path in held:
        draft.put(held=held.delete(path))


def _hang_up(draft: Draft, path: str) -> None:
    """Nothing of an ended step listens any more; a signal that it took is used up."""
    signal = draft.node(path).signal
    if not signal:
        return
    listeners = draft.get("listeners")
    waiting = listeners.get(signal, ())
    if path not in waiting:
        return
    left = tuple(p for p in waiting if p != path)
    draft.put(listeners=listeners.set(signal, left) if left else listeners.delete(signal))
    node = draft.node(path)
    if node.status == "succeeded" and not node.given:
        signals = draft.get("signals")
        draft.put(signals=signals.set(signal, signals[signal][1:]))
    match_signals(draft, signal)


def _count(
    draft: Draft, scope: str, step: StepPlan, need: StepPlan, counted: Counted, chosen: tuple[str, ...] | None
) -> None:
    path = child_path(scope, step.id)
    node = draft.update(path, tally=tallied(draft.node(path).tally, step, need, counted, chosen))
    if node.status != "pending":
        return
    match verdict(step, node.tally):
        case "start":
            draft.add(StartStep(path))
        case "skip" | "fail":
            draft.add(EndStep(path))
        case "wait":
            pass


def tallied(tally: Tally, step: StepPlan, need: StepPlan, counted: Counted, chosen: tuple[str, ...] | None) -> Tally:
    """A need's ending, counted by `step`. A router that chose other targets counts as skipped by this one."""
    if counted == "succeeded" and need.path in step.routers and step.id not in (chosen or ()):
        counted = "skipped"
    field = counted if need.path in step.counted else f"beside_{counted}"
    return changed(tally, {field: getattr(tally, field) + 1})


def _item_ended(draft: Draft, path: str) -> None:
    container = scope_of(path)
    del draft.scopes[path]
    node = draft.node(container)
    failed = draft.node(path).status == "failed"
    node = draft.update(container, done=node.done + 1, failed_items=node.failed_items + failed)
    if node.status in ENDED:
        return
    if node.opened < node.item_count:
        draft.update(container, opened=node.opened + 1)
        _open_item(draft, container, node.opened)
    if node.done == node.item_count:
        draft.add(EndStep(container))


def close_subtree(draft: Draft, path: str) -> None:
    """Everything below a node that ends early ends with it. Effects in flight keep flying: they are let end."""
    node = draft.node(path)
    _close_calls(draft, node)
    ask = draft.get("asks").get(node.ask)
    # Whether an effect happened must be said by somebody, even if nobody needs its step any more.
    if ask is not None and ask.kind != "in_doubt":
        draft.close_ask(ask.id)
    _let_go(draft, path)
    for child in children(draft, node):
        close_subtree(draft, child)
        draft.drop(child)
        draft.disarm(child)
        _hang_up(draft, child)
        if draft.node(child).status not in ENDED:
            draft.update(child, status="cancelled", why=SCOPE_ENDED, ended_at=draft.at)


def children(draft: Draft, node: Node) -> tuple[str, ...]:
    """The nodes directly below: the items of a container, the steps of an item."""
    work = draft.step(node.path).work
    if not isinstance(work, ForEachWork):
        return ()
    if is_item(node.path):
        paths = (child_path(node.path, draft.plan.steps[s].id) for s in work.steps)
        return tuple(p for p in paths if p in draft.nodes)
    return tuple(item_path(node.path, i) for i in range(node.opened))


def _close_calls(draft: Draft, node: Node) -> None:
    for call in node.calls.values():
        slot = f"{node.path}#{call.id}"
        draft.drop(slot)
        draft.disarm(slot)
        if call.flying and call.effect == "none":
            draft.lands(node.path, call.id)
            release(draft, node.path, call.id)
            draft.update_call(node.path, call.id, status="failed", ended_at=draft.at)


def release(draft: Draft, path: str, call_id: str) -> None:
    """Give the budget back what a call had reserved."""
    call = draft.call(path, call_id)
    draft.put(
        reserved_micros=draft.get("reserved_micros") - call.reserved_micros,
        reserved_tokens=draft.get("reserved_tokens") - call.reserved_tokens,
    )
    draft.update_call(path, call_id, reserved_micros=0, reserved_tokens=0)


# Failing


def _failed(draft: Draft, event: e.StepFailed) -> None:
    path = event.path
    close_subtree(draft, path)
    draft.update(path, status="failed", problem=event.problem, output=event.output, ended_at=draft.at)
    if is_item(path):
        end_node(draft, path, "failed")
        return
    step = draft.step(path)
    if step.on_failure == "continue":
        end_node(draft, path, "succeeded")
    elif step.on_failure == "skip":
        end_node(draft, path, "skipped")
    elif _is_handled(draft, step, scope_of(path)):
        draft.update(path, handled=True)
        end_node(draft, path, "failed")
    else:
        _unhandled(draft, step, path, event.problem)


def _is_handled(draft: Draft, step: StepPlan, scope: str) -> bool:
    """At least one step needs it, and each of those has started or may still start by its join."""
    for name in step.dependents:
        dependent = draft.plan.steps[name]
        node = draft.node(child_path(scope, dependent.id))
        if node.status == "pending" and not may_start(dependent, tallied(node.tally, dependent, step, "failed", None)):
            return False
    return bool(step.dependents)


def _unhandled(draft: Draft, step: StepPlan, path: str, problem: Problem) -> None:
    draft.drop(path)
    draft.disarm(path)
    scope = scope_of(path)
    policy = step.on_failure or ("item" if scope else draft.plan.on_failure)
    if policy == "pause":
        draft.put(held=draft.get("held").set(path, problem))
    elif policy == "item":
        draft.set_scope(scope, failure=draft.scopes[scope].failure or path)
        draft.check_scope(scope)
    else:
        draft.fail_run(problem, path)
