"""How a step's output reads once its work is over: composed from its calls, turns, items and decisions.

Any result that is no map becomes `{value: …}`. A contract is held against every output it was written for.
"""

from typing import assert_never

from mntui.core.commands import EndQuote
from mntui.core.contracts.contracts import violation
from mntui.core.events import Stored
from mntui.core.fold_steps import TOOL_CALL
from mntui.core.language.expressions import ExpressionFailure, render
from mntui.core.names import Names
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
from mntui.core.run import Node, Run
from mntui.core.step_paths import child_path, is_item, item_path, plan_path
from mntui.core.steps import step_of
from mntui.core.values import Json, Problem, Ref
from mntui.worker.payloads import Payloads


def end_quote(run: Run, path: str, payloads: Payloads) -> EndQuote:
    """The output of a step or item that is over; empty where it never started or can't have one."""
    node = run.node(path)
    if node.status == "pending":
        return EndQuote()
    if is_item(path):
        return _item_output(run, node, payloads)
    step = step_of(run, path)
    output = _output(run, step, node, payloads)
    if output is None:
        return EndQuote()
    broken = violation(output, step.output) if step.output is not None else None
    if broken is not None:
        problem = Problem(
            "contract", f"the output breaks its contract: {broken}", "mend the step's `output:` or its tool"
        )
        return EndQuote(problem=problem)
    if isinstance(step.work, ToolWork) and _is_map(node.calls[TOOL_CALL].result):
        return EndQuote(output_of=TOOL_CALL)
    route = output.get("route", "") if isinstance(step.work, AgentWork) and step.work.routes is not None else ""
    return EndQuote(payloads.keep(output), route=route)


def _output(run: Run, step: StepPlan, node: Node, payloads: Payloads) -> Json:
    match step.work:
        case ToolWork():
            call = node.calls[TOOL_CALL]
            return as_map(payloads.load(call.result)) if call.status == "succeeded" else None
        case AgentWork():
            return _agent_output(step, node, payloads)
        case ApproveWork():
            return _decided(step.work, node, payloads)
        case AskWork():
            return as_map((node.decision or {}).get("answer"))
        case ForEachWork():
            return _container_output(run, node, payloads)
        case WaitWork():
            return _waited(run, node, payloads)
        case SetWork() | RouteWork():
            return None
        case _:
            assert_never(step.work)


def _is_map(value: Stored) -> bool:
    """Whether a result is an output as it is. The first character of canonical JSON tells it of a large one."""
    return value.head.startswith("{") if isinstance(value, Ref) else isinstance(value, dict)


def as_map(value: Json) -> Json:
    return value if isinstance(value, dict) else {"value": value}


def _agent_output(step: StepPlan, node: Node, payloads: Payloads) -> Json:
    if not node.turns or node.turns[-1].violation or node.turns[-1].asks:
        return None
    last = node.turns[-1]
    has_contract = step.output is not None or (isinstance(step.work, AgentWork) and step.work.routes is not None)
    return as_map(payloads.load(last.value)) if has_contract else {"text": payloads.load(last.text)}


def _decided(work: ApproveWork, node: Node, payloads: Payloads) -> Json:
    decision = node.decision or {}
    if decision.get("approved"):
        values = decision["values"]
    elif work.on_reject == "continue":
        values = payloads.load(node.arguments)
    else:
        return None
    if work.on_reject != "continue":
        return values
    return {**values, "approved": bool(decision.get("approved")), "reason": decision.get("reason", "")}


def _waited(run: Run, node: Node, payloads: Payloads) -> Json:
    if not node.signal:
        return {"at": node.timer.until / 1e6 if node.timer is not None else 0}
    kept = run.signals.get(node.signal, ())
    return as_map(payloads.load(kept[0])) if kept else None


def _container_output(run: Run, node: Node, payloads: Payloads) -> Json:
    items = payloads.load(node.arguments)
    results = []
    for index in range(node.item_count):
        item = run.node(item_path(node.path, index))
        results.append(
            {
                "index": index,
                "item": items[index],
                "status": item.status,
                "error": item.problem.message if item.problem is not None else None,
                "output": payloads.load(item.output),
            }
        )
    return {"count": node.item_count, "failed": node.failed_items, "results": results}


def _item_output(run: Run, item: Node, payloads: Payloads) -> EndQuote:
    work = run.plan.steps[plan_path(item.path)].work
    assert isinstance(work, ForEachWork)
    if run.scopes[item.path].failure:
        return EndQuote()
    if work.outputs is None:
        return EndQuote(payloads.keep(_inner_outputs(run, item, work, payloads)))
    try:
        return EndQuote(payloads.keep(render(dict(work.outputs), Names(run, item.path, payloads.load))))
    except ExpressionFailure as failure:
        return EndQuote(problem=Problem("outputs", failure.message, failure.remedy))


def _inner_outputs(run: Run, item: Node, work: ForEachWork, payloads: Payloads) -> dict[str, Stored]:
    """Inner step id → its output; skipped, failed and cancelled ones are left out."""
    inner = {run.plan.steps[name].id: run.node(child_path(item.path, run.plan.steps[name].id)) for name in work.steps}
    return {name: payloads.load(node.output) for name, node in inner.items() if node.status == "succeeded"}
