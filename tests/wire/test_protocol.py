from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mntui.core.events import Fact, RunPaused, StepSucceeded
from mntui.core.messages import Facts, Happened, Opened, Payload, Pulsed
from mntui.core.plan import Plan
from mntui.wire.codec import WireProblem, encode
from mntui.wire.frames import FRAME_BYTES
from mntui.wire.protocol import (
    FACTS_PER_FRAME,
    Answer,
    ClientFrame,
    End,
    Hello,
    News,
    ServerFrame,
    Welcome,
    age_of,
    decode_client_frame,
    decode_server_frame,
    id_of,
    joined,
    pieces,
)
from tests.wire.values import values_of

PLAN = Plan("p", "1", "", {}, {}, {}, {}, {}, {}, (), {}, {})
quick = settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def facts(count: int, size: int = 0) -> tuple[Fact, ...]:
    event = StepSucceeded("a", "x" * size) if size else RunPaused()
    return tuple(Fact("r", seq, 1, "p", event) for seq in range(1, count + 1))


@pytest.mark.parametrize("form", get_args(ClientFrame), ids=lambda form: form.__name__)
@quick
@given(data=st.data())
def test_every_frame_of_a_client_comes_back_equal(form: type, data: st.DataObject):
    frame = data.draw(values_of(form))
    assert decode_client_frame(encode(frame)) == frame


@pytest.mark.parametrize("form", get_args(ServerFrame), ids=lambda form: form.__name__)
@quick
@given(data=st.data())
def test_every_frame_of_a_worker_comes_back_equal(form: type, data: st.DataObject):
    frame = data.draw(values_of(form))
    assert decode_server_frame(encode(frame)) == frame


@pytest.mark.parametrize(
    "frame",
    [
        News(7, Opened("i", "r", PLAN, facts(3 * FACTS_PER_FRAME + 1))),
        News(7, Happened(facts(FACTS_PER_FRAME + 1))),
        Answer(7, Facts("i", "r", facts(2 * FACTS_PER_FRAME))),
        News(7, Opened("i", "r", PLAN, ())),
        News(7, Pulsed("k", "p", 0, "t")),
        Answer(7, Payload(1)),
    ],
    ids=["opened", "happened", "facts", "no facts", "pulse", "payload"],
)
def test_a_long_history_travels_in_parts_and_is_joined_again(frame: News | Answer):
    parts = [decode_server_frame(payload) for payload in pieces(frame)]
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
    assert all(len(part.body.facts) <= FACTS_PER_FRAME for part in parts if hasattr(part.body, "facts"))
    assert joined(parts) == frame


def test_large_facts_are_parted_by_their_size():
    frame = News(1, Happened(facts(5, FRAME_BYTES // 3)))
    payloads = list(pieces(frame))
    assert len(payloads) == 3
    assert joined([decode_server_frame(payload) for payload in payloads]) == frame


@pytest.mark.parametrize("body", [Happened(facts(1, FRAME_BYTES)), Pulsed("k", "p", 0, "x" * FRAME_BYTES)])
def test_what_can_not_be_parted_and_does_not_fit_is_a_problem(body):
    with pytest.raises(WireProblem, match="a frame holds"):
        list(pieces(News(1, body)))


def test_an_id_is_read_even_off_a_frame_of_a_newer_version():
    assert id_of(b'{"id":7,"op":"teleport","to":"mars"}') == 7
    assert id_of(encode(End(3))) == 3
    assert id_of(b"garbage") == id_of(b'{"id":"x"}') == id_of(b"{}") == 0


def test_the_greeting_of_a_newer_version_is_understood():
    assert decode_client_frame(b'{"op":"hello","protocol":9,"version":"7.1","pid":1,"mood":[]}') == Hello(9, "7.1", 1)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ((1, "0.1.0"), (1, "0.1.1")),
        ((1, "0.9.0"), (1, "0.10.0")),
        ((1, "1.0"), (1, "1.0.1")),
        ((1, "9.9.9"), (2, "0.1.0")),
        ((1, ""), (1, "0.1.0")),
    ],
)
def test_versions_are_ordered_by_protocol_and_then_by_their_numbers(older, newer):
    assert age_of(Welcome(*older, 1)) < age_of(Hello(*newer, 1))


def test_what_follows_the_numbers_of_a_version_does_not_count():
    assert age_of(Welcome(1, "0.2.0rc1", 1)) == age_of(Welcome(1, "0.2.0", 2))
