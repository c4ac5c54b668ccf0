"""Which batches of the log hold which run and which payload: numbers only, so that a run is read without the others.

Filled as batches are committed, by what an index knows, and by a glance at those in the log that no index knows: there
a batch is decoded only where its bytes say that a run begins or ends in it, or that it brings payloads. Of runs that
were deleted nothing is told, wherever their batches still are.
"""

import re
import threading
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

from mntui.core.events import Fact, RunEnded, RunReopened, RunStarted
from mntui.journal.base import Batch
from mntui.journal.deleting import Deleted, Gone, Purged, word_of
from mntui.wire.codec import decode

_FACT = re.compile(rb'\{"run":"([^"\\]+)","seq":\d+,"at":')
_TELLING = (b'"kind":"RunStarted"', b'"kind":"RunReopened"', b'"kind":"RunEnded"')
_NO_PAYLOADS = b'"payloads":{}}'

Earlier = Callable[[str], Sequence[int]]
"""The batches of a run that was never seen here."""


def nothing_earlier(_run_id: str) -> Sequence[int]:
    return ()


class Seen:
    """Any thread may ask and tell."""

    def __init__(self, earlier: Earlier) -> None:
        self._earlier = earlier
        self._runs: dict[str, list[int]] = {}
        self._names: dict[str, str] = {}
        self._unfinished: dict[str, None] = {}
        self._payloads: dict[str, int] = {}
        self._indexed_payloads = array("q")
        self.gone: frozenset[str] = frozenset()
        """Ids of the runs that were deleted."""
        self._gone: dict[str, tuple[int, Gone]] = {}
        self._purged = 0
        self._dropped: set[str] = set()
        self._leaned_on: set[str] = set()
        self._guard = threading.RLock()

    # Asking

    @property
    def names(self) -> dict[str, str]:
        """Ids by names, oldest run first."""
        with self._guard:
            return dict(self._names)

    @property
    def unfinished(self) -> tuple[str, ...]:
        with self._guard:
            return tuple(self._unfinished)

    def batches_of(self, run_id: str) -> tuple[int, ...]:
        """In order; none for an unknown run."""
        with self._guard:
            found = [] if run_id in self._gone else self._runs.get(run_id)
        if found is None:
            earlier = list(self._earlier(run_id))
            with self._guard:
                found = self._runs.setdefault(run_id, earlier) if earlier else []
        return tuple(found)

    @property
    def payloads(self) -> dict[str, int]:
        """The batch of each payload by its digest."""
        return dict(self._payloads)

    def payload(self, digest: str) -> int | None:
        return None if digest in self._dropped else self._payloads.get(digest)

    def may_be_indexed(self, digest: str) -> bool:
        """False where an index surely doesn't hold it: eight bytes a payload are kept, not the payload's name."""
        if digest in self._dropped:
            return False
        known, wanted = self._indexed_payloads, hash(digest)
        at = bisect_left(known, wanted)
        return at < len(known) and known[at] == wanted

    @property
    def purge_due(self) -> tuple[Gone, ...]:
        """Deleted runs of which something may still be there."""
        with self._guard:
            return tuple(run for number, run in self._gone.values() if number > self._purged)

    @property
    def said_gone(self) -> int:
        """The last batch that says that runs were deleted."""
        with self._guard:
            return max((number for number, _ in self._gone.values()), default=0)

    def lean_on(self, digest: str) -> bool:
        """Somebody will name a payload that is there already: from now on it stays. False where it has gone."""
        with self._guard:
            if digest not in self._dropped:
                self._leaned_on.add(digest)
            return digest not in self._dropped

    # Telling

    def know(self, unfinished: Mapping[str, Sequence[int]], names: Mapping[str, str], digests: Iterable[str]) -> None:
        """What an index knows already."""
        self._runs.update({run_id: list(batches) for run_id, batches in unfinished.items()})
        self._unfinished.update(dict.fromkeys(unfinished))
        self._names.update(names)
        self._indexed_payloads = array("q", sorted(hash(digest) for digest in digests))

    def hear(self, number: int, data: bytes) -> bool:
        """Whether a batch was a word about deleted runs; then it counts from now on."""
        word = word_of(data)
        with self._guard:
            match word:
                case Deleted(runs=runs):
                    for run in runs:
                        self._gone[run.id] = number, run
                        self._runs.pop(run.id, None)
                        self._unfinished.pop(run.id, None)
                        if self._names.get(run.run) == run.id:
                            del self._names[run.run]
                    self.gone = frozenset(self._gone)
                case Purged(number=purged):
                    self._purged = max(self._purged, purged)
                case None:
                    return False
        return True

    def drop(self, digests: Iterable[str]) -> frozenset[str]:
        """Payloads that shall go. Those that somebody leans on stay; gives the others, which nobody finds any more."""
        with self._guard:
            dropped = frozenset(digests) - self._leaned_on
            self._dropped |= dropped
            return dropped

    def note_payload(self, digest: str, number: int) -> None:
        self._payloads[digest] = number

    def glance(self, batches: Iterable[tuple[int, bytes]]) -> None:
        """Raises WireProblem for a batch that isn't one."""
        for number, data in batches:
            if self.hear(number, data):
                continue
            runs = {found[1] for found in _FACT.finditer(data)}
            if len(runs) == 1 and data.endswith(_NO_PAYLOADS) and not any(word in data for word in _TELLING):
                self._note_run(runs.pop().decode(), number, begins=False)
            else:
                self.note(number, decode(Batch, data))

    def note(self, number: int, batch: Batch) -> None:
        begins = {fact.run: False for fact in batch.facts} | {fact.run: True for fact in batch.facts if fact.seq == 1}
        for run_id, first in begins.items():
            self._note_run(run_id, number, begins=first)
        for fact in batch.facts:
            if isinstance(fact.event, RunStarted | RunReopened | RunEnded):
                self._note_fact(fact)
        for digest in batch.payloads:
            with self._guard:
                if digest in self._dropped:
                    self._dropped.discard(digest)
                    self._payloads[digest] = number
                self._payloads.setdefault(digest, number)

    def take_in(self, whole: "Seen") -> None:
        """What a glance at the whole log found; what was noted here meanwhile stays."""
        with self._guard:
            for run_id in whole.names.values() - self._gone.keys():
                self._runs[run_id] = sorted({*whole.batches_of(run_id), *self._runs.get(run_id, ())})
            names = {name: run_id for name, run_id in whole.names.items() if run_id not in self._gone}
            self._names = {**names, **self._names}
            self._payloads = {**whole.payloads, **self._payloads}

    def _note_run(self, run_id: str, number: int, *, begins: bool) -> None:
        # Asked only once for a run, and never for its numbers, of which a long run has many.
        if not begins and run_id not in self._runs:
            self.batches_of(run_id)
        with self._guard:
            if run_id in self._gone:
                return
            batches = self._runs.setdefault(run_id, [])
            if not batches or batches[-1] < number:
                batches.append(number)

    def _note_fact(self, fact: Fact) -> None:
        with self._guard:
            if fact.run in self._gone:
                return
            match fact.event:
                case RunStarted(name=name):
                    self._names[name] = fact.run
                    self._unfinished[fact.run] = None
                case RunReopened():
                    self._unfinished[fact.run] = None
                case RunEnded():
                    self._unfinished.pop(fact.run, None)
