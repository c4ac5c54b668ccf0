"""What the world must now do: the closed union of commands, read off the state, each with a stable key.

A command names work, never how it turned out. Its quote carries what the pure core can't know: rendered values, their
digests, prices, the budget's headroom, jitter. `begin` turns a command and its quote into first facts.
"""

from collections.abc import Mapping

from mntui.core.events import Stored, Timer
from mntui.core.frozen import frozen
from mntui.core.plan import EffectClass
from mntui.core.values import Json, Problem


@frozen
class StartStep:
    path: str


@frozen
class EndStep:
    """The step's work is over, or can no longer begin: say how it ended. Touches nothing outside."""

    path: str


@frozen
class CallModel:
    path: str
    call: str
    generation: int
    attempt: int


@frozen
class CallTool:
    """`resumes` when an earlier attempt may have reached the world; `reconcile` when the provider is asked first."""

    path: str
    call: str
    generation: int
    attempt: int
    resumes: bool = False
    reconcile: bool = False


@frozen
class ScheduleRetry:
    path: str
    call: str


@frozen
class SwitchModel:
    """The model that serves a step can't go on, and another one may take over this call."""

    path: str
    call: str


@frozen
class ParkEffect:
    """An unsafe effect with an unknown outcome goes to a person."""

    path: str
    call: str


@frozen
class EndRun:
    pass


Command = StartStep | EndStep | CallModel | CallTool | ScheduleRetry | SwitchModel | ParkEffect | EndRun
WorldCommand = CallModel | CallTool


@frozen
class StartQuote:
    """For StartStep: the truth of its `if`, and what its templates yield. `count` is the number of items."""

    problem: Problem | None = None
    condition: bool = True
    arguments: Stored = None
    question: str = ""
    shown: Json = None
    count: int = 0
    route: str = ""
    reason: str = ""
    timer: Timer | None = None


@frozen
class EndQuote:
    """For EndStep: the output as it will be stored, checked against the step's contract; `route` for routers.

    `output_of` names the call whose result is the output, instead of the output itself.
    """

    output: Stored = None
    problem: Problem | None = None
    route: str = ""
    output_of: str = ""


@frozen
class ModelQuote:
    """For CallModel: the model bound, the prompt's digest, and the worst case that this call can cost.

    `cheaper` is a model that would stay within the budget where this one could cross it.
    """

    model: str
    prompt: str
    tokens: int
    micros: int | None
    problem: Problem | None = None
    cheaper: str = ""


@frozen
class ToolQuote:
    """For CallTool: the exact call. `problem` where policy or the tool's schema refuses it."""

    tool: str
    use: str
    arguments: Stored
    shown: Json
    digest: str
    spec_digest: str
    effect: EffectClass
    needs_approval: bool = False
    contract: Mapping[str, Json] | None = None
    intent: Json = None
    problem: Problem | None = None
    asks_person: bool = False


@frozen
class RetryQuote:
    """For ScheduleRetry: the jitter drawn, from 0 to 1, and the two clocks."""

    jitter: float
    timer_base: Timer


@frozen
class RunQuote:
    """For EndRun: outputs rendered and success judged."""

    outputs: Stored = None
    success: Mapping[str, bool] | None = None
    problem: Problem | None = None


Quote = StartQuote | EndQuote | ModelQuote | ToolQuote | RetryQuote | RunQuote | None


def slot_of(command: Command) -> str:
    """Where a command stands in a run's to-do map: one a step, one a call, one for the run."""
    match command:
        case EndRun():
            return ""
        case StartStep() | EndStep():
            return command.path
        case _:
            return f"{command.path}#{command.call}"


def key_of(run: str, command: WorldCommand) -> str:
    """`run/path/generation.attempt/turn.call`: an outcome whose key isn't in flight is late."""
    return f"{run}/{command.path}/{command.generation}.{command.attempt}/{command.call}"
