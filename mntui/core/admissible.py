"""Could this fact have happened to this run? The rules of `decide` and `answer`, asked backwards, one fact at a time.

A start must be a command that `decide` offers at that very point; an outcome must belong to a call in flight; a
decision must answer something that was asked. Whoever replays a journal learns here where it stops making sense.

Deliberately absent: quotes. What was rendered, priced or refused by a policy stands in the fact and is not judged anew.
"""

from typing import assert_never

from mntui.core import events as e
from mntui.core.commands import CallModel, CallTool, EndRun, EndStep, ParkEffect, ScheduleRetry, StartStep, SwitchModel
from mntui.core.decide import admits
from mntui.core.plan import ApproveWork, AskWork, ForEachWork, RouteWork, SetWork, WaitWork
from mntui.core.policy import call_digest, effect_key, shown_digest
from mntui.core.run import ENDED, Call, Run
from mntui.core.step_paths import plan_path
from mntui.core.steps import next_ask, step_of

CallOutcome = e.ModelAnswered | e.ModelCallFailed | e.ToolReturned | e.ToolCallFailed | e.ReconcileFoundNothing
Asking = e.ApprovalRequested | e.QuestionAsked | e.EffectInDoubt | e.BudgetReached
Deciding = (
    e.ApprovalGranted | e.ApprovalRejected | e.ApprovalExpired | e.QuestionAnswered | e.EffectSettled | e.BudgetRaised
)
Ending = e.StepSucceeded | e.StepFailed | e.StepSkipped | e.StepCancelled


def objection(run: Run, fact: e.Fact) -> str:
    """Why a fact could not have followed, as the end of a sentence; "" where it could."""
    if fact.run != run.id:
        return f"it belongs to another run ({fact.run})"
    if fact.seq != run.seq + 1:
        return f"number {run.seq + 1} should follow"
    if fact.at < run.at:
        return "it happened before the fact that precedes it"
    if (run.seq == 0) != isinstance(fact.event, e.RunStarted):
        return "a run begins with RunStarted, once"
    if run.ended and not isinstance(fact.event, e.LateOutcome | e.RunReopened):
        return f"the run had {run.ended}"
    path = getattr(fact.event, "path", "")
    if path and path not in run.nodes:
        return f"the run has no step {path} at this point"
    return _of_event(run, fact.event)


def _of_event(run: Run, event: e.Event) -> str:
    match event:
        case e.StepStarted() | e.ModelCallStarted() | e.ToolCallStarted() | e.ReconcileStarted():
            return _start(run, event)
        case e.RetryScheduled(path=path, call=call):
            return "" if _may(run, f"{path}#{call}", ScheduleRetry) else "no retry of this call was due"
        case e.ModelAnswered() | e.ModelCallFailed():
            return _outcome(run, event)
        case e.ToolReturned() | e.ToolCallFailed() | e.ReconcileFoundNothing():
            return _outcome(run, event)
        case e.StepSucceeded() | e.StepFailed() | e.StepSkipped() | e.StepCancelled():
            return _ending(run, event)
        case e.StepsPlanned() | e.StepRetried() | e.TimerArmed() | e.TimerFired():
            return _of_step(run, event)
        case e.ApprovalRequested() | e.QuestionAsked() | e.EffectInDoubt() | e.BudgetReached():
            return _asking(run, event)
        case e.ApprovalGranted() | e.ApprovalRejected() | e.ApprovalExpired():
            return _deciding(run, event)
        case e.QuestionAnswered() | e.EffectSettled() | e.BudgetRaised():
            return _deciding(run, event)
        case e.RunPaused():
            return "the run was paused already" if run.paused else ""
        case e.RunResumed():
            return "" if run.paused else "the run was not paused"
        case e.RunReopened():
            return "" if run.ended == "failed" else "only a run that failed is reopened"
        case e.RunEnded(status=status):
            return _run_ended(run, status)
        case e.RunStarted() | e.RunAdopted() | e.RunFailing() | e.RunCancelling():
            return ""
        case e.ModelSwitched(path=path, call=call):
            return "" if _may(run, f"{path}#{call}", SwitchModel, CallModel) else "no other model was due for this call"
        case e.LateOutcome() | e.SignalReceived():
            return ""
        case _:
            assert_never(event)


def _may(run: Run, slot: str, *kinds: type) -> bool:
    """Whether `decide` offers a command of these kinds there."""
    todo = run.todo.get(slot)
    return todo is not None and isinstance(todo.command, kinds) and admits(run, todo.command)


# Starts


def _start(run: Run, event: e.StepStarted | e.ModelCallStarted | e.ToolCallStarted | e.ReconcileStarted) -> str:
    if isinstance(event, e.StepStarted):
        return "" if _may(run, event.path, StartStep) else "`decide` did not offer to start this step"
    slot = f"{event.path}#{event.call}"
    kind = CallModel if isinstance(event, e.ModelCallStarted) else CallTool
    if not _may(run, slot, kind):
        return f"`decide` did not offer the call {event.call}"
    command = run.todo[slot].command
    assert isinstance(command, CallModel | CallTool)
    if command.attempt != event.attempt:
        return f"attempt {command.attempt} of the call was due, not {event.attempt}"
    if isinstance(command, CallTool) and command.reconcile != isinstance(event, e.ReconcileStarted):
        return "the provider was to be asked first" if command.reconcile else "there was nothing to ask the provider"
    return _intent(run, event, command) if isinstance(event, e.ToolCallStarted) else ""


def _intent(run: Run, event: e.ToolCallStarted, command: CallModel | CallTool) -> str:
    if event.effect_key != effect_key(run.id, event.path, command.generation, event.call):
        return "its effect key is not the one of this step and generation"
    approved = run.nodes[event.path].calls[event.call].approved
    return "what is called is not what was approved" if approved and approved != event.digest else ""


# Outcomes and endings


def _outcome(run: Run, event: CallOutcome) -> str:
    call = run.nodes[event.path].calls.get(event.call)
    if call is None:
        return f"the step has no call {event.call}"
    if _is_out(call, event.attempt):
        return ""
    refused = isinstance(event, e.ModelCallFailed | e.ToolCallFailed)
    if refused and _may(run, f"{event.path}#{event.call}", CallModel, CallTool):
        return ""
    return f"attempt {event.attempt} of the call {event.call} was not in flight"


def _is_out(call: Call, attempt: int) -> bool:
    return call.status == "running" and call.attempt == attempt


def _ending(run: Run, event: Ending) -> str:
    node = run.nodes[event.path]
    if isinstance(event, e.StepSucceeded) and event.given:
        return "" if event.path in run.held or node.status == "waiting" else "nobody could give this step an output"
    if node.status in ENDED:
        return f"the step had {node.status}" if node.status in {"succeeded", "failed"} else f"it was {node.status}"
    if isinstance(event, e.StepCancelled) or _may(run, event.path, EndStep, StartStep):
        return ""
    at_once = isinstance(run.plan.steps[plan_path(event.path)].work, SetWork | RouteWork)
    return "" if at_once and node.status == "running" else "`decide` did not offer to end this step"


def _run_ended(run: Run, status: str) -> str:
    terminated = status == "cancelled" and run.ending == "cancelled"
    return "" if terminated or _may(run, "", EndRun) else "`decide` did not offer to end the run"


def _of_step(run: Run, event: e.StepsPlanned | e.StepRetried | e.TimerArmed | e.TimerFired) -> str:
    node = run.nodes[event.path]
    work = step_of(run, event.path).work
    match event:
        case e.StepsPlanned():
            fits = isinstance(work, ForEachWork) and node.status == "running" and node.opened == 0
            return "" if fits else "the step had no items to plan"
        case e.StepRetried():
            return "" if node.status == "failed" else f"only a failed step is retried; it was {node.status}"
        case e.TimerArmed():
            return "" if isinstance(work, WaitWork) and node.status == "running" else "the step waits for no time"
        case e.TimerFired(path=path, call=call):
            return "" if (f"{path}#{call}" if call else path) in run.timers else "no such timer was armed"
        case _:
            assert_never(event)


# People


def _asking(run: Run, event: Asking) -> str:
    if event.ask != next_ask(run):
        return f"the next thing asked is {next_ask(run)}, not {event.ask}"
    node = run.nodes[event.path]
    match event:
        case e.BudgetReached(path=path):
            offered = any(_may(run, f"{path}#{call}", CallModel) for call in node.calls)
            return "" if offered else "`decide` offered no model call of this step"
        case e.EffectInDoubt(path=path, call=call):
            return "" if _may(run, f"{path}#{call}", ParkEffect) else "the call was not in doubt"
        case e.ApprovalRequested(path=path, call=call) | e.QuestionAsked(path=path, call=call):
            if call:
                return "" if _may(run, f"{path}#{call}", CallTool) else f"`decide` did not offer the call {call}"
            wanted = ApproveWork if isinstance(event, e.ApprovalRequested) else AskWork
            fits = isinstance(step_of(run, path).work, wanted) and node.status == "running"
            return "" if fits else "the step asks nothing at this point"
        case _:
            assert_never(event)


def _deciding(run: Run, event: Deciding) -> str:
    ask = run.asks.get(event.ask)
    if ask is None:
        return f"{event.ask} was not waiting for anybody"
    match event:
        case e.ApprovalGranted():
            kind = "approval"
        case e.ApprovalRejected() | e.ApprovalExpired():
            kind = "approval"
        case e.QuestionAnswered():
            kind = "question"
        case e.EffectSettled():
            kind = "in_doubt"
        case e.BudgetRaised():
            kind = "budget"
        case _:
            assert_never(event)
    if ask.kind != kind:
        return f"{event.ask} is no {kind.replace('_', ' ')}"
    return _grant(run, event) if isinstance(event, e.ApprovalGranted) else ""


def _grant(run: Run, event: e.ApprovalGranted) -> str:
    ask = run.asks[event.ask]
    if event.digest != ask.digest:
        return "it approves something else than was shown"
    final = ask.digest
    if event.edited and ask.call:
        final = call_digest(ask.tool, ask.spec_digest, event.values)
    elif event.edited:
        final = shown_digest("approve", ask.path, ask.question, event.values)
    return "" if event.final_digest == final else "its values are not the ones of its digest"
