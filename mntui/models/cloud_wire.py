"""Messages and tools as OpenAI's protocol writes them, in which litellm takes them for every provider."""

import hashlib
import json
import re
from typing import Any

from mntui.models.base import Message, ToolDeclaration

_ID_CHARACTERS = 40
_NOT_OF_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")


def wire_messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    return [_message(message) for message in messages]


def wire_tool(tool: ToolDeclaration) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.about, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def wire_id(id_: str) -> str:
    """An id that every provider takes: letters, digits, hyphens, at most 40 of them. One that fits stays as it is."""
    if len(id_) <= _ID_CHARACTERS and not _NOT_OF_AN_ID.search(id_):
        return id_
    return f"call_{hashlib.sha256(id_.encode()).hexdigest()[:32]}"


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": wire_id(message.call_id), "content": message.text}
    if not message.asks:
        return {"role": message.role, "content": message.text}
    calls = [
        {
            "id": wire_id(ask.id),
            "type": "function",
            "function": {"name": ask.tool, "arguments": json.dumps(ask.arguments, ensure_ascii=False)},
        }
        for ask in message.asks
    ]
    return {"role": message.role, "content": message.text or None, "tool_calls": calls}
