"""`mntui sql`: one SELECT over every run, which can't change anything, reach anything, or last.

What a query may name is read off its syntax tree before it runs: tables and views by plain names, and of the functions
that give tables only those that read nothing outside. It then runs on a cursor of its own, in a transaction that can't
write, in an instance that opens no files and loads no extensions, until its time is up.

Absent: a statement that is changed before it runs, and any list of forbidden words.
"""

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import duckdb

from mntui.core.frozen import frozen
from mntui.core.messages import SqlRows
from mntui.core.values import Json
from mntui.tools.rows import json_value

TABLE_FUNCTIONS: Final = frozenset(
    {"range", "generate_series", "unnest", "repeat", "json_each", "json_tree", "duckdb_tables", "duckdb_views"}
    | {"duckdb_columns", "duckdb_functions", "pragma_table_info", "summary"}
)
UNWANTED: Final = frozenset({"write_log", "setseed", "setval", "nextval", "currval", "getvariable", "current_setting"})
NODES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
PLAIN_NAME: Final = re.compile(r"\w+")
INTERRUPT_AGAIN_SECONDS: Final = 0.1
ROWS_AT_ONCE: Final = 100
BLAMELESS: Final = (
    duckdb.ProgrammingError,
    duckdb.DataError,
    duckdb.NotSupportedError,
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.PermissionException,
    duckdb.TransactionException,
)
"""What is wrong with a query, not with the file."""


@frozen
class Limits:
    """What one query may take. `bytes_of_rows` counts its rows as JSON."""

    seconds: float = 30.0
    rows: int = 10_000
    bytes_of_rows: int = 8 * 1024 * 1024


class SqlRefused(Exception):
    """A query that isn't run, or was stopped: `code` is a stable word, `remedy` says what would work."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


def ask(cursor: duckdb.DuckDBPyConnection, query: str, limits: Limits) -> SqlRows:
    """Run a query. Raises SqlRefused; duckdb.Error where the file itself is broken."""
    try:
        with _stopped_after(cursor, limits.seconds):
            check(cursor, query)
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            cursor.execute(query)
            return _rows(cursor, limits)
    except duckdb.InterruptException:
        raise SqlRefused(
            "sql_timeout", f"the query took longer than {limits.seconds:g} s and was stopped", "ask for less"
        ) from None
    except duckdb.OutOfMemoryException:
        raise SqlRefused("sql_memory", "the query needs more memory than it may take", "ask for less") from None
    except BLAMELESS as error:
        raise SqlRefused(
            "sql_error", str(error), 'mntui sql "SELECT * FROM duckdb_columns()" lists every column'
        ) from None


def check(cursor: duckdb.DuckDBPyConnection, query: str) -> None:
    """Raises SqlRefused for anything but one SELECT over plain tables."""
    statements = cursor.extract_statements(query)
    if len(statements) != 1:
        raise SqlRefused("sql_not_one", f"a query is one SELECT, not {len(statements)} statements", "ask one at a time")
    if statements[0].type != duckdb.StatementType.SELECT:
        kind = statements[0].type.name
        raise SqlRefused(
            "sql_not_select", f"a query is one SELECT, and this is {kind}", "runs change by other commands"
        )
    row = cursor.execute("SELECT json_serialize_sql($1)", [query]).fetchone()
    tree = json.loads(row[0]) if row is not None else {"error": True}
    if tree.get("error"):
        raise SqlRefused(
            "sql_not_select", f"a query is one SELECT: {tree.get('error_message', '')}", "write it plainer"
        )
    for what, name in _named(tree):
        if what == "node" and name not in NODES:
            word = name.split("_")[0]
            raise SqlRefused(
                "sql_not_select", f"a query only reads, and this holds {word}", "runs change by other commands"
            )
        if what == "function" and name in UNWANTED:
            raise SqlRefused("sql_function", f"the function {name} can't be used here", "leave it out")
        if what == "source" and name not in TABLE_FUNCTIONS:
            raise SqlRefused("sql_outside", f"{name}() reads what isn't a run", "ask the tables and views alone")
        if what == "table" and not PLAIN_NAME.fullmatch(name):
            raise SqlRefused("sql_outside", f"{name!r} is no table of this index", "ask the tables and views alone")


def _named(tree: Json) -> Iterator[tuple[str, str]]:
    """Every kind of query, function, source of rows and table in a syntax tree."""
    found: list[tuple[str, str]] = []
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left.extend(node)
        elif isinstance(node, dict):
            left.extend(node.values())
            if str(node.get("type")).endswith("_NODE"):
                found.append(("node", node["type"]))
            if node.get("type") == "BASE_TABLE":
                found += [
                    ("table", node[part]) for part in ("catalog_name", "schema_name", "table_name") if node.get(part)
                ]
            elif node.get("type") == "TABLE_FUNCTION":
                found.append(("source", str(node["function"].get("function_name", "")).lower()))
            elif "function_name" in node:
                found.append(("function", str(node["function_name"]).lower()))
    return iter(found)


def is_damage(error: duckdb.Error) -> bool:
    """Whether an error speaks of the file, not of a query or a cursor that was closed."""
    return not isinstance(error, (*BLAMELESS, duckdb.ConnectionException))


def _rows(cursor: duckdb.DuckDBPyConnection, limits: Limits) -> SqlRows:
    columns = tuple(str(column[0]) for column in cursor.description or [])
    rows: list[tuple[Json, ...]] = []
    size = 0
    while len(rows) <= limits.rows and size <= limits.bytes_of_rows:
        found = cursor.fetchmany(ROWS_AT_ONCE)
        if not found:
            return SqlRows(columns, tuple(rows))
        for row in found:
            rows.append(_values(row))
            size += len(json.dumps(rows[-1], ensure_ascii=False))
            if len(rows) > limits.rows or size > limits.bytes_of_rows:
                break
    return SqlRows(columns, tuple(rows[:-1]), truncated=True)


def _values(row: Sequence[Any]) -> tuple[Json, ...]:
    return tuple(json_value(value) for value in row)


@contextmanager
def _stopped_after(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt again and again: one that arrives between two statements would be forgotten."""
    done = threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            cursor.interrupt()
            wait = INTERRUPT_AGAIN_SECONDS

    watcher = threading.Thread(target=watch, name="mntui-sql", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
