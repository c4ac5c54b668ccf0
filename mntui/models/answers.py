"""The answer cache: what a model said to exactly this before, for steps that ask for it with `cache: true`.

An entry is a file named by the digest of everything that the provider is sent: model, messages, tools, contract, limit.
Ids of tool calls are left out of it, since providers draw them anew. Only answers that kept their contract get here.
It is no truth: whatever can't be read counts as absent, and the folder may be deleted at any time.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from mntui.core.money import Usage
from mntui.core.values import Json, digest_of
from mntui.models.base import ModelReply, ModelRequest, ToolAsk

FORMAT = 1


class Answers:
    """A folder of answers. `folder` None remembers nothing."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def find(self, request: ModelRequest) -> ModelReply | None:
        """What was answered to exactly this, where the step asks for it."""
        if self._folder is None or not request.cache:
            return None
        try:
            entry = json.loads((self._folder / name_of(request)).read_text(encoding="utf-8"))
            asks = tuple(ToolAsk(ask["tool"], ask["arguments"], ask["id"]) for ask in entry["asks"])
            return ModelReply(str(entry["text"]), Usage(), asks, "tools" if asks else "stop")
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, request: ModelRequest, reply: ModelReply) -> None:
        """Remember an answer. A folder that can't be written remembers nothing."""
        if self._folder is None or not request.cache or reply.finish == "length":
            return
        asks = [{"tool": ask.tool, "arguments": ask.arguments, "id": ask.id} for ask in reply.asks]
        data = json.dumps({"format": FORMAT, "text": reply.text, "asks": asks}, ensure_ascii=True)
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self._folder / f".{os.getpid()}.{name_of(request)}"
            fresh.write_text(data, encoding="utf-8")
            fresh.chmod(0o600)
            fresh.replace(self._folder / name_of(request))


def name_of(request: ModelRequest) -> str:
    """The name of an answer's file: the digest of what is sent."""
    places = {ask.id: place for place, ask in enumerate(ask for one in request.messages for ask in one.asks)}
    said: Json = [
        [one.role, one.text, [[ask.tool, ask.arguments] for ask in one.asks], places.get(one.call_id, one.call_id)]
        for one in request.messages
    ]
    tools: Json = [[tool.name, tool.about, dict(tool.parameters)] for tool in request.tools]
    contract = None if request.contract is None else dict(request.contract)
    return f"{digest_of([FORMAT, request.model, said, tools, contract, request.max_tokens])}.json"
