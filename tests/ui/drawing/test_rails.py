"""Lanes beside a list: each leads from a step to those that need it, and to no other. And which rows there are."""

from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from mntui.core.run import new_run
from mntui.ui.drawing.rails import MOST_ITEMS, RailsView, rows_of
from mntui.ui.drawing.rails_lanes import Rail, rails_of
from tests.sizes import sized
from tests.ui.drawing.plans import READ, half_way, reminding
from tests.ui.drawing.tracing import ARMS, DOWN, LEFT, RIGHT, UP

from bench import Bench  # isort: skip


@st.composite
def lists(draw: st.DrawFn) -> dict[str, list[str]]:
    """Targets by step, each further down."""
    count = draw(st.integers(1, 14))
    most = draw(st.sampled_from([1, 2, 3, 6]))
    names = [f"s{n}" for n in range(count)]
    return {
        name: draw(st.lists(st.sampled_from(names[n + 1 :]), max_size=most, unique=True)) if n + 1 < count else []
        for n, name in enumerate(names)
    }


@settings(max_examples=sized(100, 5000), deadline=None)
@given(lists())
def test_lanes_lead_to_every_target_and_to_no_other(targets):
    order = list(targets)
    rails = rails_of(order, targets, most=100)
    found = {path: {order[y] for y in traced(rails, index)} for index, path in enumerate(order)}
    assert found == {path: set(onward) for path, onward in targets.items()}


def traced(rails: Sequence[Rail], index: int) -> set[int]:
    """The rows that are reached from the sign of a row: sideways in its own row, then down."""
    x = rails[index].at
    waiting = [(x - 1, index, LEFT), (x + 1, index, RIGHT), (x, index + 1, DOWN)]
    found: set[int] = set()
    for x, y, heading in waiting:
        if y == len(rails):
            continue
        if heading == DOWN and x == rails[y].at:
            found.add(y)
            continue
        arms = arms_of(rails[y].text, x)
        back = (-heading[0], -heading[1])
        if heading == DOWN:
            onward = [DOWN] if {UP, DOWN} <= arms else []
        elif back in arms:
            onward = [arm for arm in arms if arm not in {back, UP}]
        else:
            onward = [heading] if arms == {UP, DOWN} else []
        waiting += [(x + dx, y + dy, (dx, dy)) for dx, dy in onward]
    return found


def arms_of(text: str, x: int) -> set[tuple[int, int]]:
    return set(ARMS.get(text[x], ())) if 0 <= x < len(text) else set()


def test_more_lanes_than_can_be_shown_end_in_an_ellipsis():
    targets: Mapping[str, list[str]] = {"a": [f"t{n}" for n in range(20)], **{f"t{n}": [] for n in range(20)}}
    rails = rails_of(list(targets), targets, most=4)
    assert all(len(rail.text) <= 9 and rail.at <= 8 for rail in rails)
    assert rails[0].text.endswith("…")


def paths(run, view=RailsView()):  # noqa: B008 -- a frozen value
    return [row.path for row in rows_of(run, view)]


def test_rows_are_in_the_order_in_which_steps_began():
    told = paths(Bench(READ + "steps: {late: {tool: read, needs: [b]}, a: {tool: read}, b: {set: {v: 1}}}").run)
    assert told == ["a", "b", "late"]


def test_rows_are_in_file_order_where_that_is_asked_for():
    bench = half_way()
    assert paths(bench.run, RailsView(order="file")) == list(bench.plan.roots)


def test_a_run_that_has_not_begun_has_all_its_rows():
    plan = half_way().plan
    assert len(paths(new_run("r", plan))) == len(plan.roots)


def test_opened_containers_show_their_items_and_opened_items_their_steps():
    run = reminding().run
    told = paths(run, RailsView(frozenset({"reminders", "reminders[0]"})))
    inner = ["reminders[0]/draft", "reminders[0]/check", "reminders[0]/deliver"]
    at = told.index("reminders")
    assert told[at : at + 6] == ["reminders", "reminders[0]", *inner, "reminders[1]"]


def test_of_very_many_items_those_that_need_a_look_are_listed():
    many = "inputs: {many: {type: list, default: []}}\n"
    bench = Bench(
        many + READ + "steps: {e: {for_each: '{{ inputs.many }}', max_parallel: 400, steps: {r: {tool: read}}}}",
        inputs={"many": list(range(500))},
    )
    bench.fails("e[399]/r")
    for number in range(210):
        bench.returns(f"e[{number}]/r")
    rows = rows_of(bench.run, RailsView(frozenset({"e"})))
    assert len(rows) == MOST_ITEMS + 2
    assert rows[-1].folded == 500 - MOST_ITEMS
    assert {"e[210]", "e[399]"} <= {row.path for row in rows}
