"""What comes back from a cloud, part by part, and what it comes to: text, calls, usage, and whether it is whole.

litellm ends a stream that broke off as if it had been finished, and guesses the usage of one that brought none. Both
are read off what its providers really sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mntui.core.money import Usage, micros_of_usd
from mntui.core.values import Json
from mntui.models.base import ModelFailure, ModelReply, ModelRequest, ToolAsk
from mntui.models.tokens import estimate_usage


@dataclass(slots=True)
class _Call:
    """A tool call as it grows."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class Heard:
    """One answer so far. `bills` says that its provider states what it charged: everybody else's is litellm's guess."""

    def __init__(self, request: ModelRequest, *, bills: bool = False) -> None:
        self._request = request
        self._bills = bills
        self._text = ""
        self._thought_characters = 0
        self._finish = ""
        self._calls: dict[int, _Call] = {}
        self._usage: Any = None

    def take(self, part: Any) -> str:
        """Keep a part. Returns its text."""
        self._usage = getattr(part, "usage", None) or self._usage
        if not part.choices:
            return ""
        choice = part.choices[0]
        said: str = choice.delta.content or ""
        self._text += said
        self._thought_characters += len(getattr(choice.delta, "reasoning_content", None) or "")
        for piece in choice.delta.tool_calls or ():
            call = self._calls.setdefault(piece.index or 0, _Call())
            call.id = call.id or piece.id or ""
            call.name = call.name or piece.function.name or ""
            call.arguments += piece.function.arguments or ""
        self._finish = choice.finish_reason or self._finish
        return said

    def reply(self, stream: Any) -> ModelReply:
        """The whole answer. Raises ModelFailure where it isn't whole, or was refused."""
        sent = [
            usage for chunk in getattr(stream, "chunks", ()) if (usage := getattr(chunk, "usage", None)) is not None
        ]
        usage = self._counted(sent)
        if not _finished(stream):
            why = f"the answer broke off after {len(self._text)} characters: its end never came"
            raise ModelFailure("retryable", why, usage=usage)
        if self._finish in {"content_filter", "refusal"}:
            raise ModelFailure("refused", "the provider's filter held the answer back", usage=usage)
        asks = tuple(ToolAsk(call.name, _arguments(call.arguments), call.id) for _, call in sorted(self._calls.items()))
        billed = _billed(sent) if self._bills else None
        if self._finish == "length":
            return ModelReply(self._text, usage, asks, "length", billed_micros=billed)
        return ModelReply(self._text, usage, asks, "tools" if asks else "stop", billed_micros=billed)

    def failed(self, failure: ModelFailure) -> ModelFailure:
        """A failure in the middle: what had come is counted, as an estimate."""
        if self._text or self._thought_characters or self._calls:
            failure.usage = self._guess()
            failure.message = f"the answer broke off after {len(self._text)} characters: {failure.message}"
        return failure

    def _counted(self, sent: list[Any]) -> Usage:
        """As the provider counts; what it didn't send, or sent as zero, is estimated."""
        guess = self._guess()
        if not sent or self._usage is None:
            return guess
        counted = usage_of(self._usage)
        if counted.input_tokens and (counted.output_tokens or counted.thinking_tokens or not guess.output_tokens):
            return counted
        read = counted.input_tokens or guess.input_tokens
        return replace(counted, input_tokens=read, output_tokens=guess.output_tokens, estimated=True)

    def _guess(self) -> Usage:
        written = self._text + "".join(call.name + call.arguments for call in self._calls.values())
        return estimate_usage(self._request, written + "?" * self._thought_characters)


def usage_of(usage: Any) -> Usage:
    """The tokens that a provider counted, in our terms: thinking apart from output, input with all that was cached."""
    read, wrote = usage.prompt_tokens or 0, usage.completion_tokens or 0
    of_input = getattr(usage, "prompt_tokens_details", None)
    of_output = getattr(usage, "completion_tokens_details", None)
    cached = _number(of_input, "cached_tokens") or _number(usage, "cache_read_input_tokens")
    written = _number(of_input, "cache_creation_tokens") or _number(usage, "cache_creation_input_tokens")
    thinking = min(_number(of_output, "reasoning_tokens"), wrote)
    cached = min(cached, read)
    return Usage(read, cached, min(written, read - cached), thinking, wrote - thinking)


def _number(holder: Any, name: str) -> int:
    value = holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _billed(sent: list[Any]) -> int | None:
    """What the provider says that it charged, in dollars: the last that it said."""
    stated = [cost for usage in sent if isinstance(cost := getattr(usage, "cost", None), float)]
    return micros_of_usd(stated[-1]) if stated else None


def _finished(stream: Any) -> bool:
    """Whether the provider itself ended the answer."""
    reasons = [getattr(stream, name, "unknown") for name in ("received_finish_reason", "intermittent_finish_reason")]
    return any(reason is not None for reason in reasons)


def _arguments(text: str) -> Json:
    """The arguments as an object, or as the text that they came in."""
    try:
        read = json.loads(text or "{}")
    except ValueError:
        return text
    return read if isinstance(read, dict) else text
