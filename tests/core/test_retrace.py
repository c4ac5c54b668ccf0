"""A replay stops at the fact that cannot have followed, and finds nothing wrong with what really happened."""

from dataclasses import replace
from typing import Any

import pytest
from bench import RUN_ID, Bench
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import sized
from test_properties import PLANS, TEXTS, finish, one_event

from mntui.core import events as e
from mntui.core.requests import Approve, Cancel, Pause, Resume, Terminate
from mntui.core.retrace import retrace
from mntui.core.run import new_run
from mntui.core.values import Problem

PAY = """
tools: {pay: {use: python.pay, effect: keyed, approve: always}}
steps:
  pay: {tool: pay, with: {amount: 20}}
  ok: {approve: "Go on?", show: {n: 1}, edit: [n], needs: [pay]}
"""


def paid() -> Bench:
    bench = Bench(PAY)
    bench.ask(Approve("bench-1.1", bench.only_ask().digest, {"amount": 30}))
    bench.returns("pay")
    bench.ask(Approve("bench-1.2", bench.only_ask().digest, {"n": 2}))
    return bench


def divergence(bench: Bench, facts: list[e.Fact]) -> Any:
    return retrace(new_run(RUN_ID, bench.plan), facts).divergence


def swapped(bench: Bench, kind: str, **changes: Any) -> list[e.Fact]:
    """The facts, with the first of a kind told otherwise."""
    at = bench.kinds().index(kind)
    fact = bench.facts[at]
    return [*bench.facts[:at], replace(fact, event=replace(fact.event, **changes)), *bench.facts[at + 1 :]]


def inserted(bench: Bench, after: str, event: e.Event) -> list[e.Fact]:
    at = bench.kinds().index(after) + 1
    fact = e.Fact(RUN_ID, at + 1, bench.facts[at - 1].at, "worker", event)
    return [*bench.facts[:at], fact, *(replace(f, seq=f.seq + 1) for f in bench.facts[at:])]


@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
@settings(max_examples=sized(60, 3000), deadline=None)
def test_whatever_really_happened_can_have_happened(name: str, data: Any) -> None:
    bench = Bench("", plan=PLANS[name], inputs={"list": [1, 2, 3]})
    for _ in range(data.draw(st.integers(0, 60))):
        if not bench.run.ended:
            one_event(bench, data.draw)
    finish(bench)
    retraced = retrace(new_run(RUN_ID, bench.plan), bench.facts)
    assert retraced.divergence is None
    assert retraced.run == bench.run


@pytest.mark.parametrize("request_", [Cancel("no"), Terminate("now")], ids=["cancel", "terminate"])
def test_a_run_that_a_person_steers_can_have_happened(request_: Any) -> None:
    bench = Bench(PAY)
    for each in (Pause(), Resume(), request_):
        assert bench.ask(each) is None
    assert divergence(bench, bench.facts) is None


def test_edited_approvals_can_have_happened() -> None:
    bench = paid()
    assert bench.run.ended == "succeeded"
    assert divergence(bench, bench.facts) is None


def test_a_missing_fact_is_named_by_the_number_that_should_follow() -> None:
    bench = paid()
    found = divergence(bench, [*bench.facts[:3], *bench.facts[4:]])
    assert (found.seq, found.why) == (5, "number 4 should follow")


CHANGED = [
    ("StepStarted", {"path": "ok"}, "did not offer to start this step"),
    ("StepStarted", {"path": "nowhere"}, "no step nowhere"),
    ("ToolCallStarted", {"attempt": 2}, "attempt 1 of the call was due, not 2"),
    ("ToolCallStarted", {"call": "0.2"}, "did not offer the call 0.2"),
    ("ToolCallStarted", {"effect_key": "another"}, "its effect key is not the one"),
    ("ToolCallStarted", {"digest": "another"}, "not what was approved"),
    ("ToolReturned", {"attempt": 7}, "attempt 7 of the call 0.1 was not in flight"),
    ("ToolReturned", {"call": "9.9"}, "no call 9.9"),
    ("StepSucceeded", {"path": "ok"}, "did not offer to end this step"),
    ("ApprovalRequested", {"ask": "bench-1.5"}, "the next thing asked is bench-1.1"),
    ("ApprovalGranted", {"ask": "bench-1.2"}, "was not waiting for anybody"),
    ("ApprovalGranted", {"digest": "another"}, "something else than was shown"),
    ("ApprovalGranted", {"values": {"amount": 31}}, "not the ones of its digest"),
]


@pytest.mark.parametrize(("kind", "changes", "why"), CHANGED, ids=lambda value: str(value)[:40])
def test_a_fact_told_otherwise_is_named(kind: str, changes: dict[str, Any], why: str) -> None:
    bench = paid()
    found = divergence(bench, swapped(bench, kind, **changes))
    assert (found.kind, found.seq) == (kind, bench.kinds().index(kind) + 1)
    assert why in found.why


NEVER = [
    ("RunStarted", e.RunEnded("succeeded"), "did not offer to end the run"),
    ("RunStarted", e.RunResumed(), "was not paused"),
    ("RunStarted", e.RunReopened(), "only a run that failed"),
    ("RunStarted", e.StepFailed("ok", Problem("x", "y")), "did not offer to end this step"),
    ("RunStarted", e.StepRetried("pay", 1), "only a failed step"),
    ("RunStarted", e.StepsPlanned("pay", 3), "no items to plan"),
    ("RunStarted", e.TimerArmed("pay", e.Timer(1)), "waits for no time"),
    ("RunStarted", e.TimerFired("pay"), "no such timer"),
    ("RunStarted", e.EffectInDoubt("bench-1.1", "pay", "0.1", Problem("x", "y")), "was not in doubt"),
    ("RunStarted", e.QuestionAsked("bench-1.1", "ok", "", "?", "d"), "asks nothing"),
    ("StepStarted", e.RetryScheduled("pay", "0.1", 1, e.Timer(1), ""), "no retry"),
    ("StepStarted", e.ReconcileStarted("pay", "0.1", 1), "nothing to ask the provider"),
    ("StepStarted", e.ModelCallStarted("pay", "0.1", 1, "m", "p"), "did not offer the call"),
    ("StepStarted", e.StepSucceeded("pay", given="by hand"), "nobody could give"),
    ("ApprovalRequested", e.QuestionAnswered("bench-1.1", 1), "is no question"),
    ("ApprovalRequested", e.EffectSettled("bench-1.1", "happened"), "is no in doubt"),
    ("ApprovalRequested", e.BudgetRaised("bench-1.1", 1, 1), "is no budget"),
    ("RunEnded", e.RunPaused(), "the run had succeeded"),
]


@pytest.mark.parametrize(("after", "event", "why"), NEVER, ids=lambda value: str(value)[:40])
def test_a_fact_that_could_not_follow_is_named(after: str, event: e.Event, why: str) -> None:
    bench = paid()
    found = divergence(bench, inserted(bench, after, event))
    assert found.kind == event.kind
    assert why in found.why


def test_a_fact_of_another_run_or_of_an_earlier_time_is_named() -> None:
    bench = paid()
    last = bench.facts[-1]
    assert "another run" in divergence(bench, [*bench.facts[:-1], replace(last, run="other")]).why
    assert "happened before" in divergence(bench, [*bench.facts[:-1], replace(last, at=1)]).why


def test_what_cannot_be_folded_is_a_divergence_and_never_a_bug() -> None:
    bench = Bench("steps: {each: {for_each: '{{ [1, 2] }}', steps: {s: {set: {a: 1}}}}}")
    found = divergence(bench, swapped(bench, "StepsPlanned", count="many"))
    assert "can't be folded" in found.why
