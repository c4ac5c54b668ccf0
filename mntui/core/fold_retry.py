"""Fold a person's retry: a failed step is ready again in a new generation.

What it had finished stays: succeeded items, answered model calls, effects that happened. What failed in it is repeated.
Tallies are counted anew from the nodes, so nothing that ended with its scope is counted twice.
"""

from mntui.core.commands import CallModel, CallTool, EndStep, StartStep
from mntui.core.draft import Draft
from mntui.core.fold_steps import SCOPE_ENDED, TOOL_CALL, Counted, children, tallied
from mntui.core.joins import verdict
from mntui.core.plan import AgentWork, StepPlan
from mntui.core.run import Call, Node, Switch, Tally
from mntui.core.serving import first_serving
from mntui.core.step_paths import child_path, item_path

RUN_ENDED = "its run ended"


def reopen(draft: Draft, path: str, generation: int) -> None:
    held = draft.get("held")
    if path in held:
        draft.put(held=held.delete(path))
    node = draft.update(path, status="pending", generation=generation, problem=None, ended_at=None, handled=False)
    if node.started_at is None or (not node.calls and not node.item_count):
        draft.add(StartStep(path))
        return
    draft.update(path, status="running")
    if node.item_count:
        _reopen_items(draft, node)
    elif isinstance(draft.step(path).work, AgentWork):
        _reopen_agent(draft, path, generation)
    else:
        _repeat_call(draft, path, generation, node.calls[TOOL_CALL])


def resume_scope(draft: Draft, scope: str, steps: tuple[str, ...]) -> None:
    """Steps that ended only because their scope did are ready again; every tally is counted from the nodes."""
    paths = {name: child_path(scope, draft.plan.steps[name].id) for name in steps}
    for path in paths.values():
        node = draft.node(path)
        if node.status == "cancelled" and node.why in {SCOPE_ENDED, RUN_ENDED}:
            draft.update(path, status="pending", why="", ended_at=None)
    draft.set_scope(scope, open=sum(_counted(draft, p) is None for p in paths.values()), failure="")
    for name, path in paths.items():
        node = draft.update(path, tally=_recounted(draft, scope, name))
        if node.status == "pending":
            _offer(draft, path, node)


def counted_as(step: StepPlan, node: Node) -> Counted | None:
    """How whoever needs a node counts it; None while it hasn't ended, or failed unhandled."""
    match node.status:
        case "succeeded":
            return "succeeded"
        case "skipped" | "cancelled":
            return "skipped"
        case "failed":
            handled: Counted | None = "failed" if node.handled else None
            by_policy: dict[str, Counted] = {"continue": "succeeded", "skip": "skipped"}
            return by_policy.get(step.on_failure or "", handled)
        case _:
            return None


def _counted(draft: Draft, path: str) -> Counted | None:
    return counted_as(draft.step(path), draft.node(path))


def _recounted(draft: Draft, scope: str, name: str) -> Tally:
    step = draft.plan.steps[name]
    tally = Tally()
    for need_name in step.needs:
        need = draft.plan.steps[need_name]
        path = child_path(scope, need.id)
        counted = _counted(draft, path)
        if counted is not None:
            tally = tallied(tally, step, need, counted, draft.node(path).chosen)
    return tally


def _offer(draft: Draft, path: str, node: Node) -> None:
    match verdict(draft.step(path), node.tally):
        case "start" if node.started_at is not None:
            reopen(draft, path, node.generation + (not has_unknown(node)))
        case "start":
            draft.add(StartStep(path))
        case "skip" | "fail":
            draft.add(EndStep(path))
        case "wait":
            pass


def has_unknown(node: Node) -> bool:
    """Whether some effect of a step may or may not have happened: then a retry keeps its key."""
    return any(call.unknown for call in node.calls.values())


def _reopen_items(draft: Draft, container: Node) -> None:
    for index in range(container.opened):
        item = draft.node(item_path(container.path, index))
        if item.status not in {"failed", "cancelled"}:
            continue
        counts = draft.node(container.path)
        failed = item.status == "failed"
        draft.update(container.path, done=counts.done - failed, failed_items=counts.failed_items - failed)
        _reopen_item(draft, item)


def _reopen_item(draft: Draft, item: Node) -> None:
    draft.update(item.path, status="running", problem=None, ended_at=None, generation=item.generation + 1)
    inner = children(draft, item)
    if not inner:
        draft.update(item.path, status="pending")
        draft.add(StartStep(item.path))
        return
    failures = [p for p in inner if draft.node(p).status == "failed" and _counted(draft, p) is None]
    steps = tuple(s.path for s in (draft.step(p) for p in inner))
    resume_scope(draft, item.path, steps)
    for path in failures:
        node = draft.node(path)
        reopen(draft, path, node.generation + (not has_unknown(node)))


def _reopen_agent(draft: Draft, path: str, generation: int) -> None:
    node = draft.node(path)
    if node.switches:
        first = first_serving(draft.plan, draft.get("models"), path)
        back = Switch(first.role, first.model, "retry", "a person retried the step", len(node.turns))
        node = draft.update(path, switches=(*node.switches, back))
    broken = [call for call in node.calls.values() if call.id.endswith(".0") and call.status != "succeeded"]
    if broken:
        old = broken[-1]
        attempt = old.attempt + 1
        draft.update_call(
            path, old.id, status="ready", generation=generation, attempt=attempt, failures=0, problem=None
        )
        draft.add(CallModel(path, old.id, generation, attempt))
        return
    last = max((int(turn.call.split(".")[0]) for turn in node.turns), default=0)
    call = Call(f"{last + 1}.0", generation=generation)
    draft.set_call(path, call)
    draft.add(CallModel(path, call.id, generation, 1))


def _repeat_call(draft: Draft, path: str, generation: int, call: Call) -> None:
    attempt = call.attempt + 1
    draft.update_call(path, call.id, status="ready", generation=generation, attempt=attempt, failures=0, problem=None)
    reconcile = call.unknown and call.effect == "reconcilable"
    draft.add(CallTool(path, call.id, generation, attempt, reconcile=reconcile))
