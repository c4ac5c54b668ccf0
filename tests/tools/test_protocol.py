import io
import json
import math

import pytest

from mntui.tools.base import RESULT_BYTES, Grants, Pattern, ToolCall, ToolFailure
from mntui.tools.protocol import (
    Answer,
    ask_of,
    checked_json,
    decode_answer,
    decode_ask,
    encode_answer,
    encode_ask,
    framed,
    read_frame,
)


def test_an_ask_comes_back_as_it_was():
    grants = Grants("/run", "/home", "/blueprint", {"path": (Pattern("/box", "a\\*/**"),)})
    call = ToolCall("reconcile", "files.append", {"path": "ä", "n": 1}, "key", grants, 9.0, {"offset": 3}, "/tools.py")
    ask = decode_ask(encode_ask(ask_of(7, call)))
    assert ask == ask_of(7, call)
    assert ask.as_call() == ToolCall(
        "reconcile", "files.append", {"path": "ä", "n": 1}, "key", grants, 9.0, {"offset": 3}, "/tools.py"
    )


def test_answers_come_back_as_they_were():
    assert decode_answer(encode_answer(Answer(1, {"a": ["ä", None]}))) == Answer(1, {"a": ["ä", None]})
    failure = ToolFailure("Busy", "no", retryable=True, not_sent=True)
    told = decode_answer(encode_answer(Answer(2, failure=failure))).failure
    assert (told.kind, told.message, told.retryable, told.not_sent) == ("Busy", "no", True, True)


def test_frames_are_cut_where_they_were_joined_and_end_where_the_stream_does():
    stream = io.BytesIO(framed(b"one") + framed(b"") + framed(b"three")[:-1])
    assert [read_frame(stream.read) for _ in range(3)] == [b"one", b"", None]
    assert read_frame(stream.read) is None


def test_tuples_become_lists():
    assert checked_json({"a": (1, 2.5, True)}, "the result") == {"a": [1, 2.5, True]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [{1}]}, r"the result\['a'\]\[0\] is of type set"),
        (object(), "of type object"),
        (b"x", "of type bytes"),
        (math.nan, "nan"),
        ([math.inf], "inf"),
        (2**53 + 1, "give it as text"),
        ({1: 2}, "keys must be text"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(value, message):
    with pytest.raises(ToolFailure, match=message) as caught:
        encode_answer(Answer(1, value))
    assert caught.value.kind == "BadResult"
    assert not caught.value.not_sent


def test_a_value_that_holds_itself_is_no_json():
    loop = []
    loop.append(loop)
    with pytest.raises(ToolFailure, match="nested deeper"):
        encode_answer(Answer(1, loop))


def test_half_a_surrogate_pair_and_too_large_a_result_are_told():
    with pytest.raises(ToolFailure, match="surrogate"):
        encode_answer(Answer(1, "\ud800"))
    with pytest.raises(ToolFailure, match="16,777,217 bytes"):
        encode_answer(Answer(1, "x" * (RESULT_BYTES - 1)))
    assert len(json.loads(encode_answer(Answer(1, "x" * (RESULT_BYTES - 2))))["result"]) == RESULT_BYTES - 2
