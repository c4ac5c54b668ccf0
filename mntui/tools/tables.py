"""Files as tables of one DuckDB connection, with the columns and types that the caller names.

Types aren't guessed from the look of text: CSV columns, and dates in JSON, are text unless `types` says otherwise. So
`007` stays `007`, and money becomes exact with `decimal(18,2)`, never by way of a float. An empty field is null.
`columns` renames, since files of other people have other headings. Absent: globs (one table is one file).
"""

import difflib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import duckdb

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.tools.base import Grants, refused
from mntui.tools.headings import DELIMITERS, read_header
from mntui.tools.paths import opened_file, place

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": "VARCHAR",
        "integer": "BIGINT",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
    }
)
_DECIMAL: Final = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
_CSV: Final = (
    """read_csv(?, header = true, auto_detect = false, quote = '"', escape = '"', comment = '', skip = 0,"""
    " strict_mode = true, null_padding = false"
)
_GUESSED: Final = re.compile(r"(DATE|TIME|TIMESTAMP\w*|UUID)( WITH TIME ZONE)?(?=(\[\])*$)")
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@frozen
class Table:
    """One file as a table. `columns` maps names in the query to names in the file; `types` is by names in the query."""

    name: str
    path: str
    columns: Mapping[str, str]
    types: Mapping[str, str]


def tables_of(declared: Mapping[str, Json]) -> Iterator[Table]:
    """The tables of a call, from a path each or a map with a path. Raises ToolFailure on a name that SQL can't say."""
    for name, value in declared.items():
        if not NAME.fullmatch(name):
            raise refused("SqlError", f"{name!r} can't name a table: use letters, digits and _")
        if isinstance(value, str):
            yield Table(name, value, {}, {})
        else:
            yield Table(name, str(value["path"]), value.get("columns") or {}, value.get("types") or {})


def load_table(connection: duckdb.DuckDBPyConnection, grants: Grants, table: Table, most_bytes: int) -> None:
    """Copy a file into a table, through the descriptor that was checked. Raises ToolFailure, duckdb.Error."""
    where = place(grants, "tables", table.path, "read")
    with opened_file(grants, where, os.O_RDONLY) as descriptor:
        size = os.fstat(descriptor).st_size
        if size > most_bytes:
            raise refused("TooLarge", f"{where.path} holds {size:,} bytes; a table may have {most_bytes:,}")
        file = f"/dev/fd/{descriptor}"
        try:
            source, chosen = _source(connection, table, descriptor, where.path)
            selected = ", ".join(_selected(name, old, table, where.path) for name, old in chosen.items())
            made = f"CREATE TABLE {_quoted(table.name)} AS SELECT {selected} FROM {source}"  # noqa: S608 - all quoted
            connection.execute(made, [file])
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise refused("BadTable", f"{where.path}: {str(error).replace(file, where.path)}") from None


def _source(
    connection: duckdb.DuckDBPyConnection, table: Table, descriptor: int, path: str
) -> tuple[str, dict[str, str]]:
    """The reader of a file as SQL, and its columns: name in the query → name in the file."""
    packed = path.lower().endswith(".gz")
    more = ", compression = 'gzip'" if packed else ""
    match Path(path.lower().removesuffix(".gz")).suffix, packed:
        case ".csv" | ".tsv" as kind, _:
            delimiter, columns = read_header(descriptor, path, "\t" if kind == ".tsv" else DELIMITERS)
            types = _types_literal(dict.fromkeys(columns, "VARCHAR"))
            return f"{_CSV}, delim = {_literal(delimiter)}, columns = {types}{more})", _chosen(table, columns, path)
        case ".parquet", False:
            return "read_parquet(?)", _chosen(table, _described(connection, "read_parquet(?)", descriptor), path)
        case (".json" | ".jsonl" | ".ndjson") as kind, _:
            reader = f"read_json(?, format = '{'auto' if kind == '.json' else 'newline_delimited'}'{more}"
            found = _described(connection, f"{reader})", descriptor)
            chosen = _chosen(table, found, path)
            texts = {chosen[name] for name in table.types}
            kinds = {
                name: "VARCHAR" if name in texts else _GUESSED.sub("VARCHAR", kind) for name, kind in found.items()
            }
            return f"{reader}, columns = {_types_literal(kinds)})", chosen
    raise refused("BadTable", f"{path} is no table: .csv, .tsv, .json, .jsonl, .ndjson (or these .gz), .parquet")


def _described(connection: duckdb.DuckDBPyConnection, reader: str, descriptor: int) -> dict[str, str]:
    file = f"/dev/fd/{descriptor}"
    described = connection.execute(f"DESCRIBE SELECT * FROM {reader}", [file]).fetchall()  # noqa: S608 - ours
    os.lseek(descriptor, 0, os.SEEK_SET)
    return {str(row[0]): str(row[1]) for row in described}


def _chosen(table: Table, found: Collection[str], path: str) -> dict[str, str]:
    """Name in the query → name in the file: the renamed ones first, then the others as they are."""
    for old in table.columns.values():
        if old not in found:
            near = difflib.get_close_matches(old.casefold(), [name.casefold() for name in found], 1, 0.4)
            nearest = next((f"; nearest is {name!r}" for name in found if name.casefold() in near), "")
            listed = ", ".join(repr(name) for name in found)
            raise refused("NoColumn", f"{path} has no column {old!r}{nearest}. It has: {listed}")
    kept = {name: name for name in found if name not in table.columns.values()}
    taken = {name.casefold() for name in kept} & {name.casefold() for name in table.columns}
    if taken:
        raise refused("NoColumn", f"{path} already has a column {min(taken)!r}; rename that one too")
    chosen = {**table.columns, **kept}
    for name in table.types:
        if name not in chosen:
            raise refused("NoColumn", f"{path}: `types` names {name!r}, but the columns are {', '.join(chosen)}")
    return chosen


def _selected(name: str, old: str, table: Table, path: str) -> str:
    wanted = table.types.get(name)
    if wanted is None:
        return f"{_quoted(old)} AS {_quoted(name)}"
    return f"CAST({_quoted(old)} AS {_sql_type(wanted, name, path)}) AS {_quoted(name)}"


def _sql_type(wanted: str, name: str, path: str) -> str:
    decimal = _DECIMAL.fullmatch(wanted)
    if decimal:
        return f"DECIMAL({decimal[1]},{decimal[2]})"
    if wanted not in _TYPES:
        known = ", ".join(_TYPES)
        raise refused("BadTable", f"{path}, column {name!r}: {wanted!r} is no type; use {known} or decimal(18,2)")
    return _TYPES[wanted]


def _types_literal(types: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_literal(name)}: {_literal(kind)}" for name, kind in types.items()) + "}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
