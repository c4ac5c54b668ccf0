"""Calls that a provider puts off: they wait, told why and until when, and nothing that was paid is paid again."""

import asyncio
from pathlib import Path

from mntui.core.events import ModelAnswered, ModelCallFailed
from mntui.core.messages import Queued
from mntui.core.why import HeldBack, why
from tests.models.stub_server import Answer, stubbed
from tests.worker.wired import Wired

TWO = """
models: {fast: {}}
agents: {a: {role: executor, model: fast, instructions: Say something.}}
steps:
  first: {agent: a, with: {x: 1}}
  second: {agent: a, with: {x: "{{ first.text }}"}, retry: {initial_interval: 10ms, maximum_interval: 20ms}}
outputs: {said: "{{ second.text }}"}
"""
SIDE_BY_SIDE = """
models: {fast: {}}
agents: {a: {role: executor, model: fast, instructions: Say something.}}
steps:
  items: {set: {all: [1, 2, 3, 4]}}
  each: {for_each: "{{ items.all }}", steps: {say: {agent: a, with: {x: "{{ item }}"}}}}
"""


async def test_twenty_refusals_in_a_row_are_waited_out_and_what_was_finished_is_not_paid_again(tmp_path: Path) -> None:
    async with stubbed() as stub, Wired(tmp_path, stub) as wired:
        stub.answers.extend([Answer(), *[Answer(status=429, error="slow", headers={"Retry-After": "0"})] * 20])
        run, facts = await wired.ended(TWO)
    assert run.ended == "succeeded"
    failed = [event for event in facts if isinstance(event, ModelCallFailed)]
    assert [event.problem.kind for event in failed] == ["rate_limited"] * 20
    assert "[limits.ollama]" in failed[0].problem.remedy
    assert [event.attempt for event in failed] == list(range(1, 21))
    assert len([event for event in facts if isinstance(event, ModelAnswered)]) == 2
    assert run.spend.calls == 2
    assert len(stub.chats()) == 22


async def test_a_provider_that_only_refuses_ends_in_a_failure_that_names_the_remedy(tmp_path: Path) -> None:
    async with stubbed() as stub, Wired(tmp_path, stub) as wired:
        stub.answers.append(Answer())
        stub.usual = Answer(status=429, error="slow", headers={"Retry-After": "0"})
        run, _ = await wired.ended(TWO + "recovery: {on_failure: pause}\n")
        (blocker,) = why(run)
        assert blocker.kind == "failure"
        assert blocker.command == f"mntui retry {run.name} second"
        problem = run.held["second"]
        assert "fallback" in problem.remedy
        stub.usual = Answer()
        await wired.retry(run.name)
        run, _ = await wired.followed(run.name)
    assert run.ended == "succeeded"
    assert run.spend.calls == 2


async def test_calls_beside_a_refused_one_wait_too_and_are_told_until_when(tmp_path: Path) -> None:
    async with stubbed() as stub, Wired(tmp_path, stub, calls_at_once=1) as wired:
        stub.answers.append(Answer(status=429, error="slow", headers={"Retry-After": "1"}))
        seen: list[Queued] = []
        run, _ = await wired.ended(SIDE_BY_SIDE, seen)
    assert run.ended == "succeeded"
    told = [each for each in seen if any("asked to wait" in text for text in each.waiting.values())]
    assert told
    assert all(each.until for each in told)
    blockers = why(run._replace(ended=""), HeldBack(told[0].waiting, told[0].until))
    assert any("waiting: rate limit: ollama asked to wait" in blocker.what and blocker.until for blocker in blockers)


async def test_a_model_that_is_still_loading_is_told_and_not_counted_against_the_timeout(tmp_path: Path) -> None:
    async with stubbed() as stub, Wired(tmp_path, stub) as wired:
        stub.loading = asyncio.Event()
        seen: list[Queued] = []

        def look(update: Queued) -> None:
            seen.append(update)
            if len([each for each in seen if each.loading]) == 2 and stub.loading is not None:
                stub.loading.set()

        short = TWO.replace("with: {x: 1}", "with: {x: 1}, timeout: 1s")
        run, _ = await wired.ended(short, seen, look)
    assert run.ended == "succeeded"
    texts = [text for each in seen for text in each.loading.values()]
    assert texts[:2] == ["loading small:1b, 1 s", "loading small:1b, 2 s"]
    assert not seen[-1].loading
