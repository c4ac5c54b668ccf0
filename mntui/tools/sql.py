"""`sql.query`: one SELECT over files, in a DuckDB that lives in memory for this call and can reach nothing else.

Every file is opened by the rules for paths and loaded through its descriptor; then the door is shut (no files, no
extensions, no settings, no Python objects) and only then the query runs, within limits of time, memory and rows.
Types aren't guessed from the look of text: CSV columns, and dates in JSON, are text unless `types` says otherwise, so
`007` stays `007` and money is exact (`decimal(18,2)`). Results are JSON: a decimal or integer is a number as long as its
digits survive a reader's double (15 digits, 2^53), else text; dates are ISO text; bytes are hex; NaN, infinities text.

Imported by the tool host alone, and there only when a query is asked.
"""

import datetime
import difflib
import math
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

import duckdb

from mntui.core.values import LARGEST_INTEGER, Json
from mntui.tools.base import Grants, ToolCall, ToolFailure, refused
from mntui.tools.paths import opened_file, place


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use."""

    seconds: float = 30.0
    memory: str = "512MB"
    rows: int = 10_000
    file_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Table:
    """One file as a table. `columns` maps names in the query to names in the file; `types` is by names in the query."""

    name: str
    path: str
    columns: Mapping[str, str]
    types: Mapping[str, str]


_READERS: Final[Mapping[str, str]] = {
    ".csv": "read_csv({file}, header=true, all_varchar=true{more})",
    ".tsv": "read_csv({file}, header=true, all_varchar=true, delim='\t'{more})",
    ".parquet": "read_parquet({file})",
    ".json": "read_json({file}{more})",
    ".jsonl": "read_json({file}, format='newline_delimited'{more})",
    ".ndjson": "read_json({file}, format='newline_delimited'{more})",
}

_TYPES: Final[Mapping[str, str]] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
