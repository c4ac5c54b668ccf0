"""The layout over random graphs: nothing overlaps, and every edge can be followed by eye and no other."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mntui.core.plan import Plan
from mntui.ui.drawing.fitting import View
from mntui.ui.drawing.graph import graph_of
from mntui.ui.drawing.layout import EVERYTHING_CLOSED, Box, Layout, hit, lay_out
from mntui.ui.drawing.lines import lines, see
from mntui.ui.drawing.text import plain
from tests.sizes import sized
from tests.ui.drawing.plans import fan_out, invoice_reconcile, issue_fixer, plan_of_needs
from tests.ui.drawing.tracing import reached

IDS = st.sampled_from(["a", "fetch", "search_the_archive", "search_the_ledger", "review"])


@st.composite
def graphs(draw: st.DrawFn) -> Plan:
    """Up to 16 steps, some in long chains, some that need almost everything before them."""
    needs: dict[str, list[str]] = {}
    for number in range(draw(st.integers(1, 16))):
        before = list(needs)
        most = draw(st.sampled_from([1, 2, 2, 3, 8]))
        chosen = draw(st.lists(st.sampled_from(before), max_size=most, unique=True)) if before else []
        needs[f"{draw(IDS)}_{number}"] = chosen
    return plan_of_needs(needs)


WIDTHS = st.sampled_from([20, 40, 80, 120, 160])
SOME = settings(max_examples=sized(50, 3000), deadline=None)


def drawn(layout: Layout) -> list[str]:
    return [plain(line) for line in lines(see(layout, None), ascii_only=False)]


def edges_as_drawn(layout: Layout) -> dict[str, set[str]]:
    texts = drawn(layout)
    return {path: reached(layout, texts, path) for path in layout.boxes}


def edges_of(plan: Plan, view: View = EVERYTHING_CLOSED) -> dict[str, set[str]]:
    return {path: set(targets) for path, targets in graph_of(plan, view.opened).targets.items()}


@SOME
@given(graphs(), WIDTHS)
def test_every_edge_can_be_followed_cell_by_cell_and_no_other(plan, width):
    assert edges_as_drawn(lay_out(plan, width)) == edges_of(plan)


def test_wires_that_would_have_to_pass_above_each_other_bend():
    alone = dict.fromkeys(("long_name_0", "long_name_1", "name_2", "s_3", "s_4", "s_5"), ())
    wanted = {
        "s_6": ["name_2", "s_4", "s_5"],
        "long_name_7": ["long_name_0", "s_4", "s_5"],
        "s_8": ["long_name_0", "name_2", "s_5"],
    }
    plan = plan_of_needs({**alone, **wanted})
    layout = lay_out(plan, 80)
    assert any("╰╮" in text for text in drawn(layout))
    assert edges_as_drawn(layout) == edges_of(plan)


@SOME
@given(graphs(), WIDTHS)
def test_nothing_overlaps_and_every_cell_of_a_step_answers_for_it(plan, width):
    layout = lay_out(plan, width)
    for row in layout.rows:
        ends = 0
        for piece in row:
            assert piece.x >= ends
            ends = piece.x + (piece.width if isinstance(piece, Box) else len(piece.text))
        assert ends < layout.width
    hits = Counter(hit(layout, x, y) for y in range(-1, layout.height + 1) for x in range(-1, layout.width + 1))
    del hits[None]
    assert hits == {path: box.width for path, box in layout.boxes.items()}


@SOME
@given(graphs(), WIDTHS)
def test_the_same_graph_is_drawn_the_same_and_labels_differ(plan, width):
    layout = lay_out(plan, width)
    assert lay_out(plan, width) == layout
    assert len({box.label for box in layout.boxes.values()}) == len(plan.steps)


@SOME
@given(graphs())
def test_every_step_stands_below_what_it_needs(plan):
    boxes = lay_out(plan, 80).boxes
    assert all(boxes[need].y < boxes[step.path].y for step in plan.steps.values() for need in step.needs)


@pytest.mark.parametrize("plan", [issue_fixer(), invoice_reconcile()])
def test_room_that_is_not_needed_changes_nothing(plan):
    assert lay_out(plan, 80) == lay_out(plan, 120) == lay_out(plan, 160)


@pytest.mark.parametrize("width", [24, 30, 40, 60, 80])
def test_a_narrow_pane_is_kept_to(width):
    assert lay_out(issue_fixer(), width).width <= width


def test_a_wide_fan_is_broken_into_rows_instead_of_unreadable_labels():
    needs = {"start": [], **{f"look_into_source_{n}": ["start"] for n in range(30)}}
    plan = plan_of_needs({**needs, "end": [name for name in needs if name != "start"]})
    layout = lay_out(plan, 80)
    assert layout.width <= 80
    assert min(len(box.label) for path, box in layout.boxes.items() if "look" in path) >= 11
    assert edges_as_drawn(layout) == edges_of(plan)


@pytest.mark.parametrize(
    "opened", [{"reminders"}, {"reminders", "explained", "ledger"}, {"reminders[0]", "reminders[2]"}]
)
@pytest.mark.parametrize("width", [50, 80, 120])
def test_opened_containers_lead_into_their_steps_and_on(opened, width):
    plan, view = invoice_reconcile(), View(frozenset(opened))
    layout = lay_out(plan, width, view)
    assert edges_as_drawn(layout) == edges_of(plan, view)


def test_twins_of_two_items_say_whose_they_are():
    plan = fan_out("start", "each", ["draft", "check"], "end")
    boxes = lay_out(plan, 80, View(frozenset({"each[0]", "each[1]"}), {"each[1]": "Meier AG"})).boxes
    assert boxes["each[0]/draft"].label == "draft [0]"
    assert boxes["each[1]/draft"].label == "draft Meier AG"
    assert edges_of(plan, View(frozenset({"each[0]"})))["each[0]/check"] == {"end"}


def test_more_items_than_there_is_room_for_make_room():
    plan = fan_out("start", "each", ["draft"], "end")
    few, many = (lay_out(plan, 80, View(items={"each": count})) for count in (99, 100_000))
    assert few == lay_out(plan, 80)
    assert many.boxes["each"].width > few.boxes["each"].width


def test_nothing_to_draw_is_an_empty_layout():
    assert lay_out(plan_of_needs({}), 80).height == 0
    assert hit(lay_out(plan_of_needs({}), 80), 0, 0) is None
