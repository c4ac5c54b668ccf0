"""`mntui eval`: an expression on a run's state, with its type. Nothing is called; only large values are fetched."""

import json

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, Refusal
from mntui.cli.fetching import fetched
from mntui.cli.finding import find_step, open_run
from mntui.cli.output import Session, plain
from mntui.core.evaluated import NoValue, Value, evaluated
from mntui.core.messages import Denied
from mntui.core.run import Run
from mntui.core.values import Json, Ref
from mntui.engines.base import Engine


def evaluate(wanted: str, expression: str, at: str) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            run = await open_run(engine, wanted)
            place = find_step(run, at) if at else ""
            found = await _value(engine, run, expression, place)
        if isinstance(found, NoValue):
            raise _refused(session, expression, found)
        document = {"run": run.name, "at": place, "expression": expression, "type": found.type, "value": found.value}
        session.answer(document, _text(found.value))
        if not session.json:
            session.note(f"({_sized(found)}{f', as {place} sees it' if place else ''})")
        return DONE

    return body


async def _value(engine: Engine, run: Run, expression: str, place: str) -> Value | NoValue:
    """Asked again with each large value that it turns out to read. Raises Refusal where one can't be fetched."""
    held: dict[str, Json] = {}
    while isinstance(found := evaluated(run, expression, place, held), Ref):
        held[found.digest] = await fetched(engine, found)
    return found


def _refused(session: Session, expression: str, no: NoValue) -> Refusal:
    """The expression with a caret under the place comes first, for a person."""
    if no.column and not session.json and "\n" not in expression:
        session.note(f"    {expression}\n    {' ' * (no.column - 1)}^")
    return Refusal(Denied(no.code, no.message, no.remedy, line=1 if no.column else 0, column=no.column))


def _text(value: Json) -> str:
    """Text as it is, all else as JSON: what a script reads from stdout is the value and nothing more."""
    if isinstance(value, str):
        return value
    return json.dumps(plain(value), ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)


def _sized(found: Value) -> str:
    return f"{found.type} of {len(found.value)}" if isinstance(found.value, dict | list) else found.type
