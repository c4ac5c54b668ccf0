"""`ollama/NAME`: a local model through Ollama's own client, which tells durations and counts that others drop.

The context size is always stated (`context_window`), since Ollama cuts a longer prompt in silence; that it did so
anyway is read off its count, which can't be lower than the prompt's words. A model thinks only where the answer has
room for it: thoughts count against `max_tokens`, and a short answer would end before it began.

Deliberately absent: prices (energy is counted elsewhere), tool-call ids (Ollama has none, so ours stay here).
"""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

from mntui.core.money import Usage
from mntui.core.values import Json
from mntui.models.base import Message, ModelFailure, ModelReply, ModelRequest, Pulse, ToolAsk, ToolDeclaration
from mntui.models.ollama_errors import NOT_THE_PROTOCOL, broken_off, failure_of
from mntui.models.ollama_host import Host, Installed
from mntui.models.streaming import Silent, heard
from mntui.models.tokens import estimate_usage, least_tokens, most_input_tokens, most_tokens

PREFIX = "ollama/"
_TIMINGS = {
    "load_ns": "load_duration",
    "prefill_ns": "prompt_eval_duration",
    "generate_ns": "eval_duration",
    "total_ns": "total_duration",
}
_UNDERSTOOD = frozenset({"type", "items", "description", "enum"})


class OllamaModel:
    """One model of one Ollama server."""

    simulated = False

    def __init__(self, tag: str, host: Host) -> None:
        self.name = PREFIX + tag
        self._tag = tag
        self._host = host
        self._loaded_ns = 0

    def count_tokens(self, text: str) -> int:
        return most_tokens(text)

    async def ready(self, request: ModelRequest, pulse: Pulse) -> None:
        installed = await self._host.model(self._tag)
        _refuse_unable(installed, request)
        self._loaded_ns = await self._host.load(installed, self._window(installed, request), pulse)

    async def reply(self, request: ModelRequest, pulse: Pulse) -> ModelReply:
        installed = await self._host.model(self._tag)
        client = await self._host.client()
        call = self._call(installed, request)
        heard_so_far = _Heard()
        from httpx import TransportError
        from ollama import ResponseError

        try:
            parts: Any = await client.chat(stream=True, **call)
            await self._listen(parts, heard_so_far, pulse)
        except ResponseError as error:
            raise failure_of(error.status_code, error.error, self._tag) from error
        except (TransportError, Silent, *NOT_THE_PROTOCOL) as error:
            raise await self._broken(error, heard_so_far, request) from error
        if not heard_so_far.done:
            raise _with_usage(broken_off(len(heard_so_far.text), "its last part never came"), heard_so_far, request)
        return self._with_loading(heard_so_far.reply(request, call["options"]["num_ctx"]))

    def _with_loading(self, reply: ModelReply) -> ModelReply:
        """Loading was a question of its own, and its time belongs to the call that it was for."""
        if not self._loaded_ns:
            return reply
        loaded = reply.timings.get("load_ns", 0) + self._loaded_ns
        return replace(reply, timings={**reply.timings, "load_ns": loaded})

    async def _listen(self, parts: AsyncGenerator[Any], into: "_Heard", pulse: Pulse) -> None:
        settings = self._host.settings
        async for part in heard(parts, settings.first_seconds, settings.idle_seconds):
            said = into.take(part)
            if said:
                pulse(said)

    async def _broken(self, error: Exception, so_far: "_Heard", request: ModelRequest) -> ModelFailure:
        """A stream that ended in an error. Before its first part it was the server that was not there."""
        from httpx import ConnectError

        if isinstance(error, ConnectError):
            return self._host.gone()
        return _with_usage(broken_off(len(so_far.text), str(error) or type(error).__name__), so_far, request)

    def _window(self, installed: Installed, request: ModelRequest) -> int:
        return self._host.window(installed, most_input_tokens(request) + request.max_tokens)

    def _call(self, installed: Installed, request: ModelRequest) -> dict[str, Any]:
        call: dict[str, Any] = {
            "model": installed.tag,
            "messages": wire_messages(request.messages),
            "keep_alive": self._host.settings.keep_alive,
            "options": {"num_ctx": self._window(installed, request), "num_predict": request.max_tokens},
        }
        if request.tools:
            # A grammar for the answer would leave no way to ask for a tool; the contract stands in the instructions.
            call["tools"] = [wire_tool(tool) for tool in request.tools]
        elif request.contract is not None:
            call["format"] = dict(request.contract)
        if installed.thinks:
            call["think"] = _thinking(installed.tag, request.max_tokens >= self._host.settings.think_from_tokens)
        return call


class _Heard:
    """What has come of one answer so far."""

    def __init__(self) -> None:
        self.text = ""
        self.thought_characters = 0
        self.done = False
        self._calls: list[tuple[str, Json]] = []
        self._last: Any = None

    def take(self, part: Any) -> str:
        """Keep a part. Returns its text."""
        said: str = part.message.content or ""
        self.text += said
        self.thought_characters += len(part.message.thinking or "")
        for call in part.message.tool_calls or ():
            self._calls.append((call.function.name, dict(call.function.arguments)))
        if part.done:
            self.done, self._last = True, part
        return said

    def reply(self, request: ModelRequest, window: int) -> ModelReply:
        """The whole answer. Raises ModelFailure (context) where the prompt was cut."""
        usage = self.usage(request)
        timings = {ours: value for ours, theirs in _TIMINGS.items() if (value := getattr(self._last, theirs))}
        _refuse_cut(request, usage, window, timings)
        asks = tuple(
            ToolAsk(name, arguments, id=f"{request.step}-{request.turn}-{number}")
            for number, (name, arguments) in enumerate(self._calls, 1)
        )
        if self._last.done_reason == "length":
            return ModelReply(self.text, usage, asks, "length", timings)
        return ModelReply(self.text, usage, asks, "tools" if asks else "stop", timings)

    def usage(self, request: ModelRequest) -> Usage:
        """As counted by the server; where it counted nothing, an estimate."""
        read = getattr(self._last, "prompt_eval_count", None)
        wrote = getattr(self._last, "eval_count", None)
        if read and wrote:
            return Usage(input_tokens=read, output_tokens=wrote)
        written = self.text + json.dumps(self._calls) if self._calls else self.text
        guess = estimate_usage(request, written + "?" * self.thought_characters)
        return Usage(
            input_tokens=read or guess.input_tokens, output_tokens=wrote or guess.output_tokens, estimated=True
        )


def wire_messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Messages as Ollama reads them: a tool's result names its tool, since there are no ids."""
    names = {ask.id: ask.tool for message in messages for ask in message.asks}
    wired = []
    for message in messages:
        one: dict[str, Any] = {"role": message.role, "content": message.text}
        if message.asks:
            one["tool_calls"] = [
                {"function": {"name": ask.tool, "arguments": ask.arguments if isinstance(ask.arguments, dict) else {}}}
                for ask in message.asks
            ]
        if message.role == "tool":
            one["tool_name"] = names.get(message.call_id, "")
        wired.append(one)
    return wired


def wire_tool(tool: ToolDeclaration) -> dict[str, Any]:
    """A tool as Ollama understands it. What its client would drop of a parameter's schema is told in words instead."""
    properties = {
        name: _wire_property(schema if isinstance(schema, Mapping) else {})
        for name, schema in tool.parameters.get("properties", {}).items()
    }
    parameters = {"type": "object", "properties": properties, "required": list(tool.parameters.get("required", ()))}
    return {"type": "function", "function": {"name": tool.name, "description": tool.about, "parameters": parameters}}


def _wire_property(schema: Mapping[str, Json]) -> dict[str, Json]:
    kept = {key: value for key, value in schema.items() if key in _UNDERSTOOD}
    if kept != schema:
        exactly = f"JSON Schema: {json.dumps(dict(schema), ensure_ascii=False)}"
        kept["description"] = " ".join(filter(None, (str(schema.get("description", "")), exactly)))
    return kept


def _thinking(tag: str, room: bool) -> bool | str:
    """gpt-oss can't be told not to think, only how much."""
    if "gpt-oss" in tag:
        return "medium" if room else "low"
    return room


def _refuse_unable(installed: Installed, request: ModelRequest) -> None:
    if not installed.answers:
        raise ModelFailure(
            "permanent",
            f"{installed.tag} is an embedding model: it writes no answers",
            remedy="Bind the role to a language model: --model ROLE=ollama/NAME.",
        )
    if request.tools and not installed.calls_tools:
        raise ModelFailure(
            "permanent",
            f"{installed.tag} can't call tools, and this agent has some",
            remedy="Bind the role to a model with tools; `mntui models` says which have them.",
        )


def _refuse_cut(request: ModelRequest, usage: Usage, window: int, timings: Mapping[str, int]) -> None:
    if usage.estimated:
        return
    words = sum(least_tokens(message.text) for message in request.messages)
    if usage.input_tokens < words or usage.input_tokens >= window:
        raise ModelFailure(
            "context",
            f"Ollama cut the prompt without saying so: it read {usage.input_tokens} tokens of at least {words}, "
            f"with a context of {window}",
            remedy="Raise OLLAMA_CONTEXT_LENGTH on the server, or give the step less to read.",
            usage=usage,
            timings=timings,
        )


def _with_usage(failure: ModelFailure, so_far: _Heard, request: ModelRequest) -> ModelFailure:
    failure.usage = so_far.usage(request)
    return failure
