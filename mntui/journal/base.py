"""What the runtime needs of a journal: commit a batch of facts, read a run's facts, fetch a payload.

The in-memory journal keeps the same contract without a disk; it is handed in by tests and never used by the worker.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mntui.core.events import Fact
from mntui.core.values import Json


@dataclass(frozen=True, slots=True)
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

    def run_ids(self) -> tuple[str, ...]:
        """Every run that has facts, oldest first."""
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

    @property
    def opening(self) -> tuple[str, ...]:
        return ()

    async def commit(self, batch: Batch) -> None:
        # A real commit takes its time, and others go on meanwhile.
        await asyncio.sleep(0)
        for fact in batch.facts:
            self._facts.setdefault(fact.run, []).append(fact)
        self._payloads.update(batch.payloads)

    def run_ids(self) -> tuple[str, ...]:
        return tuple(self._facts)

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
