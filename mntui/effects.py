"""The one place where the world is touched: a command that was begun, performed, comes back as one fact.

Nothing is retried here and nothing is remembered: what a failure means is the core's to say. Every expected failure is
told as a fact; a bug is a crash.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from mntui.core.contracts.contracts import violation
from mntui.core.events import (
    AskedCall,
    ModelAnswered,
    ModelCallFailed,
    ModelCallStarted,
    ReconcileFoundNothing,
    ReconcileStarted,
    Stored,
    ToolCallFailed,
    ToolCallStarted,
    ToolReturned,
)
from mntui.core.frozen import frozen
from mntui.core.money import Cost, Usage
from mntui.core.values import Json, Problem, clean
from mntui.models.answers import Answers
from mntui.models.base import Model, ModelFailure, ModelReply, ModelRequest, Pulse, ToolAsk
from mntui.models.catalog import Models
from mntui.models.json_answers import NotJson, read_json, read_object
from mntui.tools.base import ToolCall, ToolFailure

Keep = Callable[[Json], Stored]
ToolOutcome = ToolReturned | ToolCallFailed
RATE_LIMITED = "rate_limited"
RETRYABLE_MODEL_FAILURES = frozenset({"retryable", RATE_LIMITED})
REMEDIES = MappingProxyType(
    {
        RATE_LIMITED: "retry later, set [limits.{provider}] in config.toml, or give the role `fallback:` models",
        "retryable": "look whether {provider} answers, then retry; a role's `fallback:` models would take over",
    }
)
"""What helps, by the kind of failure, where the provider's own adapter doesn't say."""
SAME_CALLS = 3
"""So often may an agent make the same call with the same arguments in one step; then it is told."""
SAME_CALLS_AT_MOST = 6
"""And asking for it this often ends the step: it is a loop, and every turn of it costs."""


@frozen
class GettingReady:
    """Who is told while a model is being loaded, and when that is over."""

    loading: Pulse
    ready: Callable[[], None]


class Tools(Protocol):
    """Whatever runs tool calls: the pool of tool hosts, or a world handed in by a test."""

    async def call(self, call: ToolCall) -> Json:
        """The result of a call. Raises ToolFailure."""
        ...


class Effects:
    """Models and tools, called. `keep` of each method stores large values for the run that the call belongs to."""

    def __init__(self, models: Models, tools: Tools, answers: Answers | None = None) -> None:
        self._models = models
        self._tools = tools
        self._answers = answers or Answers()

    async def call_tool(self, started: ToolCallStarted, call: ToolCall, keep: Keep) -> ToolOutcome:
        """Do it. A failure says whether anything can have reached the world."""
        where = (started.path, started.call, started.attempt)
        begun = time.monotonic()
        try:
            result = keep(await self._tools.call(call))
        except ToolFailure as failure:
            return ToolCallFailed(*where, _problem_of(failure), sent=not failure.not_sent)
        except ValueError as error:
            # The tool did its work; only what it returned can't be kept.
            return ToolCallFailed(*where, Problem("result", f"{call.use} returned what isn't JSON: {error}"))
        return ToolReturned(*where, result, milliseconds=_since(begun))

    async def reconcile(
        self, started: ReconcileStarted, call: ToolCall, keep: Keep
    ) -> ToolOutcome | ReconcileFoundNothing:
        """Ask what happened under the key. An answer that can't be had leaves the outcome open."""
        where = (started.path, started.call, started.attempt)
        try:
            result = await self._tools.call(call)
        except ToolFailure as failure:
            return ToolCallFailed(*where, _problem_of(failure))
        if result is None:
            return ReconcileFoundNothing(*where)
        return ToolReturned(*where, keep(result), reconciled=True)

    async def call_model(
        self,
        started: ModelCallStarted,
        request: ModelRequest,
        timeout_seconds: float,
        pulse: Pulse,
        keep: Keep,
        getting_ready: GettingReady | None = None,
    ) -> ModelAnswered | ModelCallFailed:
        """Ask. Waiting for the model to be loaded doesn't count against the timeout."""
        where = (started.path, started.call, started.attempt)
        begun = time.monotonic()
        working = begun
        try:
            model: Model = self._models.open(request.model)
            await model.ready(request, getting_ready.loading if getting_ready else pulse)
            if getting_ready is not None:
                getting_ready.ready()
            working = time.monotonic()
            async with asyncio.timeout(timeout_seconds):
                reply = await model.reply(request, pulse)
        except ModelFailure as failure:
            usage = failure.usage or Usage()
            billed = Cost()
            if failure.usage:
                billed = self._models.bill(request.model, usage, failure.timings, _micros_since(working))
            problem = Problem(
                failure.kind,
                clean(failure.message),
                failure.remedy or REMEDIES.get(failure.kind, "").format(provider=request.model.partition("/")[0]),
                retryable=failure.kind in RETRYABLE_MODEL_FAILURES,
            )
            return ModelCallFailed(*where, problem, usage, billed, failure.retry_after_seconds)
        except TimeoutError:
            # What the provider counted is unknown; the worst case that was reserved is the honest figure.
            usage = Usage(input_tokens=started.reserved_tokens, estimated=True)
            problem = Problem("timeout", f"no answer within {timeout_seconds:g} s", "raise the step's timeout", True)
            return ModelCallFailed(*where, problem, usage, Cost(started.reserved_micros, estimated=True))
        billed = self._billed(request.model, reply, _micros_since(working))
        if (loop := _loop(request, reply)) is not None:
            return ModelCallFailed(*where, loop, reply.usage, billed)
        answered = _answer(request, reply, keep)
        if not answered.violation and not any(ask.problem for ask in answered.asks):
            self._answers.keep(request, reply)
        return ModelAnswered(
            *where,
            text=keep(clean(reply.text)),
            usage=reply.usage,
            cost=billed,
            asks=answered.asks,
            value=answered.value,
            violation=answered.violation,
            finish=reply.finish,
            milliseconds=_since(begun),
            timings_micros={name.removesuffix("_ns"): taken // 1000 for name, taken in reply.timings.items()},
        )

    def answer_again(
        self, started: ModelCallStarted, request: ModelRequest, reply: ModelReply, keep: Keep
    ) -> ModelAnswered:
        """What was answered before to exactly this: nobody is asked, and nothing is billed."""
        where = (started.path, started.call, started.attempt)
        answered = _answer(request, reply, keep)
        text, cost = keep(clean(reply.text)), Cost(table="answer cache")
        return ModelAnswered(
            *where, text, Usage(), cost, answered.asks, answered.value, answered.violation, reply.finish, cached=True
        )

    def _billed(self, model: str, reply: ModelReply, elapsed_micros: int) -> Cost:
        """What the provider says that it charged, else what its usage, or its energy, comes to."""
        if reply.billed_micros is None:
            return self._models.bill(model, reply.usage, reply.timings, elapsed_micros)
        return Cost(reply.billed_micros, table=f"billed by {model.partition('/')[0]}")


def _problem_of(failure: ToolFailure) -> Problem:
    return Problem(failure.kind, clean(failure.message), retryable=failure.retryable)


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _micros_since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1_000_000)


class _Answer:
    """How a reply reads under the request's contract and tools."""

    __slots__ = ("asks", "value", "violation")

    def __init__(self, asks: tuple[AskedCall, ...] = (), value: Stored = None, violation: str = "") -> None:
        self.asks = asks
        self.value = value
        self.violation = violation


def _answer(request: ModelRequest, reply: ModelReply, keep: Keep) -> _Answer:
    if reply.asks:
        cut_off = reply.finish == "length"
        asks = [_asked(request, number, ask, cut_off, keep) for number, ask in enumerate(reply.asks, start=1)]
        return _Answer(asks=tuple(_once(asks)))
    if request.contract is None:
        return _Answer()
    if reply.finish == "length":
        return _Answer(violation=f"it was cut off at {request.max_tokens} tokens; be briefer")
    try:
        value = read_json(clean(reply.text))
        keep(value)
    except NotJson as error:
        return _Answer(violation=str(error))
    except ValueError as error:
        return _Answer(violation=f"it is not JSON ({error})")
    broken = violation(value, request.contract)
    return _Answer(violation=broken) if broken is not None else _Answer(value=keep(value))


def _asked(request: ModelRequest, number: int, ask: ToolAsk, cut_off: bool, keep: Keep) -> AskedCall:
    """A wish to call a tool, checked before anything runs: what is wrong with it is told to the model word for word."""
    call = f"{request.turn}.{number}"
    if isinstance(ask.arguments, str) and not cut_off:
        ask = replace(ask, arguments=read_object(clean(ask.arguments)))
    problem = _wrong_with(request, ask, cut_off)
    arguments = ask.arguments if isinstance(ask.arguments, dict) and not cut_off else {}
    try:
        return AskedCall(call, clean(ask.tool), keep(arguments), problem, ask.id)
    except ValueError as error:
        return AskedCall(call, clean(ask.tool), {}, f"the arguments are no JSON: {error}", ask.id)


def _once(asks: list[AskedCall]) -> Iterator[AskedCall]:
    """A call that stands twice in one answer is run once: the second can only be a slip."""
    for ask in asks:
        first = next(a for a in asks if (a.tool, a.arguments) == (ask.tool, ask.arguments))
        if ask.problem or first is ask:
            yield ask
        else:
            yield replace(ask, problem=f"it is the same call as {first.call} of this answer, so it was run once")


def _wrong_with(request: ModelRequest, ask: ToolAsk, cut_off: bool) -> str:
    if cut_off:
        return "this call was cut off by the length limit, so it was not run"
    known = {tool.name: tool for tool in request.tools}
    if ask.tool not in known:
        return f"there is no tool named {ask.tool!r}; there are: {', '.join(known) or 'none'}"
    if not isinstance(ask.arguments, dict):
        return "the arguments are not a JSON object"
    broken = violation(ask.arguments, known[ask.tool].parameters)
    if broken is None and _times_asked(request, ask) >= SAME_CALLS:
        return (
            f"it was asked {SAME_CALLS} times with these very arguments already: go on with the results that you have"
        )
    return broken or ""


def _times_asked(request: ModelRequest, ask: ToolAsk) -> int:
    """How often this agent asked for exactly this in earlier turns of its step."""
    wanted = (ask.tool, ask.arguments)
    return sum((said.tool, said.arguments) == wanted for message in request.messages for said in message.asks)


def _loop(request: ModelRequest, reply: ModelReply) -> Problem | None:
    """What ends a step whose agent keeps asking for what it was told it has."""
    for ask in reply.asks:
        times = _times_asked(request, ask) + 1
        if times >= SAME_CALLS_AT_MOST:
            message = f"the agent goes in circles: it asked {times} times for {clean(ask.tool)} with the same arguments"
            return Problem("loop", message, "mend its instructions, or bind its role to a stronger model")
    return None
