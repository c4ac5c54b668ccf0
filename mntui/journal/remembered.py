"""The journal on disk: batches of facts encoded into the log, and where each run's facts and payloads are in it.

Where things are is known from one pass over the log at opening and kept in memory: batch numbers by run and by payload.
Facts themselves stay on the disk. Absent: any second copy of a fact; the DuckDB index will hold what is asked often.
"""

from functools import lru_cache
from pathlib import Path

from mntui.core.events import Fact
from mntui.core.values import Json
from mntui.crash import CrashPoint, no_crash
from mntui.journal.base import Batch, JournalFull, JournalLost
from mntui.journal.disk import Disk
from mntui.journal.log import Log
from mntui.journal.refusals import LogClosed, LogFailed, LogFull
from mntui.wire.codec import decode, encode

REMEMBERED_PAYLOADS = 256


class LogJournal:
    """One writer's journal in a folder. Raises what `Log.open` raises; every error names a remedy."""

    def __init__(self, folder: Path, *, disk: Disk | None = None, crash: CrashPoint = no_crash) -> None:
        self._log = Log.open(folder, disk=disk, crash=crash)
        self._runs: dict[str, list[int]] = {}
        self._payloads: dict[str, int] = {}
        self._fetch = lru_cache(REMEMBERED_PAYLOADS)(self._read_payload)
        for number, data in self._log.read():
            self._note(number, decode(Batch, data))

    @property
    def opening(self) -> tuple[str, ...]:
        return self._log.opening.sentences

    async def commit(self, batch: Batch) -> None:
        try:
            number = await self._log.commit(encode(batch))
        except LogFull as error:
            raise JournalFull(str(error)) from error
        except (LogFailed, LogClosed) as error:
            raise JournalLost(str(error)) from error
        self._note(number, batch)

    def run_ids(self) -> tuple[str, ...]:
        return tuple(self._runs)

    def facts(self, run_id: str) -> tuple[Fact, ...]:
        batches = (self._batch(number) for number in self._runs.get(run_id, ()))
        return tuple(fact for batch in batches for fact in batch.facts if fact.run == run_id)

    def payload(self, digest: str) -> Json:
        return self._fetch(digest)

    def holds(self, digest: str) -> bool:
        return digest in self._payloads

    def room(self) -> bool:
        return self._log.room()

    def close(self) -> None:
        self._log.close()

    def _note(self, number: int, batch: Batch) -> None:
        for run_id in {fact.run for fact in batch.facts}:
            self._runs.setdefault(run_id, []).append(number)
        for digest in batch.payloads:
            self._payloads.setdefault(digest, number)

    def _read_payload(self, digest: str) -> Json:
        return self._batch(self._payloads[digest]).payloads[digest]

    def _batch(self, number: int) -> Batch:
        return decode(Batch, self._log.batch(number))
