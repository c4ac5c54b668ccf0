"""What to do next, read off the state alone; and where a run stands, in the words of every screen."""

from typing import assert_never

from mntui.core.commands import (
    CallModel,
    CallTool,
    Command,
    EndRun,
    EndStep,
    ParkEffect,
    ScheduleRetry,
    StartStep,
    SwitchModel,
    WorldCommand,
)
from mntui.core.events import ApprovalExpired, Event, Timer, TimerFired
from mntui.core.frozen import frozen
from mntui.core.run import ENDED, Run, RunStatus
from mntui.core.step_paths import ROOT, scope_of


def decide(run: Run, since: int = 0) -> tuple[Command, ...]:
    """The commands that may be begun now, in the order in which they became possible; `since` leaves out older ones."""
    if run.ended or not run.todo:
        return ()
    ready = sorted((todo for todo in run.todo.values() if todo.order >= since), key=lambda todo: todo.order)
    return tuple(todo.command for todo in ready if admits(run, todo.command))


def admits(run: Run, command: Command) -> bool:
    """Whether the run's own state lets a command begin. Finishing is always allowed, beginning isn't."""
    match command:
        case EndRun() | EndStep() | ParkEffect():
            return True
        case CallTool(resumes=True):
            return True
        case CallModel() if run.budget_ask:
            return False
        case StartStep() | CallModel() | CallTool() | ScheduleRetry() | SwitchModel():
            return not (run.paused or run.ending or _in_failing_scope(run, command.path))
        case _:
            assert_never(command)


def _in_failing_scope(run: Run, path: str) -> bool:
    around = path
    while (scope := run.scopes.get(around)) is None or not scope.failure:
        if around == ROOT:
            return False
        around = scope_of(around)
    return True


def in_flight(run: Run, command: WorldCommand) -> bool:
    """Whether the outcome of a command is still waited for: any other outcome of the same call is late."""
    node = run.nodes.get(command.path)
    call = node.calls.get(command.call) if node is not None else None
    if call is None or run.ended:
        return False
    wanted = (command.generation, command.attempt)
    return call.status == "running" and (call.generation, call.attempt) == wanted


@frozen
class Standing:
    """A status, and what the run waits for: kinds of asks, `timer`, `signal`, `failure`; each named once, sorted."""

    status: RunStatus
    waiting_for: tuple[str, ...] = ()


def standing(run: Run) -> Standing:
    """Where a run stands. "running" also needs a live worker, which only the caller can know."""
    if run.ended:
        return Standing(run.ended)
    waits = _waiting_for(run)
    if run.paused:
        return Standing("paused", waits)
    if decide(run) or _calls_out(run) or not waits:
        return Standing("running", waits)
    return Standing("waiting", waits)


def _calls_out(run: Run) -> bool:
    doubts = sum(ask.kind == "in_doubt" for ask in run.asks.values())
    root = run.scopes.get(ROOT)
    return root is not None and root.flying > doubts


def _waiting_for(run: Run) -> tuple[str, ...]:
    found: set[str] = {ask.kind for ask in run.asks.values()}
    found |= {"timer" for key in run.timers if not key.startswith("?")}
    found |= {"signal" for _ in run.listeners}
    found |= {"failure" for _ in run.held}
    return tuple(sorted(found))


@frozen
class Now:
    """An instant on both clocks, in microseconds: wall time, and time since the boot named."""

    at: int
    boot: str = ""
    elapsed: int = 0

    def after(self, seconds: float) -> Timer:
        """A timer that is due when `seconds` have really passed."""
        span = round(seconds * 1_000_000)
        return Timer(self.at + span, self.boot, self.elapsed + span)


def is_due(timer: Timer, now: Now) -> bool:
    if timer.boot and timer.boot == now.boot:
        return now.elapsed >= timer.elapsed_until
    return now.at >= timer.until


def due(run: Run, now: Now) -> tuple[Event, ...]:
    """The timers that have run out, as facts."""
    if run.ended or not run.timers:
        return ()
    keys = sorted(key for key, timer in run.timers.items() if is_due(timer, now))
    return tuple(_fired(key) for key in keys)


def _fired(key: str) -> Event:
    if key.startswith("?"):
        return ApprovalExpired(key[1:])
    path, _, call = key.partition("#")
    return TimerFired(path, call)


def is_finished(run: Run, path: str) -> bool:
    """Whether a step has ended in this run."""
    node = run.nodes.get(path)
    return node is not None and node.status in ENDED
