"""How a step or a run ends: read off its state, with the output that the quote brings."""

from typing import assert_never

from mntui.core import commands as c
from mntui.core import events as e
from mntui.core.joins import verdict
from mntui.core.plan import (
    AgentWork,
    ApproveWork,
    AskWork,
    ForEachWork,
    RouteWork,
    SetWork,
    StepPlan,
    ToolWork,
    WaitWork,
)
from mntui.core.run import ENDED, Node, Run
from mntui.core.step_paths import ROOT, child_path, is_item, scope_of
from mntui.core.steps import step_of
from mntui.core.values import Problem


def begin_end_step(run: Run, path: str, quote: c.EndQuote) -> tuple[e.Event, ...]:
    node = run.node(path)
    if node.status in ENDED:
        return ()
    if is_item(path):
        return _end_item(run, node, quote)
    step = step_of(run, path)
    if node.status == "pending":
        return (_never_started(run, node, step),)
    problem = _own_problem(step, node) or quote.problem
    skipped = _rejection(step, node)
    if skipped is not None:
        return (skipped,)
    if problem is not None:
        return (e.StepFailed(path, problem, quote.output if isinstance(step.work, ForEachWork) else None),)
    return (_succeeded(step, path, quote),)


def _succeeded(step: StepPlan, path: str, quote: c.EndQuote) -> e.Event:
    routes = step.work.routes if isinstance(step.work, AgentWork) else None
    if routes is None:
        return e.StepSucceeded(path, quote.output, output_of=quote.output_of)
    chosen = routes.targets.get(quote.route, routes.otherwise)
    if chosen is None:
        known = ", ".join(routes.targets)
        message = f"the router chose {quote.route!r}; there are: {known}"
        return e.StepFailed(path, Problem("route", message, "add the key, or an `else`"))
    return e.StepSucceeded(path, quote.output, chosen=chosen)


def _never_started(run: Run, node: Node, step: StepPlan) -> e.Event:
    """Its join can't be met any more: skipped if only skips caused it, failed if a failure did."""
    causes = [_ended_need(run, node.path, name) for name in step.needs]
    if verdict(step, node.tally) == "fail":
        failed = ", ".join(need.path for need in causes if need.status == "failed")
        return e.StepFailed(node.path, Problem("upstream", f"it needs {failed}, which failed"))
    skipped = ", ".join(need.path for need in causes if need.status in {"skipped", "cancelled"})
    return e.StepSkipped(node.path, f"{skipped} was skipped" if skipped else "its route was not chosen")


def _ended_need(run: Run, path: str, name: str) -> Node:
    return run.node(child_path(scope_of(path), run.plan.steps[name].id))


def _own_problem(step: StepPlan, node: Node) -> Problem | None:
    """What its own calls or items say against a success."""
    match step.work:
        case ToolWork():
            failed = [call.problem for call in node.calls.values() if call.status == "failed"]
            return failed[0] if failed else None
        case AgentWork():
            return _agent_problem(node)
        case ForEachWork():
            if node.failed_items and step.on_failure != "continue":
                return Problem("items", f"{node.failed_items} of {node.item_count} items failed")
            return None
        case ApproveWork() | AskWork() | SetWork() | RouteWork() | WaitWork():
            return None
        case _:
            assert_never(step.work)


def _agent_problem(node: Node) -> Problem | None:
    for call in node.calls.values():
        ours = call.problem is not None and (call.id.endswith(".0") or call.problem.kind == "abandoned")
        if call.status == "failed" and ours:
            return call.problem
    last = node.turns[-1]
    if last.violation:
        return Problem("contract", f"the answer breaks its contract: {last.violation}", "another model may keep it")
    if last.asks:
        return Problem("turns", "the agent used up its turns and still wants to call tools", "raise max_turns")
    return None


def _rejection(step: StepPlan, node: Node) -> e.Event | None:
    decision = node.decision or {}
    if decision.get("approved", True):
        return None
    reason = str(decision.get("reason", ""))
    expired = bool(decision.get("expired"))
    if isinstance(step.work, ToolWork):
        return e.StepSkipped(node.path, f"rejected: {reason}")
    if not isinstance(step.work, ApproveWork):
        return None
    policy = step.work.on_reject
    if expired and step.work.on_expiry == "fail":
        policy = "fail"
    word = "expired" if expired else "rejected"
    match policy:
        case "skip":
            return e.StepSkipped(node.path, f"{word}: {reason}")
        case "fail":
            return e.StepFailed(node.path, Problem(word, f"a person refused it: {reason}"))
        case "continue":
            return None


def _end_item(run: Run, node: Node, quote: c.EndQuote) -> tuple[e.Event, ...]:
    failure = run.scopes[node.path].failure
    if failure:
        problem = run.node(failure).problem or Problem("failed", f"{failure} failed")
        return (e.StepFailed(node.path, problem),)
    if quote.problem is not None:
        return (e.StepFailed(node.path, quote.problem),)
    return (e.StepSucceeded(node.path, quote.output),)


def begin_end_run(run: Run, quote: c.RunQuote) -> tuple[e.Event, ...]:
    """What had started and can't end by itself is cancelled; then the run says how it came out."""
    if run.ending == "cancelled":
        return (*_cancel_started(run), e.RunEnded("cancelled", problem=run.problem))
    if run.ending == "failed":
        return (*_cancel_started(run), e.RunEnded("failed", problem=run.problem))
    if quote.problem is not None:
        return (e.RunEnded("failed", problem=quote.problem),)
    return (e.RunEnded("succeeded", quote.outputs, quote.success),)


def _cancel_started(run: Run) -> tuple[e.Event, ...]:
    roots = (child_path(ROOT, run.plan.steps[name].id) for name in run.plan.roots)
    started = (run.node(path) for path in roots)
    return tuple(e.StepCancelled(n.path, "its run ended") for n in started if n.status in {"running", "waiting"})
