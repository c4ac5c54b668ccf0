"""Why a run isn't moving: what blocks it, since when, and the command that unblocks it. Read off the state.

What a worker holds back by a limit is no fact, so it is handed in. People come first, then failures, then time.
Deliberately absent: work that is simply under way. A run without blockers is moving, or has ended well.
"""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal

from mntui.core.answer import answer
from mntui.core.decide import Now
from mntui.core.frozen import frozen
from mntui.core.requests import Refused, Retry
from mntui.core.run import Ask, Call, Run

BlockerKind = Literal[
    "approval", "question", "in_doubt", "budget", "failure", "paused", "signal", "timer", "retry", "limit", "loading"
]


@frozen
class Blocker:
    """One reason. Times in microseconds; `since` is None where the state doesn't hold it.

    `command` is exactly what to type, or empty where nothing needs to be typed. `until` is when this ends by itself.
    """

    kind: BlockerKind
    what: str
    step: str
    since: int | None
    command: str
    until: int | None = None


@frozen
class HeldBack:
    """What only a worker knows, by call (`draft#1.0`): limits that hold calls back, until when, models being loaded."""

    limits: Mapping[str, str] = field(default_factory=dict)
    until: Mapping[str, int] = field(default_factory=dict)
    loading: Mapping[str, str] = field(default_factory=dict)


def why(run: Run, held_back: Mapping[str, str] | HeldBack | None = None) -> tuple[Blocker, ...]:
    """All that blocks a run. `held_back` is what the worker holds back: all of it, or only the limits by call."""
    if run.ended:
        return _of_ended(run)
    return (
        *_asks(run),
        *_failures(run),
        *_paused(run),
        *_signals(run),
        *_timers(run),
        *_held_back(held_back if isinstance(held_back, HeldBack) else HeldBack(held_back or {})),
    )


def _held_back(held: HeldBack) -> Iterator[Blocker]:
    for slot, limit in sorted(held.limits.items()):
        yield Blocker("limit", f"waiting: {limit}", slot.partition("#")[0], None, "", held.until.get(slot))
    for slot, loading in sorted(held.loading.items()):
        yield Blocker("loading", f"its model is still loading: {loading}", slot.partition("#")[0], None, "")


def answer_command(ask: Ask) -> str:
    """What a person types to answer an ask, complete but for their own words.

    An approval's digest says what was read; in a terminal the item is shown and asked for all the same.
    """
    match ask.kind:
        case "approval":
            return f"mntui approve {ask.id} --digest {ask.digest}"
        case "question":
            return f"mntui respond {ask.id} {shlex.quote(_example(ask))}"
        case "budget":
            raised = '{"raise_usd": 1}' if ask.limit == "usd" else '{"raise_tokens": 10000}'
            return f"mntui respond {ask.id} '{raised}'"
        case "in_doubt":
            return f"mntui settle {ask.id} happened|not-happened|abandon"


def _example(ask: Ask) -> str:
    fields = (ask.contract or {}).get("properties", {})
    return "{" + ", ".join(f'"{name}": …' for name in fields) + "}" if fields else '"…"'


def _of_ended(run: Run) -> tuple[Blocker, ...]:
    if run.ended != "failed":
        return ()
    what = f"it failed: {run.problem.message}" if run.problem is not None else "it failed"
    return (Blocker("failure", what, run.problem_path, run.ended_at, _retry_command(run, "")),)


def _asks(run: Run) -> Iterator[Blocker]:
    for ask in asks_in_order(run):
        expires = None if ask.expires is None else ask.expires.until
        yield Blocker(ask.kind, _asked(ask), ask.path, ask.asked_at, answer_command(ask), expires)


def asks_in_order(run: Run) -> list[Ask]:
    """What waits for a person, the oldest first; those asked at once, by number."""
    return sorted(run.asks.values(), key=lambda ask: (ask.asked_at, len(ask.id), ask.id))


def _asked(ask: Ask) -> str:
    match ask.kind:
        case "approval":
            return f"it waits for your approval: {ask.question}"
        case "question":
            return f"it waits for your answer: {ask.question}"
        case "in_doubt":
            reason = f" ({ask.problem.message})" if ask.problem is not None else ""
            return f"nobody knows whether {ask.tool} happened{reason}: look, then say so"
        case "budget":
            cheaper = (ask.shown or {}).get("cheaper")
            or_cheaper = f", go on with {cheaper} (cheaper)" if cheaper else ""
            return f"{ask.question} Raise the budget{or_cheaper}, finish with what there is (finish), or stop."


def _failures(run: Run) -> Iterator[Blocker]:
    for path, problem in sorted(run.held.items()):
        what = f"it failed: {problem.message}"
        yield Blocker("failure", what, path, run.nodes[path].ended_at, _retry_command(run, path))


def _retry_command(run: Run, path: str) -> str:
    """A retry, if it would be taken by the very rule that judges it; else the command that works instead, if any."""
    judged = answer(run, Retry(path), Now(run.at))
    if not isinstance(judged, Refused):
        return f"mntui retry {run.name} {shlex.quote(path)}" if path else f"mntui retry {run.name}"
    return judged.remedy if judged.remedy.startswith("mntui ") else ""


def _paused(run: Run) -> Iterator[Blocker]:
    if run.paused:
        yield Blocker("paused", "a person paused it", "", None, f"mntui resume {run.name}")


def _signals(run: Run) -> Iterator[Blocker]:
    for name, paths in sorted(run.listeners.items()):
        for path in paths:
            command = f"mntui signal {run.name} {shlex.quote(name)}"
            yield Blocker("signal", f"it waits for the signal {name}", path, run.nodes[path].started_at, command)


def _timers(run: Run) -> Iterator[Blocker]:
    """Waiting steps and scheduled retries, the next one first. The expiry of an approval blocks nothing."""
    for key, timer in sorted(run.timers.items(), key=lambda entry: (entry[1].until, entry[0])):
        path, _, call_id = key.partition("#")
        if key.startswith("?"):
            continue
        if not call_id:
            yield Blocker("timer", "it waits for a time", path, run.nodes[path].started_at, "", timer.until)
        else:
            call = run.nodes[path].calls[call_id]
            yield Blocker("retry", _retried(call), path, call.ended_at or None, "", timer.until)


def _retried(call: Call) -> str:
    reason = f": {call.problem.message}" if call.problem is not None else ""
    if call.refusals:
        times = "once" if call.refusals == 1 else f"{call.refusals} times in a row"
        return f"waiting: rate limit of {call.model.partition('/')[0]}, refused {times}{reason}"
    return f"{call.tool or call.model or 'a call'} is tried again after attempt {call.attempt} failed{reason}"
