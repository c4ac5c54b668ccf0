"""Charts that don't lie: zero is nothing, anything else is something, and only all of it is full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.ui.drawing.spark import LEVELS, chart, meter, shares, sparkline
from mntui.ui.drawing.text import plain

amounts = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@given(amounts)
def test_nothing_is_blank_something_is_not_and_the_most_is_full(values):
    drawn = sparkline(values, len(values), ascii_only=False)
    for value, char in zip(values, drawn, strict=True):
        assert (char == " ") == (value == 0)
        assert (char == "█") == (value == max(values) > 0)


@given(amounts)
def test_more_is_never_drawn_lower(values):
    drawn = sparkline(values, len(values), ascii_only=False)
    levels = [LEVELS.index(char) for _, char in sorted(zip(values, drawn, strict=True))]
    assert levels == sorted(levels)


def test_the_newest_values_are_kept_and_an_unknown_one_is_told_from_zero():
    assert sparkline([9, 0, None, 4, 8], 4, ascii_only=False) == " ·▄█"
    assert sparkline([9, 0, None, 4, 8], 4, ascii_only=True) == " ?=#"


@pytest.mark.parametrize(("value", "filled"), [(0, 0), (1, 1), (500, 4), (999, 7), (1000, 8), (5000, 8)])
def test_a_meter_is_full_only_when_the_limit_is_reached(value, filled):
    assert plain(meter(value, 1000, 8, ascii_only=False)) == "▰" * filled + "▱" * (8 - filled)


def test_a_meter_that_is_over_its_limit_has_another_style():
    assert meter(999, 1000, 8, ascii_only=False)[0][1] == "spark"
    assert meter(1000, 1000, 8, ascii_only=False)[0][1] == "over"


def test_shares_are_measured_against_the_largest():
    assert shares([61, 24, 15, 0], 6, ascii_only=False) == ("▰▰▰▰▰▰", "▰▰", "▰", "")
    assert shares([0, 0], 6, ascii_only=True) == ("", "")


def test_a_chart_begins_at_zero_and_its_top_is_the_most():
    rows = [plain(row) for row in chart([0, 4, None, 8], 2, "$8", ascii_only=False)]
    assert rows == ["$8 ┤          ██", " 0 ┤    ██ ·  ██"]


def test_a_chart_in_ascii():
    assert all(plain(row).isascii() for row in chart([1, 2, None], 3, "$2", ascii_only=True))
