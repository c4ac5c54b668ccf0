"""A Run: everything that the facts so far say, as one frozen value.

It keeps its own frontier: `todo` holds the commands that may be begun, counters say what is in flight, so a fact costs
the same in a run of any size. Maps are `immutables.Map`: a changed copy shares all the rest. What changes with every
fact is a NamedTuple, whose changed copy is made in C: eight times as fast as a frozen dataclass's, on the hot path.

Deliberately absent: anything that only a worker knows (tasks, sockets, queues), and histories: those are asked of the
journal.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from immutables import Map

from mntui.core.commands import Command
from mntui.core.events import AskedCall, Original, Stored, Timer
from mntui.core.frozen import frozen
from mntui.core.money import Spend
from mntui.core.plan import EffectClass, Plan
from mntui.core.values import Json, Problem

StepStatus = Literal["pending", "running", "waiting", "succeeded", "failed", "skipped", "cancelled"]
RunStatus = Literal["running", "waiting", "paused", "succeeded", "failed", "cancelled"]
CallStatus = Literal["ready", "asking", "running", "waiting", "in_doubt", "succeeded", "failed"]
ENDED: frozenset[StepStatus] = frozenset({"succeeded", "failed", "skipped", "cancelled"})


class Tally(NamedTuple):
    """How the needs of a step ended so far: those the join counts, and those beside it that must simply succeed."""

    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    beside_succeeded: int = 0
    beside_failed: int = 0
    beside_skipped: int = 0


class Call(NamedTuple):
    """One model call or tool call of a step, over all its attempts.

    `failures` counts attempts that failed by themselves; an attempt lost with its worker isn't one, nor is one that the
    provider put off: `refusals` counts those, in a row. `unknown` while it isn't known whether an effect happened;
    `flying` while the run may not end without this call's outcome. `reserved_*` is held back from the budget while the
    call is in flight.
    """

    id: str
    status: CallStatus = "ready"
    generation: int = 0
    attempt: int = 1
    failures: int = 0
    tool: str = ""
    arguments: Stored = None
    digest: str = ""
    effect: EffectClass = "none"
    effect_key: str = ""
    intent: Json = None
    unknown: bool = False
    approved: str = ""
    edited: Json = None
    result: Stored = None
    problem: Problem | None = None
    retry_after_seconds: float | None = None
    reserved_micros: int = 0
    reserved_tokens: int = 0
    asked_id: str = ""
    started_at: int = 0
    ended_at: int = 0
    model: str = ""
    flying: bool = False
    refusals: int = 0


@frozen
class Turn:
    """One answered model call: what it said, and which tool calls it asked for."""

    call: str
    text: Stored
    asks: tuple[AskedCall, ...]
    value: Stored
    violation: str


@frozen
class Switch:
    """Another model took over after so many turns of a step; "retry" when a person's retry went back to the first."""

    role: str
    model: str
    cause: Literal["fallback", "escalate", "cheaper", "retry"]
    why: str
    turns: int


class Node(NamedTuple):
    """One step, or one item of a container, in this run."""

    path: str
    status: StepStatus = "pending"
    generation: int = 0
    tally: Tally = Tally()
    arguments: Stored = None
    output: Stored = None
    problem: Problem | None = None
    why: str = ""
    started_at: int | None = None
    ended_at: int | None = None
    calls: Map[str, Call] = Map()
    turns: tuple[Turn, ...] = ()
    ask: str = ""
    decision: Json = None
    signal: str = ""
    timer: Timer | None = None
    due: bool = False
    item_count: int = 0
    opened: int = 0
    done: int = 0
    failed_items: int = 0
    handled: bool = False
    given: str = ""
    chosen: tuple[str, ...] | None = None
    spend: Spend = Spend()
    switches: tuple[Switch, ...] = ()


class Scope(NamedTuple):
    """What holds steps: the run ("") or an item. `flying` counts calls whose outcome is open, in all its depth."""

    open: int = 0
    flying: int = 0
    failure: str = ""


@frozen
class Ask:
    """What waits for a person: `digest` is of exactly what is shown, `edit` names what may be changed."""

    id: str
    kind: Literal["approval", "question", "in_doubt", "budget"]
    path: str
    call: str
    question: str
    asked_at: int
    digest: str = ""
    shown: Json = None
    edit: tuple[str, ...] = ()
    contract: Mapping[str, Json] | None = None
    tool: str = ""
    effect: EffectClass | None = None
    spec_digest: str = ""
    expires: Timer | None = None
    problem: Problem | None = None
    needed: int = 0
    limit: str = ""


@frozen
class Decision:
    """Who settled an ask, when, and how: told to whoever comes second."""

    what: str
    by: str
    at: int


@frozen
class Todo:
    """A command that may be begun; `order` is when it became possible."""

    order: int
    command: Command


class Run(NamedTuple):
    id: str
    plan: Plan
    name: str = ""
    blueprint: str = ""
    version: str = ""
    digest: str = ""
    folder: str = ""
    blueprint_folder: str = ""
    out: str = ""
    inputs: Mapping[str, Json] = Map()
    models: Mapping[str, str] = Map()
    seq: int = 0
    at: int = 0
    started_at: int = 0
    ended_at: int | None = None
    ended: Literal["", "succeeded", "failed", "cancelled"] = ""
    ending: Literal["", "failed", "cancelled"] = ""
    paused: bool = False
    problem: Problem | None = None
    problem_path: str = ""
    outputs: Stored = None
    success: Mapping[str, bool] | None = None
    nodes: Map[str, Node] = Map()
    scopes: Map[str, Scope] = Map()
    todo: Map[str, Todo] = Map()
    orders: int = 0
    timers: Map[str, Timer] = Map()
    asks: Map[str, Ask] = Map()
    decided: Map[str, Decision] = Map()
    ask_count: int = 0
    budget_ask: str = ""
    held: Map[str, Problem] = Map()
    signals: Map[str, tuple[Stored, ...]] = Map()
    listeners: Map[str, tuple[str, ...]] = Map()
    spend: Spend = Spend()
    reserved_micros: int = 0
    reserved_tokens: int = 0
    budget_micros: int | None = None
    budget_tokens: int | None = None
    worker: str = ""
    over: Literal["", "ask", "cheaper", "finish"] = ""
    unknown_price_allowed: bool = False
    rerun_of: Original | None = None
    again_of: str = ""

    def node(self, path: str) -> Node:
        """The node at a path. Raises KeyError for a path that this run doesn't have (yet)."""
        return self.nodes[path]


def new_run(run_id: str, plan: Plan) -> Run:
    """A run before its first fact."""
    return Run(id=run_id, plan=plan)
