"""The tables of the index, and the settings under which its file is opened.

Rows are only ever appended. There are no keys, indexes, updates or deletes, since those are where the database is slow
and breaks. Tables are made in a fresh file and never altered: what they, the views and the folds say together is the
file's mark, and a file with another mark is built again from the log.
"""

import hashlib
from pathlib import Path
from typing import Final

import duckdb

from mntui import __version__
from mntui.journal.views import VIEWS

MEMORY: Final = "256MB"
CHECKPOINT: Final = "64MB"

TABLES: Final = """
CREATE TABLE about (mark VARCHAR);

CREATE TABLE events (
  batch BIGINT, place INTEGER,
  run_id VARCHAR, seq BIGINT, happened_at TIMESTAMP, actor VARCHAR, version INTEGER, taint VARCHAR[], generation INTEGER,
  kind VARCHAR, path VARCHAR, call VARCHAR, attempt INTEGER, ask VARCHAR, name VARCHAR, status VARCHAR,
  tool VARCHAR, use VARCHAR, effect VARCHAR, effect_key VARCHAR, digest VARCHAR, model VARCHAR, prompt VARCHAR,
  input_tokens BIGINT, cached_tokens BIGINT, written_tokens BIGINT, thinking_tokens BIGINT, output_tokens BIGINT,
  usage_estimated BOOLEAN, cost_micros BIGINT, cost_estimated BOOLEAN, price_table VARCHAR,
  reserved_micros BIGINT, reserved_tokens BIGINT,
  milliseconds BIGINT, finish VARCHAR, violation VARCHAR, reconciled BOOLEAN,
  problem_kind VARCHAR, problem VARCHAR,
  body JSON
);

CREATE TABLE payloads (digest VARCHAR, batch BIGINT, place INTEGER, value JSON);

-- Batches that the tables above give back with other bytes than they were written with.
CREATE TABLE kept (batch BIGINT, data VARCHAR);

CREATE TABLE run_states (
  run_id VARCHAR, seq BIGINT, run VARCHAR, blueprint VARCHAR, version VARCHAR, digest VARCHAR, folder VARCHAR,
  status VARCHAR, waiting_for VARCHAR[], success BOOLEAN, steps_ended INTEGER, steps INTEGER,
  cost_micros BIGINT, cost_known BOOLEAN, input_tokens BIGINT, output_tokens BIGINT,
  calls BIGINT, unknown_calls BIGINT, estimated_calls BIGINT, budget_micros BIGINT, budget_tokens BIGINT,
  started_at TIMESTAMP, ended_at TIMESTAMP, problem_kind VARCHAR, problem VARCHAR, problem_step VARCHAR,
  open_asks VARCHAR[], output_digest VARCHAR
);

CREATE TABLE step_states (
  run_id VARCHAR, seq BIGINT, run VARCHAR, step VARCHAR, parent VARCHAR, item BOOLEAN, status VARCHAR,
  generation INTEGER, attempts INTEGER, started_at TIMESTAMP, ended_at TIMESTAMP, why VARCHAR,
  problem_kind VARCHAR, problem VARCHAR, item_count INTEGER, failed_items INTEGER,
  cost_micros BIGINT, unknown_calls BIGINT, input_tokens BIGINT, output_tokens BIGINT, calls BIGINT,
  input_digest VARCHAR, output_digest VARCHAR
);
"""

MARK: Final = hashlib.sha256("\0".join((__version__, duckdb.__version__, TABLES, *VIEWS.values())).encode()).hexdigest()

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": "2",
    "memory_limit": MEMORY,
    "checkpoint_threshold": CHECKPOINT,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "max_temp_directory_size": "2GB",
}


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a file, made where it is missing, so that nothing in it can reach outside. Raises duckdb.Error."""
    return duckdb.connect(str(path), config={**_SETTINGS, "temp_directory": f"{path}.tmp"})


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay out a fresh file."""
    connection.begin()
    connection.execute(TABLES)
    for name, text in VIEWS.items():
        connection.execute(f"CREATE VIEW {name} AS {text}")
    connection.execute("INSERT INTO about VALUES (?)", [MARK])
    connection.commit()
    connection.checkpoint()
