"""`sql.query`: one statement over files, in a DuckDB that lives in memory for this call and can reach nothing else.

Every file is opened by the rules for paths and loaded through its descriptor, every DuckDB file attached by its name
(SQLite files are `sqlite`'s); then the door is shut (no files, no extensions, no settings, no Python objects) and only
then the query runs, within limits of time, memory and rows. It reads, unless one database may be changed: then it
commits together with its effect key. Absent: an answer in part: more rows than the limit is a failure.

Imported by the tool host alone, and there only when a query is asked.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from mntui.core.values import Json
from mntui.tools import sqlite
from mntui.tools.base import ToolCall, ToolFailure, refused
from mntui.tools.databases import (
    EFFECTS,
    Database,
    alone,
    changed_one,
    check_same,
    databases_of,
    kept_result,
    opened_as,
)
from mntui.tools.limits_sql import Limits
from mntui.tools.rows import json_row
from mntui.tools.tables import load_table, tables_of

_CHANGES: Final = (
    duckdb.StatementType.INSERT,
    duckdb.StatementType.UPDATE,
    duckdb.StatementType.DELETE,
    duckdb.StatementType.MERGE_INTO,
    duckdb.StatementType.CREATE,
    duckdb.StatementType.ALTER,
    duckdb.StatementType.DROP,
)


def operate(job: ToolCall) -> Json:
    """Do one operation of a `sql.*` tool. Raises ToolFailure."""
    match job.op, job.use:
        case "call", "sql.query":
            return query(job, Limits())
        case "prepare", _:
            return None
    raise refused("UnknownTool", f"{job.use} has no {job.op}")


def query(job: ToolCall, limits: Limits) -> Json:
    """Load the tables, shut the door, ask. Raises ToolFailure (`SqlError`, `SqlTimeout`, `TooLarge`, …)."""
    databases = databases_of(job)
    if databases and databases[0].kind == "sqlite":
        return sqlite.ask(job, databases, limits)
    with _connection(limits) as connection, _told_plainly(limits), _interrupted_after(connection, limits.seconds):
        statement = _one_statement(connection, str(job.arguments["query"]), may_change="writes" in job.grants.allow)
        for table in tables_of(job.arguments.get("tables") or {}):
            load_table(connection, job.grants, table, limits.file_bytes)
        if statement.type == duckdb.StatementType.SELECT:
            with alone(job.grants, databases, limits.seconds), _attached(job, databases, connection):
                _shut(connection)
                return _found(connection, statement, _params(job), limits)
        changed = changed_one(job, databases)
        with alone(job.grants, (changed,), limits.seconds), _attached(job, (changed,), connection):
            connection.execute(f"SET search_path = '{changed.name}.main,memory.main'")
            _shut(connection)
            return _change(job, connection, statement, changed.name, limits)


def _params(job: ToolCall) -> dict[str, Json]:
    return dict(job.arguments.get("params") or {})


def _shut(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _found(
    connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, params: dict[str, Json], limits: Limits
) -> dict[str, Json]:
    connection.execute(statement, params)
    columns = _columns(connection)
    found = connection.fetchmany(limits.rows + 1)
    if len(found) > limits.rows:
        raise refused("TooLarge", f"the query gives more than {limits.rows:,} rows; add a LIMIT or group them")
    return {"columns": columns, "rows": [json_row(columns, row) for row in found], "count": len(found)}


def _change(
    job: ToolCall, connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, name: str, limits: Limits
) -> Json:
    """One transaction: has it happened, do it, note that it happened."""
    effects = f'"{name}".main.{EFFECTS}'
    kinds = "effect_key VARCHAR, result VARCHAR, noted_at VARCHAR"
    connection.execute("BEGIN")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {effects} ({kinds})")
    select = f"SELECT result FROM {effects} WHERE effect_key = ?"  # noqa: S608 - our own names
    happened = connection.execute(select, [job.effect_key]).fetchone()
    if happened is not None:
        return json.loads(happened[0])
    found = _found(connection, statement, _params(job), limits)
    if found["columns"] == ["Count"]:  # What DuckDB gives without RETURNING.
        count = sum(int(next(iter(row.values()))) for row in found["rows"])
        found = {"columns": [], "rows": [], "count": count}
    insert = f"INSERT INTO {effects} VALUES (?, ?, now()::VARCHAR)"  # noqa: S608 - our own names
    connection.execute(insert, [job.effect_key, kept_result(found["columns"], found["rows"], found["count"])])
    try:
        connection.execute("COMMIT")
    except duckdb.Error as error:
        message = f"whether the change was written isn't known: {error}"
        raise ToolFailure("SqlError", message, retryable=True) from None
    return found


@contextmanager
def _attached(job: ToolCall, databases: tuple[Database, ...], connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One inside the other, so that each folder stays open for as long as its file."""
    if not databases:
        yield
        return
    database = databases[0]
    with opened_as(job.grants, database) as path:
        mode = " (READ_ONLY)" if database.where.use == "read" else ""
        quoted = path.replace("'", "''")
        try:
            connection.execute(f"ATTACH '{quoted}' AS \"{database.name}\"{mode}")
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            message = f"{database.where.path} is in use by another program"
            raise ToolFailure("Busy", message, retryable=True, not_sent=True) from None
        check_same(database, path)
        try:
            with _attached(job, databases[1:], connection):
                yield
        finally:
            connection.close()  # Before the lock is given up. What wasn't committed is undone.


@contextmanager
def _connection(limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": "2",
        "memory_limit": limits.memory,
        "temp_directory": "",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "python_enable_replacements": "false",
        "enable_external_file_cache": "false",  # It goes by name, and a descriptor's name is used again.
    }
    connection = duckdb.connect(":memory:", config=settings)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _told_plainly(limits: Limits) -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException:
        raise refused("SqlTimeout", f"the query took longer than {limits.seconds:g} s and was stopped") from None
    except duckdb.Error as error:
        raise refused("SqlError", str(error)) from None


@contextmanager
def _interrupted_after(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt again and again: one that arrives between two statements would be forgotten."""
    done = threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            connection.interrupt()
            wait = 0.1

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _one_statement(connection: duckdb.DuckDBPyConnection, text: str, *, may_change: bool) -> duckdb.Statement:
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise refused("SqlError", f"a query is one SELECT statement, not {len(statements)} statements")
    allowed = (duckdb.StatementType.SELECT, *(_CHANGES if may_change else ()))
    if statements[0].type not in allowed:
        kind = statements[0].type.name
        raise refused("SqlError", f"a query is one SELECT (WITH … SELECT too), and this is {kind}: it may only read")
    return statements[0]


def _columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    described = connection.description or []
    columns = [str(column[0]) for column in described]
    if len(set(columns)) < len(columns):
        raise refused("SqlError", f"two columns have the same name ({', '.join(columns)}); name one with AS")
    for column in described:
        if "WITH TIME ZONE" in str(column[1]):
            raise refused("SqlError", f"the column {column[0]} has a time zone; cast it: {column[0]}::timestamp")
    return columns
