"""A run's facts as a Parquet file: one row a fact, its common fields as typed columns, the whole event as JSON.

Written by a database that lives in memory for as long as this takes: no file of mntui's is opened. Every export has the
same columns, so the files of many runs are read as one table (`read_parquet('*.parquet')`).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import duckdb

from mntui.core.values import Json

COLUMNS: Final[Mapping[str, str]] = {
    "run": "VARCHAR",
    "run_id": "VARCHAR",
    "blueprint": "VARCHAR",
    "seq": "BIGINT",
    "happened_at": "BIGINT",
    "kind": "VARCHAR",
    "actor": "VARCHAR",
    "path": "VARCHAR",
    "call": "VARCHAR",
    "attempt": "INTEGER",
    "model": "VARCHAR",
    "tool": "VARCHAR",
    "effect": "VARCHAR",
    "input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "cost_micros": "BIGINT",
    "milliseconds": "BIGINT",
    "problem": "VARCHAR",
    "sentence": "VARCHAR",
    "event": "VARCHAR",
}
"""Instants are microseconds since 1970 when they come in, and TIMESTAMP (UTC) in the file."""

Row = Mapping[str, Json]
_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}


class ParquetFailed(OSError):
    """The file couldn't be written."""


def write_parquet(path: Path, rows: Iterable[Row]) -> int:
    """Write rows of COLUMNS (what is missing is null); the number of rows. Raises ParquetFailed."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    names = ", ".join(f"make_timestamp({n}) AS {n}" if n == "happened_at" else n for n in COLUMNS)
    try:
        with duckdb.connect(":memory:", config=_SETTINGS) as connection:
            connection.execute(f"CREATE TABLE facts ({columns})")
            appender = connection.appender("facts")
            appender.append_rows([tuple(row.get(name) for name in COLUMNS) for row in rows])
            appender.flush()
            select = f"SELECT {names} FROM facts ORDER BY seq"  # noqa: S608 - only names of our own are put together
            written = connection.execute(f"COPY ({select}) TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])
            (count,) = written.fetchone() or (0,)
    except duckdb.Error as error:
        raise ParquetFailed(str(error).partition("\n")[0]) from error
    return int(count)
