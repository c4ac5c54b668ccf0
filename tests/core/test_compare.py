"""Steps × models: totals, the best mix, what would change by role. Unknown is never zero and never chosen."""

from mntui.core.compare import Bindings, Cell, Filled, Measured, cell_of, matrix

BOUND = Bindings({"fast": "o/now", "strong": "o/big"}, {"sort": "fast", "draft": "strong", "sum": "fast"})


def column(name: str, kind: str = "what_if", passed: dict[str, bool] | None = None, **micros: int | None) -> Filled:
    calls = tuple(Measured(step, amount, 10, seconds=1.0) for step, amount in micros.items())
    return Filled(name, kind, calls, passed or {})  # type: ignore[arg-type]


NOW = column("now", "recorded", {"sort": True, "draft": True, "sum": True}, sort=10, draft=100, sum=10)


def test_each_cell_and_total_says_what_it_comes_to() -> None:
    made = matrix("r", "b", "table", [NOW, column("o/small", sort=4, draft=40, sum=7)], BOUND)
    assert made.steps == ("sort", "draft", "sum")
    assert [column.total.micros for column in made.columns] == [120, 51]
    assert made.cells["draft"][1] == Cell(40, 1, 10, p50_seconds=1.0)


def test_one_unknown_price_makes_a_total_unknown_and_is_never_chosen() -> None:
    made = matrix("r", "b", "table", [NOW, column("o/dark", sort=None, draft=40, sum=1)], BOUND)
    assert made.columns[1].total.micros is None
    assert [choice.model for choice in made.best] == ["o/now", "o/dark", "o/dark"]
    assert [change.role for change in made.changes] == ["strong"]


def test_the_best_is_the_cheapest_that_is_not_known_to_do_worse() -> None:
    worse = column("o/bad", "rerun", {"draft": False}, sort=1, draft=1, sum=1)
    made = matrix("r", "b", "table", [NOW, worse, column("o/small", sort=2, draft=2, sum=2)], BOUND)
    assert [choice.model for choice in made.best] == ["o/bad", "o/small", "o/bad"]
    assert made.mix_micros == 4
    assert {(change.role, change.before, change.after) for change in made.changes} == {
        ("fast", "o/now", "o/bad"),
        ("strong", "o/big", "o/small"),
    }


def test_a_rerun_that_ended_early_is_not_taken_for_cheap() -> None:
    cut = column("o/cut", "rerun", sort=1)
    made = matrix("r", "b", "table", [NOW, cut], BOUND)
    assert made.cells["draft"][1].calls == 0
    assert [choice.model for choice in made.best] == ["o/cut", "o/big", "o/now"]
    assert not made.changes


def test_a_stand_in_is_never_chosen() -> None:
    stand_in = Bindings({"fast": "builtin/extractive", "strong": "builtin/extractive"}, BOUND.roles)
    now = column("now", "recorded", sort=0, draft=0, sum=0)
    made = matrix("r", "b", "table", [now, column("o/small", sort=4, draft=40, sum=7)], stand_in)
    assert {choice.model for choice in made.best} == {"o/small"}
    assert made.mix_micros == 51


def test_the_median_time_is_known_only_where_every_call_is() -> None:
    calls = [Measured("a", 1, seconds=each) for each in (1.0, 9.0, 2.0)]
    assert cell_of(calls, None).p50_seconds == 2.0
    assert cell_of([*calls, Measured("a", 1)], None).p50_seconds is None
