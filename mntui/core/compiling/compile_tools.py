"""The tools of a blueprint: what each may touch, its effect class, and whether arguments fit its parameters.

An effect class may only be made stricter. A tool whose class nobody declared is treated as `unsafe`, with a warning.
MCP tools are unknown until their server runs: any argument fits, their text taints.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from jsonschema import Draft202012Validator

from mntui.core.compiling.compile_bounds import STRICTNESS, check_bounds, class_by_bounds
from mntui.core.compiling.compile_parts import only_names, texts
from mntui.core.compiling.findings import Where, listing
from mntui.core.compiling.known import RUN
from mntui.core.compiling.reads import Sources, is_one_template, reads_of, sql_resolved
from mntui.core.language.expressions import literal_only
from mntui.core.plan import EffectClass, Schema, ServerPlan, ToolPlan, ToolSpec
from mntui.core.values import Json

OPEN_OBJECT: Final = {"type": "object"}
GIVEN_VARIABLES: Final = ("python", "mcp", "shell")


def tool_plans(sources: Sources, servers: Mapping[str, ServerPlan]) -> dict[str, ToolPlan]:
    """Every tool of `tools:`; one that is unknown takes any arguments, so that only its `use` is reported."""
    given: dict[str, dict[str, Json]] = sources.document.get("tools", {})
    return {name: _tool_plan(name, entry, sources, servers) for name, entry in given.items()}


def check_arguments(
    arguments: Mapping[str, Json], tool: ToolPlan, where: Where, sources: Sources, *, all_given: bool
) -> None:
    """Reports arguments that a tool does not take, lacks, or cannot take with the literal value written here."""
    parameters = tool.spec.parameters
    known: Mapping[str, Schema] = parameters.get("properties", {})
    closed = "properties" in parameters and not parameters.get("additionalProperties")
    free = [name for name in known if name not in tool.fixed]
    for name, value in arguments.items():
        place = (*where, name)
        if all_given and name in tool.fixed:
            message = f"`{name}` is fixed in tools.{tool.name}"
            sources.found.problem(place, "argument", message, "Remove it here.", of_key=True)
        elif name in known and not sources.found.broken(place):
            _check_literal(value, known[name], place, tool, sources)
        elif name in tool.spec.later:
            message = f"`{name}` of {tool.use} is not in this version yet"
            remedy = "Remove it; where a secret is needed, a function in tools.py gets it by `env: [NAME]`."
            sources.found.problem(place, "later", message, remedy, of_key=True)
        elif closed and name not in known:
            message = f"the tool `{tool.name}` ({tool.use}) has no parameter `{name}`"
            sources.found.unknown(place, "argument", message, name, free, "Remove it.")
    if all_given:
        _check_required(arguments, tool, where, sources)


def _check_required(arguments: Mapping[str, Json], tool: ToolPlan, where: Where, sources: Sources) -> None:
    required = tool.spec.parameters.get("required", [])
    missing = [name for name in required if name not in arguments and name not in tool.fixed]
    if missing:
        message = f"the tool `{tool.name}` ({tool.use}) needs {listing(missing)}"
        sources.found.problem(
            where, "argument", message, f"Add `{missing[0]}:` to `with:`.", expected=listing(missing), of_key=True
        )


def _check_literal(value: Json, schema: Schema, where: Where, tool: ToolPlan, sources: Sources) -> None:
    if literal_only(value):
        error = next(iter(Draft202012Validator(schema).iter_errors(value)), None)
        told = error.message if error else ""
    elif isinstance(value, str) and is_one_template(value):
        return
    else:
        told = _type_conflict(value, schema)
    if told:
        message = f"`{where[-1]}` of the tool `{tool.name}`: {told[:200]}"
        sources.found.problem(where, "argument", message, f"`mntui tools {tool.use}` prints what it takes.")


def _type_conflict(value: Json, schema: Schema) -> str:
    """Why a value with templates inside cannot fit, judged by its type alone."""
    given = "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"
    wanted = schema.get("type", given)
    allowed = [wanted] if isinstance(wanted, str) else wanted
    return "" if given in allowed else f"the template gives {given}, not {listing(allowed)}"


def _tool_plan(name: str, given: Mapping[str, Json], sources: Sources, servers: Mapping[str, ServerPlan]) -> ToolPlan:
    where = ("tools", name)
    spec = _spec(given.get("use", ""), (*where, "use"), sources, servers)
    fixed = sql_resolved(spec.use, given.get("with", {}), (*where, "with"), sources)
    tool = ToolPlan(
        name=name,
        use=spec.use,
        spec=spec,
        effect=_effect(name, given, spec, sources),
        allow=_allow(given.get("allow", {}), spec, (*where, "allow"), sources),
        fixed=fixed,
        approve=given.get("approve", "never"),
        taints=given.get("taints", spec.taints),
        secrets=texts(given.get("secrets")),
        env=texts(given.get("env")),
    )
    inputs = sources.document.get("inputs", {})
    reads = reads_of(given.get("with", {}), (*where, "with"), sources.found)
    only_names(reads, {"inputs": inputs, "run": RUN["properties"]}, sources, "`with` of a tool")
    check_arguments(fixed, tool, (*where, "with"), sources, all_given=False)
    for key in ("env", "secrets"):
        if given.get(key) and spec.use in sources.specs and spec.use.partition(".")[0] not in GIVEN_VARIABLES:
            message = f"{spec.use} is given no variables, so `{key}` does nothing"
            sources.found.warning(
                (*where, key), "env", message, "Remove it: programs and functions in tools.py get them."
            )
    if spec.taints and given.get("taints") is False:
        message = f"what `{name}` returns is untrusted text, whatever the blueprint says"
        sources.found.problem((*where, "taints"), "taints", message, "Remove `taints: false`.")
    return tool


def _spec(use: str, where: Where, sources: Sources, servers: Mapping[str, ServerPlan]) -> ToolSpec:
    if use in sources.specs:
        return sources.specs[use]
    spec = ToolSpec(use=use, about="", parameters=OPEN_OBJECT, result={}, effect=None, taints=use.startswith("mcp."))
    if use.startswith("mcp."):
        _check_mcp(use, where, sources, servers)
    elif use:
        family = use.partition(".")[0]
        remedy = {
            "python": "Define a function of that name in tools.py.",
        }.get(family, "`mntui tools` lists them all.")
        sources.found.unknown(where, "undeclared", f"there is no tool `{use}`", use, sources.specs, remedy)
    return spec


def _check_mcp(use: str, where: Where, sources: Sources, servers: Mapping[str, ServerPlan]) -> None:
    _, _, rest = use.partition(".")
    server, _, tool = rest.partition(".")
    if not server or not tool:
        message = f"`{use}` does not name a tool of a server"
        sources.found.problem(where, "text", message, "Write mcp.SERVER.TOOL.", expected="mcp.SERVER.TOOL")
    elif server not in servers:
        message = f"there is no server `{server}`"
        sources.found.unknown(where, "undeclared", message, server, servers, "Declare it under `servers:`.")


def _effect(name: str, given: Mapping[str, Json], spec: ToolSpec, sources: Sources) -> EffectClass:
    declared: EffectClass | None = given.get("effect")
    where = ("tools", name, "effect")
    reached = class_by_bounds(given.get("allow", {}), spec)
    least = _stricter(spec.effect or "none", reached or "none")
    if declared is None:
        if spec.effect is None and reached != "none" and not sources.found.broken(where[:2]):
            message = f"the tool `{name}` ({spec.use}) declares no effect class and is treated as unsafe"
            remedy = "Add `effect: none` if it only reads, `keyed` if it takes an idempotency key, else `unsafe`."
            sources.found.warning(("tools", name), "effect", message, remedy, expected=listing(STRICTNESS))
        return "unsafe" if spec.effect is None and reached != "none" else least
    if STRICTNESS.index(declared) < STRICTNESS.index(least):
        message = f"{spec.use} is {least} with what it may reach here; `{declared}` would be looser"
        if least == spec.effect:
            message = f"{spec.use} is {spec.effect}; `{declared}` would be looser"
        stricter = [name for name in STRICTNESS[STRICTNESS.index(least) :] if name in (spec.classes or STRICTNESS)]
        sources.found.problem(where, "effect", message, f"Write {listing(stricter)}, or remove the key.")
    elif spec.classes is not None and declared not in spec.classes:
        message = f"{spec.use} cannot be {declared}: its function lacks what that needs"
        remedy = "keyed needs a parameter idempotency_key, reconcilable a function NAME_reconcile beside it."
        if not spec.use.startswith("python."):
            message, remedy = f"{spec.use} cannot be {declared}", f"Write {listing(spec.classes)}."
        sources.found.problem(where, "effect", message, remedy, expected=listing(spec.classes))
    return declared


def _stricter(one: EffectClass, other: EffectClass) -> EffectClass:
    return one if STRICTNESS.index(one) >= STRICTNESS.index(other) else other


def _allow(given: Mapping[str, Json], spec: ToolSpec, where: Where, sources: Sources) -> dict[str, tuple[str, ...]]:
    known = spec.parameters.get("properties")
    inputs = sources.document.get("inputs", {})
    allowed: dict[str, tuple[str, ...]] = {}
    for name, value in given.items():
        place = (*where, name)
        if known is not None and name not in known and name not in spec.bounds:
            message = f"{spec.use} has no parameter `{name}` to allow"
            sources.found.unknown(place, "argument", message, name, [*spec.bounds, *known], "Remove it.")
        for index, entry in _entries(value):
            if not isinstance(entry, str):
                sources.found.problem((*place, index), "type", "what is allowed is text", "Put it in quotes.")
        allowed[name] = texts(value)
        only_names(reads_of(value, place, sources.found), {"inputs": inputs}, sources, "`allow`")
    check_bounds(given, spec, where[:2], sources)
    return allowed


def _entries(value: Json) -> Iterator[tuple[int, Json]]:
    return enumerate(value if isinstance(value, list) else [])
