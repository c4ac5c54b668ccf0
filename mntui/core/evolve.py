"""Fold one fact into a run. Total, deterministic and cheap: no template is rendered, no delay computed, nothing asked.

Each group of facts is folded in a file of its own; a fact missing here breaks the type check.
"""

from typing import assert_never

from mntui.core import events as e
from mntui.core.draft import Draft
from mntui.core.fold_calls import fold_model, fold_tool
from mntui.core.fold_people import fold_person
from mntui.core.fold_retry import reopen
from mntui.core.fold_run import fold_run, fold_time
from mntui.core.fold_steps import fold_step
from mntui.core.run import Run


def evolve(run: Run, fact: e.Fact) -> Run:
    """The run after `fact`. Raises ValueError when the fact isn't the next one: a gap would be silent damage."""
    if fact.seq != run.seq + 1:
        raise ValueError(f"run {run.id}: fact {fact.seq} can't follow {run.seq}")
    draft = Draft(run, max(fact.at, run.at), fact.actor)
    event = fact.event
    match event:
        case e.StepStarted() | e.StepsPlanned() | e.StepSucceeded() | e.StepFailed():
            fold_step(draft, event)
        case e.StepSkipped() | e.StepCancelled():
            fold_step(draft, event)
        case e.StepRetried(path=path, generation=generation):
            reopen(draft, path, generation)
        case e.ToolCallStarted() | e.ToolReturned() | e.ToolCallFailed():
            fold_tool(draft, event)
        case e.ReconcileStarted() | e.ReconcileFoundNothing():
            fold_tool(draft, event)
        case e.ModelCallStarted() | e.ModelAnswered() | e.ModelCallFailed():
            fold_model(draft, event)
        case e.LateOutcome() | e.BudgetReached() | e.BudgetRaised() | e.ModelSwitched():
            fold_model(draft, event)
        case e.RetryScheduled() | e.TimerArmed() | e.TimerFired() | e.SignalReceived():
            fold_time(draft, event)
        case e.ApprovalRequested() | e.ApprovalGranted() | e.ApprovalRejected() | e.ApprovalExpired():
            fold_person(draft, event)
        case e.QuestionAsked() | e.QuestionAnswered() | e.EffectInDoubt() | e.EffectSettled():
            fold_person(draft, event)
        case e.RunStarted() | e.RunAdopted() | e.RunPaused() | e.RunResumed():
            fold_run(draft, event)
        case e.RunFailing() | e.RunCancelling() | e.RunReopened() | e.RunEnded():
            fold_run(draft, event)
        case _:
            assert_never(event)
    return draft.finish(fact.seq)


def replay(run: Run, facts: "tuple[e.Fact, ...] | list[e.Fact]") -> Run:
    """Fold many facts, in order. No I/O."""
    for fact in facts:
        run = evolve(run, fact)
    return run
