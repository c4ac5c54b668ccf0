"""The tables of the index, and the settings under which its file is opened.

Rows are only ever appended. There are no keys, indexes, updates or deletes, since those are where the database is slow
and breaks. Tables are made in a fresh file and never altered: what they, the views and this version say together is the
file's mark, and a file with another mark is built again from the log.

`facts` and `payloads` hold every batch, so that it can be put back byte for byte. `run_states` and `step_states` hold
folds: a new row when a run or a step has changed, and the one with the highest seq counts.
"""

import hashlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from mntui import __version__
from mntui.journal.views import VIEWS

MEMORY: Final = "256MB"
CHECKPOINT: Final = "16MB"
NICENESS: Final = 10

T = TypeVar("T")

TABLES: Final = """
CREATE TABLE about (mark VARCHAR);

CREATE TABLE facts (
  batch BIGINT, place INTEGER, run VARCHAR, run_id VARCHAR, seq BIGINT, at_micros BIGINT, actor VARCHAR,
  kind VARCHAR, path VARCHAR, call VARCHAR, attempt INTEGER, ask VARCHAR, tool VARCHAR, model VARCHAR,
  cost_micros BIGINT, input_tokens BIGINT, output_tokens BIGINT, body VARCHAR
);

CREATE TABLE payloads (digest VARCHAR, batch BIGINT, place INTEGER, value VARCHAR);

-- Whole batches that the two tables above would not give back byte for byte.
CREATE TABLE kept (batch BIGINT, data VARCHAR);

CREATE TABLE run_states (
  run_id VARCHAR, seq BIGINT, run VARCHAR, blueprint VARCHAR, version VARCHAR, digest VARCHAR, folder VARCHAR,
  status VARCHAR, waiting_for VARCHAR, success BOOLEAN, steps_ended INTEGER, steps INTEGER,
  cost_micros BIGINT, unknown_calls BIGINT, estimated_calls BIGINT, calls BIGINT,
  input_tokens BIGINT, output_tokens BIGINT, budget_micros BIGINT, budget_tokens BIGINT,
  started_micros BIGINT, ended_micros BIGINT, problem_kind VARCHAR, problem VARCHAR, problem_step VARCHAR,
  open_asks VARCHAR[], output_digest VARCHAR
);

CREATE TABLE step_states (
  run_id VARCHAR, seq BIGINT, run VARCHAR, step VARCHAR, parent VARCHAR, status VARCHAR,
  generation INTEGER, attempts INTEGER, started_micros BIGINT, ended_micros BIGINT,
  why VARCHAR, problem_kind VARCHAR, problem VARCHAR, items INTEGER, failed_items INTEGER,
  cost_micros BIGINT, unknown_calls BIGINT, calls BIGINT, input_tokens BIGINT, output_tokens BIGINT,
  input_digest VARCHAR, output_digest VARCHAR
);
"""

MARK: Final = hashlib.sha256("\0".join((__version__, duckdb.__version__, TABLES, *VIEWS.values())).encode()).hexdigest()

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": "2",
    "memory_limit": MEMORY,
    "checkpoint_threshold": CHECKPOINT,
    "max_temp_directory_size": "2GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
}


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a file, made where it is missing, so that nothing in it can reach outside. Raises duckdb.Error."""
    return politely(lambda: duckdb.connect(str(path), config={**_SETTINGS, "temp_directory": f"{path}.tmp"}))


def politely(start: Callable[[], T]) -> T:
    """Do something whose threads shall give way to everyone else's: on Linux a thread inherits its maker's niceness."""
    with ThreadPoolExecutor(1, "mntui-polite", give_way) as maker:
        return maker.submit(start).result()


def give_way() -> None:
    """The calling thread gets the processor after others: a slow query must not make a commit wait for it."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def connect_to_read(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a file of anybody's for reading. Raises duckdb.Error."""
    return duckdb.connect(str(path), read_only=True, config={**_SETTINGS, "temp_directory": ""})


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay out a fresh file. Raises duckdb.Error."""
    connection.begin()
    connection.execute(TABLES)
    for name, text in VIEWS.items():
        connection.execute(f"CREATE VIEW {name} AS {text}")
    connection.execute("INSERT INTO about VALUES (?)", [MARK])
    connection.commit()
    connection.checkpoint()
