"""Which steps can ever start: what a step requires of the routers before it, and joins that nothing can meet.

A condition says which keys of each router let a step start. Conditions are followed through needs in their order; two
that exclude each other can't both hold, since a router chooses one key. Only what is certain is called unreachable.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mntui.core.compiling.compile_steps import StepDraft
from mntui.core.compiling.findings import Findings, listing
from mntui.core.compiling.needs import Links, Needs
from mntui.core.compiling.scopes import Scope
from mntui.core.plan import AgentWork, Join, Routes, RouteWork
from mntui.core.values import Json

Condition = Mapping[str, frozenset[str]]
"""Router id → the keys of which it must have chosen one. Routers that are not named may choose anything."""

FREE: Condition = {}
_ELSE = "else:"


@dataclass(slots=True)
class Reach:
    """Of one level: ids in the order of their needs, the condition of each step, and why the others never start.

    `causes` holds the steps that are themselves the reason; the rest of `never` only follows from them.
    """

    order: list[str]
    conditions: dict[str, Condition] = field(default_factory=dict)
    never: dict[str, str] = field(default_factory=dict)
    causes: dict[str, str] = field(default_factory=dict)


def check_reach(links: Links, found: Findings) -> dict[str, Reach]:
    """The reach of every level; a level whose needs go in a circle has none. Reports what can never start."""
    reached: dict[str, Reach] = {}
    for path, scope in links.scopes.items():
        order = ordered({id_: links.needs[draft.path].all() for id_, draft in scope.steps.items()})
        if order is None:
            continue
        reach = Reach(order)
        for id_ in order:
            _reach_step(scope.steps[id_], links.needs[scope.steps[id_].path], scope, reach)
        reached[path] = reach
        _report(scope, reach, _container_reason(scope, reached), found)
    return reached


def ordered(graph: Mapping[str, Iterable[str]]) -> list[str] | None:
    """Names with each after all it needs; None if that cannot be."""
    left = {name: {need for need in needs if need in graph} for name, needs in graph.items()}
    dependents: dict[str, list[str]] = {name: [] for name in graph}
    for name, needs in left.items():
        for need in needs:
            dependents[need].append(name)
    ready = [name for name, needs in left.items() if not needs]
    order: list[str] = []
    while ready:
        name = ready.pop()
        order.append(name)
        for dependent in dependents[name]:
            left[dependent].discard(name)
            if not left[dependent]:
                ready.append(dependent)
    return order if len(order) == len(graph) else None


def join_of(written: Json) -> Join:
    """The join of a step as it is written; without one, all needs must succeed."""
    if written is None:
        return Join()
    return Join("quorum", written.get("quorum", 0)) if isinstance(written, dict) else Join(written)


def _reach_step(draft: StepDraft, needs: Needs, scope: Scope, reach: Reach) -> None:
    join = join_of(draft.given.get("join"))
    counted = needs.counted(join.kind)
    gates = [name for name in needs.routers if name not in counted]
    beside = [name for name in needs.all() if name not in counted and name not in gates]
    options = {name: _condition_after(name, draft, needs, scope, reach) for name in counted}
    must = [_condition_after(name, draft, needs, scope, reach) for name in (*gates, *beside)]
    if join.kind == "all_success":
        must += options.values()
    reason = _own_reason(draft, join, options, scope)
    condition = _all_of(must)
    if reason is None and condition is None:
        followed = next((name for name in needs.all() if name in reach.never), None)
        if followed is not None:
            reach.never[draft.id] = f"`{followed}` never starts"
            return
        together = [name for name in (*gates, *beside, *counted) if _limits(name, draft, needs, scope, reach)]
        reason = (
            f"{listing(together).replace(' or ', ' and ')} lie on different routes, so one of them is always skipped"
        )
    if reason is not None:
        reach.never[draft.id] = reach.causes[draft.id] = reason
    else:
        reach.conditions[draft.id] = condition or FREE


def _limits(name: str, draft: StepDraft, needs: Needs, scope: Scope, reach: Reach) -> bool:
    return bool(_condition_after(name, draft, needs, scope, reach))


def _condition_after(name: str, draft: StepDraft, needs: Needs, scope: Scope, reach: Reach) -> Condition | None:
    """What must hold for this need to succeed, and to have chosen the step if it routes to it; None: it never can."""
    if name in reach.never:
        return None
    condition = reach.conditions.get(name, FREE)
    if name not in needs.routers:
        return condition
    routes = _routes_of(scope.steps[name])
    return _all_of((condition, {name: _keys_to(draft.id, routes)})) if routes else condition


def _own_reason(draft: StepDraft, join: Join, options: Mapping[str, Condition | None], scope: Scope) -> str | None:
    """Why the step can never start, as far as it is to be blamed itself."""
    if draft.condition is not None and draft.condition.strip().lower() == "false":
        return "its `if` is always false"
    asked = {"one_success": 1, "one_failed": 1, "quorum": join.quorum}.get(join.kind, 0)
    if asked > len(options):
        told = f"{len(options)} needs" if options else "no need"
        return f"its join asks for {asked} of {told}"
    if join.kind == "one_failed" and all(_never_fails(scope.steps[name]) for name in options):
        return "its join waits for a failure, and the failures of all its needs are continued or skipped"
    if join.kind in ("one_success", "quorum") and all(option is not None for option in options.values()):
        most = _most_together([option for option in options.values() if option is not None])
        if most < asked:
            return f"its join asks for {asked} successes, and routes let at most {most} of its needs start"
    return None


def _never_fails(draft: StepDraft) -> bool:
    return draft.given.get("on_failure") in ("continue", "skip")


def _most_together(options: list[Condition]) -> int:
    """An upper bound on how many of these conditions can hold at once, judged router by router."""
    most = len(options)
    for router in {router for option in options for router in option}:
        free = sum(router not in option for option in options)
        keys = [key for option in options for key in option.get(router, ())]
        most = min(most, free + max((keys.count(key) for key in set(keys)), default=0))
    return most


def _all_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """All at once; None if one is None or they exclude each other."""
    together: dict[str, frozenset[str]] = {}
    for condition in conditions:
        if condition is None:
            return None
        for router, keys in condition.items():
            together[router] = together[router] & keys if router in together else keys
            if not together[router]:
                return None
    return together


def _routes_of(draft: StepDraft) -> Routes | None:
    return draft.work.routes if isinstance(draft.work, AgentWork | RouteWork) else None


def _keys_to(target: str, routes: Routes) -> frozenset[str]:
    keys = {key for key, targets in routes.targets.items() if target in targets}
    return frozenset(keys | {_ELSE}) if target in (routes.otherwise or ()) else frozenset(keys)


def _container_reason(scope: Scope, reached: Mapping[str, Reach]) -> str | None:
    """Why nothing inside a container ever starts: it, or one around it, never does."""
    level = scope
    while level.container is not None and level.outer is not None:
        outer = reached.get(level.outer.path)
        if outer is not None and level.container.id in outer.never:
            return f"`{level.container.id}` never starts"
        level = level.outer
    return None


def _report(scope: Scope, reach: Reach, around: str | None, found: Findings) -> None:
    for id_, draft in scope.steps.items():
        reason = reach.never.get(id_, around)
        if reason is None or not (id_ in reach.causes or draft.kind == "approve"):
            continue
        what = f"the approval `{id_}` can never be reached" if draft.kind == "approve" else f"`{id_}` can never start"
        code = (
            "approval" if draft.kind == "approve" else "join" if reason != "its `if` is always false" else "unreachable"
        )
        key = "if" if code == "unreachable" else "join" if "join" in draft.given else None
        where = (*draft.where, key) if key else draft.where
        found.problem(where, code, f"{what}: {reason}", _remedy(reason), of_key=True)


def _remedy(reason: str) -> str:
    if "different routes" in reason:
        return "Write `join: none_failed`, the join after a branch."
    if "`if`" in reason:
        return "Correct the expression, or remove the step."
    if "never starts" in reason:
        return "Let what it needs start."
    return "Correct `join:` or `needs:`."
