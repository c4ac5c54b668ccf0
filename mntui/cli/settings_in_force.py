"""`mntui config`: every setting, its value, where that comes from; and what is wrong with config.toml, line by line."""

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, Refusal
from mntui.cli.output import Session, table
from mntui.config.file import Config, in_force, read_config
from mntui.config.keys import SETTINGS
from mntui.core.messages import Denied
from mntui.core.values import Json


def config() -> Body:
    async def body(session: Session) -> int:
        found = read_config(session.settings.config)
        rows = [*in_force(found, session.around.environment)]
        if found.problems and not session.json:
            session.say(_text(session, found, rows))
        if found.problems:
            raise Refusal(denied_of(found))
        session.answer(_document(found, rows), _text(session, found, rows))
        return DONE

    return body


def denied_of(found: Config) -> Denied:
    """All problems of the file as one error; the defaults are used until it is mended."""
    each = tuple(
        Denied("config", problem.message, problem.remedy, str(found.path), problem.line, problem.column)
        for problem in found.problems
    )
    if len(each) == 1:
        return each[0]
    return Denied("config", f"{len(each)} things in {found.path} are wrong", each[0].remedy, more=each)


def _document(found: Config, rows: list[tuple[str, Json, str, int]]) -> Json:
    return {
        "path": str(found.path),
        "exists": found.exists,
        "values": [{"id": key, "value": value, "from": source, "line": line} for key, value, source, line in rows],
    }


def _text(session: Session, found: Config, rows: list[tuple[str, Json, str, int]]) -> str:
    variables = {".".join(each.key): each.variable for each in SETTINGS}
    cells = []
    for key, value, source, line in rows:
        where = {"file": f"line {line}", "environment": variables.get(key, ""), "default": "default"}[source]
        cells.append((key, "none" if value is None else str(value), where))
    there = "" if found.exists else " (not there yet: the worker writes it, with everything off, when it starts)"
    return f"{found.path}{there}\n{table(('setting', 'value', 'from'), cells, session.width)}"
