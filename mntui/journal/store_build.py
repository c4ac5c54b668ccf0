"""Build the index again from the log, beside the old file, which is replaced only when the new one is whole.

What the log has lost is copied from the old file. A build that was cut off goes on where it was.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

import duckdb

from mntui.crash import CrashPoint
from mntui.journal.store_file import IndexFile, NoIndex, remove
from mntui.journal.store_folds import Folds
from mntui.journal.store_source import Source
from mntui.journal.store_writer import Writer


def build(
    path: Path,
    source: Source,
    folds: Folds,
    *,
    crash: CrashPoint,
    stop: Callable[[], bool],
    told: Callable[[int], None],
) -> bool:
    """False where it was stopped before its end. `told` hears how far it is. Raises duckdb.Error, OSError."""
    fresh = path.with_name(f"{path.name}.new")
    old = _old(path, crash)
    file = _begun(fresh, crash)
    try:
        source.rescue = (lambda batch: _rescued(old, batch)) if old is not None else None
        _fill(Writer(file, source, folds), folds, stop, told)
        if stop():
            return False
        file.checkpoint()
    finally:
        source.rescue = None
        file.close()
        if old is not None:
            old.close()
    _replace(path, fresh, keep=bool(source.missing), crash=crash)
    return True


def _fill(writer: Writer, folds: Folds, stop: Callable[[], bool], told: Callable[[int], None]) -> None:
    folds.unwritten()
    writer.refold()
    writer.apply(stop, told)
    if not stop():
        writer.settle()


def _replace(path: Path, fresh: Path, *, keep: bool, crash: CrashPoint) -> None:
    """While the log has gaps that nobody could fill, the old file stays beside the new one."""
    crash("index.replace")
    if keep and path.exists():
        path.replace(path.with_name(f"{path.name}.old"))
    remove(path)
    crash("index.replace")
    fresh.replace(path)
    crash("index.replace")


def _rescued(old: IndexFile, batch: int) -> bytes | None:
    """A batch that the log has lost. Where the old file is broken too, it is lost for the index as well."""
    with contextlib.suppress(duckdb.Error):
        return old.restored(batch, batch).get(batch)
    return None


def _old(path: Path, crash: CrashPoint) -> IndexFile | None:
    try:
        return IndexFile.open(path, crash)
    except (NoIndex, duckdb.Error):
        return None


def _begun(fresh: Path, crash: CrashPoint) -> IndexFile:
    try:
        return IndexFile.open(fresh, crash)
    except (NoIndex, duckdb.Error):
        return IndexFile.make(fresh, crash)
