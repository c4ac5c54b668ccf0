"""A blueprint's plain data becomes a Plan that can always run, or a list of everything that is wrong with it.

The steps of one compilation: shape (keys, types), declarations, steps, needs, then what the whole must satisfy. Each
goes on with what is well-formed, so that all problems are told at once. Absent: files, lines, clocks.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mntui.core.compiling.blueprint import DEFAULT_TIMEOUT_SECONDS, fit_blueprint
from mntui.core.compiling.compile_checks import check_cycles, check_keys, check_order
from mntui.core.compiling.compile_parts import (
    agent_plans,
    budget_plan,
    input_plans,
    retry_policy,
    role_plans,
    server_plans,
)
from mntui.core.compiling.compile_steps import StepDraft, draft_steps, every_draft
from mntui.core.compiling.compile_tools import tool_plans
from mntui.core.compiling.compile_triggers import check_triggers
from mntui.core.compiling.compile_work import Parts
from mntui.core.compiling.findings import Finding, Findings
from mntui.core.compiling.needs import Links, link
from mntui.core.compiling.reach import check_reach, join_of
from mntui.core.compiling.reads import Read, Sources, reads_of, reads_of_expression
from mntui.core.contracts.contracts import seconds_of
from mntui.core.plan import Plan, RetryPolicy, StepPlan, ToolSpec
from mntui.core.values import Json

DEEPEST_DOCUMENT = 64


def compile_blueprint(
    document: Json, files: Mapping[str, str], tools: Mapping[str, ToolSpec]
) -> tuple[Plan | None, tuple[Finding, ...]]:
    """The plan, None if there is any problem, and all problems and warnings.

    `document` is the plain data of blueprint.yaml, `files` the texts of its folder by relative path (prompts, schemas,
    sql), `tools` the builtin specs and those of its tools.py by their `use`. Never raises.
    """
    found = Findings()
    _check_data(document, found)
    if found.problems:
        return None, found.all()
    plan = _compile(Sources(fit_blueprint(document, found), files, tools, found))
    return (None if found.problems else plan), found.all()


def compile_plan(document: Json, files: Mapping[str, str], tools: Mapping[str, ToolSpec]) -> Plan:
    """The plan of a blueprint that compiled before, from the content that the journal kept. Raises ValueError."""
    plan, findings = compile_blueprint(document, files, tools)
    if plan is None:
        first = next(finding for finding in findings if finding.severity == "problem")
        raise ValueError(f"the pinned blueprint no longer compiles: {first.message}")
    return plan


def _compile(sources: Sources) -> Plan:
    document, found = sources.document, sources.found
    inputs, roles, servers = input_plans(sources), role_plans(sources), server_plans(sources)
    tools = tool_plans(sources, servers)
    agents = agent_plans(sources, roles, tools)
    base = retry_policy(document.get("recovery", {}).get("retry", {}), RetryPolicy(), ("recovery", "retry"), found)
    on_failure = document.get("recovery", {}).get("on_failure", "fail")
    _refuse_compensate(on_failure, ("recovery", "on_failure"), found)
    check_triggers(sources)
    top = draft_steps(sources, Parts(tools, agents))
    links = link(top, _top_reads(sources), sources)
    check_cycles(links, found)
    reached = check_reach(links, found)
    check_keys(links, tools, found)
    check_order(links, reached, tools, found)
    steps = {draft.path: step for draft in every_draft(top) if (step := _step_plan(draft, links, base, found))}
    return Plan(
        name=document.get("blueprint", ""),
        version=document.get("version", "0"),
        about=document.get("about", ""),
        inputs=inputs,
        models=roles,
        tools=tools,
        servers=servers,
        agents=agents,
        steps=_with_dependents(steps),
        roots=tuple(draft.path for draft in top.values()),
        outputs=document.get("outputs", {}),
        success={name: _text_of(condition) for name, condition in document.get("success", {}).items()},
        budget=budget_plan(sources),
        on_failure=on_failure,
        golden=document.get("golden", ""),
    )


def _step_plan(draft: StepDraft, links: Links, base: RetryPolicy, found: Findings) -> StepPlan | None:
    """The step as it will run; None while its work is not known, and then there is a problem."""
    if draft.work is None:
        return None
    given, needs = draft.given, links.needs[draft.path]
    join = join_of(given.get("join"))
    _refuse_compensate(given.get("on_failure"), (*draft.where, "on_failure"), found)
    timeout = seconds_of(given["timeout"]) if "timeout" in given else DEFAULT_TIMEOUT_SECONDS.get(draft.kind or "")
    return StepPlan(
        path=draft.path,
        id=draft.id,
        scope=draft.scope,
        work=draft.work,
        needs=_paths(draft.scope, needs.all()),
        counted=_paths(draft.scope, needs.counted(join.kind)),
        routers=_paths(draft.scope, tuple(needs.routers)),
        join=join,
        condition=draft.condition,
        output=draft.output,
        timeout_seconds=timeout,
        retry=retry_policy(given.get("retry", {}), base, (*draft.where, "retry"), found),
        on_failure=given.get("on_failure"),
        on_change=given.get("on_change", "ask"),
        cache=given.get("cache", False),
    )


def _paths(scope: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{scope}/{id_}" if scope else id_ for id_ in ids)


def _with_dependents(steps: Mapping[str, StepPlan]) -> dict[str, StepPlan]:
    dependents: dict[str, list[str]] = {path: [] for path in steps}
    for path, step in steps.items():
        for need in step.needs:
            if need in dependents:
                dependents[need].append(path)
    return {path: replace(step, dependents=tuple(dependents[path])) for path, step in steps.items()}


def _refuse_compensate(on_failure: Json, where: tuple[str | int, ...], found: Findings) -> None:
    if on_failure == "compensate":
        message = "`on_failure: compensate` is not in this version yet"
        found.problem(where, "later", message, "Write pause or fail for now.", expected="pause or fail")


def _top_reads(sources: Sources) -> Iterator[Read]:
    """What `outputs` and `success` read."""
    yield from reads_of(sources.document.get("outputs", {}), ("outputs",), sources.found)
    for name, expression in sources.document.get("success", {}).items():
        yield from reads_of_expression(expression, ("success", name), sources.found)


def _text_of(expression: Json) -> str:
    return expression if isinstance(expression, str) else str(expression).lower()


def _check_data(document: Json, found: Findings) -> None:
    """Reports what is no JSON, or nested so deeply that following it would not be safe. Without recursion."""
    waiting: list[tuple[Json, tuple[str | int, ...]]] = [(document, ())]
    while waiting:
        value, where = waiting.pop()
        if len(where) > DEEPEST_DOCUMENT:
            message = f"values are nested deeper than {DEEPEST_DOCUMENT} levels"
            found.problem(where[:8], "depth", message, "Flatten them.")
            return
        match value:
            case dict():
                waiting += [(item, (*where, str(key))) for key, item in value.items()]
                if not all(isinstance(key, str) for key in value):
                    found.problem(where, "key", "a key is no text", "Put it in quotes.")
            case list():
                waiting += [(item, (*where, index)) for index, item in enumerate(value)]
            case float() if not math.isfinite(value):
                found.problem(where, "number", f"{value} is no number that JSON can hold", "Write a finite number.")
            case None | bool() | int() | float() | str():
                pass
            case _:
                found.problem(
                    where, "type", f"a {type(value).__name__} is no JSON", "Write text, a number, a list or a map."
                )
