"""`builtin/extractive`: a stand-in for a language model that works on the real input by extraction.

It is offline, instant and gives the same answer to the same request in every process. It explains from the values it
is given and cites them; it never invents one. A router gets the nearest label, a contract is filled field by field, a
tool is called where the arguments hold its parameters by name, anything else is a compact account of the input.

Deliberately absent: knowledge, randomness, a second tool call, answers cut off by length (they are written shorter).
"""

import asyncio
import json
from collections.abc import Mapping

from jsonschema import Draft202012Validator

from mntui.core.values import Json
from mntui.models.base import ModelReply, ModelRequest, Pulse, ToolAsk, ToolDeclaration
from mntui.models.extraction.filling import fill
from mntui.models.extraction.labels import nearest
from mntui.models.extraction.reading import Source, named, read
from mntui.models.extraction.wording import Brief, explanation, listing
from mntui.models.tokens import CHARACTERS_PER_TOKEN, estimate_tokens, estimate_usage

NAME = "builtin/extractive"
_CHUNKS = 4
_FREE_TEXT_CHARACTERS = 2000
_ASKS_A_PERSON = "ask"


class Extractive:
    """The stand-in as a model."""

    name = NAME
    simulated = True

    async def ready(self, request: ModelRequest, pulse: Pulse) -> None:
        """It always is."""

    async def reply(self, request: ModelRequest, pulse: Pulse) -> ModelReply:
        source = read(request)
        ask = wanted_call(request)
        if ask is not None:
            written = json.dumps(ask.arguments, ensure_ascii=False)
            return ModelReply("", estimate_usage(request, written), asks=(ask,), finish="tools")
        text = answer(request, source)
        size = max(1, -(-len(text) // _CHUNKS))
        for start in range(0, len(text), size):
            pulse(text[start : start + size])
            # The loop gets its turn between two chunks, so that a cancelled call ends here.
            await asyncio.sleep(0)
        return ModelReply(text, estimate_usage(request, text))

    def count_tokens(self, text: str) -> int:
        return estimate_tokens(text)


def answer(request: ModelRequest, source: Source) -> str:
    """The text of the answer: a route, a filled contract, or free text."""
    if request.routes:
        return _compact(_routed(request, source))
    if request.contract is not None:
        return _compact(fill(request.contract, source, request.max_tokens))
    characters = min(_FREE_TEXT_CHARACTERS, request.max_tokens * CHARACTERS_PER_TOKEN)
    many = any(isinstance(fact.value, list) and len(fact.value) > 1 for fact in source.facts if len(fact.path) == 1)
    write = listing if many else explanation
    return write(source, Brief(characters=characters)) or "The input is empty."


def wanted_call(request: ModelRequest) -> ToolAsk | None:
    """The one call it makes: of the tools whose required parameters the arguments hold by name, the best filled one.

    It calls once in a conversation, so no call is repeated, and never asks a person for what it can't know.
    """
    called = any(message.role == "tool" or message.asks for message in request.messages)
    if called or request.role != "executor":
        return None
    given = read(
        ModelRequest(request.model, (), request.role, request.step, request.turn, arguments=request.arguments or {})
    )
    filled = [
        (tool.name, arguments)
        for tool in request.tools
        if tool.name != _ASKS_A_PERSON and (arguments := _arguments(tool, given))
    ]
    if not filled:
        return None
    name, arguments = max(filled, key=lambda call: len(call[1]))
    return ToolAsk(name, arguments, id=f"{request.step}-{request.turn}")


def _arguments(tool: ToolDeclaration, source: Source) -> Mapping[str, Json] | None:
    """A tool's arguments as the input holds them, or None where a required one is missing or of the wrong type."""
    properties: Mapping[str, Json] = tool.parameters.get("properties", {})
    required = tuple(tool.parameters.get("required", ()))
    root = Draft202012Validator(dict(tool.parameters))
    arguments: dict[str, Json] = {}
    for name, schema in properties.items():
        judge = root.evolve(schema=schema)
        near = named(source, (name,))
        # An optional parameter is filled only by a value of exactly its name: it works without.
        usable = (fact.value for fact in near if (name in required or fact.name == name) and not fact.quoted)
        value = next((value for value in usable if value is not None and judge.is_valid(value)), None)
        if value is not None:
            arguments[name] = value
    return arguments if all(name in arguments for name in required) and root.is_valid(arguments) else None


def _routed(request: ModelRequest, source: Source) -> Mapping[str, Json]:
    choice = nearest(request.routes, source)
    quoted = ", ".join(f"“{word}”" for word in choice.found[:5])
    reason = f"The input says {quoted}." if quoted else "Nothing in the input speaks for one of the routes."
    own: dict[str, Json] = {"route": choice.label, "reason": reason}
    if request.contract is None:
        return own
    rest = fill(request.contract, source, request.max_tokens)
    return {**rest, **own} if isinstance(rest, dict) else own


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
