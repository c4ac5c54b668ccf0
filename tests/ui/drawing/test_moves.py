"""The selection follows wires and rows."""

from hypothesis import given

from mntui.ui.drawing.layout import lay_out
from mntui.ui.drawing.moves import neighbour
from tests.ui.drawing.plans import issue_fixer, plan_of_needs
from tests.ui.drawing.test_layout import SOME, graphs

LAYOUT = lay_out(issue_fixer(), 80)


def test_down_and_up_follow_wires_to_the_nearest_step():
    assert neighbour(LAYOUT, "issue_opened", "down") == "fetch_repo"
    assert neighbour(LAYOUT, "plan", "up") == "fetch_repo"
    assert neighbour(LAYOUT, "approve", "down") == "open_pr"


def test_left_and_right_stay_in_the_row():
    assert neighbour(LAYOUT, "lint", "right") == "unit_tests"
    assert neighbour(LAYOUT, "unit_tests", "left") == "lint"


def test_at_an_edge_the_selection_stays():
    assert neighbour(LAYOUT, "lint", "left") == "lint"
    assert neighbour(LAYOUT, "issue_opened", "up") == "issue_opened"
    assert neighbour(LAYOUT, "notify", "down") == "notify"


def test_a_step_that_is_not_shown_any_more_gives_the_first_one():
    assert neighbour(LAYOUT, "reminders[3]/draft", "down") == "issue_opened"
    assert neighbour(lay_out(plan_of_needs({}), 80), "x", "down") == ""


@SOME
@given(graphs())
def test_going_down_always_ends_at_a_step_that_nobody_needs(plan):
    layout = lay_out(plan, 80)
    for path in plan.roots:
        while (below := neighbour(layout, path, "down")) != path:
            assert layout.boxes[below].y > layout.boxes[path].y
            path = below  # noqa: PLW2901 -- the walk goes on from there
        assert not plan.steps[path].dependents
