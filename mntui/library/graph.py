"""A plan as plain text: each level's steps by rank, what each needs, and where routers lead. Nothing is drawn here."""

from collections.abc import Iterator, Mapping

from mntui.core.plan import (
    AgentWork,
    ApproveWork,
    AskWork,
    ForEachWork,
    Plan,
    Routes,
    RouteWork,
    SetWork,
    StepPlan,
    ToolWork,
    WaitWork,
    Work,
)

_INDENT = "     "


def graph_text(plan: Plan) -> str:
    """One line a step, in order of its rank: `2  sort  agent sorter  ← read  → draft (urgent), bin (spam)`."""
    return "\n".join([f"{plan.name} {plan.version}", *_level(plan, plan.roots, "")])


def ranks(steps: Mapping[str, StepPlan]) -> dict[str, int]:
    """The rank of each step of one level, from 1: one more than the highest of its needs."""
    found: dict[str, int] = {}
    waiting = list(steps)
    while waiting:
        path = waiting[-1]
        missing = [need for need in steps[path].needs if need in steps and need not in found]
        if path in found:
            waiting.pop()
        elif missing:
            waiting += missing
        else:
            found[path] = 1 + max((found[need] for need in steps[path].needs if need in steps), default=0)
            waiting.pop()
    return found


def _level(plan: Plan, paths: tuple[str, ...], indent: str) -> Iterator[str]:
    steps = {path: plan.steps[path] for path in paths}
    by_rank = ranks(steps)
    wide_id = max((len(step.id) for step in steps.values()), default=0)
    for path in sorted(paths, key=lambda path: (by_rank[path], paths.index(path))):
        step = steps[path]
        parts = (
            f"{by_rank[path]:>2}  {step.id:<{wide_id}}",
            _work_text(step.work),
            _needs_text(step),
            _routes_text(step),
        )
        yield indent + "  ".join(part for part in parts if part)
        if isinstance(step.work, ForEachWork):
            yield from _level(plan, step.work.steps, indent + _INDENT)


def _work_text(work: Work) -> str:
    match work:
        case ToolWork(tool=name):
            return f"tool {name}"
        case AgentWork(agent=name):
            return f"agent {name}"
        case RouteWork(expression=expression):
            return f"route {expression}"
        case SetWork(values):
            return f"set {', '.join(values)}"
        case ApproveWork(question=question):
            return f"approve {question!r}"
        case AskWork(question=question):
            return f"ask {question!r}"
        case ForEachWork(items=items):
            return f"for each of {items}"
        case WaitWork(duration=duration, signal=signal):
            return f"wait for {signal or duration}"


def _needs_text(step: StepPlan) -> str:
    ids = [need.rpartition("/")[2] for need in step.needs]
    how = "" if step.join.kind == "all_success" else f" ({step.join.kind.replace('_', ' ')})"
    return f"← {', '.join(ids)}{how}" if ids else ""


def _routes_text(step: StepPlan) -> str:
    routes: Routes | None = step.work.routes if isinstance(step.work, AgentWork | RouteWork) else None
    if routes is None:
        return ""
    keys: dict[str, list[str]] = {}
    for key, targets in routes.targets.items():
        for target in targets or ("end",):
            keys.setdefault(target, []).append(key)
    for target in routes.otherwise or ():
        keys.setdefault(target, []).append("else")
    return "→ " + ", ".join(f"{target} ({', '.join(chosen)})" for target, chosen in keys.items())
