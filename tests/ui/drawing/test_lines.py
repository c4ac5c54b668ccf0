"""A run on a layout: what each state looks like, goldens of whole graphs, and which rows a change touches."""

import pytest

from mntui.core.evolve import evolve
from mntui.core.run import new_run
from mntui.ui.drawing.fitting import View
from mntui.ui.drawing.layout import Layout, lay_out
from mntui.ui.drawing.lines import changed_rows, line, lines, see
from mntui.ui.drawing.text import STYLES, cells, plain
from tests.ui.drawing.golden import check_golden
from tests.ui.drawing.plans import (
    half_way,
    invoice_reconcile,
    plan_of_needs,
    reminding,
    routed,
)

DIAMOND = plan_of_needs({"read": [], "sort": ["read"], "count": ["read"], "tell": ["sort", "count"]})


def drawn(layout: Layout, run=None, selected: str = "", *, ascii_only: bool = False):
    return lines(see(layout, run, selected), ascii_only=ascii_only)


def history(bench):
    """The run after each of its facts."""
    run = new_run(bench.run.id, bench.plan)
    for fact in bench.facts:
        run = evolve(run, fact)
        yield run


# Goldens


def test_a_diamond():
    check_golden("diamond", drawn(lay_out(DIAMOND, 80)))


@pytest.mark.parametrize("width", [80, 120, 160])
def test_invoice_reconcile(width):
    check_golden(f"invoice-reconcile-{width}", drawn(lay_out(invoice_reconcile(), width)))


def test_invoice_reconcile_opened():
    view = View(frozenset({"explained", "reminders"}))
    check_golden("invoice-reconcile-opened", drawn(lay_out(invoice_reconcile(), 80, view)))


def test_a_run_half_way():
    bench = half_way()
    check_golden("issue-fixer", drawn(lay_out(bench.plan, 60), bench.run, "unit_tests"))


def test_a_run_half_way_in_ascii():
    bench = half_way()
    rows = drawn(lay_out(bench.plan, 60), bench.run, "unit_tests", ascii_only=True)
    assert all(plain(row).isascii() for row in rows)
    check_golden("issue-fixer-ascii", rows)


def test_a_run_half_way_in_a_narrow_pane():
    bench = half_way()
    check_golden("issue-fixer-36", drawn(lay_out(bench.plan, 36), bench.run))


def test_fan_out_folded_and_opened():
    bench = reminding()
    check_golden("fan-out", drawn(lay_out(bench.plan, 80), bench.run, "reminders"))
    view = View(frozenset({"explained", "reminders"}))
    check_golden("fan-out-opened", drawn(lay_out(bench.plan, 80, view), bench.run))
    view = View(frozenset({"reminders[0]", "reminders[1]"}), {"reminders[0]": "Meier AG"})
    check_golden("fan-out-items", drawn(lay_out(bench.plan, 80, view), bench.run))


def test_a_route_taken():
    bench = routed()
    check_golden("routes", drawn(lay_out(bench.plan, 80), bench.run))


# States


def styles_of(rows) -> set[str]:
    return {name for row in rows for _, style in row for name in style.split()}


def test_every_style_is_one_that_a_theme_knows():
    for bench in (half_way(), reminding(), routed()):
        rows = drawn(lay_out(bench.plan, 80), bench.run, next(iter(bench.plan.roots)))
        assert styles_of(rows) <= set(STYLES)


def test_a_failure_that_is_waited_for_holds_its_wires_back():
    bench = half_way()
    sight = see(lay_out(bench.plan, 80), bench.run)
    by_wire = dict(zip(sight.layout.wires, sight.wires, strict=True))
    style = {wire.sources: by_wire[wire] for wire in sight.layout.wires}
    assert style["issue_opened",] == "edge-done"
    assert style["search_code", "search_web", "read_tests"] == "edge-done"
    assert style["lint", "unit_tests", "type_check"] == "edge-live"
    assert style["review_a", "review_b"] == "edge"


def test_a_route_that_is_not_taken_is_off_and_the_other_one_is_not():
    sight = see(lay_out(routed().plan, 80), routed().run)
    legs = {wire.targets: style for wire, style in zip(sight.layout.wires, sight.wires, strict=True)}
    assert legs["spam",] == "edge-off"
    assert legs["urgent",] == "edge-done"


def test_a_container_shows_that_something_inside_waits_for_a_person():
    bench = reminding()
    text = "\n".join(plain(row) for row in drawn(lay_out(bench.plan, 80), bench.run))
    assert "reminders 0/2◆" in text
    assert "explained 2/3✗" in text


def test_without_a_run_everything_is_pending():
    assert styles_of(drawn(lay_out(DIAMOND, 80))) == {"pending", "edge"}


def test_the_selected_step_is_marked_without_colours_too():
    layout = lay_out(DIAMOND, 80)
    assert any("▐○ sort▌" in plain(row) for row in drawn(layout, selected="sort"))
    assert any("[. sort]" in plain(row) for row in drawn(layout, selected="sort", ascii_only=True))


def test_no_row_is_wider_than_the_layout():
    bench = reminding()
    layout = lay_out(bench.plan, 80)
    for path in layout.boxes:
        assert all(cells(plain(row)) <= layout.width for row in drawn(layout, bench.run, path))


# Changes


@pytest.mark.parametrize("life", [half_way, reminding, routed])
@pytest.mark.parametrize("opened", [frozenset(), frozenset({"reminders", "explained"})])
def test_exactly_the_rows_that_look_different_are_told(life, opened):
    bench = life()
    layout = lay_out(bench.plan, 80, View(opened))
    before = see(layout, None)
    for run in history(bench):
        after = see(layout, run)
        different = {y for y in range(layout.height) if drawn_row(before, y) != drawn_row(after, y)}
        assert changed_rows(before, after) == different
        before = after


def drawn_row(sight, y):
    return line(sight, y, ascii_only=False)


def test_a_step_that_ends_touches_what_it_lets_begin_and_their_wires():
    bench = half_way()
    layout = lay_out(bench.plan, 80)
    before = see(layout, bench.run)
    bench.returns("unit_tests")
    told = changed_rows(before, see(layout, bench.run))
    first, last = layout.boxes["unit_tests"].y, layout.boxes["review_a"].y
    assert told == set(range(first, last + 2))


def test_moving_the_selection_touches_two_rows():
    layout = lay_out(DIAMOND, 80)
    told = changed_rows(see(layout, None, "read"), see(layout, None, "sort"))
    assert told == {layout.boxes["read"].y, layout.boxes["sort"].y}


def test_another_layout_touches_every_row():
    bench = half_way()
    narrow, wide = (see(lay_out(bench.plan, width), bench.run) for width in (36, 80))
    assert changed_rows(narrow, wide) == set(range(max(narrow.layout.height, wide.layout.height)))


def test_statuses_never_move_anything():
    bench = reminding()
    layout = lay_out(bench.plan, 80)
    blank = [plain(row) for row in drawn(layout)]
    for row, empty in zip(drawn(layout, bench.run), blank, strict=True):
        assert len(plain(row)) == len(empty)
