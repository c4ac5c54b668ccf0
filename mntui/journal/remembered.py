"""The journal on disk: batches of facts encoded into the log, and the index behind it that answers what is asked often.

The log is what counts. Facts of one run are read from it, by batch numbers that are known from the index or, where that
one is away, from a glance at every batch. Live runs are folded in memory elsewhere; what has ended, lists and SQL are
asked of the index.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import duckdb

from mntui.core.events import Fact, RunStarted
from mntui.core.messages import AskKeeping, AskSql, Denied, Kept, RunFilter, RunRow, SqlRows
from mntui.core.plan import Plan
from mntui.core.rows import row_of
from mntui.core.run import Run
from mntui.core.values import Json, Ref
from mntui.crash import CrashPoint, no_crash
from mntui.journal.base import Batch, JournalFull, JournalLost
from mntui.journal.disk import Disk
from mntui.journal.folding import folded, run_before
from mntui.journal.keeper import Keeper, Shelf
from mntui.journal.lists import ended_rows, fits
from mntui.journal.log import Log
from mntui.journal.refusals import LogClosed, LogDamaged, LogFailed, LogFull
from mntui.journal.seen import Seen, nothing_earlier
from mntui.journal.sql import Limits, SqlRefused, ask, is_damage
from mntui.journal.store import Index, IndexAway, first_line
from mntui.journal.store_schema import give_way
from mntui.wire.codec import decode, encode, from_plain

REMEMBERED_PAYLOADS = 256
REMEMBERED_PLANS = 64
QUERIES_AT_ONCE = 2
INTERRUPT_AGAIN_SECONDS = 0.02
LIST_PATIENCE_SECONDS = 1.0
SQL_PATIENCE_SECONDS = 5.0
INDEX_FILE = "index.duckdb"


class LogJournal:
    """One writer's journal in a folder. Raises what `Log.open` raises; every error names a remedy."""

    def __init__(self, folder: Path, *, disk: Disk | None = None, crash: CrashPoint = no_crash) -> None:
        self._index = Index(folder / INDEX_FILE, crash)
        try:
            self._index.compare(folder)
            known = self._index.applied
            self._log = Log.open(folder, applied=known, restore=self._index.restored, disk=disk, crash=crash)
        except BaseException:
            self._index.close()
            raise
        self._fetch = lru_cache(REMEMBERED_PAYLOADS)(self._read_payload)
        self._plan = lru_cache(REMEMBERED_PLANS)(self._read_plan)
        self._seen = Seen(self._earlier)
        self._all_seen = False
        self._looking = threading.Lock()
        self._asking: set[duckdb.DuckDBPyConnection] = set()
        self._askers = ThreadPoolExecutor(QUERIES_AT_ONCE, "mntui-asking", give_way)
        self._look(known)
        shelf = Shelf(self._log, self._index, self._seen, self._first, self._folds, self._forget_values, crash)
        self._keeper = Keeper(shelf)
        self._keeper.resume()
        self._keeper.tidy()
        self._index.start(self._log, lambda fact: run_before(fact, self._plan_of(fact)), self._fold, self.gone)

    @property
    def opening(self) -> tuple[str, ...]:
        said = self._index.sentence
        return (*self._log.opening.sentences, *((said,) if said else ()))

    def building(self) -> bool:
        """Whether the index is away, and on its way back."""
        return bool(self._index.sentence)

    # Writing

    async def commit(self, batch: Batch) -> None:
        data = encode(batch)
        try:
            number = await self._log.commit(data)
        except LogFull as error:
            raise JournalFull(str(error)) from error
        except (LogFailed, LogClosed) as error:
            raise JournalLost(str(error)) from error
        self._seen.note(number, batch)
        self._index.note(number, batch, data)
        self._keeper.tidy()

    def stands(self, run: Run) -> None:
        self._index.hand_over(run)

    def room(self) -> bool:
        return self._log.room()

    def close(self) -> None:
        self._askers.shutdown(wait=False, cancel_futures=True)
        # Again and again: an interrupt that comes just before a query begins would be forgotten.
        while self._asking:
            for cursor in tuple(self._asking):
                cursor.interrupt()
            time.sleep(INTERRUPT_AGAIN_SECONDS)
        self._keeper.close()
        self._index.close()
        self._log.close()

    # Reading the log

    def names(self) -> dict[str, str]:
        return self._seen.names

    def run_ids(self) -> tuple[str, ...]:
        return tuple(self._seen.names.values())

    def unfinished(self) -> tuple[str, ...]:
        return self._seen.unfinished

    def facts(self, run_id: str) -> tuple[Fact, ...]:
        batches = (self._batch(number) for number in tuple(self._seen.batches_of(run_id)))
        return tuple(fact for batch in batches for fact in batch.facts if fact.run == run_id)

    def _first(self, run_id: str) -> Fact:
        """Raises LookupError for an unknown run."""
        batch = self._batch(self._seen.batches_of(run_id)[0])
        return next(fact for fact in batch.facts if fact.run == run_id)

    def payload(self, digest: str) -> Json:
        return self._fetch(digest)

    def holds(self, digest: str) -> bool:
        return self._payload_batch(digest) is not None and self._seen.lean_on(digest)

    def gone(self) -> frozenset[str]:
        return self._seen.gone

    # Asking the index

    async def ended(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        try:
            await self._index.caught_up(LIST_PATIENCE_SECONDS)
            gone = self.gone()
            rows = await asyncio.to_thread(ended_rows, self._index.file, wanted)
            return tuple(row for row in rows if row.id not in gone) if gone else rows
        except IndexAway:
            return await asyncio.to_thread(self._ended_by_folding, wanted)
        except duckdb.Error as error:
            self._index.build_again(first_line(error))
            return await asyncio.to_thread(self._ended_by_folding, wanted)

    async def sql(self, question: AskSql) -> SqlRows | Denied:
        try:
            await self._index.caught_up(SQL_PATIENCE_SECONDS)
            return await asyncio.get_running_loop().run_in_executor(self._askers, self._ask, question)
        except IndexAway as away:
            return Denied("index_away", away.message, away.remedy)
        except SqlRefused as refused:
            return Denied(refused.code, refused.message, refused.remedy)
        except duckdb.Error as error:
            if is_damage(error):
                self._index.build_again(first_line(error))
            return Denied("index_away", first_line(error), "ask again in a moment; runs go on meanwhile")

    async def keep(self, question: AskKeeping) -> Kept | Denied:
        return await self._keeper.keep(question)

    async def delete(self, run_ids: Sequence[str], at: int, actor: str) -> Kept | Denied:
        return await self._keeper.delete(run_ids, at, actor)

    def _ask(self, question: AskSql) -> SqlRows:
        with self._index.file.cursor() as cursor:
            self._asking.add(cursor)
            try:
                return ask(cursor, question.query, Limits(rows=question.limit))
            finally:
                self._asking.discard(cursor)

    def _ended_by_folding(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        """While the index is away: slower with every run that doesn't fit."""
        self._see_all()
        rows: list[RunRow] = []
        unfinished = set(self._seen.unfinished)
        # Ids begin with their time.
        for run_id in sorted(self.run_ids(), reverse=True):
            if run_id not in unfinished and fits(row := row_of(self._fold(run_id)), wanted):
                rows.append(row)
            if len(rows) == wanted.limit:
                break
        return tuple(rows)

    # What is where

    def _look(self, known: int) -> None:
        """Learn which runs there are: from the index what it knows, from the log what came after."""
        try:
            file = self._index.file
            self._seen.know(file.unfinished(), file.names(), file.digests())
            for number, data in file.words():
                self._seen.hear(number, data)
        except (IndexAway, duckdb.Error) as error:
            if isinstance(error, duckdb.Error):
                self._index.build_again(first_line(error))
            self._all_seen = True
            self._seen.glance(self._log.read())
        else:
            self._seen.glance(self._log.read(after=known))

    def _see_all(self) -> None:
        with self._looking:
            if not self._all_seen:
                whole = Seen(nothing_earlier)
                whole.glance(self._log.read())
                self._seen.take_in(whole)
                self._all_seen = True

    def _earlier(self, run_id: str) -> Sequence[int]:
        """Batches of a run that ended before this journal was opened."""
        if self._all_seen:
            return ()
        try:
            return self._index.file.batches_of(run_id)
        except (IndexAway, duckdb.Error):
            self._see_all()
            return ()

    def _payload_batch(self, digest: str) -> int | None:
        number = self._seen.payload(digest)
        if number is None and not self._all_seen and self._seen.may_be_indexed(digest):
            try:
                number = self._index.file.payload_batch(digest)
            except (IndexAway, duckdb.Error):
                self._see_all()
                return self._seen.payload(digest)
            if number is not None:
                self._seen.note_payload(digest, number)
        return number

    def _batch(self, number: int) -> Batch:
        return decode(Batch, self._log.batch(number))

    def _forget_values(self) -> None:
        self._fetch.cache_clear()

    def _read_payload(self, digest: str) -> Json:
        number = self._payload_batch(digest)
        if number is None:
            raise KeyError(digest)
        return self._batch(number).payloads[digest]

    # Folding

    def _folds(self, run_ids: Sequence[str]) -> list[Run]:
        """Those whose facts can be read: damage is found, and told, by who reads the log itself."""
        found = []
        for run_id in run_ids:
            with contextlib.suppress(LogDamaged, LookupError, ValueError):
                found.append(self._fold(run_id))
        return found

    def _fold(self, run_id: str) -> Run:
        facts = self.facts(run_id)
        if not facts:
            raise LookupError(run_id)
        return folded(facts, self._plan_of(facts[0]))

    def _plan_of(self, started: Fact) -> Plan:
        event = started.event
        assert isinstance(event, RunStarted)
        return self._plan(event.plan.digest) if isinstance(event.plan, Ref) else from_plain(Plan, event.plan)

    def _read_plan(self, digest: str) -> Plan:
        return from_plain(Plan, self.payload(digest))
