"""Lists of runs that have ended, as the index has them."""

from typing import Final

from mntui.core.messages import RunFilter, RunRow
from mntui.core.run import RunStatus
from mntui.journal.store_file import IndexFile

_ENDED: Final = """
SELECT run_id, run, blueprint, status, waiting_for, success, steps_ended, steps, cost_micros, unknown_calls,
  started_micros, ended_micros, folder
FROM (FROM run_states QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY seq DESC) = 1)
WHERE status IN ('succeeded', 'failed', 'cancelled') AND $status IN ('', status) AND $blueprint IN ('', blueprint)
ORDER BY started_micros DESC, run_id DESC LIMIT $limit
"""


def ended_rows(file: IndexFile, wanted: RunFilter) -> tuple[RunRow, ...]:
    """Newest first. Raises duckdb.Error."""
    values = {"status": wanted.status, "blueprint": wanted.blueprint, "limit": wanted.limit}
    return tuple(_row(*found) for found in file.rows(_ENDED, values))


def _row(
    run_id: str,
    run: str,
    blueprint: str,
    status: RunStatus,
    waiting: str,
    success: bool | None,
    steps_ended: int,
    steps: int,
    cost: int,
    unknown: int,
    started: int,
    ended: int,
    folder: str,
) -> RunRow:
    waits = tuple(waiting.split(",")) if waiting else ()
    counts = (steps_ended, steps, cost, unknown == 0)
    return RunRow(run_id, run, blueprint, status, waits, success, *counts, started, ended, folder)


def fits(row: RunRow, wanted: RunFilter) -> bool:
    return wanted.status in {"", row.status} and wanted.blueprint in {"", row.blueprint}
