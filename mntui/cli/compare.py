"""`mntui compare`: the worker reckons, this shows the matrix."""

from mntui.cli.codes import DONE
from mntui.cli.compare_text import compare_text
from mntui.cli.exits import Body, Refusal, wrong_usage
from mntui.cli.finding import find_run
from mntui.cli.output import Session, plain
from mntui.core.compare import Matrix
from mntui.core.messages import AskCompare, Compared, Denied
from mntui.core.values import Json
from mntui.engines.base import Engine


def compare(wanted: str, models: str) -> Body:
    async def body(session: Session) -> int:
        names = named(models)
        async with session.engine() as engine:
            run = await find_run(engine, wanted)
            made = await asked(engine, AskCompare(run, names))
        session.answer(document(made), compare_text(session, made))
        return DONE

    return body


def named(models: str) -> tuple[str, ...]:
    """The models of `a,b,c`. Raises Refusal."""
    names = tuple(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))
    if not names:
        raise wrong_usage("no model is named", "mntui compare RUN --models openai/gpt-5.4-mini,nemotron3:33b")
    return names


async def asked(engine: Engine, question: AskCompare) -> Matrix:
    """Raises Refusal."""
    reply = await engine.query(question)
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, Compared)
    return reply.matrix


def document(made: Matrix) -> Json:
    """The matrix as it is, its cells a list by step; money in micro-dollars, null where nobody knows."""
    shown = plain(made)
    cells = shown.pop("cells")
    shown["steps"] = [
        {"id": step, "cells": cells[step], "best": plain(choice)}
        for step, choice in zip(made.steps, made.best, strict=True)
    ]
    shown.pop("best")
    return shown
