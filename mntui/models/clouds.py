"""Every cloud, and every server that speaks OpenAI's protocol, through litellm.

litellm takes seconds to import and does work of its own around a call, so it lives on a thread of its own, from the
first call that needs it. It is told to fetch nothing, print nothing, retry nothing and drop what a provider doesn't
know. Where its stream brings no usage it guesses in silence, so whether a provider counted is looked up in its parts.

Deliberately absent: its router, its cache, its own price calculation, its callbacks.
"""

import asyncio
import importlib
import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from mntui.core.frozen import frozen
from mntui.models.aside import Aside
from mntui.models.base import ModelFailure, ModelReply, ModelRequest, Pulse
from mntui.models.cloud_answer import Heard
from mntui.models.cloud_errors import failure_of
from mntui.models.cloud_wire import wire_messages, wire_tool
from mntui.models.prices import PriceTable
from mntui.models.providers import CUSTOM, Target, problem_with, reach, target_of
from mntui.models.streaming import Silent, heard
from mntui.models.tokens import most_tokens

_REACHED_SECONDS = 30.0
_BILLING = frozenset({"openrouter"})
"""Who says with each answer what it charged."""
_QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_MODE": "PRODUCTION",  # or it reads any .env file that lies around
    "LITELLM_TELEMETRY": "False",
}


@frozen
class CloudSettings:
    """How long to wait, in seconds: for the first part of an answer, and then for each next one."""

    first_seconds: float = 120.0
    idle_seconds: float = 60.0


class Clouds:
    """litellm, and what is known of the servers behind it. `environment` holds keys and addresses."""

    def __init__(self, environment: Mapping[str, str], table: PriceTable, settings: CloudSettings) -> None:
        self.settings = settings
        self._environment = environment
        self._table = table
        self.aside = Aside("litellm")
        self._reached: dict[str, float] = {}
        self._older: set[str] = set()

    def problem(self, name: str) -> tuple[str, str] | None:
        """Why a model can't be called, and the remedy, without asking the network."""
        return problem_with(name, self._environment, lambda: self._table.providers)

    def target(self, name: str) -> Target:
        return target_of(name, self._environment)

    async def reachable(self, name: str) -> str:
        """Why the server of a model can't be reached; empty where it can, or where nobody knows where it is."""
        url = self.target(name).url
        if not url or time.monotonic() - self._reached.get(url, -_REACHED_SECONDS) < _REACHED_SECONDS:
            return ""
        problem = await reach(url, self._environment)
        if not problem:
            self._reached[url] = time.monotonic()
        return problem

    def answers_by_schema(self, name: str) -> bool:
        """Whether an answer can be bound to a schema. Servers of one's own can, all the known ones."""
        target = self.target(name)
        entry = self._table.entry(name)
        return target.provider == CUSTOM or (entry.answers_by_schema if entry is not None else bool(target.base))

    def response_format(self, target: Target, contract: Mapping[str, Any]) -> dict[str, Any]:
        """A contract as the server of a model wants to hear of it."""
        if target.base in self._older:
            return {"type": "json_object", "schema": dict(contract)}
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(contract), "strict": False}}

    def refused_the_form(self, target: Target, error: Exception) -> bool:
        """Whether a server of one's own knows only the older form of a schema (llama-cpp-python's); it gets that now.

        Such a refusal comes before anything is generated, so asking again in that form is no second attempt.
        """
        if target.provider != CUSTOM or target.base in self._older or "response_format" not in str(error):
            return False
        self._older.add(target.base)
        return True

    async def aclose(self) -> None:
        if self.aside.started and "litellm" in sys.modules:
            await self.aside.run(_litellm().close_litellm_async_clients)
        await self.aside.aclose()


class CloudModel:
    """One model of one provider."""

    simulated = False

    def __init__(self, name: str, clouds: Clouds) -> None:
        self.name = name
        self._clouds = clouds

    def count_tokens(self, text: str) -> int:
        return most_tokens(text)

    async def ready(self, request: ModelRequest, pulse: Pulse) -> None:  # noqa: ARG002 - a cloud is there for all
        problem = self._clouds.problem(self.name)
        if problem is not None:
            raise ModelFailure("auth", f"{self.name} can't be called: {problem[0]}", remedy=problem[1])
        unreachable = await self._clouds.reachable(self.name)
        if unreachable:
            remedy = "Check the network, or whether that server runs."
            raise ModelFailure("retryable", f"{self.name} can't be called: {unreachable}", remedy=remedy)

    async def reply(self, request: ModelRequest, pulse: Pulse) -> ModelReply:
        target = self._clouds.target(self.name)
        call = self._call(target, request)
        so_far = Heard(request, bills=target.provider in _BILLING)
        loop = asyncio.get_running_loop()

        def tell(text: str) -> None:
            loop.call_soon_threadsafe(pulse, text)

        try:
            return await self._clouds.aside.run(lambda: self._listen(call, so_far, tell))
        except ModelFailure:
            raise
        except Exception as error:
            # litellm lets through whatever the parsers of its hundred providers raise; none of it is ours to crash on.
            if self._clouds.refused_the_form(target, error):
                return await self.reply(request, pulse)
            raise so_far.failed(failure_of(error, self.name)) from error

    async def _listen(self, call: Mapping[str, Any], so_far: Heard, tell: Pulse) -> ModelReply:
        """On litellm's thread: call it, and pass on what comes."""
        litellm = _litellm()
        settings = self._clouds.settings
        try:
            async with asyncio.timeout(settings.first_seconds):
                stream = await litellm.acompletion(**call)
        except TimeoutError as error:
            raise Silent(settings.first_seconds) from error
        async for part in heard(stream, settings.first_seconds, settings.idle_seconds):
            said = so_far.take(part)
            if said:
                tell(said)
        return so_far.reply(stream)

    def _call(self, target: Target, request: ModelRequest) -> dict[str, Any]:
        call: dict[str, Any] = {
            "model": target.model,
            "messages": wire_messages(request.messages),
            "max_tokens": request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "timeout": self._clouds.settings.first_seconds,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
            "_skip_mcp_handler": True,  # which needs a package that nobody else does
        }
        if target.base:
            call["api_base"] = target.base
        if target.key:
            call["api_key"] = target.key
        if target.provider == "openrouter":
            call["extra_body"] = {"usage": {"include": True}}
        if request.tools:
            # Some providers know one of both only; with tools, the contract stands in the instructions.
            call["tools"] = [wire_tool(tool) for tool in request.tools]
        elif request.contract is not None and self._clouds.answers_by_schema(self.name):
            call["response_format"] = self._clouds.response_format(target, request.contract)
        return call


def _litellm() -> Any:
    """litellm, told to be quiet before it is imported. It reads these names from the process and nowhere else."""
    if (already := sys.modules.get("litellm")) is not None and getattr(already, "suppress_debug_info", False):
        return already
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    library: Any = importlib.import_module("litellm")
    library.suppress_debug_info = True
    library.telemetry = False
    library.disable_aiohttp_transport = True
    library.disable_token_counter = True  # it would fetch a tokenizer for names such as llama-3, for minutes
    library.disable_hf_tokenizer_download = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return library
