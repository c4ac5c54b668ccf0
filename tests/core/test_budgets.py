"""What is done at a budget: ask (raise, cheaper, finish, stop), stop, or cheaper at once."""

import pytest
from bench import Bench
from catalogs import Priced

from mntui.core.events import BudgetReached, ModelSwitched
from mntui.core.requests import Respond
from mntui.core.why import why

PRICES = {"p/dear": 900_000, "p/fair": 4000, "p/cheap": 1000, "builtin/extractive": 0}
TEXT = """
models: {fast: {prefer: [p/dear, p/fair, p/cheap, p/gone, p/unknown]}}
agents: {w: {role: executor, model: fast, instructions: Be brief.}}
budget: {usd: 0.01, on_reach: ask}
steps:
  a: {agent: w, with: {x: 1}}
  b: {agent: w, with: {x: "{{ a.text }}"}}
  c: {set: {y: 1}}
outputs: {said: "{{ b.text }}", y: "{{ c.y }}"}
"""


def bench_of(text: str = TEXT, model: str = "p/dear", prices: dict[str, int] | None = None) -> Bench:
    catalog = Priced(PRICES if prices is None else prices, absent=("p/gone",))
    return Bench(text, models={"fast": model}, catalog=catalog)


def respond(bench: Bench, value: object) -> None:
    refusal = bench.ask(Respond(bench.only_ask().id, value))
    assert refusal is None, refusal


def test_the_call_that_could_cross_it_is_not_made_and_a_person_is_asked() -> None:
    bench = bench_of()
    assert bench.begun == []
    assert bench.only_ask().shown == {"limit": "usd", "needed": 900_000, "left": 10_000, "cheaper": "p/fair"}
    (blocker,) = why(bench.run)
    assert "go on with p/fair (cheaper), finish with what there is (finish), or stop" in blocker.what


def test_raised_it_goes_on() -> None:
    bench = bench_of()
    respond(bench, {"raise_usd": 2})
    bench.says("a#1.0")
    bench.says("b#1.0")
    assert bench.status() == "succeeded"
    bench.check_replay()


def test_answered_by_a_cheaper_model_it_goes_on_with_the_best_that_fits_and_so_does_the_next_call() -> None:
    bench = bench_of()
    respond(bench, "cheaper")
    assert bench.node("a").calls["1.0"].model == "p/fair"
    bench.says("a#1.0")
    assert bench.node("b").calls["1.0"].model == "p/fair"
    bench.says("b#1.0")
    assert bench.status() == "succeeded"
    assert not bench.run.asks
    bench.check_replay()


def test_where_nothing_cheaper_fits_that_answer_is_refused_with_what_works() -> None:
    bench = bench_of(prices={"p/dear": 900_000, "p/fair": 800_000})
    refusal = bench.ask(Respond(bench.only_ask().id, "cheaper"))
    assert refusal is not None
    assert refusal.code == "no_cheaper"
    assert "raise_usd" in refusal.remedy


def test_finish_ends_with_what_there_is() -> None:
    bench = bench_of()
    respond(bench, "finish")
    assert bench.statuses() == {"a": "cancelled", "b": "skipped", "c": "succeeded"}
    assert bench.output() == {"y": 1}
    assert bench.status() == "succeeded"
    assert bench.begun == []
    bench.check_replay()


def test_finish_still_makes_the_calls_that_fit() -> None:
    bench = bench_of(model="p/fair", text=TEXT.replace("0.01", "0.0045").replace("{{ a.text }}", "2"))
    assert bench.begun == ["a#1.0@0.1"]
    respond(bench, "finish")
    bench.says("a#1.0")
    assert bench.statuses() == {"a": "succeeded", "b": "cancelled", "c": "succeeded"}


def test_on_reach_cheaper_asks_nobody_while_something_cheaper_fits() -> None:
    bench = bench_of(TEXT.replace("on_reach: ask", "on_reach: cheaper"))
    assert bench.begun == ["a#1.0@0.1"]
    events = [fact.event for fact in bench.facts]
    assert [(e.model, e.cause) for e in events if isinstance(e, ModelSwitched)] == [("p/fair", "cheaper")]
    bench.check_replay()


def test_on_reach_cheaper_asks_where_nothing_fits() -> None:
    bench = bench_of(TEXT.replace("on_reach: ask", "on_reach: cheaper"), prices={"p/dear": 900_000})
    assert bench.only_ask().kind == "budget"


def test_on_reach_stop_fails_before_the_call() -> None:
    bench = bench_of(TEXT.replace("on_reach: ask", "on_reach: stop"))
    assert (bench.status(), bench.begun) == ("failed", [])


def test_an_unknown_price_asks_once_and_goes_on_where_the_person_lets_it() -> None:
    bench = bench_of(model="p/unknown", prices={})
    ask = bench.only_ask()
    assert "Nobody knows what the next call of a costs" in ask.question
    assert ask.shown["needed"] is None
    respond(bench, {"raise_usd": 1})
    bench.says("a#1.0")
    bench.says("b#1.0")
    assert bench.status() == "succeeded"
    assert bench.run.budget_micros == 1_010_000
    bench.check_replay()


@pytest.mark.parametrize("order", ["ask", "cheaper"])
def test_eight_calls_side_by_side_can_not_cross_it_together(order: str) -> None:
    steps = "".join(f"  s{i}: {{agent: w, with: {{x: 1}}}}\n" for i in range(8))
    text = TEXT[: TEXT.index("steps:")].replace("on_reach: ask", f"on_reach: {order}") + "steps:\n" + steps
    bench = bench_of(text, model="p/fair")
    reached = [fact.event for fact in bench.facts if isinstance(fact.event, BudgetReached)]
    assert len(reached) == 1
    assert bench.run.reserved_micros <= 10_000
    assert len(bench.open) == (2 if order == "ask" else 4)
    if order == "ask":
        respond(bench, {"raise_usd": 1})
        assert len(bench.open) == 8
