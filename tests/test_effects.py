"""The one place where the world is touched: whatever comes back becomes one fact, and a fact can always be kept."""

import asyncio
from collections.abc import Callable

import pytest

from mntui.core.events import ModelAnswered, ModelCallFailed, ModelCallStarted, ToolCallFailed, ToolCallStarted
from mntui.core.money import Cost, Usage
from mntui.core.values import Json, canonical
from mntui.effects import Effects
from mntui.models.base import Message, ModelReply, ModelRequest, ToolAsk, ToolDeclaration
from mntui.models.catalog import Models
from mntui.tools.base import Grants, ToolCall, ToolFailure

STARTED = ModelCallStarted("a", "1.0", 1, "m", "p", reserved_tokens=50)
CALL = ToolCall("call", "python.t", {}, "k", Grants("/r", "/h", "/b"), 1.0)
INTENT = ToolCallStarted("a", "0.1", 1, "t", "python.t", {}, "d", "keyed", "k")
CONTRACT = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
READ = ToolDeclaration("read", "", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})


class Saying:
    """A model that says what a test hands in."""

    name, simulated = "test", True

    def __init__(self, reply: ModelReply, seconds: float = 0, ready_seconds: float = 0) -> None:
        self._reply, self._seconds, self._ready_seconds = reply, seconds, ready_seconds

    async def ready(self, _request: ModelRequest, _pulse: Callable[[str], None]) -> None:
        await asyncio.sleep(self._ready_seconds)

    async def reply(self, _request: ModelRequest, _pulse: Callable[[str], None]) -> ModelReply:
        await asyncio.sleep(self._seconds)
        return self._reply

    def count_tokens(self, text: str) -> int:
        return len(text)


class Opening(Models):
    def __init__(self, model: Saying) -> None:
        super().__init__()
        self._model = model

    def open(self, name: str) -> Saying:  # type: ignore[override]
        return self._model


def kept(value: Json) -> Json:
    canonical(value)
    return value


class NoTools:
    async def call(self, call: ToolCall) -> Json:
        raise AssertionError(call)


async def said(
    reply: ModelReply,
    *,
    contract: Json = None,
    seconds: float = 0,
    limit: float = 5,
    before: int = 0,
    ready_seconds: float = 0,
) -> object:
    """What becomes of a reply, of an agent that asked `before` times for `read` already."""
    messages = (Message("assistant", "", (ToolAsk("read", {"n": 1}),)),) * before
    request = ModelRequest("m", messages, "executor", "a", 1, tools=(READ,), contract=contract)
    effects = Effects(Opening(Saying(reply, seconds, ready_seconds)), NoTools())
    return await effects.call_model(STARTED, request, limit, lambda _: None, kept)


@pytest.mark.parametrize(
    ("text", "value", "wrong"),
    [
        ('{"n": 1}', {"n": 1}, ""),
        ('```json\n{"n": 2}\n```', {"n": 2}, ""),
        ('{"n": "x"}', None, "n"),
        ('{"n": NaN}', None, ""),
    ],
)
async def test_an_answer_is_read_under_its_contract(text: str, value: Json, wrong: str) -> None:
    event = await said(ModelReply(text, Usage()), contract=CONTRACT)
    assert isinstance(event, ModelAnswered)
    assert event.value == value
    assert (event.violation == "") == (value is not None)
    assert wrong in event.violation


async def test_an_answer_cut_off_by_length_is_never_believed() -> None:
    event = await said(ModelReply('{"n": 1}', Usage(), finish="length"), contract=CONTRACT)
    assert isinstance(event, ModelAnswered)
    assert "cut off" in event.violation


async def test_a_tool_call_cut_off_by_length_is_never_run() -> None:
    event = await said(ModelReply("", Usage(), (ToolAsk("read", {"n": 1}),), finish="length"))
    assert isinstance(event, ModelAnswered)
    assert "cut off" in event.asks[0].problem


@pytest.mark.parametrize(
    ("ask", "wrong"),
    [
        (ToolAsk("raed", {"n": 1}), "no tool named 'raed'; there are: read"),
        (ToolAsk("read", "{'n'"), "not a JSON object"),
        (ToolAsk("read", {}), "n"),
        (ToolAsk("read", {"n": "x"}), "n"),
        (ToolAsk("read", {"n": 1, "s": "\ud800"}), "no JSON"),
        (ToolAsk("read", {"n": 1}), ""),
    ],
)
async def test_a_tool_call_is_checked_before_anything_runs(ask: ToolAsk, wrong: str) -> None:
    event = await said(ModelReply("", Usage(), (ask,), finish="tools"))
    assert isinstance(event, ModelAnswered)
    assert wrong in event.asks[0].problem
    assert bool(event.asks[0].problem) == bool(wrong)


async def test_half_a_character_from_a_model_can_still_be_kept() -> None:
    event = await said(ModelReply("a\ud800b", Usage()))
    assert isinstance(event, ModelAnswered)
    assert event.text == "a?b"


async def test_no_answer_in_time_counts_what_was_reserved() -> None:
    event = await said(ModelReply("late", Usage()), seconds=5, limit=0.01)
    assert isinstance(event, ModelCallFailed)
    assert (event.problem.kind, event.problem.retryable, event.usage.input_tokens) == ("timeout", True, 50)


class Failing:
    def __init__(self, outcome: Json | ToolFailure) -> None:
        self._outcome = outcome

    async def call(self, _call: ToolCall) -> Json:
        if isinstance(self._outcome, ToolFailure):
            raise self._outcome
        return self._outcome


async def test_a_failure_says_whether_anything_reached_the_world() -> None:
    failing = Failing(ToolFailure("NotSent", "half a \ud800", retryable=True, not_sent=True))
    event = await Effects(Models(), failing).call_tool(INTENT, CALL, kept)
    assert isinstance(event, ToolCallFailed)
    assert (event.sent, event.problem.retryable, event.problem.message) == (False, True, "half a ?")


async def test_a_result_that_is_no_json_fails_after_the_effect() -> None:
    event = await Effects(Models(), Failing({"n": 2**60})).call_tool(INTENT, CALL, kept)
    assert isinstance(event, ToolCallFailed)
    assert (event.problem.kind, event.sent) == ("result", True)


async def test_an_answer_whose_syntax_is_wrong_is_mended_but_not_one_that_breaks_off() -> None:
    event = await said(ModelReply("Sure: {'n': 1,}", Usage()), contract=CONTRACT)
    assert isinstance(event, ModelAnswered)
    assert (event.value, event.violation) == ({"n": 1}, "")
    event = await said(ModelReply('{"n": 1', Usage()), contract=CONTRACT)
    assert isinstance(event, ModelAnswered)
    assert (event.value, "not JSON" in event.violation) == (None, True)


async def test_the_text_of_a_calls_arguments_is_mended_but_not_where_length_cut_it_off() -> None:
    ask = ToolAsk("read", "{'n': 1,}")
    event = await said(ModelReply("", Usage(), (ask,), finish="tools"))
    assert isinstance(event, ModelAnswered)
    assert (event.asks[0].arguments, event.asks[0].problem) == ({"n": 1}, "")
    event = await said(ModelReply("", Usage(), (ask,), finish="length"))
    assert isinstance(event, ModelAnswered)
    assert (event.asks[0].arguments, "cut off" in event.asks[0].problem) == ({}, True)


async def test_the_same_call_twice_in_one_answer_is_run_once() -> None:
    asks = (ToolAsk("read", {"n": 1}), ToolAsk("read", {"n": 2}), ToolAsk("read", {"n": 1}))
    event = await said(ModelReply("", Usage(), asks, finish="tools"))
    assert isinstance(event, ModelAnswered)
    assert [ask.problem for ask in event.asks] == [
        "",
        "",
        "it is the same call as 1.1 of this answer, so it was run once",
    ]


@pytest.mark.parametrize(("times", "wrong"), [(2, ""), (3, "go on with the results that you have"), (4, "go on")])
async def test_the_same_call_again_and_again_is_told_to_the_agent(times: int, wrong: str) -> None:
    event = await said(ModelReply("", Usage(), (ToolAsk("read", {"n": 1}),), finish="tools"), before=times)
    assert isinstance(event, ModelAnswered)
    assert wrong in event.asks[0].problem
    assert bool(event.asks[0].problem) == bool(wrong)


async def test_an_agent_that_goes_in_circles_ends_and_its_last_answer_is_paid() -> None:
    event = await said(ModelReply("", Usage(7), (ToolAsk("read", {"n": 1}),), finish="tools"), before=5)
    assert isinstance(event, ModelCallFailed)
    assert (event.problem.kind, event.problem.retryable, event.usage) == ("loop", False, Usage(7))
    assert "6 times for read" in event.problem.message


async def test_what_a_provider_says_that_it_charged_is_the_cost() -> None:
    event = await said(ModelReply("x", Usage(7), billed_micros=12))
    assert isinstance(event, ModelAnswered)
    assert event.cost == Cost(12, table="billed by m")


async def test_what_comes_before_the_call_is_not_counted_against_its_time() -> None:
    event = await said(ModelReply("x", Usage()), ready_seconds=0.2, limit=0.1)
    assert isinstance(event, ModelAnswered)
