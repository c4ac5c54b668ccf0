"""What happened: the closed union of facts. Past tense, numbered, journaled, never changed.

Fields are only added, with defaults, so that every journal ever written still reads. What a fact needs to be folded is
in it (rendered arguments, the route taken, the instant of a retry): replay renders nothing and computes no delay.
A `Stored` value is the JSON itself, or a `Ref` where it is large.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from mntui.core.frozen import frozen
from mntui.core.money import Cost, Usage
from mntui.core.plan import EffectClass
from mntui.core.values import Json, Problem, Ref

Stored = Json | Ref


@frozen
class Timer:
    """When something is due. `until` is wall time; `elapsed_until`, within the boot `boot`, real time passed.

    All in microseconds. A timer armed in this boot is due by elapsed time, so a changed clock neither hurries nor
    delays it; in a later boot it is due by wall time. An empty `boot` means wall time only.
    """

    until: int
    boot: str = ""
    elapsed_until: int = 0


# The run


@frozen
class Original:
    """The ended run that a frozen rerun is made of: what `run` names in its templates."""

    id: str
    name: str
    started_at: int
    folder: str


@frozen
class RunStarted:
    """`plan` and `source` are payloads: the compiled plan (an encoded Plan) and the blueprint's files as text.

    `rerun_of` marks a frozen rerun: only its model calls are made, the rest is that run's journal. `again_of` names the
    run whose inputs these are, where everything is really called again.
    """

    name: str
    blueprint: str
    version: str
    digest: str
    plan: Stored
    source: Stored
    inputs: Mapping[str, Json]
    models: Mapping[str, str]
    folder: str
    blueprint_folder: str
    budget_micros: int | None = None
    budget_tokens: int | None = None
    out: str = ""
    rerun_of: Original | None = None
    again_of: str = ""
    kind: Literal["RunStarted"] = "RunStarted"


@frozen
class RunAdopted:
    """Another worker took the run over: every call that was in flight under the one before is lost."""

    worker: str
    kind: Literal["RunAdopted"] = "RunAdopted"


@frozen
class RunPaused:
    kind: Literal["RunPaused"] = "RunPaused"


@frozen
class RunResumed:
    kind: Literal["RunResumed"] = "RunResumed"


@frozen
class RunFailing:
    """Nothing more is admitted; what is in flight is let end."""

    problem: Problem
    path: str = ""
    kind: Literal["RunFailing"] = "RunFailing"


@frozen
class RunCancelling:
    reason: str = ""
    kind: Literal["RunCancelling"] = "RunCancelling"


@frozen
class RunReopened:
    """A person retries a step of a run that had failed."""

    kind: Literal["RunReopened"] = "RunReopened"


@frozen
class RunEnded:
    """`success` holds the truth of each named expression; None where the run didn't get that far."""

    status: Literal["succeeded", "failed", "cancelled"]
    outputs: Stored = None
    success: Mapping[str, bool] | None = None
    problem: Problem | None = None
    kind: Literal["RunEnded"] = "RunEnded"


@frozen
class BudgetReached:
    """The next call could cross a limit, so it isn't made. With an `ask` a person decides; without, the run stops.

    `cheaper` is a model that would stay within it, if there is one.
    """

    ask: str
    path: str
    limit: Literal["usd", "tokens"]
    needed: int
    left: int
    cheaper: str = ""
    price_known: bool = True
    kind: Literal["BudgetReached"] = "BudgetReached"


@frozen
class BudgetRaised:
    """A budget that was reached is answered: these limits hold from now on, and `then` what is done at the next one.

    `unknown_price` when the person lets calls go on whose price nobody knows.
    """

    ask: str
    micros: int | None
    tokens: int | None
    then: Literal["ask", "cheaper", "finish"] | None = None
    unknown_price: bool = False
    kind: Literal["BudgetRaised"] = "BudgetRaised"


@frozen
class SignalReceived:
    name: str
    payload: Stored = None
    kind: Literal["SignalReceived"] = "SignalReceived"


# Steps


@frozen
class StepStarted:
    """`arguments` are what the step works on, rendered: `with`, `show`, the values of `set`, the items of a fan-out."""

    path: str
    arguments: Stored = None
    signal: str = ""
    kind: Literal["StepStarted"] = "StepStarted"


@frozen
class StepsPlanned:
    """A container knows how many items it has. The items themselves are its step's arguments."""

    path: str
    count: int
    kind: Literal["StepsPlanned"] = "StepsPlanned"


@frozen
class StepSucceeded:
    """`chosen` are the ids of the steps that a router picked. `given` is a person's reason for an output they gave.

    `output_of` names the call whose result is the output word for word; it isn't written twice then.
    """

    path: str
    output: Stored = None
    chosen: tuple[str, ...] | None = None
    given: str = ""
    output_of: str = ""
    kind: Literal["StepSucceeded"] = "StepSucceeded"


@frozen
class StepFailed:
    path: str
    problem: Problem
    output: Stored = None
    kind: Literal["StepFailed"] = "StepFailed"


@frozen
class StepSkipped:
    path: str
    why: str
    kind: Literal["StepSkipped"] = "StepSkipped"


@frozen
class StepCancelled:
    path: str
    why: str
    kind: Literal["StepCancelled"] = "StepCancelled"


@frozen
class StepRetried:
    """A person asks for a failed step again; everything that it had finished is kept."""

    path: str
    generation: int
    kind: Literal["StepRetried"] = "StepRetried"


# Calls into the world. `call` is "turn.call": 2.0 the model call of turn 2, 2.1 its first tool call, 0.1 a tool step's.


@frozen
class ModelCallStarted:
    """`reserved_*` is the worst case that the budget holds back until the outcome is known."""

    path: str
    call: str
    attempt: int
    model: str
    prompt: str
    reserved_micros: int = 0
    reserved_tokens: int = 0
    price_known: bool = True
    kind: Literal["ModelCallStarted"] = "ModelCallStarted"


@frozen
class AskedCall:
    """A tool call that a model asked for. A `problem` answers it without calling anything."""

    call: str
    tool: str
    arguments: Stored
    problem: str = ""
    id: str = ""


@frozen
class ModelAnswered:
    """`value` is the parsed answer under a contract; `violation` says how it broke it (the exact text sent back).

    `timings_micros` are microseconds by name (load, prefill, generate, total) where the server measures them.
    `cached` when it was read from the answer cache: nobody was asked, and it costs nothing.
    """

    path: str
    call: str
    attempt: int
    text: Stored
    usage: Usage
    cost: Cost
    asks: tuple[AskedCall, ...] = ()
    value: Stored = None
    violation: str = ""
    finish: str = "stop"
    milliseconds: int = 0
    timings_micros: Mapping[str, int] = field(default_factory=dict)
    cached: bool = False
    kind: Literal["ModelAnswered"] = "ModelAnswered"


@frozen
class ModelCallFailed:
    path: str
    call: str
    attempt: int
    problem: Problem
    usage: Usage
    cost: Cost
    retry_after_seconds: float | None = None
    kind: Literal["ModelCallFailed"] = "ModelCallFailed"


@frozen
class ModelSwitched:
    """From here on another model answers a step's calls: the next fallback, the role it escalates to, a cheaper one.

    `role` is the one by whose limits calls are made from now on; `why` is what the model before did.
    """

    path: str
    call: str
    role: str
    model: str
    cause: Literal["fallback", "escalate", "cheaper"]
    why: str
    kind: Literal["ModelSwitched"] = "ModelSwitched"


@frozen
class ToolCallStarted:
    """The durable intent: exactly this will be done under this key. `intent` is what the tool prepared."""

    path: str
    call: str
    attempt: int
    tool: str
    use: str
    arguments: Stored
    digest: str
    effect: EffectClass
    effect_key: str
    intent: Json = None
    kind: Literal["ToolCallStarted"] = "ToolCallStarted"


@frozen
class ToolReturned:
    """`reconciled` when the answer came from asking what had happened, not from doing it."""

    path: str
    call: str
    attempt: int
    result: Stored
    reconciled: bool = False
    milliseconds: int = 0
    kind: Literal["ToolReturned"] = "ToolReturned"


@frozen
class ToolCallFailed:
    """`sent` is False only where it is certain that nothing reached the world."""

    path: str
    call: str
    attempt: int
    problem: Problem
    sent: bool = True
    kind: Literal["ToolCallFailed"] = "ToolCallFailed"


@frozen
class ReconcileStarted:
    """The provider is asked what happened under the key of a call whose outcome was lost."""

    path: str
    call: str
    attempt: int
    kind: Literal["ReconcileStarted"] = "ReconcileStarted"


@frozen
class ReconcileFoundNothing:
    path: str
    call: str
    attempt: int
    kind: Literal["ReconcileFoundNothing"] = "ReconcileFoundNothing"


@frozen
class LateOutcome:
    """An outcome whose call nobody waits for any more: its cost counts, its result doesn't."""

    path: str
    call: str
    attempt: int
    what: str
    usage: Usage = field(default_factory=Usage)
    cost: Cost = field(default_factory=Cost)
    kind: Literal["LateOutcome"] = "LateOutcome"


@frozen
class RetryScheduled:
    path: str
    call: str
    attempt: int
    timer: Timer
    why: str
    kind: Literal["RetryScheduled"] = "RetryScheduled"


@frozen
class TimerArmed:
    path: str
    timer: Timer
    kind: Literal["TimerArmed"] = "TimerArmed"


@frozen
class TimerFired:
    """`call` names the call to repeat; without one a waiting step goes on."""

    path: str
    call: str = ""
    kind: Literal["TimerFired"] = "TimerFired"


# People


@frozen
class ApprovalRequested:
    """`digest` binds the approval to exactly what is shown. `call` is empty for an `approve` step."""

    ask: str
    path: str
    call: str
    question: str
    shown: Json
    digest: str
    edit: tuple[str, ...] = ()
    contract: Mapping[str, Json] | None = None
    tool: str = ""
    effect: EffectClass | None = None
    spec_digest: str = ""
    expires: Timer | None = None
    kind: Literal["ApprovalRequested"] = "ApprovalRequested"


@frozen
class ApprovalGranted:
    """`values` are what may now happen, edits in; `final_digest` is theirs, and only it may execute."""

    ask: str
    digest: str
    values: Json
    final_digest: str
    edited: tuple[str, ...] = ()
    kind: Literal["ApprovalGranted"] = "ApprovalGranted"


@frozen
class ApprovalRejected:
    ask: str
    reason: str
    kind: Literal["ApprovalRejected"] = "ApprovalRejected"


@frozen
class ApprovalExpired:
    ask: str
    kind: Literal["ApprovalExpired"] = "ApprovalExpired"


@frozen
class QuestionAsked:
    ask: str
    path: str
    call: str
    question: str
    digest: str
    contract: Mapping[str, Json] | None = None
    kind: Literal["QuestionAsked"] = "QuestionAsked"


@frozen
class QuestionAnswered:
    ask: str
    value: Json
    kind: Literal["QuestionAnswered"] = "QuestionAnswered"


@frozen
class EffectInDoubt:
    """Nobody knows whether the effect happened, and asking the provider isn't possible: a person must say."""

    ask: str
    path: str
    call: str
    problem: Problem
    kind: Literal["EffectInDoubt"] = "EffectInDoubt"


@frozen
class EffectSettled:
    ask: str
    resolution: Literal["happened", "not-happened", "abandon"]
    result: Json = None
    kind: Literal["EffectSettled"] = "EffectSettled"


RunEvent = RunStarted | RunAdopted | RunPaused | RunResumed | RunFailing | RunCancelling | RunReopened | RunEnded
ForwardStepEvent = StepStarted | StepsPlanned | StepSucceeded | StepFailed | StepSkipped | StepCancelled
StepEvent = ForwardStepEvent | StepRetried
ModelEvent = (
    ModelCallStarted | ModelAnswered | ModelCallFailed | LateOutcome | BudgetReached | BudgetRaised | ModelSwitched
)
ToolEvent = ToolCallStarted | ToolReturned | ToolCallFailed | ReconcileStarted | ReconcileFoundNothing
TimeEvent = RetryScheduled | TimerArmed | TimerFired | SignalReceived
ApprovalEvent = ApprovalRequested | ApprovalGranted | ApprovalRejected | ApprovalExpired
PersonEvent = ApprovalEvent | QuestionAsked | QuestionAnswered | EffectInDoubt | EffectSettled
Event = RunEvent | StepEvent | ModelEvent | ToolEvent | TimeEvent | PersonEvent


@frozen
class Fact:
    """An event in its envelope. `at` is wall time in microseconds since 1970 and never decreases within a run."""

    run: str
    seq: int
    at: int
    actor: str
    event: Event
    version: int = 1
    taint: tuple[str, ...] = ()
    generation: int = 0
