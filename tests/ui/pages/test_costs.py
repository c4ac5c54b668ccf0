from dataclasses import replace

from immutables import Map

from mntui.core.compare import Cell, Column
from mntui.core.events import Fact, ModelAnswered, ModelCallStarted
from mntui.core.messages import RunRow
from mntui.core.money import Cost, Usage
from mntui.ui.drawing.text import plain
from mntui.ui.pages.arranged import arranged, following
from mntui.ui.pages.costs import by_model, cost_page, expected, few
from mntui.ui.pages.heads import run_standing
from tests.ui.drawing.plans import half_way

ROW = RunRow("id", "a", "letter", "succeeded", (), True, 1, 1, 0, True, 0, 10, "/f")


def rows(*costs: int) -> list[RunRow]:
    return [replace(ROW, run=f"r{number}", cost_micros=cost) for number, cost in enumerate(costs)]


def test_each_model_has_its_own_sum_the_dearest_first() -> None:
    events = (
        ModelCallStarted("a", "1.0", 1, "x/cheap", "p"),
        ModelAnswered("a", "1.0", 1, "hi", Usage(100, cached_tokens=50, output_tokens=5), Cost(10)),
        ModelCallStarted("b", "1.0", 1, "x/dear", "p"),
        ModelAnswered("b", "1.0", 1, "hi", Usage(200, output_tokens=5), Cost(90)),
        ModelCallStarted("b", "1.0", 2, "x/cheap", "p"),
        ModelAnswered("b", "1.0", 2, "hi", Usage(1, output_tokens=1), Cost(None)),
    )
    told = by_model([Fact("r", n, n, "worker", event) for n, event in enumerate(events)])
    assert list(told) == ["x/dear", "x/cheap"]
    cheap, cached = told["x/cheap"]
    assert (cheap.micros, cheap.calls, cheap.unknown_calls, cached) == (10, 2, 1, 50)


def test_what_is_expected_is_the_middle_and_the_high_end_of_runs_with_a_known_price() -> None:
    assert expected([]) is None
    assert expected(rows(10)) == (10, 10, 1)
    assert expected(rows(*range(10, 110, 10))) == (60, 100, 10)
    unknown = [replace(ROW, cost_known=False), replace(ROW, ended_at=None)]
    assert expected(unknown) is None


def test_runs_are_arranged_as_asked_for() -> None:
    new = replace(ROW, run="new", started_at=9, status="running", ended_at=None)
    dear = replace(ROW, run="dear", cost_micros=9, started_at=1)
    stuck = replace(ROW, run="stuck", started_at=2, status="waiting", ended_at=None)
    three = [new, dear, stuck]
    assert [row.run for row in arranged(three, "newest", "all")] == ["new", "stuck", "dear"]
    assert next(row.run for row in arranged(three, "dearest", "all")) == "dear"
    assert next(row.run for row in arranged(three, "needing", "all")) == "stuck"
    assert [row.run for row in arranged(three, "newest", "waiting")] == ["stuck"]
    assert [row.run for row in arranged(three, "gone", "gone")] == ["new", "stuck", "dear"]
    assert following(["a", "b"], "b") == "a"


def test_large_numbers_are_short() -> None:
    assert [few(number) for number in (940, 18_240, 1_300_000)] == ["940", "18.2k", "1.3M"]


def test_a_run_served_by_a_stand_in_says_so_at_its_head_and_beside_its_cost() -> None:
    run = half_way().run._replace(models=Map({"fast": "ollama/qwen3:4b"}))
    served = run._replace(models=Map({"fast": "builtin/extractive"}))
    for width in (36, 70, 120):
        assert "stand-in" in plain(run_standing(served, 0, width))
        assert "stand-in" not in plain(run_standing(run, 0, width))
    shown = "\n".join(plain(row) for row in cost_page(served, None, (), (), 60))
    assert "builtin/extractive is a stand-in model" in shown


def test_other_models_throughout_are_beside_what_it_cost_and_unknown_is_no_zero() -> None:
    run = half_way().run
    others = (
        Column("openai/gpt-5.4-mini", "what_if", Cell(run.spend.micros // 2, 2, estimated=True)),
        Column("x/y", "what_if", Cell(None, 2)),
    )
    shown = "\n".join(plain(row) for row in cost_page(run, None, (), (), 70, others))
    assert "if openai/gpt-5.4-mini throughout: ~$0.0256 (▼50%)" in shown
    assert "if x/y throughout: unknown" in shown
