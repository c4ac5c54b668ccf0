"""Tables of a run: goldens, what their cells say, and which rows changed."""

import pytest

from mntui.core.run import new_run
from mntui.ui.drawing.rails import RailsView
from mntui.ui.drawing.table import changed_rows, head, rails_table, row_line, row_of
from mntui.ui.drawing.text import STYLES, cells, plain
from tests.ui.drawing.golden import check_golden
from tests.ui.drawing.plans import half_way, reminding, routed


def drawn(table, *, ascii_only: bool = False):
    rows = (row_line(table, y, ascii_only=ascii_only) for y in range(len(table.rows)))
    return [head(table, ascii_only=ascii_only), *rows]


def of(bench, width, view=RailsView(), selected=""):  # noqa: B008 -- a frozen value
    return rails_table(bench.run, bench.now.at, width, view, selected)


@pytest.mark.parametrize("width", [80, 120, 160])
def test_a_run_half_way(width):
    view = RailsView(estimates={"judge": 11_800})
    check_golden(f"rails-{width}", drawn(of(half_way(), width, view, "unit_tests")))


def test_a_run_half_way_in_ascii():
    rows = drawn(of(half_way(), 80, selected="unit_tests"), ascii_only=True)
    assert all(plain(row).isascii() for row in rows)
    check_golden("rails-ascii", rows)


def test_fan_out_folded_and_opened():
    bench = reminding()
    check_golden("rails-fan-out", drawn(of(bench, 80)))
    view = RailsView(frozenset({"explained", "reminders", "reminders[0]"}), {"reminders[0]": "Meier AG"})
    check_golden("rails-fan-out-opened", drawn(of(bench, 100, view)))


def test_a_person_who_comes_an_hour_later_does_not_stretch_the_bars():
    bench = reminding()
    for slot in ("explained[2]/explain#1.0", "reminders[1]/draft#1.0"):
        bench.says(slot)
    bench.later(3600)
    table = of(bench, 80, RailsView(frozenset({"reminders", "reminders[0]"})))
    check_golden("rails-waited", drawn(table))
    assert "⋯" in plain(head(table, ascii_only=False))


def test_every_style_is_one_that_a_theme_knows_and_no_row_is_too_wide():
    for bench in (half_way(), reminding(), routed()):
        for width in (60, 80, 120):
            rows = drawn(of(bench, width, selected=bench.plan.roots[0]))
            assert {name for row in rows for _, style in row for name in style.split()} <= set(STYLES)
            assert all(cells(plain(row).rstrip()) <= width for row in rows)


def test_costs_say_whether_they_are_measured():
    bench = reminding()
    view = RailsView(estimates={"summary": 1_000, "books": 1_000})
    rows = {
        row.path: plain(row_line(of(bench, 80, view), y, ascii_only=False)) for y, row in enumerate(of(bench, 80).rows)
    }
    assert " $0.0012 " in rows["explained"]
    assert "~$0.0021 " in rows["reminders"]
    assert rows["summary"].rstrip().endswith("~$0.0010")
    assert "—" in rows["books"]


def test_a_closed_container_says_what_needs_a_person():
    texts = [plain(row) for row in drawn(of(reminding(), 80))]
    assert any("explained 2/3 1✗" in text for text in texts)
    assert any("reminders 0/2 1◆" in text for text in texts)


def test_a_step_is_found_in_its_row():
    table = of(half_way(), 80)
    assert table.rows[row_of(table, "plan")].path == "plan"
    assert row_of(table, "nowhere") is None


def test_only_rows_that_look_different_are_told():
    bench = half_way()
    before = of(bench, 80)
    bench.later(0.01)
    running = {row_of(before, "unit_tests")}
    assert changed_rows(before, of(bench, 80), 0, 100) <= running
    bench.returns("unit_tests")
    after = of(bench, 80)
    told = changed_rows(before, after, 0, 100)
    assert told == {row_of(after, path) for path in ("unit_tests", "review_a", "review_b")}


def test_a_run_without_facts_is_a_table_of_names():
    table = rails_table(new_run("r", half_way().plan), 0, 80)
    assert len(drawn(table)) == 19
