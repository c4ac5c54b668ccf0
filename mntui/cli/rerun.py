"""`mntui compare --rerun`: one frozen rerun a model, side by side, then the comparison with what they really did.

A rerun is a run: it is in `mntui runs`, its spend is in the ledger, and it goes on when this program is ended.
"""

import asyncio
from contextlib import aclosing

from mntui.cli.codes import DONE, FAILED
from mntui.cli.compare import asked, document, named
from mntui.cli.compare_text import compare_text
from mntui.cli.exits import Body, Refusal
from mntui.cli.finding import find_run, watching
from mntui.cli.output import Session
from mntui.cli.run_command import budget_of
from mntui.core.messages import AskCompare, Denied, Start
from mntui.engines.base import Engine


def rerun(wanted: str, models: str, budget: str) -> Body:
    async def body(session: Session) -> int:
        names, limit = named(models), budget_of(budget) if budget else None
        async with session.engine() as engine:
            run = await find_run(engine, wanted)
            supposed = await asked(engine, AskCompare(run, names))
            found = [await _started(session, engine, run, column.name, limit) for column in supposed.columns[1:]]
            reruns = tuple(name for name in found if name)
            await asyncio.gather(*(_ended(engine, name) for name in reruns))
            made = await asked(engine, AskCompare(run, names, reruns))
        session.answer(document(made), compare_text(session, made))
        return DONE if len(reruns) == len(found) else FAILED

    return body


async def _started(session: Session, engine: Engine, run: str, model: str, limit: int | None) -> str:
    """The name of a rerun; empty where the model can't be asked here, which is told. Raises Refusal for the rest."""
    start = Start("", str(session.around.cwd), models={"": model}, budget_micros=limit, rerun_of=run)
    started = await engine.start(start)
    if isinstance(started, Denied):
        if started.code != "model" and not any(each.code == "model" for each in started.more):
            raise Refusal(started)
        session.note(f"{model} isn't asked: {started.message}. {started.remedy}")
        return ""
    session.note(f"{started.run} asks {model}; no tool is called. Look: mntui watch {started.run}")
    return started.run


async def _ended(engine: Engine, run: str) -> None:
    async with aclosing(watching(engine, run)) as updates:
        async for _ in updates:
            pass
