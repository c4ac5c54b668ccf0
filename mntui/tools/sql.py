"""`sql.query`: one SELECT over files, in a DuckDB that lives in memory for this call and can reach nothing else.

Every file is opened by the rules for paths and loaded through its descriptor; then the door is shut (no files, no
extensions, no settings, no Python objects) and only then the query runs, within limits of time, memory and rows.
Absent: writing, and a query that goes on in part: more rows than the limit is a failure, never a shorter answer.

Imported by the tool host alone, and there only when a query is asked.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from mntui.core.values import Json
from mntui.tools.base import ToolCall, refused
from mntui.tools.rows import json_row
from mntui.tools.tables import load_table, tables_of


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use, the loading of its files included."""

    seconds: float = 30.0
    memory: str = "512MB"
    rows: int = 10_000
    file_bytes: int = 256 * 1024 * 1024


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
    text, params = str(job.arguments["query"]), dict(job.arguments.get("params") or {})
    with _connection(limits) as connection, _told_plainly(limits), _interrupted_after(connection, limits.seconds):
        statement = _only_select(connection, text)
        for table in tables_of(job.arguments.get("tables") or {}):
            load_table(connection, job.grants, table, limits.file_bytes)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        connection.execute(statement, params)
        columns = _columns(connection)
        found = connection.fetchmany(limits.rows + 1)
    if len(found) > limits.rows:
        raise refused("TooLarge", f"the query gives more than {limits.rows:,} rows; add a LIMIT or group them")
    return {"columns": columns, "rows": [json_row(columns, row) for row in found], "count": len(found)}


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


def _only_select(connection: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise refused("SqlError", f"a query is one SELECT statement, not {len(statements)} statements")
    if statements[0].type != duckdb.StatementType.SELECT:
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
