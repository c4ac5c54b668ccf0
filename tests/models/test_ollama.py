"""A local model through Ollama's client, against a stub: what it is asked, what is kept, how each trouble is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from mntui.core.money import Usage
from mntui.models.base import Message, ModelFailure, ModelReply, ModelRequest, ToolAsk, ToolDeclaration
from mntui.models.ollama import OllamaModel, wire_messages, wire_tool
from mntui.models.ollama_host import Host, OllamaSettings, url_of
from tests.models.stub_server import Answer, Stub, shown, stubbed

CONTRACT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
LOOK = ToolDeclaration(
    "look", "Look.", {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
)
REQUEST = ModelRequest(
    "ollama/small:1b", (Message("system", "Be kind."), Message("user", "Say hello.")), "executor", "a", 1
)


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with stubbed() as stub:
        yield stub


@pytest.fixture
async def host(stub: Stub) -> AsyncIterator[Host]:
    host = Host(OllamaSettings(stub.url, tick_seconds=0.01, fresh_seconds=0, idle_seconds=0.2, first_seconds=5))
    yield host
    await host.aclose()


async def answered(host: Host, request: ModelRequest = REQUEST, heard: list[str] | None = None) -> ModelReply:
    model = OllamaModel(request.model.removeprefix("ollama/"), host)
    pulses: list[str] = [] if heard is None else heard
    await model.ready(request, pulses.append)
    return await model.reply(request, pulses.append)


async def failed(host: Host, request: ModelRequest = REQUEST) -> ModelFailure:
    with pytest.raises(ModelFailure) as raised:
        await answered(host, request)
    return raised.value


async def test_text_streams_as_pulses_and_counts_and_durations_are_kept(stub: Stub, host: Host) -> None:
    stub.loaded["small:1b"] = 4096
    heard: list[str] = []
    reply = await answered(host, REQUEST, heard)
    assert (reply.text, reply.finish) == ("Hello there, friend.", "stop")
    assert ("".join(heard), len(heard)) == (reply.text, 3)
    assert reply.usage == Usage(8, output_tokens=7)
    assert reply.timings == {
        "load_ns": 5_000_000,
        "prefill_ns": 20_000_000,
        "generate_ns": 300_000_000,
        "total_ns": 330_000_000,
    }


async def test_every_call_states_its_context_how_long_to_stay_and_the_most_to_say(stub: Stub, host: Host) -> None:
    await answered(host, replace(REQUEST, contract=CONTRACT))
    (body,) = stub.chats()
    assert body["options"] == {"num_ctx": 4096, "num_predict": 2000}
    assert (body["keep_alive"], body["format"], body["stream"]) == ("10m", CONTRACT, True)
    assert "think" not in body


async def test_a_longer_prompt_gets_a_larger_context_and_the_next_one_does_not_load_it_anew(
    stub: Stub, host: Host
) -> None:
    long = replace(REQUEST, messages=(Message("user", "one two three four " * 1000),))
    await answered(host, long)
    await answered(host)
    assert [body["options"]["num_ctx"] for body in stub.chats()] == [16384, 16384]


async def test_a_tool_is_asked_for_without_a_grammar_and_its_call_gets_an_id(stub: Stub, host: Host) -> None:
    stub.answers.append(Answer(calls=[("look", {"at": "it"}), ("look", {"at": "that"})]))
    reply = await answered(host, replace(REQUEST, tools=(LOOK,), contract=CONTRACT))
    assert reply.asks == (ToolAsk("look", {"at": "it"}, "a-1-1"), ToolAsk("look", {"at": "that"}, "a-1-2"))
    assert reply.finish == "tools"
    (body,) = stub.chats()
    assert "format" not in body
    assert body["tools"][0]["function"]["name"] == "look"


def test_a_tools_result_names_its_tool_since_there_are_no_ids() -> None:
    ask = ToolAsk("look", {"at": "it"}, "x-1")
    said = (Message("assistant", "", (ask,)), Message("tool", "a stone", call_id="x-1"))
    assert wire_messages(said) == [
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "look", "arguments": {"at": "it"}}}]},
        {"role": "tool", "content": "a stone", "tool_name": "look"},
    ]


def test_what_the_client_would_drop_of_a_parameter_is_told_in_words() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1, "description": "How many."}}}
    wired = wire_tool(ToolDeclaration("t", "", schema))["function"]["parameters"]["properties"]["n"]
    assert wired["type"] == "integer"
    assert wired["description"].startswith('How many. JSON Schema: {"type": "integer", "minimum": 1')


@pytest.mark.parametrize(("most", "thinks"), [(400, False), (2000, True)])
async def test_a_model_thinks_only_where_its_answer_has_room_for_it(
    stub: Stub, host: Host, most: int, thinks: bool
) -> None:
    stub.models["small:1b"] = shown("completion", "thinking")
    stub.answers.append(Answer(thinking="hm, hm"))
    heard: list[str] = []
    reply = await answered(host, replace(REQUEST, max_tokens=most), heard)
    assert stub.chats()[0]["think"] is thinks
    assert "hm" not in reply.text + "".join(heard)


async def test_loading_is_said_in_pulses_and_waited_for_before_the_call(stub: Stub, host: Host) -> None:
    stub.loading = asyncio.Event()
    model = OllamaModel("small:1b", host)
    heard: list[str] = []

    def pulse(text: str) -> None:
        heard.append(text)
        assert stub.loading is not None
        stub.loading.set()

    await model.ready(REQUEST, pulse)
    assert heard[0].startswith("loading small:1b, ")
    assert stub.loaded == {"small:1b": 4096}
    assert stub.chats() == []
    again: list[str] = []
    await model.ready(REQUEST, again.append)
    assert again == []


@pytest.mark.parametrize(
    "sentence",
    [
        "model requires more system memory (5.6 GiB) than is available (3.0 GiB)",
        "llama runner process has terminated: cudaMalloc failed: out of memory",
    ],
)
async def test_too_little_memory_is_told_apart(stub: Stub, host: Host, sentence: str) -> None:
    stub.load_error = sentence
    failure = await failed(host)
    assert (failure.kind, "doesn't fit into memory" in failure.message) == ("permanent", True)
    assert "smaller model" in failure.remedy


async def test_a_missing_model_names_the_command_that_fetches_it(host: Host) -> None:
    failure = await failed(host, replace(REQUEST, model="ollama/large"))
    assert (failure.kind, failure.remedy) == ("missing", "mntui models pull large")


async def test_no_server_is_found_without_importing_its_library() -> None:
    failure = await failed(Host(OllamaSettings("127.0.0.1:1")))
    assert (failure.kind, failure.message) == ("retryable", "no Ollama answers at http://127.0.0.1:1")
    assert "ollama" in failure.remedy


async def test_an_embedding_model_and_one_without_tools_are_refused_before_the_call(stub: Stub, host: Host) -> None:
    stub.models |= {"vectors": shown("embedding"), "plain:1b": shown("completion")}
    assert "embedding model" in (await failed(host, replace(REQUEST, model="ollama/vectors"))).message
    assert "can't call tools" in (await failed(host, replace(REQUEST, model="ollama/plain:1b", tools=(LOOK,)))).message
    assert stub.chats() == []


async def test_a_call_that_cannot_fit_is_refused_before_it_is_made(stub: Stub, host: Host) -> None:
    stub.models["small:1b"] = shown(context=8192)
    failure = await failed(host, replace(REQUEST, messages=(Message("user", "one two three four " * 2000),)))
    assert failure.kind == "context"
    assert "what the model can read is 8192" in failure.message
    assert stub.chats() == []


@pytest.mark.parametrize("read", [3, 4096])
async def test_a_prompt_that_was_cut_in_silence_is_noticed_by_its_count(stub: Stub, host: Host, read: int) -> None:
    stub.answers.append(Answer(read=read))
    failure = await failed(host)
    assert failure.kind == "context"
    assert "cut the prompt without saying so" in failure.message
    assert failure.usage == Usage(read, output_tokens=7)


async def test_counts_that_do_not_come_are_estimated_and_say_so(stub: Stub, host: Host) -> None:
    stub.answers.append(Answer(usage=False))
    reply = await answered(host)
    assert (reply.usage.estimated, reply.usage.input_tokens > 0, reply.usage.output_tokens) == (True, True, 5)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(parts=2), "the answer broke off after 16 characters"),
        (Answer(parts=2, polite=True), "its last part never came"),
        (Answer(parts=1, hangs=True), "nothing came for 0.2 s"),
        (Answer(raw='{"message": {malformed\n'), "the answer broke off after 0 characters"),
        (Answer(raw='"just a text"\n'), "the answer broke off after 0 characters"),
        (Answer(raw='{"error": "an error was encountered while running the model"}\n'), "Ollama failed"),
        (Answer(status=500, error="model runner has unexpectedly stopped"), "Ollama failed"),
        (Answer(status=503, error="server busy, please try again"), "server busy"),
    ],
)
async def test_a_server_that_breaks_in_the_middle_may_be_asked_again(
    stub: Stub, host: Host, answer: Answer, said: str
) -> None:
    stub.answers.append(answer)
    failure = await failed(host)
    assert (failure.kind, said in failure.message) == ("retryable", True), failure.message
    assert (await answered(host)).text == "Hello there, friend."


async def test_half_an_answer_is_counted_as_an_estimate(stub: Stub, host: Host) -> None:
    stub.answers.append(Answer(parts=2))
    failure = await failed(host)
    assert failure.usage is not None
    assert (failure.usage.estimated, failure.usage.output_tokens) == (True, 4)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=400, error="input length exceeds the context length"), "context"),
        (Answer(status=400, error="small:1b does not support tools"), "permanent"),
        (Answer(status=401, error="unauthorized"), "auth"),
        (Answer(status=404, error="model 'small:1b' not found"), "missing"),
        (Answer(status=418, error="no coffee"), "permanent"),
    ],
)
async def test_refusals_are_told_apart(stub: Stub, host: Host, answer: Answer, kind: str) -> None:
    stub.answers.append(answer)
    assert (await failed(host)).kind == kind


async def test_being_told_to_wait_says_for_how_long(stub: Stub, host: Host) -> None:
    stub.answers.append(Answer(status=429, error="slow down", headers={"Retry-After": "7"}))
    failure = await failed(host)
    assert (failure.kind, failure.retry_after_seconds) == ("rate_limited", 7.0)


async def test_an_answer_cut_off_by_length_says_so_also_with_a_call(stub: Stub, host: Host) -> None:
    stub.answers.extend([Answer(finish="length"), Answer(calls=[("look", {"at": "i"})], finish="length")])
    assert (await answered(host)).finish == "length"
    assert (await answered(host, replace(REQUEST, tools=(LOOK,)))).finish == "length"


async def test_a_cancelled_call_ends_its_request(stub: Stub, host: Host) -> None:
    stub.loaded["small:1b"] = 4096
    stub.pace = asyncio.Event()
    call = asyncio.create_task(answered(host))
    while not stub.in_flight:
        await asyncio.sleep(0.001)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    stub.pace.set()
    while stub.in_flight:
        await asyncio.sleep(0.001)


async def test_pulling_tells_its_progress(stub: Stub, host: Host) -> None:
    told = [part async for part in host.pull("new:1b")]
    assert told == [("pulling manifest", 0, 0), ("pulling abc", 10, 100), ("success", 0, 0)]


async def test_what_is_installed_is_known_with_what_it_can_do(stub: Stub, host: Host) -> None:
    stub.models = {"a:1b": shown("completion", "thinking"), "b:latest": shown("embedding")}
    found = await host.look()
    assert found.problem is None
    a, b = found.models
    assert (a.answers, a.calls_tools, a.thinks, b.answers) == (True, False, True, False)
    assert found.named("b") is b


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("box:1", "http://box:1"),
        ("http://box", "http://box:80"),
        ("https://box/x/", "https://box:443/x"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("[::1]:5", "http://[::1]:5"),
    ],
)
def test_an_address_is_read_as_ollama_reads_it(host: str, url: str) -> None:
    assert url_of(host) == url


def test_the_stub_counts_no_prompt_too_low() -> None:
    body: Any = {"messages": [{"content": "two words"}]}
    from tests.models.stub_server import words

    assert words(body) == 4
