"""The JSON documents of `--json`. Their shapes are those of schema.json, and a test holds each command to it.

Instants are ISO 8601 in UTC, money is dollars beside `cost_known`, large values stay references unless asked for.
"""

from mntui.cli.output import plain
from mntui.core.events import Fact
from mntui.core.messages import RunRow, Sees, Waiting, WorkerStatus
from mntui.core.money import MICROS, Spend
from mntui.core.nine import Nine, succeeded
from mntui.core.run import Ask, Call, Node, Run
from mntui.core.steps import step_of
from mntui.core.telling import tell
from mntui.core.values import Json, Problem
from mntui.core.why import Blocker, answer_command
from mntui.core.words import iso


def run_document(run: Run, status: str, outputs: Json) -> Json:
    """What `mntui run` answers: where the run stands, and what it gave."""
    return {
        "run": run.name,
        "id": run.id,
        "status": status,
        "success": succeeded(run),
        "outputs": plain(outputs),
        "folder": run.folder,
        **_cost(run.spend),
        "waiting": [ask_document(ask, run.name) for ask in run.asks.values()],
        "problem": problem_document(run.problem),
    }


def row_document(row: RunRow) -> Json:
    return {
        "id": row.id,
        "run": row.run,
        "blueprint": row.blueprint,
        "status": row.status,
        "waiting_for": list(row.waiting_for),
        "success": row.success,
        "steps_ended": row.steps_ended,
        "steps": row.steps,
        "cost_usd": row.cost_micros / MICROS,
        "cost_known": row.cost_known,
        "started_at": iso(row.started_at),
        "ended_at": time_document(row.ended_at),
        "folder": row.folder,
    }


def waiting_document(waiting: Waiting) -> Json:
    return ask_document(waiting.ask, waiting.run)


def ask_document(ask: Ask, run: str) -> Json:
    return {
        "id": ask.id,
        "kind": ask.kind,
        "run": run,
        "step": ask.path,
        "question": ask.question,
        "digest": ask.digest,
        "arguments": plain(ask.shown),
        "edit": list(ask.edit),
        "contract": plain(ask.contract),
        "tool": ask.tool,
        "effect": ask.effect,
        "asked_at": iso(ask.asked_at),
        "expires_at": None if ask.expires is None else iso(ask.expires.until),
        "problem": problem_document(ask.problem),
        "answer": answer_command(ask),
    }


def fact_document(fact: Fact, run: str) -> Json:
    told = tell(fact.event)
    return {
        "id": fact.seq,
        "run": run,
        "at": iso(fact.at),
        "kind": fact.event.kind,
        "actor": fact.actor,
        "path": told.path,
        "text": told.sentence,
        "event": plain(fact.event),
    }


def nine_document(run: Run, nine: Nine) -> Json:
    state = nine.state
    return {
        "run": run.name,
        "id": run.id,
        "blueprint": run.blueprint,
        "version": run.version,
        "folder": run.folder,
        "rerun_of": run.rerun_of.name if run.rerun_of is not None else run.again_of or None,
        "state": {
            "status": state.status,
            "waiting_for": list(state.waiting_for),
            "success": state.success,
            "problem": problem_document(state.problem),
            "steps_ended": state.steps_ended,
            "steps": state.steps,
            **_cost(state.spend),
            "budget_usd": None if state.budget_micros is None else state.budget_micros / MICROS,
            "started_at": iso(state.started_at),
            "ended_at": time_document(state.ended_at),
        },
        "active": [
            {**plain(active), "since": time_document(active.since), "until": time_document(active.until)}
            for active in nine.active
        ],
        "tools": plain(nine.tools),
        "committed": {
            "effects": [{**plain(effect), "at": iso(effect.at)} for effect in nine.effects],
            "steps": list(nine.finished),
        },
        "failed": [{**plain(failure), "at": time_document(failure.at)} for failure in nine.failed],
        "retryable": plain(nine.retryable),
        "approvals": [ask_document(ask, run.name) for ask in nine.asks],
        "agents": plain(nine.agents),
        "success": plain(nine.success),
        "outputs": plain(run.outputs),
    }


def step_document(run: Run, node: Node, arguments: Json, output: Json) -> Json:
    """`arguments` and `output` as they were fetched: whole, or as references."""
    return {
        "run": run.name,
        "path": node.path,
        "kind": step_of(run, node.path).work.kind,
        "status": node.status,
        "arguments": plain(arguments),
        "output": plain(output),
        "problem": problem_document(node.problem),
        "why": node.why,
        "started_at": time_document(node.started_at),
        "ended_at": time_document(node.ended_at),
        "generation": node.generation,
        "items": {"count": node.item_count, "ended": node.done, "failed": node.failed_items}
        if node.item_count
        else None,
        **_cost(node.spend),
        "calls": [_call(call) for call in calls_in_order(node)],
        "turns": [{"call": turn.call, "text": plain(turn.text), "violation": turn.violation} for turn in node.turns],
        "switches": plain(node.switches),
    }


def calls_in_order(node: Node) -> list[Call]:
    """By turn, then by call: 1.0, 1.1, 1.2, 2.0."""
    return sorted(node.calls.values(), key=lambda call: tuple(map(int, call.id.split("."))))


def _call(call: Call) -> Json:
    return {
        "call": call.id,
        "status": call.status,
        "attempt": call.attempt,
        "failures": call.failures,
        "model": call.model,
        "tool": call.tool,
        "effect": call.effect if call.tool else None,
        "effect_key": call.effect_key,
        "arguments": plain(call.arguments),
        "result": plain(call.result),
        "problem": problem_document(call.problem),
        "started_at": time_document(call.started_at or None),
        "ended_at": time_document(call.ended_at or None),
    }


def sees_document(run: str, sees: Sees) -> Json:
    document = plain(sees)
    return {"run": run, **{key: document[key] for key in document if key != "kind"}}


def blocker_document(blocker: Blocker) -> Json:
    times = {"since": time_document(blocker.since), "until": time_document(blocker.until)}
    return {**plain(blocker), **times}


def worker_document(status: WorkerStatus | None, *, running: bool) -> Json:
    return {
        "running": running,
        "pid": None if status is None else status.pid,
        "version": "" if status is None else status.version,
        "protocol": None if status is None else status.protocol,
        "started_at": None if status is None else iso(status.started_at),
        "home": "" if status is None else status.home,
        "runs_live": 0 if status is None else status.runs_live,
        "opening": [] if status is None else list(status.opening),
    }


def problem_document(problem: Problem | None) -> Json:
    return plain(problem)


def time_document(at: int | None) -> str | None:
    return None if at is None else iso(at)


def _cost(spend: Spend) -> dict[str, Json]:
    return {"cost_usd": spend.micros / MICROS, "cost_known": spend.unknown_calls == 0}
