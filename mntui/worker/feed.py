"""What watchers of one run are told: facts as they are durable, pulses as they come, and what is queued.

A watcher that doesn't keep up is cut off: it comes back with the last number it saw and loses nothing but pulses.
"""

import asyncio
from collections.abc import Iterable, Mapping

from mntui.core.events import Fact
from mntui.core.messages import Happened, Pulsed, Queued, Update
from mntui.worker.flow import Hold

UPDATES_KEPT = 4096
PULSE_BYTES = 64 * 1024


class Feed:
    """The watchers of one run, and the live text of its model calls."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Queue[Update | None]] = set()
        self._texts: dict[str, tuple[str, str]] = {}
        self._holds: Mapping[str, Hold] = {}
        self._loading: dict[str, str] = {}

    def join(self) -> "asyncio.Queue[Update | None]":
        """A queue of updates from now on, begun with the live texts; None ends it."""
        watcher: asyncio.Queue[Update | None] = asyncio.Queue(UPDATES_KEPT)
        self._watchers.add(watcher)
        for key, (path, text) in self._texts.items():
            watcher.put_nowait(Pulsed(key, path, 0, text))
        if self._holds or self._loading:
            watcher.put_nowait(self._queued())
        return watcher

    def leave(self, watcher: "asyncio.Queue[Update | None]") -> None:
        self._watchers.discard(watcher)

    @property
    def watched(self) -> bool:
        return bool(self._watchers)

    def happened(self, facts: tuple[Fact, ...]) -> None:
        self._tell(Happened(facts))

    def pulse(self, key: str, path: str, text: str) -> None:
        """More text of a model call; only the first 64 KiB of it are shown live."""
        _, before = self._texts.get(key, (path, ""))
        if len(before) + len(text) > PULSE_BYTES:
            return
        self._texts[key] = (path, before + text)
        self._tell(Pulsed(key, path, len(before), text))

    def clear(self, keys: Iterable[str]) -> None:
        """The outcome is known: it replaces the live text."""
        for key in keys:
            self._texts.pop(key, None)

    def queued(self, holds: Mapping[str, Hold]) -> None:
        if holds != self._holds:
            self._holds = holds
            self._tell(self._queued())

    def loading(self, slot: str, text: str) -> None:
        """A model call waits until its model is in memory; an empty text says that it is."""
        if self._loading.get(slot, "") == text:
            return
        if text:
            self._loading[slot] = text
        else:
            del self._loading[slot]
        self._tell(self._queued())

    @property
    def waiting(self) -> Mapping[str, str]:
        return {slot: hold.why for slot, hold in self._holds.items()}

    @property
    def until(self) -> Mapping[str, int]:
        """When a limit is expected to let go, by wall time in microseconds, where that is known."""
        return {slot: hold.until for slot, hold in self._holds.items() if hold.until is not None}

    def _queued(self) -> Queued:
        return Queued(self.waiting, self.until, dict(self._loading))

    def end(self) -> None:
        for watcher in self._watchers:
            _put(watcher, None)

    def _tell(self, update: Update) -> None:
        for watcher in tuple(self._watchers):
            if not _put(watcher, update):
                self._watchers.discard(watcher)


def _put(watcher: "asyncio.Queue[Update | None]", update: Update | None) -> bool:
    """False where the queue was full: it is emptied and ended instead."""
    try:
        watcher.put_nowait(update)
    except asyncio.QueueFull:
        while not watcher.empty():
            watcher.get_nowait()
        watcher.put_nowait(None)
        return False
    return True
