"""One file of the index: batches and folds go in within one transaction, anything that was asked for comes out.

The thread that opened it is the only one that writes; whoever else reads takes a cursor of their own. Every method may
raise duckdb.Error: what that means for the file is decided by its owner.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Self

import duckdb

from mntui.core.run import Run
from mntui.crash import CrashPoint
from mntui.journal.store_rows import Rows, batch_of
from mntui.journal.store_schema import MARK, connect, make_tables
from mntui.journal.store_states import run_row, step_rows

Change = tuple[Run | None, Run]
"""A run as its rows in the file say, None where there are none that are known, and as it is now."""

_APPLIED: Final = "SELECT coalesce(max(batch), 0) FROM (SELECT batch FROM facts UNION ALL SELECT batch FROM kept)"
_FACTS: Final = """
SELECT batch, run_id, seq, at_micros, actor, body FROM facts WHERE batch BETWEEN $1 AND $2 ORDER BY batch, place
"""
_VALUES: Final = "SELECT batch, digest, value FROM payloads WHERE batch BETWEEN $1 AND $2 ORDER BY batch, place"
_KEPT: Final = "SELECT batch, data FROM kept WHERE batch BETWEEN $1 AND $2"
_UNFINISHED: Final = """
SELECT run_id, list(DISTINCT batch ORDER BY batch) FROM facts WHERE run_id IN (
  SELECT run_id FROM facts WHERE kind IN ('RunStarted', 'RunReopened', 'RunEnded')
  GROUP BY run_id HAVING arg_max(kind, seq) <> 'RunEnded')
GROUP BY run_id ORDER BY min(batch)
"""
_BEHIND: Final = """
SELECT run_id FROM (SELECT run_id, max(seq) AS seq FROM facts GROUP BY run_id) f
LEFT JOIN (SELECT run_id, max(seq) AS seq FROM run_states GROUP BY run_id) s USING (run_id)
WHERE s.seq IS NULL OR s.seq < f.seq
"""


class NoIndex(Exception):
    """A file that is no index of this version."""


class IndexFile:
    """An open file. `applied` is the last batch that it holds."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, crash: CrashPoint) -> None:
        self.path = path
        self._root = connection
        self._writer = connection.cursor()
        self._crash = crash
        self.applied: int = self._number(_APPLIED)

    @classmethod
    def open(cls, path: Path, crash: CrashPoint) -> Self:
        """Open a file that is there. Raises NoIndex, duckdb.Error."""
        if not path.exists():
            raise NoIndex(f"{path.name} isn't there")
        connection = connect(path)
        try:
            _check_mark(path, connection)
            return cls(path, connection, crash)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def make(cls, path: Path, crash: CrashPoint) -> Self:
        """A fresh file in the place of whatever is there."""
        remove(path)
        connection = connect(path)
        try:
            make_tables(connection)
            return cls(path, connection, crash)
        except BaseException:
            connection.close()
            raise

    # Writing, by one thread

    def add(self, rows: Rows, changes: Iterable[Change] = ()) -> None:
        """Everything in one transaction, or nothing."""
        changed = [*changes]
        tables = {
            "facts": rows.facts,
            "payloads": rows.payloads,
            "kept": rows.kept,
            "run_states": [run_row(after) for _, after in changed],
            "step_states": [row for before, after in changed for row in step_rows(before, after)],
        }
        self._writer.begin()
        try:
            for table, found in tables.items():
                self._append(table, found)
            self._crash("index.before_commit")
            self._writer.commit()
        except duckdb.Error:
            self._roll_back()
            raise
        self._crash("index.after_commit")
        self.applied = max(self.applied, rows.last)

    def checkpoint(self) -> None:
        self._crash("index.checkpoint")
        self._writer.checkpoint()
        self._crash("index.checkpoint")

    def close(self) -> None:
        self._writer.close()
        self._root.close()

    def _append(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        appender = self._writer.appender(table)
        try:
            appender.append_rows(rows)
            appender.flush()
        except duckdb.Error:
            appender.clear()
            raise

    def _roll_back(self) -> None:
        try:
            self._writer.rollback()
        except duckdb.Error:
            # There is nothing to roll back where the commit itself failed; the owner hears of the first error.
            return

    # Reading, by any thread

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """For one thread, which closes it."""
        return self._root.cursor()

    def rows(self, query: str, values: Mapping[str, Any] | list[Any] | None = None) -> list[tuple[Any, ...]]:
        with self.cursor() as cursor:
            return cursor.execute(query, values).fetchall()

    def restored(self, first: int, last: int) -> dict[int, bytes]:
        """Batches byte for byte, by number; those that aren't here are left out."""
        span = [first, last]
        values = _by_batch(self.rows(_VALUES, span))
        found = {n: batch_of(facts, values.get(n, ())) for n, facts in _by_batch(self.rows(_FACTS, span)).items()}
        return found | {batch: data.encode() for batch, data in self.rows(_KEPT, span)}

    def batches_of(self, run_id: str) -> list[int]:
        found = self.rows("SELECT DISTINCT batch FROM facts WHERE run_id = $1 ORDER BY batch", [run_id])
        return [batch for (batch,) in found]

    def unfinished(self) -> dict[str, list[int]]:
        """Runs that haven't ended, oldest first, each with its batches."""
        return dict(self.rows(_UNFINISHED))

    def names(self) -> dict[str, str]:
        """Ids of runs by their names, oldest first."""
        found = self.rows("SELECT run, run_id FROM facts WHERE kind = 'RunStarted' ORDER BY batch")
        return dict(found)

    def digests(self) -> Iterable[str]:
        return (digest for (digest,) in self.rows("SELECT DISTINCT digest FROM payloads"))

    def payload_batch(self, digest: str) -> int | None:
        found = self.rows("SELECT min(batch) FROM payloads WHERE digest = $1", [digest])[0][0]
        return None if found is None else int(found)

    def words(self) -> list[tuple[int, bytes]]:
        """What batches say of deleted runs, by their numbers."""
        found = self.rows(
            "SELECT batch, data FROM kept WHERE contains(data[:80], $1) ORDER BY batch", ['"payloads":{},"']
        )
        return [(batch, data.encode()) for batch, data in found]

    def knows_any(self, run_ids: Iterable[str]) -> bool:
        """Whether it holds facts of one of these runs."""
        return bool(self.rows("SELECT 1 FROM facts WHERE run_id IN (SELECT unnest($1)) LIMIT 1", [[*run_ids]]))

    def behind(self) -> list[str]:
        """Runs whose folds are older than their facts."""
        return [run_id for (run_id,) in self.rows(_BEHIND)]

    def _number(self, query: str) -> int:
        return int(self.rows(query)[0][0])


def _by_batch(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for batch, *rest in rows:
        found.setdefault(batch, []).append(tuple(rest))
    return found


def _check_mark(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute("SELECT mark FROM about").fetchone()
    if found is None or found[0] != MARK:
        raise NoIndex(f"{path.name} was written by another version")


def remove(path: Path) -> None:
    """A file with everything that belongs to it."""
    for ending in ("", ".wal", ".wal.checkpoint", ".wal.recovery"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
