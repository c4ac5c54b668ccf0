"""What the runtime needs of a journal: commit a batch of facts, read a run's facts, fetch a payload.

The in-memory journal keeps the same contract without a disk; it is handed in by tests and never used by the worker.
"""

import asyncio
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from typing import Protocol

from mntui.core.events import Fact, RunEnded, RunReopened, RunStarted
from mntui.core.frozen import frozen
from mntui.core.messages import AskKeeping, AskSql, Denied, Kept, RunFilter, RunRow, SqlRows
from mntui.core.rows import row_of
from mntui.core.run import Run
from mntui.core.values import Json


@frozen
class Batch:
    """The facts of one turn of one run, in order, with the large values that they are the first to name, by digest."""

    facts: tuple[Fact, ...]
    payloads: Mapping[str, Json] = field(default_factory=dict)


class JournalFull(OSError):
    """There is no room for the batch; nothing of it was written, and the journal goes on when there is room."""


class JournalLost(OSError):
    """The disk failed: what was acknowledged is there, nothing more is taken. The worker must end and read again."""


class Journal(Protocol):
    """Facts by run, payloads by digest. `commit` returns when the batch is durable."""

    @property
    def opening(self) -> tuple[str, ...]:
        """What was found on opening (torn tails, damage), as sentences."""
        ...

    async def commit(self, batch: Batch) -> None:
        """Raises JournalFull or JournalLost; then nothing of the batch counts."""
        ...

    def stands(self, run: Run) -> None:
        """A run after its last committed facts, from whoever folded them anyway: nobody needs to fold them again."""
        ...

    def run_ids(self) -> tuple[str, ...]:
        """Every run that has facts, oldest first."""
        ...

    def names(self) -> Mapping[str, str]:
        """Ids of all runs by their speakable names."""
        ...

    def unfinished(self) -> tuple[str, ...]:
        """Runs that haven't ended, oldest first."""
        ...

    async def ended(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        """Runs that have ended, newest first, each as its durable facts say."""
        ...

    async def sql(self, question: AskSql) -> SqlRows | Denied: ...

    async def keep(self, question: AskKeeping) -> Kept | Denied: ...

    async def delete(self, run_ids: Sequence[str], at: int, actor: str) -> Kept | Denied:
        """Forget runs that have ended, for good; those that are gone already are left out."""
        ...

    def gone(self) -> AbstractSet[str]:
        """Ids of the runs that were deleted."""
        ...

    def facts(self, run_id: str) -> tuple[Fact, ...]:
        """Every durable fact of a run, in order; none for an unknown run."""
        ...

    def payload(self, digest: str) -> Json:
        """A large value. Raises KeyError for a digest that no batch brought."""
        ...

    def holds(self, digest: str) -> bool: ...

    def room(self) -> bool:
        """Whether there is room to begin something new; what is under way still fits."""
        ...

    def close(self) -> None: ...


class MemoryJournal:
    """The contract of a journal, kept in this process only."""

    def __init__(self) -> None:
        self._facts: dict[str, list[Fact]] = {}
        self._payloads: dict[str, Json] = {}
        self._runs: dict[str, Run] = {}
        self._gone: set[str] = set()

    @property
    def opening(self) -> tuple[str, ...]:
        return ()

    async def commit(self, batch: Batch) -> None:
        # A real commit takes its time, and others go on meanwhile.
        await asyncio.sleep(0)
        for fact in batch.facts:
            self._facts.setdefault(fact.run, []).append(fact)
        self._payloads.update(batch.payloads)

    def stands(self, run: Run) -> None:
        self._runs[run.id] = run

    def run_ids(self) -> tuple[str, ...]:
        return tuple(self._facts)

    def names(self) -> Mapping[str, str]:
        started = ((facts[0].event, run_id) for run_id, facts in self._facts.items())
        return {event.name: run_id for event, run_id in started if isinstance(event, RunStarted)}

    def unfinished(self) -> tuple[str, ...]:
        return tuple(run_id for run_id, facts in self._facts.items() if not _has_ended(facts))

    async def ended(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        rows = [row_of(run) for run in self._runs.values() if run.ended]
        rows = [row for row in rows if wanted.status in {"", row.status} and wanted.blueprint in {"", row.blueprint}]
        return tuple(sorted(rows, key=lambda row: (row.started_at, row.id), reverse=True)[: wanted.limit])

    async def sql(self, question: AskSql) -> SqlRows | Denied:
        return Denied("no_index", f"this journal is in memory only, nothing answers {question.query!r}")

    async def keep(self, question: AskKeeping) -> Kept | Denied:
        return Denied("no_index", f"this journal is in memory only, there is nothing to {question.what}")

    async def delete(self, run_ids: Sequence[str], at: int, actor: str) -> Kept | Denied:
        for run_id in run_ids:
            self._facts.pop(run_id, None)
            self._runs.pop(run_id, None)
            self._gone.add(run_id)
        return Kept((f"At {at} {actor} deleted {len(run_ids)} runs.",))

    def gone(self) -> AbstractSet[str]:
        return self._gone

    def facts(self, run_id: str) -> tuple[Fact, ...]:
        return tuple(self._facts.get(run_id, ()))

    def payload(self, digest: str) -> Json:
        return self._payloads[digest]

    def holds(self, digest: str) -> bool:
        return digest in self._payloads

    def room(self) -> bool:
        return True

    def close(self) -> None:
        pass


def _has_ended(facts: Sequence[Fact]) -> bool:
    turns = [fact.event for fact in facts if isinstance(fact.event, RunEnded | RunReopened)]
    return bool(turns) and isinstance(turns[-1], RunEnded)
