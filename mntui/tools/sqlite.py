"""`sql.query` of SQLite files: attached by name to a database in memory, read-only unless one may be changed.

What a statement would do is asked of SQLite itself before anything runs (its authorizer is told every action while the
statement is compiled). Attaching, pragmas, extensions and temporary things are denied. Absent: other files beside them.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from mntui.core.values import Json
from mntui.tools.base import ToolCall, ToolFailure, refused
from mntui.tools.databases import EFFECTS, Database, changed_one, check_same, kept_result, opened_as
from mntui.tools.limits_sql import Limits
from mntui.tools.rows import json_row

STEPS: Final = 5000
"""How many steps of SQLite's machine pass between two looks at the clock."""
_CHANGES: Final = frozenset(
    (
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_UPDATE,
        sqlite3.SQLITE_DELETE,
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_VIEW,
        sqlite3.SQLITE_REINDEX,
        sqlite3.SQLITE_ANALYZE,
    )
)
_READS: Final = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
)
_OF_RENAMING: Final = "sqlite_temp_master"
"""What ALTER looks through itself; no query can change it."""
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def ask(job: ToolCall, databases: tuple[Database, ...], limits: Limits) -> Json:
    """Read, or change one database once. Raises ToolFailure."""
    if job.arguments.get("tables"):
        raise refused("SqlError", "`tables` are files of a DuckDB query; a query of SQLite files has `databases` alone")
    text, params = str(job.arguments["query"]), dict(job.arguments.get("params") or {})
    new = "writes" in job.grants.allow and not any(Path(each.where.path).exists() for each in databases)
    with _blank(databases, limits) if new else _connected(job, databases, limits) as connection:
        changes = _changes(connection, text, params)
        if not changes:
            return _found(connection.execute(text, params), limits)
    with _connected(job, (changed_one(job, databases),), limits) as connection:
        return _change(job, connection, databases[0].name, limits)


def _change(job: ToolCall, connection: sqlite3.Connection, name: str, limits: Limits) -> Json:
    """One transaction: has it happened, do it, note that it happened."""
    text, params = str(job.arguments["query"]), dict(job.arguments.get("params") or {})
    effects = f'"{name}".{EFFECTS}'
    connection.set_authorizer(None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {effects} (effect_key TEXT PRIMARY KEY, result TEXT, noted_at TEXT)"
    )
    happened = connection.execute(f"SELECT result FROM {effects} WHERE effect_key = ?", [job.effect_key]).fetchone()  # noqa: S608 - our own names
    if happened is not None:
        connection.execute("ROLLBACK")
        return json.loads(happened[0])
    connection.set_authorizer(_allow_change)
    before = connection.total_changes
    found = _found(connection.execute(text, params), limits)
    found["count"] = connection.total_changes - before
    connection.set_authorizer(None)
    kept = kept_result(found["columns"], found["rows"], found["count"])
    connection.execute(f"INSERT INTO {effects} VALUES (?, ?, datetime())", [job.effect_key, kept])  # noqa: S608 - our own names
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        message = f"whether the change was written isn't known: {error}"
        raise ToolFailure("SqlError", message, retryable=True) from None
    return found


def _found(cursor: sqlite3.Cursor, limits: Limits) -> dict[str, Json]:
    columns = [str(each[0]) for each in cursor.description or ()]
    if len(set(columns)) < len(columns):
        raise refused("SqlError", f"two columns have the same name ({', '.join(columns)}); name one with AS")
    rows = cursor.fetchmany(limits.rows + 1)
    if len(rows) > limits.rows:
        raise refused("TooLarge", f"the query gives more than {limits.rows:,} rows; add a LIMIT or group them")
    return {"columns": columns, "rows": [json_row(columns, row) for row in rows], "count": len(rows)}


def _changes(connection: sqlite3.Connection, text: str, params: dict[str, Json]) -> bool:
    """Whether a statement would change something, by compiling it."""
    seen: set[int] = set()

    def note(action: int, *_about: str | None) -> int:
        seen.add(action)
        return sqlite3.SQLITE_OK if action in _READS | _CHANGES else sqlite3.SQLITE_DENY

    connection.set_authorizer(note)
    connection.execute(f"EXPLAIN {text}", params)
    connection.set_authorizer(_allow_reading)
    return bool(seen & _CHANGES)


def _allow_reading(action: int, *_about: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def _allow_change(action: int, one: str | None, two: str | None, database: str | None, _inside: str | None) -> int:
    """A table without the name of its database would be made in memory, and be gone with the call."""
    lost = action in _CHANGES and database in ("main", "temp") and one != _OF_RENAMING
    ours = EFFECTS in ((one or "").casefold(), (two or "").casefold())
    return sqlite3.SQLITE_OK if action in _READS | _CHANGES and not lost and not ours else sqlite3.SQLITE_DENY


@contextmanager
def _connected(job: ToolCall, databases: tuple[Database, ...], limits: Limits) -> Iterator[sqlite3.Connection]:
    with _in_memory(limits) as connection, _attached(job, databases, connection):
        yield connection


@contextmanager
def _blank(databases: tuple[Database, ...], limits: Limits) -> Iterator[sqlite3.Connection]:
    """Where the file is still to be made: an empty database of that name, to compile against."""
    with _in_memory(limits) as connection:
        for database in databases:
            connection.execute(f"ATTACH ':memory:' AS \"{database.name}\"")
        yield connection


@contextmanager
def _in_memory(limits: Limits) -> Iterator[sqlite3.Connection]:
    until = time.monotonic() + limits.seconds
    try:
        connection = sqlite3.connect(":memory:", uri=True, isolation_level=None, timeout=limits.seconds / 2)
        try:
            connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
            yield connection
        finally:
            connection.close()  # What wasn't committed is undone.
    except sqlite3.Error as error:
        raise _told(error, limits) from None


@contextmanager
def _attached(job: ToolCall, databases: tuple[Database, ...], connection: sqlite3.Connection) -> Iterator[None]:
    """One inside the other, so that each folder stays open for as long as its file."""
    if not databases:
        yield
        return
    database = databases[0]
    with opened_as(job.grants, database) as path:
        mode = "rwc" if database.where.use == "write" else "ro"
        connection.execute(f'ATTACH ? AS "{database.name}"', [f"file:{quote(path)}?mode={mode}"])
        connection.execute(f'PRAGMA "{database.name}".schema_version')  # Opening waits for the first look.
        check_same(database, path)
        with _attached(job, databases[1:], connection):
            yield
        connection.close()


def _told(error: sqlite3.Error, limits: Limits) -> ToolFailure:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return ToolFailure("Busy", f"the database is in use: {error}", retryable=True, not_sent=True)
    if code == sqlite3.SQLITE_INTERRUPT:
        return refused("SqlTimeout", f"the query took longer than {limits.seconds:g} s and was stopped")
    if code == sqlite3.SQLITE_AUTH:
        return refused("Denied", f"{error}: a query reads, or changes tables written NAME.table; nothing else")
    return refused("SqlError", str(error))
