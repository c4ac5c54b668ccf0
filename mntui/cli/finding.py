"""What a person means by RUN, STEP and ID: exact names first, then a unique beginning or ending, then a suggestion."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from difflib import get_close_matches

from mntui.cli.exits import Refusal, refuse
from mntui.core.evolve import replay
from mntui.core.messages import (
    AllWaiting,
    AskEvents,
    AskWaiting,
    Denied,
    Facts,
    Opened,
    RunFilter,
    Update,
    Waiting,
)
from mntui.core.run import Run, new_run
from mntui.core.step_paths import is_item
from mntui.core.values import LARGEST_INTEGER
from mntui.engines.base import Engine

MANY_RUNS = 10_000


async def find_run(engine: Engine, wanted: str) -> str:
    """The speakable name of a run. Raises Refusal."""
    # Asking for the facts after the last possible one tells whether the run exists, whatever its size.
    reply = await engine.query(AskEvents(wanted, after=LARGEST_INTEGER))
    if isinstance(reply, Facts):
        return reply.run
    rows = await engine.runs(RunFilter(limit=MANY_RUNS))
    begun = {row.run for row in rows if wanted and (row.run.startswith(wanted) or row.id.startswith(wanted))}
    if len(begun) == 1:
        return begun.pop()
    if begun:
        raise refuse("ambiguous_run", f"{wanted} is the beginning of several runs: {_few(begun)}", "Type more of it.")
    if not rows:
        raise refuse("unknown_run", f"there is no run {wanted}; there are no runs yet", "mntui blueprint list")
    raise refuse("unknown_run", f"there is no run {wanted}", _meant(wanted, [row.run for row in rows], "mntui runs"))


async def open_run(engine: Engine, wanted: str) -> Run:
    """A run as it is now. Raises Refusal."""
    return folded(await opened(engine, wanted))


async def opened(engine: Engine, wanted: str) -> Opened:
    """A run's plan and all its facts. Raises Refusal."""
    async with aclosing(watching(engine, await find_run(engine, wanted))) as updates:
        async for update in updates:
            if isinstance(update, Opened):
                return update
    raise refuse("unknown_run", f"the run {wanted} can't be opened", "mntui worker status")


async def watching(engine: Engine, run: str, after: int = 0) -> AsyncGenerator[Update]:
    """The updates of a run, as something that can be closed early. Raises Refusal for a run that isn't there."""
    try:
        async for update in engine.watch(run, after):
            yield update
    except LookupError as error:
        raise refuse("unknown_run", f"there is no run {run}", "mntui runs lists them.") from error


def folded(first: Opened) -> Run:
    return replay(new_run(first.id, first.plan), first.facts)


def find_step(run: Run, wanted: str) -> str:
    """The path of a step of a run: as it is, or by its unique last part. Raises Refusal."""
    if wanted in run.nodes:
        return wanted
    ending = [path for path in run.nodes if path.endswith(f"/{wanted}") and not is_item(path)]
    if len(ending) == 1:
        return ending[0]
    if ending:
        raise refuse(
            "ambiguous_step", f"{wanted} is several steps of {run.name}: {_few(ending)}", "Type the whole path."
        )
    if any(wanted in (step.id, path) for path, step in run.plan.steps.items()):
        raise refuse("not_begun", f"{wanted} of {run.name} isn't there yet", f"mntui show {run.name}")
    names = [*run.nodes, *(step.id for step in run.plan.steps.values())]
    raise refuse(
        "unknown_step", f"run {run.name} has no step {wanted}", _meant(wanted, names, f"mntui show {run.name}")
    )


async def all_waiting(engine: Engine) -> tuple[Waiting, ...]:
    """All that waits for a person, the oldest first."""
    reply = await engine.query(AskWaiting())
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, AllWaiting)
    return tuple(sorted(reply.waiting, key=lambda waiting: (waiting.ask.asked_at, waiting.ask.id)))


async def find_waiting(engine: Engine, ask: str) -> Waiting | None:
    """What waits under an id; None where nothing does: then the run itself says what became of it."""
    return next((waiting for waiting in await all_waiting(engine) if waiting.ask.id == ask), None)


def run_of_ask(ask: str) -> str:
    """`invoice-7f3k.2` belongs to the run invoice-7f3k. Raises Refusal."""
    run, dot, number = ask.rpartition(".")
    if not dot or not number.isdecimal():
        raise refuse("unknown_ask", f"{ask} is no id of something that waits", "mntui approvals lists what waits")
    return run


def _meant(wanted: str, names: Iterable[str], listing: str) -> str:
    near = get_close_matches(wanted, list(dict.fromkeys(names)), n=2)
    return f"Did you mean {' or '.join(near)}?" if near else f"{listing} lists them."


def _few(names: Iterable[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
