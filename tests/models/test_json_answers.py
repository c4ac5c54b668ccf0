"""A JSON value read from what a model wrote: mended where only its syntax is wrong, never where its end may be missing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.core.values import Json
from mntui.models.json_answers import NotJson, read_json, read_object, without_fence


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('"text"', "text"),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Here it is:\n```json\n{"a": 1}\n```\nAnything else?', {"a": 1}),
        ('Here: {"a": [1, 2]} - done.', {"a": [1, 2]}),
        ('<think>{"a": 0}?</think>\n{"a": 1}', {"a": 1}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ("{'a': 'b'}", {"a": "b"}),
        ('{a: "b"}', {"a": "b"}),
        ('{"a": "x" "b": 2}', {"a": "x", "b": 2}),
        ('{"a": True, "b": None}', {"a": True, "b": None}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ('{"a": 1 // one\n}', {"a": 1}),
    ],
)
def test_what_is_meant_is_read(text: str, value: Json) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json at all",
        '{"a": 1, "b": {"c": 2}',
        '{"a": [1, 2',
        '[{"a": 1}, {"b": 2}',
        '{"a": "cut of',
        '{"a": 1} {"b": 2}',
        '{"a": NaN}',
        "[" * 5000,
        "[" * 5000 + "]" * 5000,
    ],
)
def test_what_may_be_cut_off_or_is_not_one_value_is_refused(text: str) -> None:
    with pytest.raises(NotJson, match=r"not JSON|levels deep"):
        read_json(text)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers() | st.text("xy z") | st.lists(st.integers()), min_size=1),
    st.data(),
)
def test_no_answer_is_believed_that_was_cut_at_any_place(value: Json, data: st.DataObject) -> None:
    whole = json.dumps(value)
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(NotJson):
        read_json(whole[:end])


def test_the_arguments_of_a_call_are_an_object_or_stay_the_text() -> None:
    assert read_object("{'n': 1,}") == {"n": 1}
    assert read_object("") == {}
    assert read_object('{"n": 1') == '{"n": 1'
    assert read_object("[1]") == "[1]"


def test_a_fence_around_json_is_taken_off() -> None:
    assert without_fence('```\n{"a": 1}\n```') == '{"a": 1}'
    assert without_fence(' {"a": 1} ') == '{"a": 1}'
