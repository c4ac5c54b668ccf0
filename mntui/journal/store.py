"""The DuckDB index behind the log: a second thread applies what was committed, in order, and never delays a commit.

It is an index. Whatever happens to its file (deleted, damaged, locked, out of disk, written by another version), it is
built again from the log beside the old one, while runs go on; the old file gives back what the log has lost, and goes
only when the log was read whole. Until then whoever asks is told how far it is (`IndexAway`).

Absent: any fact that is only here, and any wait of a commit for this thread.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from itertools import islice
from pathlib import Path

import duckdb

from mntui.core.run import Run
from mntui.crash import CrashPoint, no_crash
from mntui.journal.base import Batch
from mntui.journal.deleting import is_left_over
from mntui.journal.log import Log, read_log
from mntui.journal.refusals import LogDamaged
from mntui.journal.store_build import build
from mntui.journal.store_file import IndexFile, NoIndex, remove
from mntui.journal.store_folds import Begin, Folds, History
from mntui.journal.store_source import Source
from mntui.journal.store_writer import Writer

APPLY_SECONDS = 0.5
"""A transaction costs 4 ms of the processor however little is in it, and takes the interpreter from the event loop."""
STATES_SECONDS = 5.0
IDLE_SECONDS = 2.0
FIRST_SECONDS = 1.0
"""Left to the runs when a journal is opened, for whoever waits for the first step behind a kill."""
WAL_BYTES = 1024 * 1024
COMPARED = 200
CLOSED = "The index is closed."
PAUSES_SECONDS = (0.0, 0.1, 0.5, 2.0, 5.0)

logger = logging.getLogger(__name__)


class IndexAway(Exception):
    """Nothing can be asked just now. `remedy` is a sentence for people."""

    def __init__(self, message: str, remedy: str = "ask again in a moment; runs go on meanwhile") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Index:
    """Open it, give `applied` and `restored` to the log's opening, then `start` it with that log."""

    def __init__(self, path: Path, crash: CrashPoint = no_crash) -> None:
        self._path = path
        self._crash = crash
        self._file: IndexFile | None = None
        self._why = ""
        self._done = 0
        self._closing = False
        self._sleeping = False
        self._again = ""
        self._waiting: list[Future[None]] = []
        self._wake = threading.Condition()
        self._source: Source | None = None
        self._folds: Folds | None = None
        self._thread: threading.Thread | None = None
        self._open()

    @property
    def applied(self) -> int:
        """The last batch that the file gives back; 0 without a file."""
        return self._file.applied if self._file is not None else 0

    def restored(self, batch: int) -> bytes | None:
        """A batch byte for byte, None where the file doesn't have it or can't be read."""
        with contextlib.suppress(duckdb.Error):
            return self._file.restored(batch, batch).get(batch) if self._file is not None else None
        return None

    @property
    def file(self) -> IndexFile:
        """For reading. Raises IndexAway."""
        found = self._file
        if found is None:
            raise IndexAway(self.sentence or (CLOSED if self._closing else "The index isn't there yet."))
        return found

    @property
    def sentence(self) -> str:
        """What a person should know, empty where all is well."""
        why = self._why or self._again
        last = self._source.last if self._source is not None else 0
        # Before the first batch there is nothing to be built, and nothing to be told.
        if not why or not last:
            return ""
        return f"The index is built again from the journal ({why}): batch {self._done:,} of {last:,}."

    # Asked from outside

    def compare(self, folder: Path) -> None:
        """Before the log is opened: an index of another log must not mend this one."""
        with contextlib.suppress(LogDamaged):
            # What stays of deleted runs may be told in two ways here and there; it says nothing of whose it is.
            for number, data in islice(read_log(folder), COMPARED):
                mine = self.restored(number)
                if mine is None or not (is_left_over(data) or is_left_over(mine)):
                    if mine is not None and mine != data:
                        self._put_away()
                    return

    def start(self, log: Log, begin: Begin, history: History, gone: Callable[[], Collection[str]] = frozenset) -> None:
        """Follow this log. `begin` and `history` fold a run's first fact, or all of it; `gone` runs aren't rescued."""
        self._source = Source(log)
        self._source.gone = gone
        self._folds = Folds(begin, history)
        if not self._is_of(log.last, log.batch):
            self._put_away()
        self._thread = threading.Thread(target=self._serve, name="mntui-index", daemon=True)
        self._thread.start()

    def note(self, number: int, batch: Batch, data: bytes) -> None:
        """This batch is durable."""
        much = self._parts()[0].put(number, batch, data)
        # Otherwise the thread looks by itself in a moment: waking it for every commit cost more than applying them.
        if much or self._sleeping:
            with self._wake:
                self._wake.notify()

    def hand_over(self, run: Run) -> None:
        """A run after facts that are durable: it needn't be folded again here."""
        self._parts()[1].hand_over(run)

    async def caught_up(self, patience_seconds: float) -> None:
        """Return when everything that is durable now can be read. Raises IndexAway where that takes longer."""
        future: Future[None] = Future()
        future.set_running_or_notify_cancel()
        with self._wake:
            if self._closing:
                raise IndexAway(CLOSED)
            self._waiting.append(future)
            self._wake.notify()
        try:
            await asyncio.wait_for(asyncio.wrap_future(future), patience_seconds)
        except TimeoutError:
            raise IndexAway(self.sentence or "The index is behind the journal.") from None

    def build_again(self, why: str) -> None:
        """A reader found the file broken, or a person wants it."""
        with self._wake:
            self._again = why
            self._wake.notify()

    def close(self) -> None:
        """Apply what is durable, and let go of the file. A build is left for the next time."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        self._let_go("")

    # The thread

    def _serve(self) -> None:
        try:
            self._serve_until_closed()
        finally:
            # Also after a bug: whoever waits must not wait for ever.
            self._closing = True
            self._tell(IndexAway(CLOSED))

    def _serve_until_closed(self) -> None:
        failures = 0
        while not self._closing:
            try:
                if self._file is None:
                    self._build()
                else:
                    self._follow()
                failures = 0
            except (duckdb.Error, OSError) as error:
                failures += 1
                logger.warning("the index failed: %s", first_line(error))
                self._let_go(first_line(error))
                self._sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS)) - 1])
                # What was there before the error usually is there still, so it is opened once more before it is built
                # anew, and as often as it takes where only the room is missing.
                if failures == 1 or "No space left" in str(error):
                    self._open()

    def _follow(self) -> None:
        """Apply what comes, until the journal is closed or the index has to be built again."""
        source, folds = self._parts()
        writer = Writer(self.file, source, folds)
        with self._wake:
            self._wake.wait_for(self._is_called, FIRST_SECONDS)
        writer.refold()
        settled, fresh = time.monotonic(), False
        while not self._again:
            asked = self._wait(writer, fresh=fresh)
            if self._goes():
                # Who asks after that is told by the file that comes, not by the one that goes.
                break
            busy = writer.behind
            writer.apply(lambda: bool(self._again))
            if asked or self._closing or time.monotonic() - settled > STATES_SECONDS:
                writer.settle()
                settled = time.monotonic()
            self._resolve(asked)
            if self._closing:
                return
            if fresh and not busy and not asked and wal_bytes(self._path) > WAL_BYTES:
                writer.file.checkpoint()
            fresh = busy
        self._let_go(self._again)
        self._again = ""

    def _goes(self) -> bool:
        """Whether another file shall take the place of this one."""
        return bool(self._again)

    def _wait(self, writer: Writer, *, fresh: bool) -> int:
        """Wait for something to do: a batch, somebody who asks, a quiet moment. Gives how many ask."""
        source, folds = self._parts()
        with self._wake:
            self._sleeping = True
            if not self._is_called() and not writer.behind:
                self._wake.wait(IDLE_SECONDS if fresh else STATES_SECONDS if folds.changed else None)
            self._sleeping = False
            if writer.behind:
                self._wake.wait_for(lambda: self._is_called() or source.holds_much, APPLY_SECONDS)
            return len(self._waiting)

    def _is_called(self) -> bool:
        return bool(self._waiting or self._closing or self._again)

    def _build(self) -> None:
        source, folds = self._parts()
        whole = build(
            self._path, source, folds, crash=self._crash, stop=lambda: self._closing, told=self._hear_progress
        )
        if whole:
            self._again = ""
            self._open()

    def _parts(self) -> tuple[Source, Folds]:
        assert self._source is not None, "the index was started"
        assert self._folds is not None, "the index was started"
        return self._source, self._folds

    def _hear_progress(self, reached: int) -> None:
        self._done = reached

    # The file comes and goes

    def _open(self) -> None:
        try:
            self._file, self._why = IndexFile.open(self._path, self._crash), ""
        except (NoIndex, duckdb.Error) as error:
            self._file, self._why = None, first_line(error)

    def _let_go(self, why: str) -> None:
        """Close the file. Whoever waits may wait for the next one."""
        file, self._file, self._why = self._file, None, why
        if file is not None:
            with contextlib.suppress(duckdb.Error):
                file.close()

    def _is_of(self, last: int, batch_of: Callable[[int], bytes]) -> bool:
        """Whether its last batch is the log's own."""
        try:
            if self.applied == 0 or self.applied > last:
                return self.applied == 0
            mine, data = self.restored(self.applied) or b"", batch_of(self.applied)
            return mine == data or is_left_over(mine) or is_left_over(data)
        except (LookupError, LogDamaged):
            return True

    def _put_away(self) -> None:
        """An index of other batches must give none of them to this log."""
        self._let_go("it belonged to another journal")
        self._path.replace(self._path.with_name(f"{self._path.name}.foreign"))
        remove(self._path)

    # Who waits

    def _resolve(self, count: int) -> None:
        with self._wake:
            done, self._waiting = self._waiting[:count], self._waiting[count:]
        for future in done:
            future.set_result(None)

    def _tell(self, away: IndexAway) -> None:
        with self._wake:
            told, self._waiting = self._waiting, []
        for future in told:
            future.set_exception(away)

    def _sleep(self, seconds: float) -> None:
        with self._wake:
            self._wake.wait_for(lambda: self._closing, seconds)


def first_line(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0]


def wal_bytes(path: Path) -> int:
    """What the next checkpoint would move; the file itself is never touched, since that would drop its lock."""
    try:
        return path.with_name(f"{path.name}.wal").stat().st_size
    except FileNotFoundError:
        return 0
