"""`mntui rerun`: a new run from the inputs of another one. Models and tools are really called, so what it does in the
world is done again, under keys of its own; whatever asked for approval asks again.

Not to be confused with `replay` (nothing is called) or `compare --rerun` (only models are).
"""

from collections.abc import Iterator

from mntui.cli.blueprints import load_blueprint, valid_plan
from mntui.cli.exits import Body
from mntui.cli.finding import folded, opened
from mntui.cli.inputs import read_inputs
from mntui.cli.output import Session, paint
from mntui.cli.run_command import Asked, begin, budget_of, check_waiting, ensure_trust, model_choices
from mntui.cli.values import named_values
from mntui.core.events import RunStarted
from mntui.core.frozen import frozen
from mntui.core.messages import Opened, Start
from mntui.core.nine import nine
from mntui.core.plan import Plan
from mntui.core.run import Run
from mntui.core.values import Json


@frozen
class Again:
    """What was typed after `mntui rerun`; `asked.blueprint` is empty."""

    run: str
    asked: Asked
    today: bool = False


def rerun(again: Again) -> Body:
    async def body(session: Session) -> int:
        check_waiting(again.asked)
        model_choices(again.asked.models)
        async with session.engine() as engine:
            before = await opened(engine, again.run)
            run = folded(before)
            plan = await _todays(session, run) if again.today else run.plan
            start = _start_of(session, again, before, run, plan)
            session.note("\n".join(_told(run, again, plan)))
            return await begin(session, engine, start, again.asked)

    return body


async def _todays(session: Session, run: Run) -> Plan:
    """The plan that the blueprint's folder gives now. Raises Refusal."""
    loaded = load_blueprint(session, run.blueprint_folder)
    plan = valid_plan(loaded, run.blueprint_folder)
    await ensure_trust(session, loaded, plan, run.blueprint_folder)
    return plan


def _start_of(session: Session, again: Again, before: Opened, run: Run, plan: Plan) -> Start:
    """The inputs, models and budget that the run was started with, but for what was typed. Raises Refusal."""
    started = before.facts[0].event
    assert isinstance(started, RunStarted)
    asked, cwd = again.asked, session.around.cwd
    texts = named_values(list(asked.inputs), "-i")
    given = model_choices(asked.models)
    bound = {role: model for role, model in started.models.items() if role in plan.models and "" not in given}
    return Start(
        run.blueprint_folder if again.today else "",
        str(cwd),
        read_inputs(plan.inputs, texts, _kept(run, plan), cwd),
        {**bound, **given},
        budget_of(asked.budget) if asked.budget else started.budget_micros,
        asked.out,
        session.around.person,
        again_of=run.name,
    )


def _kept(run: Run, plan: Plan) -> dict[str, Json]:
    """The inputs that the plan still knows. One that had no value is left to its default."""
    return {name: value for name, value in run.inputs.items() if name in plan.inputs and value is not None}


def _told(run: Run, again: Again, plan: Plan) -> Iterator[str]:
    version = "today's version" if again.today else "the version it was pinned to"
    yield f"{paint('rerun', 'bold')} of {run.name}, {version}: models and tools are called again."
    made = [effect.tool for effect in nine(run).effects]
    if made:
        counted = ", ".join(f"{tool} {made.count(tool)}×" for tool in dict.fromkeys(made))
        yield f"  {run.name} made these effects, and this run makes its own, under new keys: {counted}"
    gone = [name for name in run.inputs if name not in plan.inputs]
    if gone:
        yield f"  left out, since today's version has no such input: {', '.join(gone)}"
