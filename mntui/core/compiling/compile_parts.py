"""What a blueprint declares beside its steps: inputs, model roles, servers, agents, retry policy, budget, triggers.

Each function takes the well-formed part of the document, reports what is wrong with its meaning, and gives plan values
even so: they are used to check the rest, and thrown away with the plan.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from mntui.core.compiling.findings import Findings, Where, listing
from mntui.core.compiling.reads import Read, Sources, file_name, file_text, is_file_name, reads_of, reads_of_file
from mntui.core.contracts.contracts import input_problem, seconds_of
from mntui.core.language.grammar import RESERVED
from mntui.core.money import micros_of_usd
from mntui.core.plan import ASK_TOOL, AgentPlan, BudgetPlan, InputPlan, RetryPolicy, RolePlan, ServerPlan, ToolPlan
from mntui.core.values import Json

DEFAULT_ROLE: Final = "executor"


def input_plans(sources: Sources) -> dict[str, InputPlan]:
    return {name: _input_plan(given, ("inputs", name), sources.found) for name, given in _section(sources, "inputs")}


def role_plans(sources: Sources) -> dict[str, RolePlan]:
    plans = {
        name: RolePlan(
            prefer=texts(given.get("prefer")),
            max_tokens=given.get("max_tokens", RolePlan().max_tokens),
            builtin_allowed=given.get("builtin") != "never",
            escalate=given.get("escalate"),
            fallback=texts(given.get("fallback")),
        )
        for name, given in _section(sources, "models")
    }
    for name, plan in plans.items():
        _check_taking_over(name, plan, plans, sources.found)
    return plans


def _check_taking_over(name: str, plan: RolePlan, roles: Mapping[str, RolePlan], found: Findings) -> None:
    """Who takes over must be there, and must not come round to where it began."""
    where: Where = ("models", name)
    for index, model in enumerate(plan.fallback):
        if model.startswith("builtin/") and not plan.builtin_allowed:
            message = f"the role `{name}` says `builtin: never`, and falls back to {model}"
            found.problem((*where, "fallback", index), "kind", message, "Remove one of both.")
    if plan.escalate is None:
        return
    if plan.escalate not in roles:
        message = f"the role `{name}` escalates to `{plan.escalate}`, which is not declared"
        found.unknown((*where, "escalate"), "undeclared", message, plan.escalate, roles, "Declare it under `models:`.")
        return
    seen = [name]
    following: str | None = plan.escalate
    while following is not None and following in roles and following not in seen:
        seen.append(following)
        following = roles[following].escalate
    if following == name:
        message = f"escalating goes in a circle: {' → '.join([*seen, name])}"
        found.problem((*where, "escalate"), "cycle", message, "Remove one of its `escalate:`.")


def server_plans(sources: Sources) -> dict[str, ServerPlan]:
    plans = {}
    for name, given in _section(sources, "servers"):
        where = ("servers", name)
        if ("command" in given) == ("url" in given) and not sources.found.broken(where):
            message = f"the server `{name}` needs one of command and url"
            sources.found.problem(
                where, "kind", message, "Write `command: [program, argument]` or `url:`.", of_key=True
            )
        plans[name] = ServerPlan(
            name=name,
            command=texts(given.get("command")),
            url=given.get("url", ""),
            secrets=texts(given.get("secrets")),
            env=texts(given.get("env")),
        )
    return plans


def agent_plans(sources: Sources, roles: Mapping[str, RolePlan], tools: Mapping[str, ToolPlan]) -> dict[str, AgentPlan]:
    return {name: _agent_plan(name, given, sources, roles, tools) for name, given in _section(sources, "agents")}


def retry_policy(given: Mapping[str, Json], base: RetryPolicy, where: Where, found: Findings) -> RetryPolicy:
    """`base` with the fields that are given, one by one."""
    policy = RetryPolicy(
        maximum_attempts=given.get("maximum_attempts", base.maximum_attempts),
        initial_interval_seconds=_seconds(given.get("initial_interval"), base.initial_interval_seconds),
        backoff_coefficient=float(given.get("backoff_coefficient", base.backoff_coefficient)),
        maximum_interval_seconds=_seconds(given.get("maximum_interval"), base.maximum_interval_seconds),
        non_retryable_error_types=texts(given.get("non_retryable_error_types", base.non_retryable_error_types)),
        contract=given.get("contract", base.contract),
    )
    if given and policy.maximum_interval_seconds < policy.initial_interval_seconds and not found.broken(where):
        message = "maximum_interval is shorter than initial_interval"
        found.problem(where, "range", message, "Make maximum_interval at least as long.", of_key=True)
    return policy


def budget_plan(sources: Sources) -> BudgetPlan:
    given = sources.document.get("budget", {})
    usd = given.get("usd")
    return BudgetPlan(
        usd_micros=None if usd is None else micros_of_usd(usd),
        tokens=given.get("tokens"),
        on_reach=given.get("on_reach", "ask"),
    )


def only_names(
    reads: Iterable[Read], allowed: Mapping[str, Iterable[str] | None], sources: Sources, place: str
) -> None:
    """Reports each read whose root is not allowed here, or whose next key is not among those it has (None: any)."""
    for read in reads:
        root, *rest = read.path
        if root not in allowed:
            message = f"`{root}` cannot be read in {place}"
            names = list(allowed)
            remedy = f"Only {listing(names)} can be read here."
            sources.found.problem(read.where, "reference", message, remedy, expected=listing(names), file=read.file)
            continue
        known = allowed[root]
        if rest and known is not None and rest[0] not in known:
            message = f"there is no `{root}.{rest[0]}`"
            remedy = f"Declare it under `{root}:`." if root == "inputs" else ""
            sources.found.unknown(read.where, "reference", message, rest[0], known, remedy or "Correct the name.")


def texts(value: Json) -> tuple[str, ...]:
    """The well-formed entries of a list of texts, or one text by itself."""
    entries = [value] if isinstance(value, str) else value or ()
    return tuple(entry for entry in entries if isinstance(entry, str))


def reserved_name(name: str, where: Where, found: Findings, others: Iterable[str] = ()) -> None:
    """Reports a name that expressions could not read, since the word means something else there."""
    if name in RESERVED or name in others:
        message = f"`{name}` means something else in expressions"
        found.problem(where, "id", message, f"Call it `the_{name}`.", of_key=True)


def _section(sources: Sources, name: str) -> Iterable[tuple[str, dict[str, Json]]]:
    section: dict[str, dict[str, Json]] = sources.document.get(name, {})
    return section.items()


def _seconds(duration: Json, otherwise: float) -> float:
    return otherwise if duration is None else float(seconds_of(duration))


def _input_plan(given: Mapping[str, Json], where: Where, found: Findings) -> InputPlan:
    reserved_name(str(where[-1]), where, found)
    plan = InputPlan(
        type=given.get("type", "string"),
        about=given.get("about", ""),
        enum=tuple(given.get("enum") or ()),
        default=given.get("default"),
        required="default" not in given,
    )
    if found.broken(where):
        return plan
    bare = InputPlan(type=plan.type)
    candidates = [(value, (*where, "enum", index), bare) for index, value in enumerate(plan.enum)]
    candidates += [] if plan.required else [(plan.default, (*where, "default"), plan)]
    for value, place, against in candidates:
        problem = input_problem(str(where[-1]), value, against)
        if problem is not None:
            found.problem(place, "input", problem.message, "Write a value that the input itself would accept.")
    return plan


def _agent_plan(
    name: str, given: Mapping[str, Json], sources: Sources, roles: Mapping[str, RolePlan], tools: Mapping[str, ToolPlan]
) -> AgentPlan:
    where = ("agents", name)
    model = given.get("model", "")
    if model and model not in roles:
        message = f"the agent `{name}` has the model role `{model}`, which is not declared"
        sources.found.unknown((*where, "model"), "undeclared", message, model, roles, "Declare it under `models:`.")
    seen: set[str] = set()
    for index, tool in enumerate(given.get("tools") or ()):
        place = (*where, "tools", index)
        if tool in seen:
            sources.found.problem(place, "duplicate", f"`{tool}` is listed twice", "Remove one of them.")
        elif tool is not None and tool not in {*tools, ASK_TOOL}:
            message = f"the agent `{name}` has the tool `{tool}`, which is not declared"
            sources.found.unknown(place, "undeclared", message, tool, tools, "Declare it under `tools:`.")
        seen.add(tool)
    return AgentPlan(
        name=name,
        role=given.get("role", DEFAULT_ROLE),
        model=model,
        instructions=_instructions(given.get("instructions", ""), (*where, "instructions"), sources),
        tools=texts(given.get("tools")),
        max_turns=given.get("max_turns", AgentPlan("", "executor", "", "").max_turns),
    )


def _instructions(written: str, where: Where, sources: Sources) -> str:
    """The text of a prompt, from its file where it names one. It is a template over `inputs` only."""
    text, file = written, ""
    if is_file_name(written, ".md"):
        file = file_name(written)
        text = file_text(file, where, sources) or ""
        reads = reads_of_file(file, text, where, sources.found)
    else:
        reads = reads_of(written, where, sources.found)
    if not text.strip() and not sources.found.broken(where):
        sources.found.problem(where, "empty", "the instructions are empty", "Say what the agent is to do.", file=file)
    only_names(reads, {"inputs": sources.document.get("inputs", {})}, sources, "instructions")
    return text
