"""`mntui run`: read the inputs, start the run, follow it as far as it goes, and tell what came of it."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import aclosing

from mntui.cli import documents
from mntui.cli.blueprints import asked_to_trust, load_blueprint, trusts, valid_plan
from mntui.cli.codes import DONE, FAILED, WAITING
from mntui.cli.exits import Body, Refusal, refuse, wrong_usage
from mntui.cli.fetching import fetched
from mntui.cli.following import follow
from mntui.cli.inputs import read_inputs, read_inputs_file
from mntui.cli.live import run_live
from mntui.cli.output import Session, paint
from mntui.cli.result_text import result_text, waiting_text
from mntui.cli.stream import print_status_facts
from mntui.cli.values import named_values
from mntui.core.decide import standing
from mntui.core.frozen import frozen
from mntui.core.messages import Denied, Start, Started
from mntui.core.money import micros_of_usd
from mntui.core.nine import succeeded
from mntui.core.plan import Plan
from mntui.core.run import Run
from mntui.engines.base import Engine
from mntui.library.load import Loaded

SOON_MICROS = 60_000_000
_ROLE = re.compile(r"[a-z][a-z0-9_]*")


@frozen
class Asked:
    """What was typed after `mntui run`."""

    blueprint: str
    inputs: tuple[str, ...] = ()
    inputs_file: str = ""
    models: tuple[str, ...] = ()
    budget: str = ""
    out: str = ""
    detach: bool = False
    no_wait: bool = False


def run(asked: Asked) -> Body:
    async def body(session: Session) -> int:
        start = await _start_of(session, asked)
        async with session.engine() as engine:
            return await begin(session, engine, start, asked)

    return body


async def begin(session: Session, engine: Engine, start: Start, asked: Asked) -> int:
    """Start a run, and follow it as far as was asked for. Raises Refusal."""
    started = await engine.start(start)
    if isinstance(started, Denied):
        raise Refusal(started)
    session.note(_first_lines(started))
    if asked.detach:
        session.answer(_detached(started), f"{started.run} has started. Look: mntui watch {started.run}")
        return DONE
    return await _follow(session, engine, started, asked)


async def _start_of(session: Session, asked: Asked) -> Start:
    """Everything checked that can be, so that a mistake costs no run. Raises Refusal."""
    check_waiting(asked)
    cwd = session.around.cwd
    texts = named_values(list(asked.inputs), "-i")
    models = model_choices(asked.models)
    budget = None if not asked.budget else budget_of(asked.budget)
    loaded = load_blueprint(session, asked.blueprint)
    plan = valid_plan(loaded, asked.blueprint)
    values = read_inputs_file(asked.inputs_file, cwd) if asked.inputs_file else {}
    inputs = read_inputs(plan.inputs, texts, values, cwd)
    await ensure_trust(session, loaded, plan, asked.blueprint)
    return Start(asked.blueprint, str(cwd), inputs, models, budget, asked.out, session.around.person)


def check_waiting(asked: Asked) -> None:
    """Raises Refusal (wrong usage)."""
    if asked.detach and asked.no_wait:
        raise wrong_usage(
            "--detach and --no-wait exclude each other", "--detach returns at once, --no-wait at the end."
        )


async def ensure_trust(session: Session, loaded: Loaded, plan: Plan, wanted: str) -> None:
    """A person at a terminal is asked; nobody else is. Raises Refusal."""
    if not trusts(session, loaded) and not (session.interactive and await asked_to_trust(session, loaded, plan)):
        remedy = f"See what it may do, and trust it: mntui blueprint trust {wanted}"
        raise refuse("untrusted", f"{plan.name} comes from elsewhere and isn't trusted yet", remedy)


def model_choices(given: tuple[str, ...]) -> dict[str, str]:
    """`ROLE=MODEL` and `MODEL` as a map; the empty role stands for all others. Raises Refusal (wrong usage)."""
    chosen: dict[str, str] = {}
    for text in given:
        role, equals, model = text.partition("=")
        role, model = (role, model) if equals and _ROLE.fullmatch(role) else ("", text)
        if not model:
            raise wrong_usage(f"--model {text} names no model", "Write --model MODEL or --model ROLE=MODEL.")
        if role in chosen:
            raise wrong_usage(f"--model is given twice for {role or 'all roles'}", "Give it once.")
        chosen[role] = model
    return chosen


def budget_of(text: str) -> int:
    try:
        micros = micros_of_usd(text.removeprefix("$"))
    except ValueError as error:
        raise wrong_usage(f"--budget {text} is no amount of dollars", "Write it as --budget 0.50") from error
    if micros < 0:
        raise wrong_usage(f"--budget {text} is less than nothing", "Write it as --budget 0.50")
    return micros


def _first_lines(started: Started) -> str:
    lines = [f"{paint(started.run, 'bold')}  in {started.folder}"]
    for bound in started.models:
        stand_in = paint("  (a stand-in, not a language model)", "yellow") if bound.simulated else ""
        lines.append(f"  {bound.role}: {bound.model}{stand_in}")
    lines.extend(f"  note: {note}" for note in started.notes)
    return "\n".join(lines)


def _detached(started: Started) -> Mapping[str, object]:
    return {
        "run": started.run,
        "id": started.id,
        "status": "running",
        "success": None,
        "outputs": None,
        "folder": started.folder,
        "cost_usd": 0.0,
        "cost_known": True,
        "waiting": [],
        "problem": None,
    }


async def _follow(session: Session, engine: Engine, started: Started, asked: Asked) -> int:
    live = session.interactive and not asked.no_wait
    try:
        run = await (run_live if live else _run_plain)(session, engine, started.run)
    except asyncio.CancelledError:
        session.note(f"\n{started.run} goes on without this terminal. Back to it: mntui watch {started.run}")
        raise
    outputs = await fetched(engine, run.outputs)
    text = result_text(session, run, outputs) if run.ended else waiting_text(session, run)
    session.answer(documents.run_document(run, standing(run).status, outputs), text)
    if not run.ended:
        return WAITING
    return DONE if succeeded(run) else FAILED


async def _run_plain(session: Session, engine: Engine, name: str) -> Run:
    """Follow until the run has ended, or only people, signals or timers can move it."""
    async with aclosing(follow(engine, name, session.note)) as seen_so_far:
        async for seen in seen_so_far:
            run = seen.run
            print_status_facts(session, seen)
            if only_world_can_move(run, session.around.now()):
                break
    return run


def only_world_can_move(run: Run, now: int) -> bool:
    """Whether a run waits for a person, a signal or a time. A retry due within a minute is still its own work."""
    if standing(run).status not in {"waiting", "paused"}:
        return False
    retries = [timer.until for key, timer in run.timers.items() if "#" in key]
    return not any(until < now + SOON_MICROS for until in retries)
