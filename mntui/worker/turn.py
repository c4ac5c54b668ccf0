"""What comes into a live run, what one of its turns comes to, and small questions about the calls it has out."""

import asyncio
from dataclasses import dataclass, field

from mntui.core.commands import Command, WorldCommand, slot_of
from mntui.core.decide import admits
from mntui.core.events import (
    Event,
    Fact,
    LateOutcome,
    ModelAnswered,
    ModelCallFailed,
    ModelCallStarted,
    ReconcileFoundNothing,
    ReconcileStarted,
    ToolCallFailed,
    ToolCallStarted,
    ToolReturned,
)
from mntui.core.frozen import frozen
from mntui.core.messages import Accepted, Denied
from mntui.core.requests import Request
from mntui.core.run import Call, Run
from mntui.worker.flow import Hold
from mntui.worker.quotes import Quoted

CallOutcome = ModelAnswered | ModelCallFailed | ToolReturned | ToolCallFailed | ReconcileFoundNothing
CallStart = ModelCallStarted | ToolCallStarted | ReconcileStarted


@frozen
class Outcome:
    """What a call came back with."""

    command: WorldCommand
    event: CallOutcome


@frozen
class Asked:
    """A person's request, and who waits for its answer."""

    request: Request
    actor: str
    reply: "asyncio.Future[Accepted | Denied]"


@frozen
class Told:
    """Facts that the worker itself states: the run's start, its adoption."""

    events: tuple[Event, ...]
    actor: str
    done: "asyncio.Future[None]"


@frozen
class Tick:
    """Time has passed, or a limit has room again: look."""


Item = Outcome | Asked | Told | Tick


@dataclass(slots=True)
class Turn:
    """What one turn has come to so far; nothing of it is true before the commit."""

    run: Run
    facts: list[Fact] = field(default_factory=list)
    calls: list[tuple[WorldCommand, CallStart, Quoted]] = field(default_factory=list)
    answers: list[tuple[Asked, Accepted | Denied]] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    full: Hold | None = None
    """Why no tool call may go out any more in this turn: of 500 branches, 436 needn't be told one by one."""


def still_wanted(run: Run, command: Command) -> bool:
    """What was begun a moment ago in this turn may have changed what may begin."""
    todo = run.todo.get(slot_of(command))
    if todo is None or (todo.command is not command and todo.command != command):
        return False
    return admits(run, command)


def late(command: WorldCommand, event: CallOutcome) -> LateOutcome:
    """An outcome that nobody waits for: what it cost counts, what it says doesn't."""
    where = (command.path, command.call, command.attempt)
    if isinstance(event, ModelAnswered | ModelCallFailed):
        return LateOutcome(*where, type(event).__name__, event.usage, event.cost)
    return LateOutcome(*where, type(event).__name__)


def is_open(call: Call) -> bool:
    """Whether a tool call is out, or nobody knows yet whether it happened."""
    return call.status in {"running", "in_doubt"} or (call.unknown and call.status != "failed")


def unsettled(run: Run) -> list[tuple[str, str]]:
    """The tool calls whose outcome is open."""
    nodes = run.nodes.items()
    return [(path, call.id) for path, node in nodes for call in node.calls.values() if call.tool and is_open(call)]


def owner_of(run: Run, path: str, call: str) -> str:
    """Who a call is, for what only one may have."""
    return f"{run.name}/{path}#{call}"
