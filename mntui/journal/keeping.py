"""Keeping a journal: whether log, index and folds still say the same, and a copy of the log from which all comes back.

A backup is the segments alone: they are what counts, and whoever opens the copy builds an index from them. The copy may
be made while runs go on, since segments only grow and the watermark is read before them.

Absent: any change of the journal that is looked at.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from mntui.core.run import Run
from mntui.journal.log import read_log
from mntui.journal.refusals import LogDamaged
from mntui.journal.segments import pack_watermark, read_watermark, segment_paths
from mntui.journal.store_file import IndexFile
from mntui.journal.store_rows import Row
from mntui.journal.store_states import run_row, step_rows

AT_ONCE = 500
RUNS_AT_ONCE = 50
PRIVATE = 0o700

_RUNS: Final = """
FROM run_states WHERE run_id IN (SELECT unnest($1))
QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY seq DESC) = 1
"""
_STEPS: Final = """
FROM step_states WHERE run_id IN (SELECT unnest($1))
QUALIFY row_number() OVER (PARTITION BY run_id, step ORDER BY seq DESC) = 1
"""
MOST_SENTENCES = 20


class NoBackup(Exception):
    """A backup can't be made there. `remedy` is a sentence for people."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def log_findings(folder: Path) -> Iterator[str]:
    """What is wrong with the log, read from its first byte to its last. Nothing where all is well."""
    try:
        for _ in read_log(folder):
            continue
    except LogDamaged as damage:
        yield str(damage)


def batch_findings(folder: Path, file: IndexFile) -> Iterator[str]:
    """Batches that the index would give back differently than the log has them."""
    batches = ((number, data) for number, data in read_log(folder) if number <= file.applied)
    try:
        while some := list(islice(batches, AT_ONCE)):
            mine = file.restored(some[0][0], some[-1][0])
            for number, data in some:
                if mine.get(number) != data:
                    yield f"The index doesn't hold batch {number} as the log does."
    except LogDamaged:
        # What is wrong with the log itself is told by whoever looks at the log.
        return


def fold_findings(runs: Sequence[Run], file: IndexFile) -> Iterator[str]:
    """Where the index says something else of some runs than their facts do."""
    ids = [run.id for run in runs]
    listed = {row[0]: row for row in file.rows(_RUNS, [ids])}
    steps: dict[str, dict[str, Row]] = {run.id: {} for run in runs}
    for row in file.rows(_STEPS, [ids]):
        steps[row[0]][row[3]] = _without_seq(row)
    for run in runs:
        if listed.get(run.id) != run_row(run):
            yield f"The index lists {run.name} otherwise than its facts say."
        wanted = {row[3]: _without_seq(row) for row in step_rows(None, run)}
        found = steps[run.id]
        different = sorted(path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))
        if different:
            yield f"The index lists {len(different)} steps of {run.name} otherwise than its facts say: {different[0]} …"


def back_up(folder: Path, target: Path) -> str:
    """Copy a log, which may be in use, into a folder that isn't there yet. Says what was copied. Raises NoBackup."""
    if target.exists() and any(target.iterdir()):
        raise NoBackup(f"{target} isn't empty", "name a folder that isn't there yet")
    durable = read_watermark(folder) or 0
    try:
        target.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        for path in segment_paths(folder):
            _copy(path, target / path.name)
        if (folder / "lost").exists():
            _copy(folder / "lost", target / "lost")
        (target / "watermark").write_bytes(pack_watermark(durable))
    except OSError as error:
        raise NoBackup(f"{target} can't be written: {error.strerror}", "name a folder with room for it") from error
    wrong = list(log_findings(target))
    if wrong:
        raise NoBackup(f"the copy isn't sound: {wrong[0]}", "mntui db check tells whether the journal itself is")
    size = sum(path.stat().st_size for path in target.iterdir())
    count = len(segment_paths(target))
    return f"{count} segment{'s' * (count != 1)} with {durable:,} batches, {size:,} bytes: all of it is in {target}."


def _copy(path: Path, target: Path) -> None:
    shutil.copyfile(path, target)
    target.chmod(0o600)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _without_seq(row: Row) -> Row:
    return (row[0], *row[2:])
