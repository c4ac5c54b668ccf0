"""The scripted model: answers by step and turn, whatever was asked before."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mntui.models.base import ModelFailure, ModelReply, ModelRequest, ToolAsk
from mntui.models.scripted import Scripted, scripted_from


async def call(model: Scripted, step: str, turn: int = 1, contract: Any = None) -> ModelReply:
    request = ModelRequest("builtin/scripted", (), "executor", step, turn, contract=contract)
    return await model.reply(request, lambda _: None)


@pytest.mark.parametrize(
    ("entry", "reply"),
    [
        ("hello", ("hello", (), "stop")),
        ({"route": "urgent", "reason": "down"}, ('{"route": "urgent", "reason": "down"}', (), "stop")),
        (
            {"calls": [{"tool": "read", "with": {"path": "a"}}]},
            ("", (ToolAsk("read", {"path": "a"}, "s-1-1"),), "tools"),
        ),
        ({"answer": "hello", "pulses": ["he", "llo"]}, ("hello", (), "stop")),
        ({"error": "the printer is on fire"}, ('{"error": "the printer is on fire"}', (), "stop")),
    ],
)
async def test_an_entry_is_text_a_contracts_map_or_calls(entry: Any, reply: Any) -> None:
    answer = await call(Scripted({"s": [entry]}), "s")
    assert (answer.text, answer.asks, answer.finish) == reply


async def test_a_contracts_own_fields_are_never_taken_for_the_scripts_keys() -> None:
    entry = {"calls": [], "error": "auth", "delay_seconds": 3600, "answer": "x"}
    contract = {"type": "object", "properties": {key: {} for key in entry}}
    assert json.loads((await call(Scripted({"s": [entry]}), "s", contract=contract)).text) == entry


async def test_an_error_entry_raises_the_named_failure() -> None:
    entry = {"error": "rate_limited", "message": "slow down", "remedy": "Wait.", "retry_after_seconds": 7}
    with pytest.raises(ModelFailure) as raised:
        await call(Scripted({"s": [entry]}), "s")
    failure = raised.value
    assert (failure.kind, failure.message, failure.remedy) == ("rate_limited", "slow down", "Wait.")
    assert failure.retry_after_seconds == 7.0


@pytest.mark.parametrize(
    ("step", "answer"),
    [("each[1]/draft", "one"), ("each[2]/draft", "any"), ("a[2]/b[4]", "second, any"), ("a[3]/b[4]", "any, any")],
)
async def test_the_path_itself_comes_before_patterns_and_fewer_stars_before_more(step: str, answer: str) -> None:
    model = Scripted(
        {"each[*]/draft": ["any"], "each[1]/draft": ["one"], "a[*]/b[*]": ["any, any"], "a[2]/b[*]": ["second, any"]}
    )
    assert (await call(model, step)).text == answer


@pytest.mark.parametrize(("step", "turn"), [("other", 1), ("s", 3), ("s", 0), ("each[1]/draft/x", 1)])
async def test_a_missing_entry_names_step_turn_and_remedy(step: str, turn: int) -> None:
    with pytest.raises(ModelFailure) as raised:
        await call(Scripted({"s": ["one", "two"], "each[*]/draft": ["x"]}), step, turn)
    assert raised.value.kind == "missing"
    assert f"step {step}, turn {turn}" in raised.value.message
    assert step in raised.value.remedy


async def test_the_same_step_and_turn_give_the_same_answer_in_any_order() -> None:
    model = Scripted({"s": ["one", "two"]})
    assert [(await call(model, "s", turn)).text for turn in (2, 1, 2, 1)] == ["two", "one", "two", "one"]


async def test_every_call_leaves_a_line_outside_even_one_that_fails(tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    first, second = (Scripted({"s": ["one"]}, calls_log=log) for _ in range(2))
    await call(first, "s")
    with pytest.raises(ModelFailure):
        await call(second, "s", 2)
    assert log.read_text() == "s\t1\ns\t2\n"


async def test_pulses_come_before_the_delay_and_a_cancelled_call_ends_in_it() -> None:
    pulses: asyncio.Queue[str] = asyncio.Queue()
    model = Scripted({"s": [{"answer": "hello", "pulses": ["he"], "delay_seconds": 3600}]})
    running = asyncio.create_task(model.reply(ModelRequest("m", (), "executor", "s", 1), pulses.put_nowait))
    assert await pulses.get() == "he"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_delayed_answer_arrives() -> None:
    assert (await call(Scripted({"s": [{"ok": True, "delay_seconds": 0.001}]}), "s")).text == '{"ok": true}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.json", '{"answers": {"s": [{"ship": "no", "day": "2026-10-31", "code": "012", "n": 3, "ok": true}]}}'),
        ("s.yaml", "case: x\nanswers:\n  s:\n  - {ship: no, day: 2026-10-31, code: 012, n: 3, ok: true}\n"),
    ],
)
async def test_a_script_is_read_from_json_and_from_yaml_alike(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    model = scripted_from(tmp_path / name)
    expected = {"ship": "no", "day": "2026-10-31", "code": "012", "n": 3, "ok": True}
    assert json.loads((await call(model, "s")).text) == expected
    assert model.name == f"builtin/scripted:{tmp_path / name}"


@pytest.mark.parametrize("content", [None, "answers: [", "- a", "answers: {s: text}", "{}"])
def test_a_file_that_is_no_script_is_refused_with_a_remedy(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "s.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ModelFailure) as raised:
        scripted_from(path)
    assert raised.value.kind == "missing"
    assert "answers" in raised.value.remedy
