"""When each step ran: goldens, and the order of rows."""

from mntui.ui.drawing.rails import RailsView
from mntui.ui.drawing.table import head, row_line
from mntui.ui.drawing.waterfall import longest_first, waterfall
from tests.ui.drawing.golden import check_golden
from tests.ui.drawing.plans import half_way, reminding


def drawn(table):
    rows = (row_line(table, y, ascii_only=False) for y in range(len(table.rows)))
    return [head(table, ascii_only=False), *rows]


def test_a_run_half_way():
    bench = half_way()
    check_golden("waterfall", drawn(waterfall(bench.run, bench.now.at, 80, selected="unit_tests")))


def test_waiting_is_told_from_running():
    bench = reminding()
    view = RailsView(frozenset({"reminders", "reminders[0]"}))
    check_golden("waterfall-waiting", drawn(waterfall(bench.run, bench.now.at, 80, view)))


def test_outliers_come_first_where_that_is_asked_for():
    bench = half_way()
    rows = longest_first(bench.run, bench.now.at, 80).rows
    assert [row.path for row in rows[:3]] == ["search_web", "draft_patch", "unit_tests"]


def test_steps_that_have_not_begun_are_left_out():
    bench = half_way()
    assert "judge" not in {row.path for row in waterfall(bench.run, bench.now.at, 80).rows}
