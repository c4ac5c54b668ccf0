"""Clouds through litellm, against aimock's OpenAI and Anthropic and a stub. litellm is imported once, here."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from time import time

import pytest

from mntui.core.money import Usage
from mntui.models.base import Message, ModelFailure, ModelReply, ModelRequest, ToolAsk, ToolDeclaration
from mntui.models.catalog import Models, Settings
from mntui.models.clouds import CloudSettings
from tests.models.aimock import aimock
from tests.models.stub_server import Answer, Stub, stubbed
from tests.models.test_ollama_aimock import FIXTURES

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # litellm's own, which it would trip over
WEATHER = ToolDeclaration("weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
CONTRACT = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
HELLO = ModelRequest("", (Message("system", "Be kind."), Message("user", "hello")), "executor", "each[1]/a", 1)
BOTH = ["openai/gpt-5.4-mini", "anthropic/claude-sonnet-5-5"]
QUICK = CloudSettings(first_seconds=20, idle_seconds=1)


@pytest.fixture(scope="module")
def url(aimock_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with aimock(aimock_program, tmp_path_factory.mktemp("aimock"), FIXTURES) as url:
        yield url


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with stubbed() as stub:
        yield stub


def environment(url: str) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": f"{url}/v1",
        "ANTHROPIC_API_KEY": "k",
        "ANTHROPIC_BASE_URL": url,
        "CUSTOM_BASE_URL": f"{url}/v1",
        "OPENROUTER_API_KEY": "k",
        "OPENROUTER_API_BASE": f"{url}/v1",
    }


async def answered(url: str, name: str, request: ModelRequest = HELLO, heard: list[str] | None = None) -> ModelReply:
    models = Models(Settings(environment=environment(url), clouds=QUICK))
    pulses: list[str] = [] if heard is None else heard
    try:
        model = models.open(name)
        await model.ready(request, pulses.append)
        return await model.reply(replace(request, model=name), pulses.append)
    finally:
        await models.aclose()


async def failed(url: str, name: str, request: ModelRequest = HELLO) -> ModelFailure:
    with pytest.raises(ModelFailure) as raised:
        await answered(url, name, request)
    return raised.value


@pytest.mark.parametrize("name", BOTH)
async def test_text_streams_as_pulses(url: str, name: str) -> None:
    heard: list[str] = []
    reply = await answered(url, name, HELLO, heard)
    assert reply.text == "".join(heard) == "Hello there, how are you today? All is well."
    assert len(heard) > 1
    assert (reply.finish, reply.usage.output_tokens > 0, reply.billed_micros) == ("stop", True, None)


@pytest.mark.parametrize("name", BOTH)
async def test_a_streamed_tool_call_comes_whole_and_its_result_is_read(url: str, name: str) -> None:
    asks = replace(HELLO, messages=(Message("user", "weather"),), tools=(WEATHER,), contract=CONTRACT)
    reply = await answered(url, name, asks)
    (ask,) = reply.asks
    assert (ask.tool, ask.arguments, reply.finish) == ("weather", {"city": "Bern"}, "tools")
    told = (*asks.messages, Message("assistant", "", (ask,)), Message("tool", "sun", call_id=ask.id))
    assert (await answered(url, name, replace(asks, messages=told))).text == "It is sunny."


@pytest.mark.parametrize("name", BOTH)
async def test_a_429_says_for_how_long_to_wait(url: str, name: str) -> None:
    failure = await failed(url, name, replace(HELLO, messages=(Message("user", "limit"),)))
    assert (failure.kind, failure.retry_after_seconds) == ("rate_limited", 7.0)
    assert failure.message == f"{name}: slow down"


@pytest.mark.parametrize("name", BOTH)
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
    aimock_program: Path, tmp_path: Path, name: str, flag: str, kind: str
) -> None:
    with aimock(aimock_program, tmp_path, FIXTURES, flag, "1") as url:
        failure = await failed(url, name)
    assert failure.kind == kind, failure.message


async def test_usage_is_kept_as_it_is_counted_with_what_was_cached_and_thought(stub: Stub) -> None:
    stub.answers.append(Answer(read=1000, wrote=50, cached=600, thought=20))
    reply = await answered(stub.url, "custom/llama-3-8b")
    assert reply.usage == Usage(1000, cached_tokens=600, thinking_tokens=20, output_tokens=30)
    (body,) = stub.chats()
    assert (body["model"], body["stream_options"]) == ("llama-3-8b", {"include_usage": True})


async def test_a_stream_without_usage_is_estimated_and_says_so(stub: Stub) -> None:
    stub.answers.append(Answer(usage=False))
    usage = (await answered(stub.url, "custom/any")).usage
    assert (usage.estimated, usage.input_tokens > 0, usage.output_tokens) == (True, True, 5)


async def test_only_a_provider_that_says_what_it_charged_is_believed(stub: Stub) -> None:
    stub.answers.extend([Answer(charged=0.0123), Answer(), Answer(charged=0.0123)])
    assert (await answered(stub.url, "openrouter/openai/gpt-5.4")).billed_micros == 12_300
    assert (await answered(stub.url, "openrouter/openai/gpt-5.4")).billed_micros is None
    assert (await answered(stub.url, "openai/gpt-5.4-mini")).billed_micros is None
    assert stub.chats()[0]["usage"] == {"include": True}


async def test_an_answer_is_bound_to_its_schema_where_no_tools_are(stub: Stub) -> None:
    assert (await answered(stub.url, "custom/any", replace(HELLO, contract=CONTRACT))).text == '{"n": 1}'
    await answered(stub.url, "custom/any", replace(HELLO, contract=CONTRACT, tools=(WEATHER,)))
    with_schema, with_tools = stub.chats()
    assert with_schema["response_format"]["json_schema"]["schema"] == CONTRACT
    assert "response_format" not in with_tools


async def test_a_server_that_knows_only_the_older_form_of_a_schema_gets_that(stub: Stub) -> None:
    error = "response_format.type: Input should be 'text' or 'json_object'"
    stub.choose = lambda asked: (
        Answer('{"n": 1}')
        if asked.body.get("response_format", {}).get("type") == "json_object"
        else Answer(status=500, error=error)
    )
    models = Models(Settings(environment=environment(stub.url), clouds=QUICK))
    for _ in range(2):
        model = models.open("custom/any")
        assert (await model.reply(replace(HELLO, contract=CONTRACT), lambda _: None)).text == '{"n": 1}'
    await models.aclose()
    forms = [body["response_format"] for body in stub.chats()]
    assert [form["type"] for form in forms] == ["json_schema", "json_object", "json_object"]
    assert forms[-1]["schema"] == CONTRACT


async def test_parallel_calls_whose_pieces_come_apart_are_put_together(stub: Stub) -> None:
    stub.answers.append(Answer(calls=[("weather", {"city": "Bern"}), ("weather", '{"city": "Z')]))
    reply = await answered(stub.url, "custom/any", replace(HELLO, tools=(WEATHER,)))
    assert reply.asks == (
        ToolAsk("weather", {"city": "Bern"}, "call_0"),
        ToolAsk("weather", '{"city": "Z', "call_1"),
    )


async def test_a_stream_that_ends_before_its_end_is_no_answer(stub: Stub) -> None:
    stub.answers.extend([Answer(parts=2), Answer(parts=2, polite=True), Answer(parts=1, hangs=True)])
    for _ in range(3):
        failure = await failed(stub.url, "custom/any")
        assert failure.kind == "retryable"
        assert "broke off after" in failure.message
        assert failure.usage is not None
        assert failure.usage.estimated


async def test_a_date_to_wait_until_is_read(stub: Stub) -> None:
    stub.answers.append(
        Answer(status=429, error="slow", headers={"Retry-After": formatdate(time() + 3600, usegmt=True)})
    )
    failure = await failed(stub.url, "custom/any")
    assert failure.kind == "rate_limited"
    assert failure.retry_after_seconds is not None
    assert 3000 < failure.retry_after_seconds <= 3600


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=400, error="This model's maximum context length is 8192 tokens"), "context"),
        (Answer(status=400, error="the request exceeds the available context size"), "context"),
        (Answer(status=400, error="that parameter is wrong"), "permanent"),
        (Answer(status=401, error="Incorrect API key provided"), "auth"),
        (Answer(status=404, error="The model `any` does not exist"), "missing"),
        (Answer(status=429, error="You exceeded your current quota: insufficient_quota"), "auth"),
        (Answer(status=500, error="oops"), "retryable"),
        (Answer(status=503, error="loading model"), "retryable"),
        (Answer(finish="content_filter"), "refused"),
    ],
)
async def test_refusals_are_told_apart(stub: Stub, answer: Answer, kind: str) -> None:
    stub.answers.append(answer)
    failure = await failed(stub.url, "custom/any")
    assert failure.kind == kind, failure.message


async def test_litellm_works_on_a_thread_of_its_own_and_a_cancelled_call_ends_there_too(stub: Stub) -> None:
    stub.pace = asyncio.Event()
    call = asyncio.create_task(answered(stub.url, "custom/any"))
    while not stub.in_flight:
        await asyncio.sleep(0.001)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    stub.pace.set()
    while stub.in_flight:
        await asyncio.sleep(0.001)


async def test_a_server_that_is_not_there_is_named_before_the_call() -> None:
    failure = await failed("http://127.0.0.1:1", "custom/any")
    assert failure.kind == "retryable"
    assert "127.0.0.1:1 can't be reached" in failure.message


async def test_a_missing_key_is_named_before_the_call() -> None:
    models = Models(Settings())
    with pytest.raises(ModelFailure) as raised:
        await models.open("openai/gpt-5.4").ready(HELLO, lambda _: None)
    assert (raised.value.kind, "OPENAI_API_KEY isn't set" in raised.value.message) == ("auth", True)
    assert "export OPENAI_API_KEY=" in raised.value.remedy


def test_a_call_prints_nothing_and_asks_nobody_else(tmp_path: Path) -> None:
    """In a process of its own, in which every connection to anywhere but this machine would be an error."""
    told = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=120, check=False)
    assert (told.stdout, told.stderr, told.returncode) == ("retryable\n", "", 0)


ALONE = """
import asyncio, socket
asked = socket.getaddrinfo
def only_here(host, *rest, **more):
    assert host in {"127.0.0.1", b"127.0.0.1"}, host
    return asked(host, *rest, **more)
socket.getaddrinfo = only_here
from mntui.models.base import Message, ModelFailure, ModelRequest
from mntui.models.catalog import Models, Settings
async def main():
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    models = Models(Settings(environment={"CUSTOM_BASE_URL": base}))
    request = ModelRequest("custom/llama-3", (Message("user", "hi"),), "executor", "a", 1)
    try:
        await models.open("custom/llama-3").reply(request, print)
    except ModelFailure as failure:
        print(failure.kind)
    await models.aclose()
asyncio.run(main())
"""
