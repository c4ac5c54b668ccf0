"""What was billed, from a run's facts: the same to the micro-dollar as the fold, whatever happens."""

from typing import Any

from bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import sized
from test_properties import PLANS, one_event

from mntui.core.spending import DAY_MICROS, entries, forecast, last_days, sums, total

AGENT = """
models: {fast: {}}
agents: {writer: {role: executor, model: fast, instructions: "Say it."}}
steps: {draft: {agent: writer, with: {}}}
"""


@given(name=st.sampled_from(sorted(PLANS)), data=st.data())
@settings(max_examples=sized(40, 2000), deadline=None)
def test_whatever_happens_calls_steps_and_days_come_to_what_the_run_says(name: str, data: Any) -> None:
    bench = Bench("", plan=PLANS[name], inputs={"list": [1, 2, 3]})
    for _ in range(data.draw(st.integers(0, 40))):
        if bench.run.ended:
            break
        one_event(bench, data.draw)
    billed = entries(bench.facts)
    spend = bench.run.spend
    for by in ("model", "step", "day", "blueprint"):
        whole = total(sums(billed, by, "bench"))
        assert whole.micros == spend.micros
        assert (whole.unknown_calls, whole.input_tokens) == (spend.unknown_calls, spend.input_tokens)
        assert whole.output_tokens == spend.output_tokens
    assert sum(entry.estimated for entry in billed) == spend.estimated_calls


def test_a_call_that_was_lost_with_its_worker_counts_as_an_estimate_apart_from_what_was_measured() -> None:
    bench = Bench(AGENT)
    bench.dies()
    bench.says("draft#1.0")
    (only,) = sums(entries(bench.facts), "step")
    assert (only.key, only.calls, only.measured_micros) == ("draft", 2, 7)
    assert [entry.cause for entry in entries(bench.facts)] == ["lost", "answer"]
    assert [entry.estimated for entry in entries(bench.facts)] == [True, False]


def test_a_budget_of_a_day_lasts_or_tells_when_it_is_reached() -> None:
    noon = DAY_MICROS // 2
    lasts = forecast("all", 1_000_000, 400_000, noon)
    assert (lasts.left_micros, lasts.by_midnight_micros, lasts.reached_at) == (600_000, 800_000, None)
    short = forecast("all", 600_000, 400_000, noon)
    assert short.reached_at == noon + noon // 2
    assert forecast("all", 1, 2, noon).reached_at == noon
    assert forecast("all", 5, 0, noon).reached_at is None


def test_a_day_begins_at_the_persons_own_midnight() -> None:
    hour = DAY_MICROS // 24
    assert forecast("all", 100, 50, 23 * hour, hour).hourly_micros == 50 * 60
    assert last_days((), 23 * hour, 1, hour)[0].key == "1970-01-02"


def test_days_without_a_call_are_shown_too() -> None:
    days = last_days((), 3 * DAY_MICROS, 2)
    assert [(day.key, day.calls) for day in days] == [("1970-01-03", 0), ("1970-01-04", 0)]
