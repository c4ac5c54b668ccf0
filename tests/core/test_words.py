"""One table of words and glyphs, and figures as people read them."""

from typing import get_args

import pytest

from mntui.core.money import Spend
from mntui.core.run import RunStatus, StepStatus
from mntui.core.words import LOOKS, iso, span, spent


def test_every_status_has_a_word_a_glyph_and_an_ascii_sign_of_one_column() -> None:
    assert set(LOOKS) == {*get_args(RunStatus), *get_args(StepStatus)}
    for word, look in LOOKS.items():
        assert look.word == word
        assert len(look.glyph) == len(look.ascii) == 1
        assert look.ascii.isascii()


def test_no_two_states_look_the_same() -> None:
    assert len({look.glyph for look in LOOKS.values()}) == len({look.ascii for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (-5, "0.0s"),
        (400_000, "0.4s"),
        (9_949_999, "9.9s"),
        (41_000_000, "41s"),
        (130_000_000, "2m10s"),
        (11_100_000_000, "3h05m"),
        (187_200_000_000, "2d04h"),
    ],
)
def test_lengths_of_time_are_read_at_a_glance(micros: int, text: str) -> None:
    assert span(micros) == text


def test_instants_for_programs_keep_every_microsecond() -> None:
    assert iso(1_763_804_707_123_456) == "2025-11-22T09:45:07.123456Z"


def test_an_unknown_price_makes_a_total_a_lower_bound_and_never_free() -> None:
    assert spent(Spend(micros=12_700, calls=2, unknown_calls=1)) == "at least $0.0127 (1 call of unknown price)"
    assert spent(Spend(calls=1, unknown_calls=1)).startswith("at least $0 (")
    assert spent(Spend(micros=12_700, estimated_calls=1)) == "$0.0127 (partly estimated)"
