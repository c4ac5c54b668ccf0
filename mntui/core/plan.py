"""A Plan: a compiled blueprint, all data, that can always run.

Steps are keyed by *plan path* (`each/draft`): container ids joined by `/`, without item numbers. A *path* of a run adds
the numbers (`each[3]/draft`). Templates stay text here (`expressions` parses them once and remembers); everything else
is resolved: prompts and schemas are read in, needs are inferred, routes have become edges.

Deliberately absent: line numbers (the library keeps them), prices, and anything that depends on the machine.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from mntui.core.frozen import frozen
from mntui.core.values import Json

EffectClass = Literal["none", "keyed", "reconcilable", "unsafe"]
OnFailure = Literal["pause", "fail", "compensate", "continue", "skip"]
JoinKind = Literal["all_success", "all_done", "none_failed", "one_failed", "one_success", "quorum"]
Schema = Mapping[str, Json]

ASK_TOOL = "ask"
"""The builtin tool by which an agent asks the person: it may be listed without being declared, unless a tool has its
name."""


@frozen
class Bound:
    """An `allow` key that is no parameter: what a tool may reach by itself (hosts, programs, files it may change).

    A tool with a `needed` one reaches nothing without it. Entries that aren't `harmless` make the tool's effect class
    at least `least`; a tool that brings no class, and has only harmless entries, is `none`.
    """

    kind: Literal["host", "method", "address", "program", "path"]
    about: str
    needed: bool = False
    harmless: tuple[str, ...] = ()
    least: EffectClass = "none"


@frozen
class ToolSpec:
    """What a tool is: its capability boundary as a value. Builtin ones come from tools/, python ones from tools.py.

    `paths` maps the name of a parameter that holds a path (or a map of paths) to how it is used. `exclusive` names the
    path parameter of which only one call may be in flight. `prepares` says that a call's intent records what it finds
    (offset and digest), which its reconcile needs. `classes` are the effect classes that its code can keep (a function
    without an idempotency key can't be keyed); None: any. `bounds` are its `allow` keys
    beside the parameters, `later` arguments that this version refuses.
    """

    use: str
    about: str
    parameters: Schema
    result: Schema
    effect: EffectClass | None
    paths: Mapping[str, Literal["read", "write"]] = field(default_factory=dict)
    exclusive: str | None = None
    prepares: bool = False
    taints: bool = False
    classes: tuple[EffectClass, ...] | None = None
    bounds: Mapping[str, Bound] = field(default_factory=dict)
    later: tuple[str, ...] = ()


@frozen
class RetryPolicy:
    """Temporal's fields. `maximum_attempts` counts the first try."""

    maximum_attempts: int = 3
    initial_interval_seconds: float = 1.0
    backoff_coefficient: float = 2.0
    maximum_interval_seconds: float = 100.0
    non_retryable_error_types: tuple[str, ...] = ()
    contract: int = 1


@frozen
class Join:
    kind: JoinKind = "all_success"
    quorum: int = 0


@frozen
class InputPlan:
    """One typed input. `required` is True when no default is given. `default` is a JSON value."""

    type: str
    about: str = ""
    enum: tuple[Json, ...] = ()
    default: Json = None
    required: bool = True


@frozen
class RolePlan:
    """A model role: names preferred in order, the most tokens an answer may have, whether a stand-in may serve.

    `fallback` are the models that take over, in order, when the one that serves can't answer; `escalate` is the role
    that takes over when an answer fails its check.
    """

    prefer: tuple[str, ...] = ()
    max_tokens: int = 2000
    builtin_allowed: bool = True
    escalate: str | None = None
    fallback: tuple[str, ...] = ()


@frozen
class ToolPlan:
    """A tool as this blueprint may call it. `allow` holds templates over `inputs`; `fixed` parameters are hidden."""

    name: str
    use: str
    spec: ToolSpec
    effect: EffectClass
    allow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fixed: Mapping[str, Json] = field(default_factory=dict)
    approve: Literal["never", "always"] = "never"
    taints: bool = False
    secrets: tuple[str, ...] = ()
    env: tuple[str, ...] = ()


@frozen
class ServerPlan:
    """An MCP server: a command as an argument list, or a URL."""

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    secrets: tuple[str, ...] = ()
    env: tuple[str, ...] = ()


@frozen
class AgentPlan:
    """Who answers: `instructions` is the prompt's template text (over `inputs` only), already read from its file."""

    name: str
    role: Literal["router", "executor", "aggregator"]
    model: str
    instructions: str
    tools: tuple[str, ...] = ()
    max_turns: int = 8


@frozen
class Routes:
    """Targets per key, and for no match. `targets` of a key may be empty: that route ends here."""

    targets: Mapping[str, tuple[str, ...]]
    otherwise: tuple[str, ...] | None = None


@frozen
class ToolWork:
    tool: str
    arguments: Mapping[str, Json]
    kind: Literal["tool"] = "tool"


@frozen
class AgentWork:
    agent: str
    arguments: Mapping[str, Json]
    routes: Routes | None = None
    kind: Literal["agent"] = "agent"


@frozen
class RouteWork:
    """`expression` is bare; its value picks the key of `routes`."""

    expression: str
    routes: Routes
    kind: Literal["route"] = "route"


@frozen
class SetWork:
    values: Mapping[str, Json]
    kind: Literal["set"] = "set"


@frozen
class ApproveWork:
    question: str
    show: Mapping[str, Json]
    edit: tuple[str, ...] = ()
    expires_seconds: float | None = None
    on_expiry: Literal["reject", "fail"] = "reject"
    on_reject: Literal["skip", "fail", "continue"] = "skip"
    kind: Literal["approve"] = "approve"


@frozen
class AskWork:
    question: str
    kind: Literal["ask"] = "ask"


@frozen
class ForEachWork:
    """`steps` are the plan paths of its inner steps, in file order; `outputs` None means: every inner step's output."""

    items: Json
    item_name: str
    steps: tuple[str, ...]
    outputs: Mapping[str, Json] | None = None
    max_parallel: int = 8
    kind: Literal["for_each"] = "for_each"


@frozen
class WaitWork:
    """Exactly one is set: a template yielding a duration, a template yielding a time, or a signal's name."""

    duration: Json = None
    at: Json = None
    signal: str | None = None
    kind: Literal["wait"] = "wait"


Work = ToolWork | AgentWork | RouteWork | SetWork | ApproveWork | AskWork | ForEachWork | WaitWork


@frozen
class StepPlan:
    """One step. All names in `needs`, `counted` and `dependents` are plan paths of siblings.

    `needs` are all (declared, inferred, routers); `counted` those the join counts; the others must simply succeed.
    `routers` are the needs that must have chosen this step. `output` is a JSON Schema, or None for no contract.
    """

    path: str
    id: str
    scope: str
    work: Work
    needs: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    routers: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()
    join: Join = Join()
    condition: str | None = None
    output: Schema | None = None
    timeout_seconds: float | None = None
    retry: RetryPolicy = RetryPolicy()
    on_failure: OnFailure | None = None
    on_change: Literal["ask", "rerun", "ignore"] = "ask"
    cache: bool = False


@frozen
class BudgetPlan:
    """Limits of one run; None is no limit. `usd_micros` in micro-dollars."""

    usd_micros: int | None = None
    tokens: int | None = None
    on_reach: Literal["ask", "stop", "cheaper"] = "ask"


@frozen
class Plan:
    """A whole compiled blueprint. `steps` holds every step of every scope; `roots` the top-level ones in file order."""

    name: str
    version: str
    about: str
    inputs: Mapping[str, InputPlan]
    models: Mapping[str, RolePlan]
    tools: Mapping[str, ToolPlan]
    servers: Mapping[str, ServerPlan]
    agents: Mapping[str, AgentPlan]
    steps: Mapping[str, StepPlan]
    roots: tuple[str, ...]
    outputs: Mapping[str, Json]
    success: Mapping[str, str]
    budget: BudgetPlan = BudgetPlan()
    on_failure: Literal["pause", "fail", "compensate"] = "fail"
    golden: str = ""
