"""What a whole blueprint must satisfy once its needs are known: no circles, no keys that outputs cannot have, no two
effects of one tool that nothing orders (a warning).
"""

from collections.abc import Iterable, Iterator, Mapping

from mntui.core.compiling.compile_steps import StepDraft, every_draft
from mntui.core.compiling.findings import Findings, path_text
from mntui.core.compiling.known import AGENT_TEXT, ANYTHING, EACH, ROUTED, TEXT, WAITED, NoSuchKey, closed, walk
from mntui.core.compiling.needs import Links
from mntui.core.compiling.reach import Condition, Reach
from mntui.core.compiling.scopes import Scope
from mntui.core.language.expressions import literal_only
from mntui.core.plan import (
    AgentWork,
    ApproveWork,
    ForEachWork,
    RouteWork,
    Schema,
    SetWork,
    ToolPlan,
    ToolWork,
    WaitWork,
)
from mntui.core.values import Json


def check_cycles(links: Links, found: Findings) -> None:
    """Reports every knot of needs, named as the path that leads back."""
    for scope in links.scopes.values():
        graph = {id_: links.needs[draft.path].all() for id_, draft in scope.steps.items()}
        for path in _cycles_of(graph):
            first = scope.steps[path[0]]
            place = links.needs[first.path].places.get(path[1], first.where)
            remedy = f"`{path[0]}` needs `{path[1]}` here; remove that, or another link of the circle."
            found.problem(place, "cycle", f"these steps wait for each other: {' → '.join(path)}", remedy)


def check_keys(links: Links, tools: Mapping[str, ToolPlan], found: Findings) -> None:
    """Reports references to keys that the output of a step can never have."""
    for read, draft in links.meanings:
        try:
            walk(output_schema(draft, tools), read.path[1:])
        except NoSuchKey as miss:
            stem = ".".join(read.path[: miss.position + 1])
            name = read.path[miss.position + 1]
            message = f"`{stem}` {miss.what}"
            remedy = f"See the output of {path_text(draft.where)}."
            found.unknown(read.where, "output", message, name, miss.known, remedy)


def output_schema(draft: StepDraft, tools: Mapping[str, ToolPlan]) -> Schema:
    """What is known of a step's output before any run."""
    match draft.work:
        case AgentWork(routes=routes) if routes is not None:
            return ROUTED
        case RouteWork():
            return ROUTED
        case ForEachWork():
            return EACH
        case ApproveWork(show=show, on_reject=on_reject):
            added = {"approved": ANYTHING, "reason": TEXT} if on_reject == "continue" else {}
            return closed({**dict.fromkeys(show, ANYTHING), **added})
        case SetWork(values):
            return _schema_of_literal(dict(values))
    if "output" in draft.given:
        return draft.output or ANYTHING
    match draft.work:
        case AgentWork():
            return AGENT_TEXT
        case ToolWork(tool=name) if name in tools:
            return _result_schema(tools[name].spec.result)
        case WaitWork(signal=None):
            return WAITED
    return ANYTHING


def check_order(links: Links, reached: Mapping[str, Reach], tools: Mapping[str, ToolPlan], found: Findings) -> None:
    """Warns of two effects of the same tool that nothing orders, unless different routes of a router part them."""
    effects = {name for name, tool in tools.items() if tool.effect != "none"}
    for path, reach in reached.items():
        scope = links.scopes[path]
        users = _users(scope, effects)
        for tool, ids in users.items():
            if len(ids) > 1:
                _check_order_in(tool, ids, scope, links, reach, found)


def _check_order_in(tool: str, ids: set[str], scope: Scope, links: Links, reach: Reach, found: Findings) -> None:
    """One warning for each step with an effect that neither waits for an earlier one nor is waited for by it.

    Sets of steps are bits of an integer, by their place in `reach.order`.
    """
    bit = {id_: 1 << index for index, id_ in enumerate(reach.order)}
    written = {id_: index for index, id_ in enumerate(scope.steps)}
    before: dict[str, int] = {}
    earlier = 0
    routed = _Routed()
    for id_ in reach.order:
        needs = links.needs[scope.steps[id_].path].all()
        before[id_] = _union(before[need] | bit[need] for need in needs)
        if id_ not in ids or id_ in reach.never:
            continue
        loose = earlier & ~before[id_] & ~routed.apart(reach.conditions[id_])
        if loose:
            other = reach.order[(loose & -loose).bit_length() - 1]
            first, second = sorted((id_, other), key=written.__getitem__)
            message = f"nothing orders the effects of `{tool}` in `{first}` and `{second}`"
            where = scope.steps[second].where
            found.warning(where, "order", message, f"Add `needs: [{first}]` to `{second}` if the order matters.")
        earlier |= bit[id_]
        routed.add(bit[id_], reach.conditions[id_])


class _Routed:
    """Which of the steps seen so far lie on which routes, so that those parted from a new one are found at once."""

    def __init__(self) -> None:
        self._any: dict[str, int] = {}
        self._by_key: dict[tuple[str, str], int] = {}

    def add(self, bit: int, condition: Condition) -> None:
        for router, keys in condition.items():
            self._any[router] = self._any.get(router, 0) | bit
            for key in keys:
                self._by_key[router, key] = self._by_key.get((router, key), 0) | bit

    def apart(self, condition: Condition) -> int:
        """The steps that can't run when this condition holds, since a router chooses one key."""
        return _union(
            self._any.get(router, 0) & ~_union(self._by_key.get((router, key), 0) for key in keys)
            for router, keys in condition.items()
        )


def _union(masks: Iterable[int]) -> int:
    together = 0
    for mask in masks:
        together |= mask
    return together


def _users(scope: Scope, effects: set[str]) -> dict[str, set[str]]:
    """Tool → the steps of this level that call it, themselves or somewhere inside."""
    users: dict[str, set[str]] = {}
    for id_, draft in scope.steps.items():
        for inner in every_draft({id_: draft}):
            if isinstance(inner.work, ToolWork) and inner.work.tool in effects:
                users.setdefault(inner.work.tool, set()).add(id_)
    return users


def _result_schema(result: Schema) -> Schema:
    """A tool's result as it is read: what is no map becomes `{value: …}`."""
    kind = result.get("type")
    if kind is None or kind == "object" or not isinstance(kind, str):
        return result if kind == "object" else ANYTHING
    return closed({"value": result})


def _schema_of_literal(value: Json) -> Schema:
    """The schema of a value as it is written in `set`: its keys, and nothing about what templates will give."""
    if isinstance(value, dict):
        return closed({key: _schema_of_literal(item) for key, item in value.items()})
    if isinstance(value, str) and literal_only(value):
        return TEXT
    return ANYTHING


def _cycles_of(graph: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """A cycle of each knot, by depth-first search without recursion."""
    state: dict[str, str] = {}
    for start in graph:
        if start in state:
            continue
        state[start] = "open"
        trail = [(start, iter(graph[start]))]
        while trail:
            name, rest = trail[-1]
            need = next(rest, None)
            if need is None:
                state[name] = "closed"
                trail.pop()
            elif state.get(need) == "open":
                names = [entry[0] for entry in trail]
                yield (*names[names.index(need) :], need)
                state[need] = "told"
            elif need not in state:
                state[need] = "open"
                trail.append((need, iter(graph[need])))
