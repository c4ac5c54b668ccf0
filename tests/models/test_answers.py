"""The answer cache: exactly the same question gets the same answer, and anything else is asked anew."""

from dataclasses import replace
from pathlib import Path

import pytest

from mntui.core.money import Usage
from mntui.models.answers import Answers, name_of
from mntui.models.base import Message, ModelReply, ModelRequest, ToolAsk, ToolDeclaration

ASKED = (Message("user", "hi"), Message("assistant", "", (ToolAsk("t", {"n": 1}, "id-1"),)))
REQUEST = ModelRequest(
    "p/m",
    (*ASKED, Message("tool", "one", call_id="id-1")),
    "executor",
    "a",
    2,
    tools=(ToolDeclaration("t", "about", {"type": "object"}),),
    contract={"type": "object"},
    cache=True,
)
REPLY = ModelReply("hello", Usage(5), (ToolAsk("t", {"n": 2}, "id-2"),), "tools")


def test_an_answer_is_found_again_and_costs_no_tokens(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "answers")
    assert answers.find(REQUEST) is None
    answers.keep(REQUEST, REPLY)
    assert answers.find(REQUEST) == replace(REPLY, usage=Usage())
    (file,) = (tmp_path / "answers").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_where_it_stands_in_a_run_and_how_its_calls_are_named_is_no_part_of_the_question() -> None:
    ids = (Message("user", "hi"), Message("assistant", "", (ToolAsk("t", {"n": 1}, "x"),)))
    same = replace(REQUEST, step="b[3]/c", turn=7, messages=(*ids, Message("tool", "one", call_id="x")))
    assert name_of(same) == name_of(REQUEST)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "p/other"},
        {"messages": (*ASKED, Message("tool", "two", call_id="id-1"))},
        {"tools": ()},
        {"tools": (ToolDeclaration("t", "about", {"type": "object", "required": ["n"]}),)},
        {"contract": None},
        {"max_tokens": 5},
    ],
    ids=str,
)
def test_everything_that_is_sent_counts(change: dict[str, object]) -> None:
    assert name_of(replace(REQUEST, **change)) != name_of(REQUEST)  # type: ignore[arg-type]


def test_only_steps_that_ask_for_it_are_remembered_and_nothing_that_was_cut_off(tmp_path: Path) -> None:
    answers = Answers(tmp_path)
    answers.keep(replace(REQUEST, cache=False), REPLY)
    answers.keep(REQUEST, replace(REPLY, finish="length"))
    assert list(tmp_path.iterdir()) == []
    answers.keep(REQUEST, REPLY)
    assert answers.find(replace(REQUEST, cache=False)) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"text": 1}', '{"text": "x", "asks": [{}]}'])
def test_a_file_that_can_not_be_read_is_no_answer(tmp_path: Path, text: str) -> None:
    (tmp_path / name_of(REQUEST)).write_text(text)
    assert Answers(tmp_path).find(REQUEST) is None
