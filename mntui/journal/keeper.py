"""Who keeps the journal in order, behind the commits: packs full segments, checks, backs up, deletes, frees room.

One thread of its own does all of it, one thing after the other, and gives way to everyone else's. A deletion is durable
with its word in the log; what follows from it (payloads, folders, the index) is done then, and where it was cut off, by
the next to open the journal.

Absent: any choice of which runs to delete, and a clock.
"""

import asyncio
import contextlib
import logging
import re
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from mntui.core.events import Fact, RunStarted
from mntui.core.frozen import frozen
from mntui.core.messages import AskKeeping, Denied, Kept
from mntui.core.run import Run
from mntui.crash import CrashPoint
from mntui.journal.deleting import Going, Gone, deletion, going, left_of, purged
from mntui.journal.keeping import (
    MOST_SENTENCES,
    RUNS_AT_ONCE,
    NoBackup,
    back_up,
    batch_findings,
    fold_findings,
    log_findings,
)
from mntui.journal.log import Log
from mntui.journal.refusals import LogClosed, LogDamaged, LogFailed, LogFull
from mntui.journal.rewriting import NotWhole
from mntui.journal.seen import Seen
from mntui.journal.store import Index, IndexAway, first_line
from mntui.journal.store_schema import give_way

PATIENCE_SECONDS: Final = 5.0
DELETED: Final = "runs were deleted"
SET_ASIDE: Final = re.compile(r".+\.log\.(torn|damaged)(-\d+)?|.+\.duckdb\.(old|foreign)(\.wal)?")

logger = logging.getLogger(__name__)

T = TypeVar("T")


@frozen
class Shelf:
    """What the keeper works on. `forget` lets go of values that were read from the log before."""

    log: Log
    index: Index
    seen: Seen
    first: Callable[[str], Fact]
    folds: Callable[[Sequence[str]], list[Run]]
    forget: Callable[[], None]
    crash: CrashPoint


class Keeper:
    """`tidy`, `keep` and `delete` are called by whoever commits."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._packed_before = 0
        self._closing = False
        self._thread = ThreadPoolExecutor(1, "mntui-keeping", give_way)

    def resume(self) -> None:
        """Before the index is started: what was deleted and hasn't gone yet goes now."""
        seen, index = self._shelf.seen, self._shelf.index
        if seen.purge_due:
            try:
                self._purge()
            except (LogDamaged, LogFailed, OSError) as error:
                logger.warning("what was deleted can't go yet: %s", error)
        with contextlib.suppress(IndexAway, duckdb.Error):
            if seen.gone and index.file.knows_any(seen.gone):
                index.build_again(DELETED)

    def tidy(self) -> None:
        """Pack the segments that have become full since the last time."""
        if self._shelf.log.segment != self._packed_before and not self._closing:
            self._packed_before = self._shelf.log.segment
            self._thread.submit(self._pack)

    def close(self) -> None:
        """Leave what isn't begun to the next time."""
        self._closing = True
        self._thread.shutdown(cancel_futures=True)

    async def keep(self, question: AskKeeping) -> Kept | Denied:
        index, log = self._shelf.index, self._shelf.log
        try:
            match question.what:
                case "check":
                    await index.caught_up(PATIENCE_SECONDS)
                    return await self._done(self._check)
                case "backup":
                    return Kept((await self._done(lambda: back_up(log.folder, Path(question.target))),))
                case "rebuild":
                    index.build_again("a person asked for it")
                    return Kept((f"The index is built again from {log.last:,} batches.",))
                case "prune":
                    return await self._done(self._prune)
        except NoBackup as refused:
            return Denied("no_backup", refused.message, refused.remedy)
        except duckdb.Error as error:
            index.build_again(first_line(error))
            return Kept((f"The index can't be read, it is built again: {first_line(error)}",), sound=False)
        except REFUSALS as refusal:
            return _denied(refusal)

    async def delete(self, run_ids: Sequence[str], at: int, actor: str) -> Kept | Denied:
        """Delete runs that have ended; those that were deleted before are left out."""
        seen, log = self._shelf.seen, self._shelf.log
        fresh = [run_id for run_id in run_ids if run_id not in seen.gone]
        if going_on := set(fresh).intersection(seen.unfinished):
            return Denied("not_ended", f"{len(going_on)} of these runs haven't ended", "mntui cancel RUN ends one")
        try:
            if fresh:
                # What is in the index entirely is on its way nowhere any more.
                await self._shelf.index.caught_up(PATIENCE_SECONDS)
                data = deletion(await self._done(lambda: [self._gone(run_id) for run_id in fresh]), at, actor)
                log.fill_segment()
                seen.hear(await log.commit(data), data)
                self._shelf.crash("delete.said")
            freed = await self._done(self._purge)
            self._shelf.index.build_again(DELETED)
        except REFUSALS as refusal:
            return _denied(refusal)
        count = len(run_ids)
        return Kept((f"{count} run{'s are' if count != 1 else ' is'} deleted; {told_bytes(freed)} are free again.",))

    async def _done(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # In the keeper's thread

    def _pack(self) -> int:
        freed = 0
        for path in self._shelf.log.full_segments():
            if self._closing:
                break
            self._shelf.crash("log.pack")
            try:
                freed += self._shelf.log.pack(path)
            except (NotWhole, OSError) as error:
                logger.warning("%s stays as it is: %s", path.name, error)
        return freed

    def _purge(self) -> int:
        """What deleted runs leave behind goes: batches, payloads that nobody else names, folders."""
        log, seen = self._shelf.log, self._shelf.seen
        due, gone, last = seen.purge_due, seen.gone, seen.said_gone
        found = going(log.read, gone, self._breathe)
        if log.is_in_last_segment(found.batches):
            # There was no room for a new segment when the word was written; now there has to be.
            log.fill_segment()
            log.append(purged(0)).result()
        freed = self._thin(found, gone, seen.drop(found.payloads))
        for run in due:
            freed += self._remove_folder(run)
        self._shelf.crash("delete.purged")
        if due:
            data = purged(last)
            seen.hear(log.append(data).result(), data)
        self._shelf.forget()
        return freed

    def _thin(self, found: Going, gone: frozenset[str], dropped: frozenset[str]) -> int:
        log, freed = self._shelf.log, 0
        for path in log.full_segments_of(found.batches):
            self._shelf.crash("delete.thin")
            try:
                freed += log.thin(path, lambda _number, data: left_of(data, gone, dropped))
            except NotWhole as error:
                logger.warning("%s stays as it is: %s", path.name, error)
        return freed

    def _remove_folder(self, run: Gone) -> int:
        """Only a folder that is this home's own, and this run's."""
        folder = Path(run.folder)
        if folder != self._shelf.log.folder.parent / "runs" / run.run or folder.is_symlink() or not folder.is_dir():
            return 0
        size = bytes_of(folder)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            logger.warning("%s can't be removed: %s", folder, error)
            return 0
        return size

    def _prune(self) -> Kept:
        """Everything that may go goes, and what is left takes little room."""
        log = self._shelf.log
        was_due, freed = bool(self._shelf.seen.purge_due), self._purge()
        if was_due or freed:
            self._shelf.index.build_again(DELETED)
        freed += self._pack()
        removed = [path for path in sorted(log.folder.iterdir()) if SET_ASIDE.fullmatch(path.name)]
        for path in removed:
            freed += path.stat().st_blocks * 512
            path.unlink()
        said = [f"{told_bytes(freed)} are free again; the log takes {told_bytes(bytes_of(log.folder, '*.log'))}."]
        if removed:
            said.append(f"Removed what had been set aside: {', '.join(path.name for path in removed)}.")
        return Kept(tuple(said))

    def _check(self) -> Kept:
        """Runs that change while they are looked at aren't compared: their rows are a moment behind."""
        file, folder, seen = self._shelf.index.file, self._shelf.log.folder, self._shelf.seen
        wrong = [*log_findings(folder), *batch_findings(folder, file)]
        unfinished = set(seen.unfinished)
        runs = [run_id for run_id in seen.names.values() if run_id not in unfinished]
        for start in range(0, len(runs), RUNS_AT_ONCE):
            wrong += fold_findings(self._shelf.folds(runs[start : start + RUNS_AT_ONCE]), file)
        if wrong:
            more = (f"{len(wrong) - MOST_SENTENCES} more findings.",) if len(wrong) > MOST_SENTENCES else ()
            return Kept((*wrong[:MOST_SENTENCES], *more), sound=False)
        ended = f"{len(runs):,} ended run{'s' * (len(runs) != 1)}"
        return Kept((f"{file.applied:,} batches and {ended}: log, index and folds agree.",))

    def _gone(self, run_id: str) -> Gone:
        with contextlib.suppress(LogDamaged, LookupError):
            started = self._shelf.first(run_id).event
            if isinstance(started, RunStarted):
                return Gone(run_id, started.name, started.folder)
        names = self._shelf.seen.names.items()
        return Gone(run_id, next((name for name, known in names if known == run_id), ""), "")

    def _breathe(self) -> None:
        """Let the event loop have the interpreter, and stop where the journal is closed."""
        if self._closing:
            raise LogClosed("the journal is being closed")
        time.sleep(0)


REFUSALS: Final = (IndexAway, LogDamaged, LogFull, LogFailed, LogClosed, OSError)


def _denied(refusal: Exception) -> Denied:
    match refusal:
        case IndexAway(message=message, remedy=remedy):
            return Denied("index_away", message, remedy)
        case LogDamaged(remedy=remedy):
            return Denied("damaged", str(refusal), remedy)
        case OSError():
            return Denied("disk", str(refusal), "free some space, and ask again")
        case _:
            return Denied("journal_lost", str(refusal), "ask again: the next worker reads what is there")


def bytes_of(folder: Path, pattern: str = "*") -> int:
    """What files hold, as the disk counts it."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob(pattern) if not path.is_dir())


def told_bytes(size: int) -> str:
    for unit, each in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if abs(size) >= each:
            return f"{size / each:.1f} {unit}"
    return f"{size} bytes"
