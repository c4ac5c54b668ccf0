"""Fold the facts about people: what was asked of them, and what they decided."""

from typing import assert_never

from mntui.core import events as e
from mntui.core.commands import CallTool, EndStep
from mntui.core.draft import Draft
from mntui.core.fold_calls import end_tool_call, tool_succeeded
from mntui.core.run import ENDED, Ask, Decision
from mntui.core.values import Problem


def fold_person(draft: Draft, event: e.PersonEvent) -> None:
    match event:
        case e.ApprovalRequested():
            _approval_requested(draft, event)
        case e.ApprovalGranted(ask=ask):
            _granted(draft, _decide(draft, ask, "approved with edits" if event.edited else "approved"), event)
        case e.ApprovalRejected(ask=ask, reason=reason):
            _refused(draft, _decide(draft, ask, "rejected"), reason, expired=False)
        case e.ApprovalExpired(ask=ask):
            _refused(draft, _decide(draft, ask, "expired"), "nobody answered in time", expired=True)
        case e.QuestionAsked():
            _question_asked(draft, event)
        case e.QuestionAnswered(ask=ask):
            _answered(draft, _decide(draft, ask, "answered"), event)
        case e.EffectInDoubt():
            _in_doubt(draft, event)
        case e.EffectSettled(ask=ask):
            _settled(draft, _decide(draft, ask, f"settled as {event.resolution}"), event)
        case _:
            assert_never(event)


def _decide(draft: Draft, ask_id: str, what: str) -> Ask:
    draft.put(decided=draft.get("decided").set(ask_id, Decision(what, draft.by, draft.at)))
    return draft.close_ask(ask_id)


def _approval_requested(draft: Draft, event: e.ApprovalRequested) -> None:
    path = event.path
    draft.open_ask(
        Ask(
            event.ask,
            "approval",
            path,
            event.call,
            event.question,
            draft.at,
            digest=event.digest,
            shown=event.shown,
            edit=event.edit,
            contract=event.contract,
            tool=event.tool,
            effect=event.effect,
            spec_digest=event.spec_digest,
            expires=event.expires,
        )
    )
    draft.update(path, status="waiting", ask=event.ask)
    if event.call:
        draft.drop(f"{path}#{event.call}")
        draft.update_call(path, event.call, status="asking", approved="")


def _granted(draft: Draft, ask: Ask, event: e.ApprovalGranted) -> None:
    if not ask.call:
        draft.update(ask.path, ask="", decision={"approved": True, "values": event.values})
        draft.add(EndStep(ask.path))
        return
    draft.update(ask.path, ask="", status="running")
    call = draft.update_call(
        ask.path,
        ask.call,
        status="ready",
        approved=event.final_digest,
        edited=event.values if event.edited else None,
    )
    draft.add(CallTool(ask.path, ask.call, call.generation, call.attempt, reconcile=_reconciles(call.unknown, ask)))


def _reconciles(unknown: object, ask: Ask) -> bool:
    return bool(unknown) and ask.effect == "reconcilable"


def _refused(draft: Draft, ask: Ask, reason: str, *, expired: bool) -> None:
    decision = {"approved": False, "reason": reason, "expired": expired}
    draft.update(ask.path, ask="", decision=decision)
    if not ask.call:
        draft.add(EndStep(ask.path))
        return
    kind = "expired" if expired else "rejected"
    draft.update(ask.path, status="running")
    draft.update_call(ask.path, ask.call, problem=Problem(kind, f"a person refused this call: {reason}"))
    end_tool_call(draft, ask.path, ask.call)


def _question_asked(draft: Draft, event: e.QuestionAsked) -> None:
    path = event.path
    draft.open_ask(
        Ask(
            event.ask,
            "question",
            path,
            event.call,
            event.question,
            draft.at,
            digest=event.digest,
            contract=event.contract,
        )
    )
    draft.update(path, status="waiting", ask=event.ask)
    if event.call:
        draft.drop(f"{path}#{event.call}")
        draft.update_call(path, event.call, status="asking")


def _answered(draft: Draft, ask: Ask, event: e.QuestionAnswered) -> None:
    if ask.call:
        draft.update(ask.path, ask="", status="running")
        tool_succeeded(draft, ask.path, ask.call, event.value)
    else:
        draft.update(ask.path, ask="", decision={"answer": event.value})
        draft.add(EndStep(ask.path))


def _in_doubt(draft: Draft, event: e.EffectInDoubt) -> None:
    path, call_id = event.path, event.call
    draft.drop(f"{path}#{call_id}")
    call = draft.update_call(path, call_id, status="in_doubt", unknown=True)
    draft.takes_off(path, call_id)
    if draft.node(path).status == "running":
        draft.update(path, status="waiting")
    draft.update(path, ask=event.ask)
    draft.open_ask(
        Ask(
            event.ask,
            "in_doubt",
            path,
            call_id,
            f"Did {call.tool} happen?",
            draft.at,
            digest=call.digest,
            shown=call.arguments,
            tool=call.tool,
            effect=call.effect,
            problem=event.problem,
        )
    )


def _settled(draft: Draft, ask: Ask, event: e.EffectSettled) -> None:
    path, call_id = ask.path, ask.call
    node = draft.update(path, ask="")
    if node.status == "waiting":
        draft.update(path, status="running")
    match event.resolution:
        case "happened":
            tool_succeeded(draft, path, call_id, event.result)
        case "not-happened" if node.status in ENDED:
            draft.update_call(path, call_id, status="failed", unknown=False)
            draft.lands(path, call_id)
        case "not-happened":
            generation = node.generation + 1
            draft.update(path, generation=generation)
            draft.update_call(
                path, call_id, status="ready", generation=generation, attempt=1, unknown=False, problem=None
            )
            draft.add(CallTool(path, call_id, generation, 1))
            draft.lands(path, call_id)
        case "abandon":
            draft.update_call(path, call_id, unknown=False, problem=Problem("abandoned", "a person gave the effect up"))
            end_tool_call(draft, path, call_id)
            draft.lands(path, call_id)
