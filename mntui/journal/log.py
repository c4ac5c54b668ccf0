"""The append-only log that commits: a batch whose future resolved is on the disk and will be read again.

One writer thread takes everything that was queued, writes it at once, syncs once, and only then resolves the futures
(group commit). Batches are numbered from 1 without a gap, and lie squeezed in their frames. What a batch means is known
elsewhere.

Absent: a retry of anything. A full disk fails the batch (`LogFull`) and the log goes on; a failing disk ends the log
(`LogFailed`), and whoever opens it again reads what is really there. Who stops waiting doesn't undo the batch.
"""

import asyncio
import os
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from mntui.crash import CrashPoint, no_crash
from mntui.journal import opening
from mntui.journal.disk import Disk, LocalDisk
from mntui.journal.frames import LARGEST_PAYLOAD_BYTES
from mntui.journal.mending import Restore
from mntui.journal.opening import Opening
from mntui.journal.places import Places, read_batch
from mntui.journal.refusals import LogClosed, LogDamaged, LogFailed, LogFull
from mntui.journal.rewriting import Thinned, pack, thin
from mntui.journal.segments import read_accepted, read_watermark, segment_paths
from mntui.journal.squeezing import squeezed, unsqueezed
from mntui.journal.tail import Tail
from mntui.journal.walk import Batch, Damage, Walk

SEGMENT_BYTES = 16 * 1024 * 1024
RESERVE_BYTES = 64 * 1024 * 1024
GROUP_BYTES = 4 * 1024 * 1024
QUIET_SECONDS = 0.05


class _Waiting(NamedTuple):
    """A batch and who waits for it; `loop` is the event loop of an asyncio future."""

    payload: bytes
    future: "Future[int] | asyncio.Future[int]"
    loop: asyncio.AbstractEventLoop | None


class Log:
    """An open log. `append` and `commit` may be called from any thread and any event loop."""

    def __init__(
        self, folder: Path, tail: Tail, places: Places, opened: Opening, *, disk: Disk, held: int, reserve_bytes: int
    ) -> None:
        self.folder = folder
        self.opening = opened
        self.last = opened.last
        self._disk = disk
        self._tail = tail
        self._places = places
        self._held = held
        self._reserve_bytes = reserve_bytes
        self._failed: Exception | None = None
        self._closed = False
        self._guard = threading.Lock()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._serve, name="mntui-log", daemon=True)
        self._writer.start()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        applied: int = 0,
        restore: Restore | None = None,
        segment_bytes: int = SEGMENT_BYTES,
        reserve_bytes: int = RESERVE_BYTES,
        disk: Disk | None = None,
        crash: CrashPoint = no_crash,
    ) -> Self:
        """Open or make the log in a folder. `applied` is the last batch an index holds, `restore` gives them back.

        Raises LogBusy, LogDamaged (both name a remedy; no batch was changed), LogFull, LogFailed or OSError.
        """
        real = disk if disk is not None else LocalDisk()
        opening.make_folder(real, folder)
        held = opening.lock(folder)
        try:
            tail, places, opened = opening.open_tail(
                real, folder, applied, _as_stored(restore), segment_bytes=segment_bytes, crash=crash
            )
        except BaseException:
            os.close(held)
            raise
        return cls(folder, tail, places, opened, disk=real, held=held, reserve_bytes=reserve_bytes)

    def append(self, payload: bytes) -> "Future[int]":
        """Queue a batch. The future gives its id once it is durable, or LogFull or LogFailed.

        Raises LogFailed or LogClosed where the log has ended already, ValueError for an empty or too large batch.
        """
        future: Future[int] = Future()
        self._put(_Waiting(payload, future, None))
        return future

    async def commit(self, payload: bytes) -> int:
        """Append and wait until durable; raises as `append` and its future do. A cancelled wait cancels no batch."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        self._put(_Waiting(payload, future, loop))
        return await future

    def read(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Every acknowledged batch with an id above `after`, in order, as far as the log reaches now."""
        last = self.last
        for batch in read_log(self.folder, after):
            if batch[0] > last:
                return
            yield batch

    def batch(self, number: int) -> bytes:
        """One acknowledged batch. Raises LookupError if there is none, LogDamaged if it changed since the opening."""
        if number > self.last:
            raise LookupError(f"batch {number} isn't acknowledged in {self.folder}")
        return unsqueezed(read_batch(self.folder, self._places, number))

    # Full segments, which nobody writes any more

    @property
    def segment(self) -> int:
        """The number of the segment that is written now."""
        return self._tail.number

    def full_segments(self) -> list[Path]:
        return [path for path in segment_paths(self.folder) if int(path.stem) < self.segment]

    def full_segments_of(self, batches: Iterable[int]) -> list[Path]:
        """Those that hold any of these batches."""
        wanted = self._segments_of(batches)
        return [path for path in self.full_segments() if int(path.stem) in wanted]

    def is_in_last_segment(self, batches: Iterable[int]) -> bool:
        """Whether one of these batches lies in the segment that is written now."""
        return self.segment in self._segments_of(batches)

    def fill_segment(self) -> None:
        """The next batch begins a new segment, so that everything before it is in full ones."""
        self._tail.full = True

    def pack(self, path: Path) -> int:
        """Compress a full segment. Returns how many bytes that freed. Raises NotWhole, OSError."""
        return pack(self._disk, path)

    def thin(self, path: Path, thinned: Thinned) -> int:
        """Leave something out of a full segment. Returns how many bytes that freed. Raises NotWhole, OSError."""
        return thin(
            self._disk, path, self._places, lambda number, stored: squeezed(thinned(number, unsqueezed(stored)))
        )

    def room(self) -> bool:
        """False when so little space is left that nothing new should be begun: what is under way still fits."""
        return self._disk.free_bytes(self.folder) >= self._reserve_bytes

    def close(self) -> None:
        """Write what was queued, seal, and let go of the folder."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        self._tail.close()
        os.close(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _segments_of(self, batches: Iterable[int]) -> set[int]:
        places = (self._places.find(batch) for batch in batches)
        return {place[0] for place in places if place is not None}

    def _put(self, waiting: _Waiting) -> None:
        if not 0 < len(waiting.payload) <= LARGEST_PAYLOAD_BYTES:
            raise ValueError(f"a batch has 1 to {LARGEST_PAYLOAD_BYTES} bytes, not {len(waiting.payload)}")
        with self._guard:
            if self._closed:
                raise LogClosed(f"the log in {self.folder} is closed")
            if self._failed is not None:
                raise self._failed
            self._queue.put(waiting)

    def _serve(self) -> None:
        left: list[_Waiting] = []
        try:
            while not self._closed or not self._queue.empty():
                left = self._next_group()
                if left:
                    self._write(left)
                elif not self._tail.sealed:
                    self._tail.seal()
                left = []
            if not self._tail.sealed:
                self._tail.seal()
        except LogFailed as error:
            self._give_up(error, left)
        except BaseException as error:
            # A bug: whoever waits must not wait for ever.
            self._give_up(LogFailed(f"the writer of the log stopped: {error!r}"), left)
            raise

    def _next_group(self) -> list[_Waiting]:
        """Everything that is queued, up to a write's size; nothing after a quiet moment with something to seal."""
        try:
            first = self._queue.get(timeout=None if self._tail.sealed else QUIET_SECONDS)
        except queue.Empty:
            return []
        group, size = [], 0
        following: _Waiting | None = first
        while following is not None:
            if following.loop is not None or _begin(following.future):
                group.append(following)
                size += len(following.payload)
            if size >= GROUP_BYTES or self._queue.empty():
                break
            following = self._queue.get()
        return group

    def _write(self, group: list[_Waiting]) -> None:
        first = self._tail.last + 1
        try:
            self._tail.write([squeezed(waiting.payload) for waiting in group])
        except LogFull as error:
            _settle(group, [error] * len(group))
            return
        self._tail.sync()
        self.last = self._tail.last
        _settle(group, range(first, self.last + 1))

    def _give_up(self, error: LogFailed, group: list[_Waiting]) -> None:
        with self._guard:
            self._failed = error
            while not self._queue.empty():
                waiting = self._queue.get()
                if waiting is not None and (waiting.loop is not None or _begin(waiting.future)):
                    group.append(waiting)
        _settle(group, [error] * len(group))


def read_log(folder: Path, after: int = 0) -> Iterator[tuple[int, bytes]]:
    """Every batch above `after` without taking the lock, while a writer may be at work or none is.

    The last batches may be written but not acknowledged yet. Raises LogDamaged where a batch is lost that nobody
    has accepted as lost; what stands before it has been given out by then.
    """
    accepted = read_accepted(folder)
    suspect: Damage | None = None
    while True:
        for found in Walk(folder, read_watermark(folder) or 0, after=after):
            if isinstance(found, Batch):
                after = found.id
                yield found.id, unsqueezed(found.payload)
            elif isinstance(found, Damage) and (found.first, found.last) not in accepted:
                if found == suspect:
                    raise LogDamaged((found,))
                # A write may have been half seen: what proves it durable was read after it. Look again, once.
                suspect = found
                break
        else:
            return


def accept_loss(folder: Path, *, applied: int = 0, restore: Restore | None = None) -> tuple[Damage, ...]:
    """Accept that the damaged batches of a closed log are lost, and return them. Raises LogBusy."""
    held = opening.lock(folder)
    try:
        return opening.accept_loss(LocalDisk(), folder, applied, _as_stored(restore))
    finally:
        os.close(held)


def _as_stored(restore: Restore | None) -> Restore | None:
    """What gives a batch back as it lay in its frame."""
    if restore is None:
        return None

    def restored(number: int) -> bytes | None:
        payload = restore(number)
        return squeezed(payload) if payload else payload

    return restored


def _begin(future: "Future[int] | asyncio.Future[int]") -> bool:
    """False if the caller cancelled before the batch was taken up; it is left out then."""
    return isinstance(future, Future) and future.set_running_or_notify_cancel()


def _settle(group: list[_Waiting], outcomes: Sequence[int | Exception]) -> None:
    """Resolve the futures: each event loop is woken once, however many of its batches were in the group."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[int], int | Exception]]] = {}
    for waiting, outcome in zip(group, outcomes, strict=True):
        if isinstance(waiting.future, Future):
            _resolve(waiting.future, outcome)
        elif waiting.loop is not None:
            by_loop.setdefault(waiting.loop, []).append((waiting.future, outcome))
    for loop, settled in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, settled)
        except RuntimeError:
            # The loop was closed: nobody waits there any more.
            continue


def _resolve_all(settled: list[tuple["asyncio.Future[int]", int | Exception]]) -> None:
    for future, outcome in settled:
        _resolve(future, outcome)


def _resolve(future: "Future[int] | asyncio.Future[int]", outcome: int | Exception) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
