"""What the runtime needs of a language model: one call in, one reply or one named failure out, text pulses on the way.

A model never retries, never runs a tool and never keeps a conversation: the journal does, so a crash loses nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal, Protocol

from mntui.core.frozen import frozen
from mntui.core.money import Usage
from mntui.core.values import Json

Pulse = Callable[[str], None]


@frozen
class ToolAsk:
    """A model's wish to call a tool. `arguments` is a JSON object, or the raw text where it could not be parsed."""

    tool: str
    arguments: Json
    id: str = ""


@frozen
class Message:
    """One message of a conversation; `call_id` links a tool's result to the ask it answers."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    asks: tuple[ToolAsk, ...] = ()
    call_id: str = ""


@frozen
class ToolDeclaration:
    """A tool as a model sees it: `parameters` is a JSON Schema of type object."""

    name: str
    about: str
    parameters: Mapping[str, Json]


@frozen
class ModelRequest:
    """One call. `contract` is the JSON Schema of the wanted answer (None: free text), `routes` what a router may pick.

    `arguments` are the values that the user's message was written from: the builtin stand-ins work on them, real models
    on `messages`. `step` is the path of the step (`each[3]/draft`) and `turn` counts its model calls from 1. With
    `cache` an answer that was given before to exactly this may be used again.
    """

    model: str
    messages: tuple[Message, ...]
    role: Literal["router", "executor", "aggregator"]
    step: str
    turn: int
    tools: tuple[ToolDeclaration, ...] = ()
    contract: Mapping[str, Json] | None = None
    routes: tuple[str, ...] = ()
    arguments: Mapping[str, Json] | None = None
    max_tokens: int = 2000
    cache: bool = False


@frozen
class ModelReply:
    """What came back. `finish` is `length` when the answer was cut off: such a tool call must never be run.

    `timings` are nanoseconds by name where the provider measures them (`load_ns`, `prefill_ns`, `generate_ns`,
    `total_ns`); `billed_micros` is what the provider itself says that it charged, else None.
    """

    text: str
    usage: Usage
    asks: tuple[ToolAsk, ...] = ()
    finish: Literal["stop", "tools", "length"] = "stop"
    timings: Mapping[str, int] = field(default_factory=dict)
    billed_micros: int | None = None


FailureKind = Literal["retryable", "rate_limited", "context", "refused", "auth", "missing", "permanent"]


class ModelFailure(Exception):
    """A call that brought no answer, told apart by `kind`. `usage` counts what was used up before it broke.

    `timings` are as a reply's, where the provider had measured them all the same.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        remedy: str = "",
        retry_after_seconds: float | None = None,
        usage: Usage | None = None,
        timings: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.remedy = remedy
        self.retry_after_seconds = retry_after_seconds
        self.usage = usage
        self.timings = timings


class Model(Protocol):
    """One model of one provider. Cancelling a coroutine aborts what it does.

    `ready` comes before `reply` and outside its timeout: it finds out whether the provider can be reached and waits
    until the model is loaded, saying so in pulses. Both raise ModelFailure.
    """

    name: str
    simulated: bool

    async def ready(self, request: ModelRequest, pulse: Pulse) -> None: ...

    async def reply(self, request: ModelRequest, pulse: Pulse) -> ModelReply: ...

    def count_tokens(self, text: str) -> int: ...
