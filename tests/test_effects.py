"""The one place where the world is touched: whatever comes back becomes one fact, and a fact can always be kept."""

import asyncio
from collections.abc import Callable

import pytest

from mntui.core.events import ModelAnswered, ModelCallFailed, ModelCallStarted, ToolCallFailed, ToolCallStarted
from mntui.core.money import Usage
from mntui.core.values import Json, canonical
from mntui.effects import Effects, without_fence
from mntui.models.base import ModelReply, ModelRequest, ToolAsk, ToolDeclaration
from mntui.models.catalog import Models
from mntui.tools.base import Grants, ToolCall, ToolFailure

STARTED = ModelCallStarted("a", "1.0", 1, "m", "p", reserved_tokens=50)
CALL = ToolCall("call", "python.t", {}, "k", Grants("/r", "/h", "/b"), 1.0)
INTENT = ToolCallStarted("a", "0.1", 1, "t", "python.t", {}, "d", "keyed", "k")
CONTRACT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
READ = ToolDeclaration("read", "", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})


class Saying:
    """A model that says what a test hands in."""

    name, simulated = "test", True

    def __init__(self, reply: ModelReply, seconds: float = 0) -> None:
        self._reply, self._seconds = reply, seconds

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


async def said(reply: ModelReply, *, contract: Json = None, seconds: float = 0, limit: float = 5) -> object:
    request = ModelRequest("m", (), "executor", "a", 1, tools=(READ,), contract=contract)
    effects = Effects(Opening(Saying(reply, seconds)), NoTools())
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


def test_a_fence_around_json_is_taken_off() -> None:
    assert without_fence('```\n{"a": 1}\n```') == '{"a": 1}'
    assert without_fence(' {"a": 1} ') == '{"a": 1}'
