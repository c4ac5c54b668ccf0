"""Fold the facts about the run itself, and about time: timers and signals."""

from typing import assert_never

from immutables import Map

from mntui.core import events as e
from mntui.core.commands import CallModel, CallTool, EndStep
from mntui.core.draft import Draft
from mntui.core.fold_calls import lose_model_call, lose_tool_call
from mntui.core.fold_retry import counted_as, resume_scope
from mntui.core.fold_steps import match_signals, open_scope
from mntui.core.step_paths import ROOT, child_path


def fold_run(draft: Draft, event: e.RunEvent) -> None:
    match event:
        case e.RunStarted():
            _started(draft, event)
        case e.RunAdopted(worker=worker):
            _adopted(draft, worker)
        case e.RunPaused():
            draft.put(paused=True)
        case e.RunResumed():
            draft.put(paused=False)
        case e.RunFailing(problem=problem, path=path):
            draft.fail_run(problem, path)
        case e.RunCancelling():
            _cancelling(draft)
        case e.RunReopened():
            _reopened(draft)
        case e.RunEnded():
            _ended(draft, event)
        case _:
            assert_never(event)


def fold_time(draft: Draft, event: e.TimeEvent) -> None:
    match event:
        case e.RetryScheduled(path=path, call=call):
            draft.drop(f"{path}#{call}")
            draft.update_call(path, call, status="waiting")
            draft.arm(f"{path}#{call}", event.timer)
        case e.TimerArmed(path=path):
            draft.update(path, status="waiting", timer=event.timer)
            draft.arm(path, event.timer)
        case e.TimerFired(path=path, call=call):
            _fired(draft, path, call)
        case e.SignalReceived(name=name):
            signals = draft.get("signals")
            draft.put(signals=signals.set(name, (*signals.get(name, ()), event.payload)))
            match_signals(draft, name)
        case _:
            assert_never(event)


def _started(draft: Draft, event: e.RunStarted) -> None:
    draft.put(
        name=event.name,
        blueprint=event.blueprint,
        version=event.version,
        digest=event.digest,
        folder=event.folder,
        blueprint_folder=event.blueprint_folder,
        out=event.out,
        inputs=event.inputs,
        models=event.models,
        started_at=draft.at,
        budget_micros=event.budget_micros,
        budget_tokens=event.budget_tokens,
        rerun_of=event.rerun_of,
        again_of=event.again_of,
    )
    open_scope(draft, ROOT, draft.plan.roots)
    draft.check_scope(ROOT)


def _adopted(draft: Draft, worker: str) -> None:
    draft.put(worker=worker)
    for path, node in list(draft.run.nodes.items()):
        for call in node.calls.values():
            if call.status != "running":
                continue
            if call.id.endswith(".0"):
                lose_model_call(draft, path, call)
            else:
                lose_tool_call(draft, path, call)


def _cancelling(draft: Draft) -> None:
    """Nothing more is admitted. Calls that change nothing are given up; effects in flight are let end."""
    draft.put(ending="cancelled", paused=False)
    for path in [*draft.run.nodes]:
        node = draft.node(path)
        for call in node.calls.values():
            if call.flying and call.effect == "none" and call.status == "running":
                draft.update_call(path, call.id, status="failed", ended_at=draft.at)
                draft.lands(path, call.id)
    draft.check_scope(ROOT)


def _ended(draft: Draft, event: e.RunEnded) -> None:
    draft.put(
        ended=event.status,
        ended_at=draft.at,
        outputs=event.outputs,
        success=event.success,
        problem=event.problem or draft.get("problem"),
        paused=False,
        asks=Map(),
        listeners=Map(),
        budget_ask="",
        held=Map(),
        reserved_micros=0,
        reserved_tokens=0,
    )
    draft.clear_frontier()


def _reopened(draft: Draft) -> None:
    """A failed run goes on: unhandled failures wait for a person each, what only ended with the run is ready again."""
    draft.put(ended="", ending="", ended_at=None, problem=None, problem_path="", outputs=None, success=None)
    draft.drop("")
    held = draft.get("held")
    for name in draft.plan.roots:
        path = child_path(ROOT, draft.plan.steps[name].id)
        node = draft.node(path)
        if node.status == "failed" and counted_as(draft.step(path), node) is None and node.problem is not None:
            held = held.set(path, node.problem)
    draft.put(held=held)
    resume_scope(draft, ROOT, draft.plan.roots)


def _fired(draft: Draft, path: str, call_id: str) -> None:
    if not call_id:
        draft.disarm(path)
        draft.update(path, due=True)
        draft.add(EndStep(path))
        return
    draft.disarm(f"{path}#{call_id}")
    old = draft.call(path, call_id)
    call = draft.update_call(path, call_id, status="ready", attempt=old.attempt + 1)
    if call_id.endswith(".0"):
        draft.add(CallModel(path, call_id, call.generation, call.attempt))
    else:
        reconcile = call.unknown and call.effect == "reconcilable"
        draft.add(CallTool(path, call_id, call.generation, call.attempt, reconcile=reconcile))
