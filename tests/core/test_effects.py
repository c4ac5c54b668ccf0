"""Effect classes: what is done after a crash between intent and outcome, and what a person may say."""

import pytest
from bench import Bench

from mntui.core.requests import Refused, Settle


def bench_of(effect: str, use: str = "python.pay") -> Bench:
    return Bench(
        f"tools: {{t: {{use: {use}, effect: {effect}}}}}\nsteps:\n  a: {{tool: t, with: {{n: 1}}}}\n"
        "  b: {set: {n: '{{ a.id }}'}}\noutputs: {n: '{{ b.n }}'}\n"
    )


def test_a_read_lost_with_its_worker_is_done_again() -> None:
    bench = bench_of("none")
    bench.dies()
    assert bench.begun == ["a#0.1@0.1", "a#0.1@0.2"]
    bench.returns("a", {"id": 3})
    assert bench.output() == {"n": 3}
    bench.check_replay()


def test_a_keyed_effect_lost_with_its_worker_is_called_again_under_the_same_key() -> None:
    bench = bench_of("keyed")
    key = bench.node("a").calls["0.1"].effect_key
    for _ in range(3):
        bench.dies()
    assert bench.node("a").calls["0.1"].effect_key == key
    assert bench.begun[-1] == "a#0.1@0.4"
    bench.returns("a", {"id": 3})
    assert bench.status() == "succeeded"
    assert {f.event.effect_key for f in bench.facts if type(f.event).__name__ == "ToolCallStarted"} == {key}


def test_a_reconcilable_effect_is_asked_for_before_it_is_called_again() -> None:
    bench = bench_of("reconcilable")
    bench.dies()
    assert bench.kinds()[-1] == "ReconcileStarted"
    bench.finds_nothing("a")
    assert bench.kinds()[-1] == "ToolCallStarted"
    bench.returns("a", {"id": 3})
    assert bench.status() == "succeeded"
    bench.check_replay()


def test_a_reconcilable_effect_that_happened_is_only_recorded() -> None:
    bench = bench_of("reconcilable")
    bench.dies()
    bench.returns("a", {"id": 3})
    assert bench.kinds().count("ToolCallStarted") == 1
    assert bench.output() == {"n": 3}


def test_a_crash_while_reconciling_reconciles_again() -> None:
    bench = bench_of("reconcilable")
    bench.dies()
    bench.dies()
    bench.finds_nothing("a")
    bench.dies()
    assert bench.kinds()[-1] == "ReconcileStarted"
    bench.returns("a", {"id": 3})
    assert bench.status() == "succeeded"
    bench.check_replay()


@pytest.mark.parametrize("how", ["crash", "exception", "timeout"])
def test_an_unsafe_effect_with_an_open_outcome_is_parked_for_a_person(how: str) -> None:
    bench = bench_of("unsafe")
    if how == "crash":
        bench.dies()
    else:
        bench.fails("a", how, retryable=how == "timeout")
    assert bench.status() == "waiting"
    assert bench.only_ask().kind == "in_doubt"
    assert bench.status("a") == "waiting"
    bench.dies()
    assert bench.only_ask().kind == "in_doubt"


def test_an_unsafe_effect_that_certainly_was_not_sent_is_retried() -> None:
    bench = bench_of("unsafe")
    bench.fails("a", "NotSent", retryable=True, sent=False)
    bench.later(2)
    bench.returns("a", {"id": 1})
    assert bench.status() == "succeeded"


def test_settled_as_happened_records_the_result_that_the_person_gives() -> None:
    bench = bench_of("unsafe")
    bench.dies()
    assert bench.ask(Settle(bench.only_ask().id, "happened", {"id": 8})) is None
    assert (bench.status(), bench.output()) == ("succeeded", {"n": 8})
    bench.check_replay()


def test_settled_as_not_happened_calls_again_in_a_new_generation() -> None:
    bench = bench_of("unsafe")
    key = bench.node("a").calls["0.1"].effect_key
    bench.dies()
    bench.ask(Settle(bench.only_ask().id, "not-happened"))
    assert bench.begun[-1] == "a#0.1@1.1"
    assert bench.node("a").calls["0.1"].effect_key != key
    bench.returns("a", {"id": 2})
    assert bench.output() == {"n": 2}
    bench.check_replay()


def test_an_abandoned_effect_fails_its_step() -> None:
    bench = bench_of("unsafe")
    bench.dies()
    bench.ask(Settle(bench.only_ask().id, "abandon"))
    assert (bench.status(), bench.status("a")) == ("failed", "failed")


def test_a_second_settlement_is_told_who_was_first() -> None:
    bench = bench_of("unsafe")
    bench.dies()
    ask = bench.only_ask().id
    bench.ask(Settle(ask, "happened", {"id": 1}), actor="person:ann")
    refusal = bench.ask(Settle(ask, "abandon"))
    assert isinstance(refusal, Refused)
    assert refusal.code == "already_decided"
    assert "settled as happened by person:ann at" in refusal.message


def test_compensation_is_refused_honestly_until_it_is_there() -> None:
    bench = bench_of("unsafe")
    bench.dies()
    refusal = bench.ask(Settle(bench.only_ask().id, "compensate"))
    assert refusal is not None
    assert refusal.code == "later"


def test_the_intent_of_an_append_is_found_again_after_a_crash() -> None:
    bench = Bench("tools: {t: {use: files.append}}\nsteps:\n  a: {tool: t, with: {path: log.txt, text: x}}\n")
    assert bench.node("a").calls["0.1"].intent == {"offset": 0}
    bench.dies()
    assert bench.node("a").calls["0.1"].intent == {"offset": 0}
    assert bench.kinds()[-1] == "ReconcileStarted"


def test_a_call_lost_while_its_run_is_cancelled_is_still_completed() -> None:
    from mntui.core.requests import Cancel

    bench = bench_of("keyed")
    bench.ask(Cancel())
    bench.dies()
    assert bench.begun == ["a#0.1@0.1", "a#0.1@0.2"]
    bench.returns("a", {"id": 1})
    assert bench.status() == "cancelled"
    assert bench.node("a").calls["0.1"].status == "succeeded"
