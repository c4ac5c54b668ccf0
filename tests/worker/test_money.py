"""Whole runs that a budget, a cache or a fallback changes, on the wire of a stub that counts what it was asked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mntui.core.events import BudgetReached, ModelAnswered, ModelSwitched
from mntui.core.messages import Queued
from mntui.core.requests import Respond
from tests.models.stub_server import Answer, Stub, stubbed
from tests.worker.wired import Wired

HEAD = """
models: {fast: {max_tokens: 1000, fallback: [custom/other]}}
agents: {a: {role: executor, model: fast, instructions: Say something.}}
"""
EIGHT = HEAD + "steps:\n" + "".join(f"  s{i}: {{agent: a, with: {{x: {i}}}}}\n" for i in range(8))
CACHED = """
steps:
  one: {agent: a, with: {x: same}, cache: true}
  two: {agent: a, with: {x: same}, cache: true, needs: [one]}
  free: {agent: a, with: {x: same}, needs: [two]}
outputs: {said: "{{ two.text }}"}
"""
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # litellm's own
DOLLAR = {"custom/dear": {"input": 1, "output": 1000}, "custom/other": {"input": 1, "output": 1}}
"""A thousand tokens of an answer of the first cost a dollar."""


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with stubbed() as stub:
        yield stub


async def test_a_cent_stops_a_run_of_a_dollar_before_the_call_asks_and_goes_on_after_a_raise(
    tmp_path: Path, stub: Stub
) -> None:
    async with Wired(tmp_path, stub, prices=DOLLAR, model="custom/dear") as wired:
        name = await wired.begun(EIGHT, budget_micros=10_000)
        run, _ = await wired.followed(name)
        (ask,) = run.asks.values()
        assert (ask.kind, run.spend.micros, stub.chats()) == ("budget", 0, [])
        assert ask.shown["cheaper"] == "custom/other"
        await wired.asks(name, Respond(ask.id, {"raise_usd": 20}))
        run, _ = await wired.followed(name)
    assert run.ended == "succeeded"
    assert len(stub.chats()) == 8
    assert run.spend.micros <= run.budget_micros


async def test_what_calls_in_flight_only_hold_back_is_waited_for_and_nobody_is_asked(
    tmp_path: Path, stub: Stub
) -> None:
    async with Wired(tmp_path, stub, prices=DOLLAR, model="custom/dear") as wired:
        name = await wired.begun(EIGHT, budget_micros=3_500_000)
        seen: list[Queued] = []
        run, events = await wired.followed(name, seen)
    assert run.ended == "succeeded"
    assert not any(isinstance(event, BudgetReached) for event in events)
    assert len(stub.chats()) == 8
    assert stub.most_in_flight <= 3
    assert any("budget: calls in flight" in text for each in seen for text in each.waiting.values())


async def test_answered_by_a_cheaper_model_what_comes_goes_there(tmp_path: Path, stub: Stub) -> None:
    async with Wired(tmp_path, stub, prices=DOLLAR, model="custom/dear") as wired:
        name = await wired.begun(EIGHT, budget_micros=10_000)
        run, _ = await wired.followed(name)
        (ask,) = run.asks.values()
        await wired.asks(name, Respond(ask.id, "cheaper"))
        run, events = await wired.followed(name)
    assert run.ended == "succeeded"
    assert {event.model for event in events if isinstance(event, ModelSwitched)} == {"custom/other"}
    assert {body["model"] for body in stub.chats()} == {"other"}
    assert 0 < run.spend.micros <= 10_000


async def test_an_outage_is_told_and_the_fallback_answers(tmp_path: Path, stub: Stub) -> None:
    text = HEAD + "steps: {s: {agent: a, with: {x: 1}, retry: {maximum_attempts: 1}}}\n"
    stub.answers.append(Answer(status=500, error="oops"))
    async with Wired(tmp_path, stub, prices=DOLLAR, model="custom/dear") as wired:
        run, events = await wired.ended(text)
    assert run.ended == "succeeded"
    (switch,) = [event for event in events if isinstance(event, ModelSwitched)]
    assert (switch.model, switch.cause) == ("custom/other", "fallback")
    assert "oops" in switch.why
    assert [body["model"] for body in stub.chats()] == ["dear", "other"]


async def test_an_answer_from_the_cache_is_told_costs_nothing_and_asks_nobody(tmp_path: Path, stub: Stub) -> None:
    async with Wired(tmp_path, stub, prices=DOLLAR, model="custom/dear") as wired:
        first, events = await wired.ended(HEAD + CACHED)
        again, _ = await wired.ended(HEAD + CACHED)
    assert len(stub.chats()) == 2 + 1
    answered = [event for event in events if isinstance(event, ModelAnswered)]
    assert [(event.path, event.cached) for event in answered] == [("one", False), ("two", True), ("free", False)]
    assert first.node("two").spend.micros == 0
    assert again.node("one").spend.micros == again.node("two").spend.micros == 0
    assert first.outputs == again.outputs == {"said": "Hello there, friend."}
    assert first.spend.micros == 2 * again.spend.micros > 0


async def test_a_cached_answer_needs_no_budget(tmp_path: Path, stub: Stub) -> None:
    only = HEAD + "steps: {one: {agent: a, with: {x: same}, cache: true}}\n"
    async with Wired(tmp_path, stub, prices=DOLLAR, model="custom/dear") as wired:
        await wired.ended(only)
        run, _ = await wired.followed(await wired.begun(only, budget_micros=1))
    assert (run.ended, run.spend.micros) == ("succeeded", 0)
