"""Batches in order, for the index: as they were committed, else out of the log, else out of an older index.

What was committed a moment ago is still in memory, decoded. A batch that isn't (its writer was cancelled, the index is
far behind) is read from the segments; one that is damaged or lost there is asked of `rescue`.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from mntui.journal.base import Batch
from mntui.journal.deleting import left_of
from mntui.journal.log import Log
from mntui.journal.refusals import LogDamaged
from mntui.wire.codec import WireProblem, decode

EVENTS_AT_ONCE = 1000
BYTES_AT_ONCE = 8 * 1024 * 1024
RECENT_BYTES = 16 * 1024 * 1024
MUCH_BYTES = 2 * 1024 * 1024
FAR_BEHIND = 200


class Item(NamedTuple):
    """A batch as value and as bytes; `batch` is None where it can't be decoded."""

    number: int
    batch: Batch | None
    data: bytes


class Source:
    """`put` is called by whoever commits, everything else by the thread that applies."""

    def __init__(self, log: Log) -> None:
        self.rescue: Callable[[int], bytes | None] | None = None
        self.gone: Callable[[], Collection[str]] = frozenset
        """Ids of deleted runs. An older index mustn't bring them back, nor a log from which they couldn't go yet."""
        self.missing: list[int] = []
        self._log = log
        self._recent: dict[int, Item] = {}
        self._recent_bytes = 0
        self._taken = 0
        self._guard = threading.Lock()
        self._reader: Iterator[tuple[int, bytes]] | None = None
        self._ahead: tuple[int, bytes] | None = None

    @property
    def last(self) -> int:
        return self._log.last

    def put(self, number: int, batch: Batch, data: bytes) -> bool:
        """Whether so much is held by now that it should be taken soon."""
        with self._guard:
            # What was read from the log before it came here won't be asked for again.
            if number > self._taken and self._recent_bytes + len(data) <= RECENT_BYTES:
                self._recent[number] = Item(number, batch, data)
                self._recent_bytes += len(data)
        return self.holds_much

    @property
    def holds_much(self) -> bool:
        return self._recent_bytes > MUCH_BYTES

    def take(self, after: int) -> tuple[list[Item], int]:
        """The next batches, and the number up to which they reach: gaps are counted in `missing`."""
        items: list[Item] = []
        events = size = 0
        number = after
        while number < self.last and events < EVENTS_AT_ONCE and size < BYTES_AT_ONCE:
            number += 1
            item = self._pop(number) or self._read(number)
            if item is None:
                self.missing.append(number)
                continue
            items.append(item)
            events += len(item.batch.facts) if item.batch is not None else 1
            size += len(item.data)
        return items, number

    def _pop(self, number: int) -> Item | None:
        with self._guard:
            self._taken = number
            item = self._recent.pop(number, None)
            if item is not None:
                self._recent_bytes -= len(item.data)
            return item

    def _read(self, number: int) -> Item | None:
        data = self._from_log(number) or (self.rescue(number) if self.rescue is not None else None)
        if data is None:
            return None
        if gone := self.gone():
            data = left_of(data, gone, ())
        try:
            return Item(number, decode(Batch, data), data)
        except WireProblem:
            return Item(number, None, data)

    def _from_log(self, number: int) -> bytes | None:
        if self._reader is None and self._ahead is None:
            if self.last - number < FAR_BEHIND:
                return self._one(number)
            self._reader = self._log.read(number - 1)
        try:
            while self._reader is not None and (self._ahead is None or self._ahead[0] < number):
                self._ahead = next(self._reader, None)
                if self._ahead is None:
                    self._reader = None
        except LogDamaged:
            # From here on one at a time: what stands behind the damage may well be sound.
            self._reader = self._ahead = None
        if self._ahead is None:
            return self._one(number)
        return self._ahead[1] if self._ahead[0] == number else None

    def _one(self, number: int) -> bytes | None:
        try:
            return self._log.batch(number)
        except (LookupError, LogDamaged):
            return None
