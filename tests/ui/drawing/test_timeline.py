"""The time axis: round scales, folded gaps, ticks that say when."""

from hypothesis import given
from hypothesis import strategies as st

from mntui.ui.drawing.text import plain
from mntui.ui.drawing.timeline import SECOND, axis, clock, ticks


def of(*busy: tuple[float, float], end: float, width: int = 40):
    return axis([(int(a * SECOND), int(b * SECOND)) for a, b in busy], 0, int(end * SECOND), width)


def test_ten_columns_are_a_round_time():
    assert plain(ticks(of((0, 24), end=24))) == "0s        10s       20s       30s"


def test_a_long_wait_is_folded_and_its_end_is_told():
    line = of((0, 10), (7200, 7215), end=7215)
    assert "⋯ 2h" in plain(ticks(line))
    assert line.column(7200 * SECOND) - line.column(10 * SECOND - 1) <= 5
    assert line.column(3600 * SECOND) in line.folds()


def test_a_wait_that_goes_on_is_folded_too():
    line = of((0, 10), end=7200)
    assert line.folds()
    assert line.column(7200 * SECOND) < line.width


def test_short_gaps_and_gaps_of_long_runs_are_kept():
    assert not of((0, 1), (10, 11), end=11).folds()
    assert not of((0, 3600), (3900, 7200), end=7200).folds()


def test_many_waits_still_leave_room_for_bars():
    line = of(*((n * 1000, n * 1000 + 20) for n in range(40)), end=40_000)
    assert 3 * len(line.folds()) <= line.width


def test_a_growing_run_keeps_its_scale_until_it_needs_the_next_one():
    scales = [of((0, end), end=end).scale for end in range(1, 600)]
    assert scales == sorted(scales)
    assert len(set(scales)) < 12


spans = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**4)), max_size=12)


@given(spans, st.integers(1, 120))
def test_later_is_never_further_left_and_nothing_leaves_the_axis(raw, width):
    busy = sorted((start, start + length) for start, length in raw)
    end = max((stop for _, stop in busy), default=0)
    line = of(*busy, end=end, width=width)
    columns = [line.column(at * SECOND) for at in sorted({0, end, *(at for span in busy for at in span)})]
    assert columns == sorted(columns)
    assert all(0 <= column < width for column in columns)


def test_clocks_are_as_exact_as_their_step():
    assert clock(0, SECOND) == "0s"
    assert clock(SECOND // 2, SECOND // 2) == "0.5s"
    assert clock(90 * SECOND, 30 * SECOND) == "1m30s"
    assert clock(2 * 3600 * SECOND, 3600 * SECOND) == "2h"
