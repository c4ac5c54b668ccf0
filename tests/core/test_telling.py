"""Facts as sentences."""

from typing import get_args

import pytest
from bench import Bench

from mntui.core import events as e
from mntui.core.events import Event
from mntui.core.money import Cost, Usage
from mntui.core.telling import tell
from mntui.core.values import Problem

TIMER = e.Timer(5)
PROBLEM = Problem("Boom", "it broke", "mend it")
FACTS: tuple[Event, ...] = (
    e.RunStarted("a-1", "a", "1", "d", None, None, {}, {}, "/f", "/b"),
    e.RunAdopted("pid 1"),
    e.RunPaused(),
    e.RunResumed(),
    e.RunFailing(PROBLEM, "s"),
    e.RunCancelling("enough"),
    e.RunReopened(),
    e.RunEnded("failed", problem=PROBLEM),
    e.BudgetReached("a-1.1", "s", "usd", 5, 1),
    e.BudgetRaised("a-1.1", 2_000_000, 10),
    e.SignalReceived("paid"),
    e.StepStarted("s"),
    e.StepsPlanned("s", 3),
    e.StepSucceeded("s", chosen=("t",)),
    e.StepFailed("s", PROBLEM),
    e.StepSkipped("s", "its `if` is false"),
    e.StepCancelled("s", "its run ended"),
    e.StepRetried("s", 1),
    e.ModelCallStarted("s", "1.0", 2, "m", "d"),
    e.ModelAnswered("s", "1.0", 1, "hi", Usage(3, output_tokens=4), Cost(1200)),
    e.ModelCallFailed("s", "1.0", 1, PROBLEM, Usage(), Cost()),
    e.ToolCallStarted("s", "0.1", 1, "send", "python.send", {}, "d", "unsafe", "k"),
    e.ToolReturned("s", "0.1", 1, {}, reconciled=True),
    e.ToolCallFailed("s", "0.1", 1, PROBLEM),
    e.ReconcileStarted("s", "0.1", 2),
    e.ReconcileFoundNothing("s", "0.1", 2),
    e.LateOutcome("s", "0.1", 1, "it returned"),
    e.RetryScheduled("s", "0.1", 1, TIMER, "it broke"),
    e.TimerArmed("s", TIMER),
    e.TimerFired("s", "0.1"),
    e.ApprovalRequested("a-1.1", "s", "", "Send?", {}, "d"),
    e.ApprovalGranted("a-1.1", "d", {}, "d", ("body",)),
    e.ApprovalRejected("a-1.1", "wrong"),
    e.ApprovalExpired("a-1.1"),
    e.QuestionAsked("a-1.2", "s", "", "Which?", "d"),
    e.QuestionAnswered("a-1.2", 1),
    e.EffectInDoubt("a-1.3", "s", "0.1", PROBLEM),
    e.EffectSettled("a-1.3", "happened"),
    e.ModelSwitched("s", "1.0", "strong", "p/large", "fallback", "p/small: it broke"),
)


def test_the_examples_cover_every_kind_of_fact() -> None:
    assert {type(fact) for fact in FACTS} == set(get_args(Event))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.kind)
def test_every_fact_is_one_sentence_on_one_line(fact: Event) -> None:
    told = tell(fact)
    assert told.sentence
    assert "\n" not in told.sentence


def test_a_model_call_tells_its_tokens_and_its_cost() -> None:
    assert tell(FACTS[19]).sentence == "the model answered (3 tokens in, 4 out, $0.0012)"


def test_a_failure_tells_its_remedy() -> None:
    assert tell(e.StepFailed("s", PROBLEM)).sentence == "failed: it broke (mend it)"


def test_a_run_that_ended_without_success_says_what_does_not_hold() -> None:
    bench = Bench("steps: {s: {set: {a: 1}}}\nsuccess: {two: 's.a == 2'}")
    assert tell(bench.facts[-1].event).sentence == "the run has ended, but isn't a success: two doesn't hold"
