"""`mntui sql`: ask the worker, or a named file in a process of its own, and write the rows as they are wanted."""

import asyncio
import csv
import io
import json
import sys
from pathlib import Path
from typing import Final

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, Refusal, refuse, wrong_usage
from mntui.cli.output import Session, glance, table
from mntui.cli.processes import tree_environment
from mntui.core.messages import AskSql, Denied, SqlRows
from mntui.core.values import Json

FORMATS: Final = ("table", "csv", "json")
MOST_OF_A_CELL: Final = 60


def sql(query: str, file: str, form: str, limit: int) -> Body:
    async def body(session: Session) -> int:
        if form not in FORMATS:
            raise wrong_usage(f"there is no format {form}", f"It is one of {', '.join(FORMATS)}.")
        rows = await (_of_file(_path(session, file), query, limit) if file else _of_runs(session, query, limit))
        match form:
            case "csv":
                session.around.stdout.write(_csv(rows))
            case "json":
                session.document(_document(rows))
            case _:
                session.say(_table(session, rows))
        if rows.truncated and form != "json":
            session.note(f"There is more: these are {len(rows.rows):,} rows. --limit gives up to 10,000.")
        return DONE

    return body


async def _of_runs(session: Session, query: str, limit: int) -> SqlRows:
    async with session.engine() as engine:
        reply = await engine.query(AskSql(query, limit))
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, SqlRows)
    return reply


def _path(session: Session, file: str) -> Path:
    path = session.around.cwd / Path(file).expanduser()
    if not path.is_file():
        raise refuse("no_file", f"there is no file {path}", "name a DuckDB file")
    return path


async def _of_file(path: Path, query: str, limit: int) -> SqlRows:
    """A database is read by a process of its own, which ends with the query, whatever the file holds."""
    asked = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "mntui.journal.asking",
        str(path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=tree_environment(),
    )
    told, _ = await asked.communicate(json.dumps({"query": query, "limit": limit}).encode())
    if asked.returncode != 0:
        raise refuse("sql_died", f"the process that read {path} died with {asked.returncode}", "ask for less")
    answer = json.loads(told)
    if "error" in answer:
        raise refuse(*answer["error"])
    return SqlRows(tuple(answer["columns"]), tuple(tuple(row) for row in answer["rows"]), answer["truncated"])


def _document(rows: SqlRows) -> Json:
    return {
        "columns": list(rows.columns),
        "rows": [list(row) for row in rows.rows],
        "truncated": rows.truncated,
    }


def _csv(rows: SqlRows) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows([_cell(value) for value in row] for row in rows.rows)
    return text.getvalue()


def _cell(value: Json) -> Json:
    """Lists and maps as JSON; nothing as an empty cell."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | bool) else value


def _table(session: Session, rows: SqlRows) -> str:
    if not rows.rows:
        return "No rows."
    cells = [tuple("" if value is None else glance(value, MOST_OF_A_CELL) for value in row) for row in rows.rows]
    return table(rows.columns, cells, session.width)
