"""What one step does: the fields of its kind become its Work, checked against the tools and agents it names."""

from collections.abc import Iterator, Mapping
from typing import Final

from mntui.core.compiling.blueprint import DEFAULT_MAX_PARALLEL
from mntui.core.compiling.compile_parts import texts
from mntui.core.compiling.compile_tools import check_arguments
from mntui.core.compiling.findings import Findings, Where
from mntui.core.compiling.reads import Sources, is_one_template, sql_resolved
from mntui.core.contracts.contracts import ContractProblem, seconds_of
from mntui.core.frozen import frozen
from mntui.core.language.expressions import literal_only
from mntui.core.plan import (
    AgentPlan,
    AgentWork,
    ApproveWork,
    AskWork,
    ForEachWork,
    Routes,
    RouteWork,
    SetWork,
    ToolPlan,
    ToolWork,
    WaitWork,
    Work,
)
from mntui.core.values import Json

REJECTION_KEYS: Final = ("approved", "reason")


@frozen
class Parts:
    """What steps may name."""

    tools: Mapping[str, ToolPlan]
    agents: Mapping[str, AgentPlan]


def work_of(
    kind: str, path: str, given: Mapping[str, Json], where: Where, sources: Sources, parts: Parts
) -> Work | None:
    """The work of a step of this kind; None where what it names does not exist."""
    match kind:
        case "tool":
            return _tool_work(given, where, sources, parts)
        case "agent":
            return _agent_work(given, where, sources, parts)
        case "route":
            return _route_work(given, where, sources.found)
        case "set":
            return SetWork(given["set"])
        case "approve":
            return _approve_work(given, where, sources.found)
        case "ask":
            return AskWork(given["ask"])
        case "for_each":
            return _for_each_work(path, given, where, sources.found)
        case "wait":
            return _wait_work(given["wait"], (*where, "wait"), sources.found)
    return None


def route_targets(given: Mapping[str, Json], where: Where) -> Iterator[tuple[Where, str]]:
    """Every target that a router names, with its place."""
    for key, targets in (given.get("routes") or {}).items():
        yield from _targets(targets, (*where, "routes", key))
    yield from _targets(given.get("else"), (*where, "else"))


def _targets(written: Json, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(written, str):
        yield where, written
    for index, target in enumerate(written if isinstance(written, list) else ()):
        if isinstance(target, str):
            yield (*where, index), target


def _tool_work(given: Mapping[str, Json], where: Where, sources: Sources, parts: Parts) -> Work:
    name = given["tool"]
    tool = parts.tools.get(name)
    if tool is None:
        message = f"the tool `{name}` is not declared"
        sources.found.unknown((*where, "tool"), "undeclared", message, name, parts.tools, "Declare it under `tools:`.")
        return ToolWork(name, given.get("with", {}))
    arguments = sql_resolved(tool.use, given.get("with", {}), (*where, "with"), sources)
    if not sources.found.broken(("tools", name, "use")):
        check_arguments(arguments, tool, (*where, "with"), sources, all_given=True)
    return ToolWork(name, arguments)


def _agent_work(given: Mapping[str, Json], where: Where, sources: Sources, parts: Parts) -> Work:
    name = given["agent"]
    if name not in parts.agents:
        message = f"the agent `{name}` is not declared"
        remedy = "Declare it under `agents:`."
        sources.found.unknown((*where, "agent"), "undeclared", message, name, parts.agents, remedy)
    if "else" in given and "routes" not in given:
        message = "`else` belongs to `routes`"
        sources.found.problem((*where, "else"), "key", message, "Add `routes:`, or remove it.", of_key=True)
    routes = _routes(given, where, sources.found) if "routes" in given else None
    return AgentWork(name, given.get("with", {}), routes)


def _route_work(given: Mapping[str, Json], where: Where, found: Findings) -> Work:
    if "routes" not in given and not found.broken(where):
        message = f"the router `{where[-1]}` has no `routes`"
        found.problem(where, "missing", message, "Add `routes: {KEY: STEP}`.", expected="routes", of_key=True)
    expression = given["route"]
    text = expression if isinstance(expression, str) else str(expression).lower()
    return RouteWork(text, _routes(given, where, found))


def _routes(given: Mapping[str, Json], where: Where, found: Findings) -> Routes:
    if "output" in given:
        message = "a router's output is always {route, reason}"
        found.problem((*where, "output"), "key", message, "Remove `output:`.", of_key=True)
    targets = {key: texts(written) for key, written in given.get("routes", {}).items()}
    return Routes(targets, texts(given["else"]) if "else" in given else None)


def _approve_work(given: Mapping[str, Json], where: Where, found: Findings) -> Work:
    show = given.get("show", {})
    for index, key in enumerate(given.get("edit") or ()):
        if key is not None and key not in show:
            message = f"`{key}` may be edited but is not shown"
            found.unknown((*where, "edit", index), "reference", message, key, show, "Add it to `show:`.")
    on_reject = given.get("on_reject", "skip")
    for key in REJECTION_KEYS:
        if key in show and on_reject == "continue":
            message = f"with `on_reject: continue` the output gains `{key}` itself"
            found.problem((*where, "show", key), "key", message, "Show it under another name.", of_key=True)
    if "on_expiry" in given and "expires" not in given and not found.broken(where):
        message = "`on_expiry` without `expires` never happens"
        found.problem((*where, "on_expiry"), "key", message, "Add `expires: 24h`, or remove it.", of_key=True)
    return ApproveWork(
        question=given["approve"],
        show=show,
        edit=texts(given.get("edit")),
        expires_seconds=seconds_of(given["expires"]) if "expires" in given else None,
        on_expiry=given.get("on_expiry", "reject"),
        on_reject=on_reject,
    )


def _for_each_work(path: str, given: Mapping[str, Json], where: Where, found: Findings) -> Work:
    items = given["for_each"]
    if "steps" not in given and not found.broken(where):
        message = f"`{where[-1]}` has no inner `steps`"
        found.problem(where, "missing", message, "Add `steps:`.", expected="steps", of_key=True)
    if isinstance(items, str) and not is_one_template(items) and not found.broken((*where, "for_each")):
        message = "`for_each` gives text, not a list"
        found.problem(
            (*where, "for_each"), "type", message, 'Write one template: "{{ step.list }}".', expected="a list"
        )
    if items == []:
        message = f"the inner steps of `{where[-1]}` can never run: the list is empty"
        found.problem((*where, "for_each"), "unreachable", message, "Name a list with items.")
    return ForEachWork(
        items=items,
        item_name=given.get("as", "item"),
        steps=tuple(f"{path}/{id_}" for id_ in given.get("steps", {})),
        outputs=given.get("outputs"),
        max_parallel=given.get("max_parallel", DEFAULT_MAX_PARALLEL),
    )


def _wait_work(given: Mapping[str, Json], where: Where, found: Findings) -> Work:
    ways = [way for way in ("for", "signal") if way in given]
    if len(ways) != 1 and not found.broken(where):
        message = "`wait` has both `for` and `signal`" if ways else "`wait` waits for nothing"
        found.problem(where, "kind", message, "Give it exactly one of for and signal.", of_key=True)
    duration = given.get("for")
    if duration is not None and literal_only(duration):
        try:
            seconds_of(duration)
        except ContractProblem as problem:
            found.problem((*where, "for"), "duration", problem.message, problem.remedy, expected="a duration")
    return WaitWork(duration=duration, signal=given.get("signal"))
