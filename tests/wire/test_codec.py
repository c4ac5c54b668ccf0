import math
from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mntui.core.events import Event, Fact, RunEnded, RunPaused, StepStarted, StepSucceeded, ToolReturned
from mntui.core.messages import Denied, Question, Reply, RunFilter, RunRow, Start, Started, Update
from mntui.core.plan import Plan
from mntui.core.requests import Approve, Request
from mntui.core.values import Ref
from mntui.wire.codec import (
    WireProblem,
    decode,
    decode_event,
    decode_facts,
    decode_question,
    decode_reply,
    decode_request,
    decode_update,
    encode,
    encode_facts,
    from_plain,
    to_plain,
)
from tests.wire.values import json_values, stored, values_of

CROSSING = [
    *get_args(Event),
    *get_args(Request),
    *get_args(Update),
    *get_args(Question),
    *get_args(Reply),
    *(Fact, Plan, Start, Started, Denied, RunRow, RunFilter),
]
quick = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a Plan shrinks for minutes; the place in the problem says enough
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize("form", CROSSING, ids=lambda form: form.__name__)
@quick
@given(data=st.data())
def test_every_class_that_crosses_comes_back_equal(form: type, data: st.DataObject):
    value = data.draw(values_of(form))
    assert decode(form, encode(value)) == value


@pytest.mark.parametrize(
    ("union", "read"),
    [
        (Event, decode_event),
        (Request, decode_request),
        (Update, decode_update),
        (Question, decode_question),
        (Reply, decode_reply),
    ],
    ids=["event", "request", "update", "question", "reply"],
)
@quick
@given(data=st.data())
def test_a_member_of_a_union_is_told_by_its_kind(union, read, data: st.DataObject):
    value = data.draw(values_of(union))
    again = read(encode(value))
    assert again == value
    assert type(again) is type(value)


@settings(max_examples=100, deadline=None)
@given(stored)
def test_a_stored_value_comes_back_exactly_and_no_object_passes_for_a_ref(value):
    again = decode(StepSucceeded, encode(StepSucceeded("a", value))).output
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        {"ref": "payload", "digest": "d", "size": 1, "head": ""},
        {"ref": "plain", "value": {"ref": "payload", "digest": "d", "size": 1, "head": ""}},
        {"ref": None},
    ],
)
def test_an_object_that_looks_like_a_ref_stays_an_object(value):
    assert decode(ToolReturned, encode(ToolReturned("a", "0.1", 1, value))).result == value


@pytest.mark.parametrize(
    "stored", ['{"ref":"payload"}', '{"ref":7}', '{"ref":"payload","digest":1,"size":1,"head":""}']
)
def test_a_malformed_ref_is_a_problem_at_its_place(stored: str):
    with pytest.raises(WireProblem, match="reference") as caught:
        decode(StepSucceeded, b'{"path":"a","output":%s}' % stored.encode())
    assert caught.value.where == "output"


@pytest.mark.parametrize("value", [1, 1.0, -0.0, 2**53, True, "", "é\x00", [[]], {"a": {"b": None}}, 1e308, math.inf])
def test_json_keeps_its_types(value):
    again = decode(StepSucceeded, encode(StepSucceeded("a", value))).output
    assert repr(again) == repr(value)


@settings(max_examples=30, deadline=None)
@given(json_values)
def test_plain_json_is_what_the_bytes_say(value):
    request = Approve("a1", "d", {"value": value})
    assert to_plain(request)["values"] == {"value": value}
    assert from_plain(Approve, to_plain(request)) == request


def test_many_facts_travel_as_one_array():
    facts = tuple(Fact("r", seq, 5, "worker", StepStarted(f"s{seq}")) for seq in range(1, 4))
    assert decode_facts(encode_facts(facts)) == facts
    assert decode_facts(b"[]") == ()


def test_fields_of_a_newer_version_are_ignored_and_missing_ones_take_their_defaults():
    newer = (
        b'{"run":"r","seq":1,"at":2,"actor":"p","colour":"red",'
        b'"event":{"kind":"RunEnded","status":"failed","mood":{"a":1}}}'
    )
    assert decode(Fact, newer) == Fact("r", 1, 2, "p", RunEnded("failed"))


def test_an_unknown_kind_is_a_problem_that_names_it():
    with pytest.raises(WireProblem, match="unknown kind 'RunTeleported'; a newer version") as caught:
        decode(Fact, b'{"run":"r","seq":1,"at":2,"actor":"p","event":{"kind":"RunTeleported"}}')
    assert caught.value.where == "event"


@pytest.mark.parametrize(
    ("bytes_", "where"),
    [
        (b"", ""),
        (b"\xff\xfe", ""),
        (b'{"kind":"RunPaused"', ""),
        (b"[]", ""),
        (b"{}", "run"),
        (b'{"run":"r","seq":"1","at":2,"actor":"p","event":{"kind":"RunPaused"}}', "seq"),
        (b'{"run":"r","seq":true,"at":2,"actor":"p","event":{"kind":"RunPaused"}}', "seq"),
        (
            b'{"run":"r","seq":1,"at":2,"actor":"p","event":{"kind":"StepsPlanned","path":"a"}}',
            "event.StepsPlanned.count",
        ),
    ],
)
def test_what_is_no_fact_is_a_problem_with_its_place(bytes_: bytes, where: str):
    with pytest.raises(WireProblem) as caught:
        decode(Fact, bytes_)
    assert caught.value.where == where


@pytest.mark.parametrize(
    "value",
    [
        Fact("r", "1", 2, "p", RunPaused()),  # type: ignore[arg-type]
        Fact("r", 1, 2, "p", Ref("d", 1, "")),  # type: ignore[arg-type]
        StepSucceeded("a", "\ud800"),
        StepSucceeded("a", object()),
    ],
    ids=["text for a number", "no event", "half a character", "no JSON"],
)
def test_a_value_that_is_not_what_its_hints_say_is_not_encoded(value):
    with pytest.raises(WireProblem, match="can't be encoded") as caught:
        encode(value)
    assert len(caught.value.message) < 600
