"""What a frozen rerun has in place of the world: real models, recorded tools, the decisions that people took then.

No tool can be reached from here: the only thing that could call one refuses to. A call that wasn't recorded is a
failure that isn't retried; one that an agent asks for ends the agent's step, since it couldn't go on truthfully.
"""

import asyncio
from typing import Any

from mntui.core.events import (
    ModelAnswered,
    ModelCallFailed,
    ToolCallFailed,
    ToolCallStarted,
    ToolReturned,
)
from mntui.core.messages import Accepted, Denied
from mntui.core.names import Load
from mntui.core.plan import ASK_TOOL
from mntui.core.requests import Cancel, Request
from mntui.core.rerun import NOT_RECORDED, is_over
from mntui.core.run import Run
from mntui.core.values import Json, Problem, canonical
from mntui.effects import Effects, Keep
from mntui.models.catalog import Models
from mntui.tools.base import ToolCall, ToolFailure
from mntui.worker.live import LiveRun
from mntui.worker.recording import Recording
from mntui.worker.turn import Asked

RECORDED = "recorded"
"""Who answers in a rerun."""
MOST_SHOWN = 200


class NoTools:
    """Prepares nothing, knows of nothing that happened, and calls nothing."""

    async def call(self, call: ToolCall) -> Json:
        if call.op != "call":
            return None
        raise ToolFailure(NOT_RECORDED, f"a rerun calls no tool, and {call.use} was about to be called", not_sent=True)


class FrozenEffects(Effects):
    """Models are called; what tools return comes from the recording."""

    def __init__(self, models: Models, recording: Recording, load: Load) -> None:
        super().__init__(models, NoTools())
        self._recording = recording
        self._load = load

    async def call_tool(self, started: ToolCallStarted, call: ToolCall, keep: Keep) -> ToolReturned | ToolCallFailed:
        where = (started.path, started.call, started.attempt)
        found = self._recording.result(started.path, started.tool, call.arguments)
        if found is None:
            problem = _missing(self._recording.name, started.tool, call.arguments)
            return ToolCallFailed(*where, problem, sent=False)
        if found.problem is not None:
            then = found.problem
            return ToolCallFailed(*where, Problem(then.kind, then.message, then.remedy), sent=False)
        return ToolReturned(*where, keep(found.value))

    async def call_model(self, *arguments: Any, **named: Any) -> ModelAnswered | ModelCallFailed:
        event = await super().call_model(*arguments, **named)
        if not isinstance(event, ModelAnswered):
            return event
        for ask in event.asks:
            asked = self._load(ask.arguments)
            if not ask.problem and not self._recording.was_asked(event.path, ask.tool, asked):
                problem = _missing(self._recording.name, ask.tool, asked)
                return ModelCallFailed(event.path, event.call, event.attempt, problem, event.usage, event.cost)
        return event


def _missing(name: str, tool: str, arguments: Json) -> Problem:
    what = "question" if tool == ASK_TOOL else "call"
    shown = canonical(arguments).decode()
    cut = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
    message = f"the journal of {name} holds no such {what}: {tool} {cut}"
    return Problem(NOT_RECORDED, message, "the branch ends here; only a run of its own can go on")


async def attend(live: LiveRun, recording: Recording) -> None:
    """Answer what a rerun asks as it was answered then, and end it when nothing can come of it any more."""
    watcher = live.feed.join()
    answered: set[str] = set()
    try:
        while True:
            for request in _due(live.run, recording, answered):
                reply: asyncio.Future[Accepted | Denied] = asyncio.get_running_loop().create_future()
                live.put(Asked(request, RECORDED, reply))
                told = await reply
                if isinstance(told, Denied) and not live.run.ended:
                    why = f"what was answered then isn't taken now: {told.message}"
                    live.put(Asked(Cancel(why), RECORDED, asyncio.get_running_loop().create_future()))
            if await watcher.get() is None:
                if live.run.ended:
                    return
                watcher = live.feed.join()  # It was too slow and was cut off.
    finally:
        live.feed.leave(watcher)


def _due(run: Run, recording: Recording, answered: set[str]) -> list[Request]:
    found = []
    for ask in run.asks.values():
        if ask.id not in answered:
            answered.add(ask.id)
            found.append(recording.answer(ask))
    due = [request for request in found if request is not None]
    if not due and is_over(run):
        ended = sorted(run.held)
        due.append(Cancel(f"the rerun is over: {', '.join(ended)} ended" if ended else "the rerun is over"))
    return due
