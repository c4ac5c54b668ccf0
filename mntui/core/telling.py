"""A fact as one sentence for people: what `mntui watch` prints, and what a timeline shows.

The match is over the closed union of events, so a new fact breaks the type check until somebody finds words for it.
"""

from typing import assert_never

from mntui.core import events as e
from mntui.core.frozen import frozen
from mntui.core.money import Cost, Usage, usd
from mntui.core.values import Problem
from mntui.core.words import WAITING_FOR


@frozen
class Told:
    """`status` is a key of LOOKS, or empty where the fact is no change of a status."""

    status: str
    path: str
    sentence: str


def tell(event: e.Event) -> Told:
    """What a fact says. Instants in it are left to the reader's own clock and zone."""
    match event:
        case e.RunStarted() | e.RunAdopted() | e.RunPaused() | e.RunResumed():
            return _tell_run(event)
        case e.RunFailing() | e.RunCancelling() | e.RunReopened() | e.RunEnded():
            return _tell_run(event)
        case e.StepStarted() | e.StepsPlanned() | e.StepSucceeded() | e.StepFailed():
            return _tell_step(event)
        case e.StepSkipped() | e.StepCancelled() | e.StepRetried():
            return _tell_step(event)
        case e.ModelCallStarted() | e.ModelAnswered() | e.ModelCallFailed() | e.LateOutcome():
            return _tell_model(event)
        case e.BudgetReached() | e.BudgetRaised() | e.ModelSwitched():
            return _tell_model(event)
        case e.ToolCallStarted() | e.ToolReturned() | e.ToolCallFailed():
            return _tell_tool(event)
        case e.ReconcileStarted() | e.ReconcileFoundNothing():
            return _tell_tool(event)
        case e.RetryScheduled() | e.TimerArmed() | e.TimerFired() | e.SignalReceived():
            return _tell_time(event)
        case e.ApprovalRequested() | e.ApprovalGranted() | e.ApprovalRejected() | e.ApprovalExpired():
            return _tell_person(event)
        case e.QuestionAsked() | e.QuestionAnswered() | e.EffectInDoubt() | e.EffectSettled():
            return _tell_person(event)
        case _:
            assert_never(event)


def _tell_run(event: e.RunEvent) -> Told:
    match event:
        case e.RunStarted(name=name, blueprint=blueprint, version=version, rerun_of=original, again_of=again):
            rerun = f", a rerun of {again}: everything is called again" if again else ""
            rerun = f", a frozen rerun of {original.name}: no tool is called" if original is not None else rerun
            return Told("running", "", f"{name} started: {blueprint} {version}".rstrip() + rerun)
        case e.RunAdopted(worker=worker):
            return Told("", "", f"worker {worker} took the run over")
        case e.RunPaused():
            return Told("paused", "", "paused by a person")
        case e.RunResumed():
            return Told("running", "", "resumed by a person")
        case e.RunFailing(problem=problem, path=path):
            return Told("failed", path, f"the run is failing: {problem.message}")
        case e.RunCancelling(reason=reason):
            return Told("cancelled", "", f"being cancelled{_because(reason)}")
        case e.RunReopened():
            return Told("running", "", "reopened for a retry")
        case e.RunEnded(status=status, problem=problem):
            return Told(status, "", _ended(event) if problem is None else f"the run has {status}: {problem.message}")
        case _:
            assert_never(event)


def _ended(event: e.RunEnded) -> str:
    wrong = sorted(name for name, holds in (event.success or {}).items() if not holds)
    if event.status == "succeeded" and wrong:
        return f"the run has ended, but isn't a success: {', '.join(wrong)} doesn't hold"
    return f"the run has {event.status}"


def _tell_step(event: e.StepEvent) -> Told:
    path = event.path
    match event:
        case e.StepStarted():
            return Told("running", path, "started")
        case e.StepsPlanned(count=count):
            return Told("running", path, f"has {count} item{'' if count == 1 else 's'}")
        case e.StepSucceeded(given=given, chosen=chosen):
            if given:
                return Told("succeeded", path, f"went on with an output that a person gave: {given}")
            return Told("succeeded", path, "succeeded" if chosen is None else f"chose {', '.join(chosen) or 'nothing'}")
        case e.StepFailed(problem=problem):
            return Told("failed", path, _problem("failed", problem))
        case e.StepSkipped(why=why):
            return Told("skipped", path, f"skipped: {why}")
        case e.StepCancelled(why=why):
            return Told("cancelled", path, f"cancelled: {why}")
        case e.StepRetried(generation=generation):
            return Told("running", path, f"retried by a person (generation {generation})")
        case _:
            assert_never(event)


def _tell_model(event: e.ModelEvent) -> Told:
    match event:
        case e.ModelCallStarted(path=path, model=model, attempt=attempt):
            return Told("", path, f"asks {model}{_attempt(attempt)}")
        case e.ModelAnswered(path=path, violation=violation, asks=asks):
            told = "answered from the cache" if event.cached else "the model answered"
            if violation:
                told = f"the model's answer breaks its contract: {violation}"
            elif asks:
                told = f"the model asks for {', '.join(ask.tool for ask in asks)}"
            return Told("", path, f"{told} ({_bill(event.usage, event.cost)})")
        case e.ModelCallFailed(path=path, problem=problem, attempt=attempt):
            return Told("", path, _problem(f"the model call failed{_attempt(attempt)}", problem))
        case e.LateOutcome(path=path, what=what):
            return Told("", path, f"a late outcome, only its cost counts: {what} ({_bill(event.usage, event.cost)})")
        case e.BudgetReached(path=path, limit=limit, ask=ask):
            return Told("waiting", path, f"the next call could cross the budget ({limit}): {ask}")
        case e.BudgetRaised(micros=micros, tokens=tokens, ask=ask):
            limits = [usd(micros)] if micros is not None else []
            limits += [f"{tokens} tokens"] if tokens is not None else []
            then = {"cheaper": ", then cheaper models", "finish": ", then it finishes with what there is"}
            more = then.get(event.then or "", "")
            return Told("", "", f"{ask} was answered: the budget is {' and '.join(limits) or 'without a limit'}{more}")
        case e.ModelSwitched(path=path, model=model, cause=cause, why=why):
            return Told("", path, f"goes on with {model} ({cause}){_because(why)}")
        case _:
            assert_never(event)


def _tell_tool(event: e.ToolEvent) -> Told:
    path = event.path
    match event:
        case e.ToolCallStarted(tool=tool, attempt=attempt, effect=effect):
            kind = "" if effect == "none" else f" ({effect} effect)"
            return Told("", path, f"calls {tool}{kind}{_attempt(attempt)}")
        case e.ToolReturned(reconciled=reconciled):
            return Told("", path, "the call had happened already" if reconciled else "the call returned")
        case e.ToolCallFailed(problem=problem, attempt=attempt):
            return Told("", path, _problem(f"the call failed{_attempt(attempt)}", problem))
        case e.ReconcileStarted():
            return Told("", path, "asks the provider what happened")
        case e.ReconcileFoundNothing():
            return Told("", path, "nothing had happened under this key")
        case _:
            assert_never(event)


def _tell_time(event: e.TimeEvent) -> Told:
    match event:
        case e.RetryScheduled(path=path, why=why, attempt=attempt):
            return Told("", path, f"will be tried again after attempt {attempt}{_because(why)}")
        case e.TimerArmed(path=path):
            return Told("waiting", path, "waits for a time")
        case e.TimerFired(path=path, call=call):
            return Told("", path, "tries again" if call else "the time has come")
        case e.SignalReceived(name=name):
            return Told("", "", f"the signal {name} arrived")
        case _:
            assert_never(event)


def _tell_person(event: e.PersonEvent) -> Told:
    match event:
        case e.ApprovalRequested(ask=ask, path=path, question=question):
            return Told("waiting", path, f"{ask} waits for {WAITING_FOR['approval']}: {question}")
        case e.ApprovalGranted(ask=ask, edited=edited):
            edits = f", with {', '.join(edited)} edited" if edited else ""
            return Told("", "", f"{ask} was approved{edits}")
        case e.ApprovalRejected(ask=ask, reason=reason):
            return Told("", "", f"{ask} was rejected{_because(reason)}")
        case e.ApprovalExpired(ask=ask):
            return Told("", "", f"{ask} expired: nobody answered in time")
        case e.QuestionAsked(ask=ask, path=path, question=question):
            return Told("waiting", path, f"{ask} waits for {WAITING_FOR['question']}: {question}")
        case e.QuestionAnswered(ask=ask):
            return Told("", "", f"{ask} was answered")
        case e.EffectInDoubt(ask=ask, path=path, problem=problem):
            return Told("waiting", path, f"{ask}: nobody knows whether the effect happened: {problem.message}")
        case e.EffectSettled(ask=ask, resolution=resolution):
            return Told("", "", f"{ask} was settled as {resolution}")
        case _:
            assert_never(event)


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _attempt(attempt: int) -> str:
    return f", attempt {attempt}" if attempt > 1 else ""


def _problem(what: str, problem: Problem) -> str:
    remedy = f" ({problem.remedy})" if problem.remedy else ""
    return f"{what}: {problem.message}{remedy}"


def _bill(usage: Usage, cost: Cost) -> str:
    tokens = f"{usage.input_tokens} tokens in, {usage.output_tokens + usage.thinking_tokens} out"
    return f"{tokens}, {usd(cost.micros)}{' estimated' if cost.estimated else ''}"
