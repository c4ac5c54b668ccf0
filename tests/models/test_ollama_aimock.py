"""Ollama's wire format as aimock speaks it: text, tools, a tool's result, 429, and its chaos flags."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mntui.models.base import Message, ModelFailure, ModelReply, ModelRequest, ToolAsk, ToolDeclaration
from mntui.models.ollama import OllamaModel
from mntui.models.ollama_host import Host, OllamaSettings
from tests.models.aimock import aimock

FIXTURES = [
    {"match": {"userMessage": "hello"}, "response": {"content": "Hello there, how are you today? All is well."}},
    {
        "match": {"userMessage": "weather", "hasToolResult": False},
        "response": {"toolCalls": [{"name": "weather", "arguments": {"city": "Bern"}}]},
    },
    {"match": {"userMessage": "weather", "hasToolResult": True}, "response": {"content": "It is sunny."}},
    {
        "match": {"userMessage": "limit"},
        "response": {"error": {"message": "slow down"}, "status": 429, "retryAfter": 7},
    },
]
WEATHER = ToolDeclaration("weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
HELLO = ModelRequest("ollama/gpt-4", (Message("user", "hello"),), "executor", "a", 1)


@pytest.fixture(scope="module")
def url(aimock_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with aimock(aimock_program, tmp_path_factory.mktemp("aimock"), FIXTURES) as url:
        yield url


async def answered(url: str, request: ModelRequest, heard: list[str] | None = None) -> ModelReply:
    host = Host(OllamaSettings(url))
    pulses: list[str] = [] if heard is None else heard
    try:
        model = OllamaModel("gpt-4", host)
        await model.ready(request, pulses.append)
        return await model.reply(request, pulses.append)
    finally:
        await host.aclose()


async def failed(url: str, request: ModelRequest = HELLO) -> ModelFailure:
    with pytest.raises(ModelFailure) as raised:
        await answered(url, request)
    return raised.value


async def test_text_streams_and_counts_of_zero_are_taken_for_none(url: str) -> None:
    heard: list[str] = []
    reply = await answered(url, HELLO, heard)
    assert reply.text == "".join(heard) == "Hello there, how are you today? All is well."
    assert len(heard) > 1
    assert reply.usage.estimated
    assert reply.usage.output_tokens > 0


async def test_a_tool_is_called_and_its_result_read(url: str) -> None:
    asks = replace(HELLO, messages=(Message("user", "weather"),), tools=(WEATHER,))
    reply = await answered(url, asks)
    assert reply.asks == (ToolAsk("weather", {"city": "Bern"}, "a-1-1"),)
    told = (*asks.messages, Message("assistant", "", reply.asks), Message("tool", "sun", call_id="a-1-1"))
    assert (await answered(url, replace(asks, messages=told))).text == "It is sunny."


async def test_a_429_says_for_how_long_to_wait(url: str) -> None:
    failure = await failed(url, replace(HELLO, messages=(Message("user", "limit"),)))
    assert (failure.kind, failure.retry_after_seconds) == ("rate_limited", 7.0)


@pytest.mark.parametrize(
    ("flag", "kind"),
    [
        ("--chaos-drop", "retryable"),
        ("--chaos-malformed", "retryable"),
        ("--chaos-disconnect", "retryable"),
        ("--chaos-ratelimit", "rate_limited"),
    ],
)
async def test_each_kind_of_chaos_is_a_failure_that_may_be_tried_again(
    aimock_program: Path, tmp_path: Path, flag: str, kind: str
) -> None:
    with aimock(aimock_program, tmp_path, FIXTURES, flag, "1") as url:
        failure = await failed(url)
    assert failure.kind == kind, failure.message
