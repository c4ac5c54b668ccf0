"""The end of the log, where one thread writes: frames into the newest segment, a sync, the watermark.

Segments are zero-filled a chunk ahead, so that a sync rarely has to write the file's size too. A disk that is full
leaves the segment as it was. A sync that failed is never tried again on the same descriptor: the system may have
dropped the bytes and would report success.

Absent: threads, futures, and any choice of what to write when.
"""

import errno
from pathlib import Path

from mntui.crash import CrashPoint
from mntui.journal.disk import Disk, write_all
from mntui.journal.frames import HEADER_BYTES, batch_header, mark, next_chain
from mntui.journal.places import Places
from mntui.journal.refusals import LogFailed, LogFull
from mntui.journal.segments import pack_watermark, segment_path

FILL_BYTES = 1024 * 1024

_ZEROS = bytes(FILL_BYTES)
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Tail:
    """The write position. `last` counts batches written, `synced` batches that are durable."""

    def __init__(
        self,
        disk: Disk,
        folder: Path,
        number: int,
        *,
        last: int = 0,
        chain: int = 0,
        offset: int = 0,
        size: int = 0,
        segment_bytes: int,
        places: Places,
        crash: CrashPoint,
    ) -> None:
        self.last = last
        self.synced = last
        self.sealed = False
        self.full = False
        """Set from outside: the next write begins a new segment if there is room for one, however little is in this."""
        self._disk = disk
        self._folder = folder
        self._number = number
        self._chain = chain
        self._offset = offset
        self._size = size
        self._segment_bytes = segment_bytes
        self._places = places
        self._crash = crash
        self._segment = disk.open(segment_path(folder, number)) if size or offset else self._new_segment(number)
        self._watermark = disk.open(folder / "watermark")

    @property
    def number(self) -> int:
        """Of the segment that is written now; those before it are full."""
        return self._number

    def write(self, payloads: list[bytes]) -> None:
        """Append batches in one write. Raises LogFull (nothing was kept) or LogFailed."""
        data, last, chain = self._frames(payloads)
        wanted, self.full = self.full, False
        if self._offset > HEADER_BYTES and (wanted or self._offset + len(data) > self._segment_bytes):
            self._roll_over()
        self._crash("log.before_write")
        self._put(data)
        self._crash("log.after_write")
        offset = self._offset - len(data)
        for batch, payload in enumerate(payloads, self.last + 1):
            self._places.note(batch, self._number, offset)
            offset += HEADER_BYTES + len(payload)
        self.last, self._chain, self.sealed = last, chain, False

    def sync(self) -> None:
        """Make everything written durable, then say so in the watermark. Raises LogFailed."""
        self._crash("log.before_sync")
        self._sync(self._segment)
        self._crash("log.after_sync")
        self.synced = self.last
        try:
            write_all(self._disk, self._watermark, pack_watermark(self.last), 0)
        except OSError as error:
            raise LogFailed(f"writing the watermark failed: {error}") from error
        self._crash("log.after_watermark")

    def seal(self) -> None:
        """After a quiet moment: a mark behind the last batch, and both files synced. Raises LogFailed."""
        self._crash("log.seal")
        self.sealed = True
        try:
            self._put(mark(self.last, self._chain))
        except LogFull:
            # The mark only adds proof. The next batch comes with a seal of its own.
            return
        self.sync()
        self._sync(self._watermark)
        self._crash("log.seal")

    def rewrite(self, data: bytes, offset: int) -> None:
        """Write bytes that are there already: after a failed sync the system may hold them as clean, but only here."""
        write_all(self._disk, self._segment, data, offset)

    def close(self) -> None:
        self._disk.close(self._segment)
        self._disk.close(self._watermark)

    def _frames(self, payloads: list[bytes]) -> tuple[bytes, int, int]:
        parts: list[bytes] = []
        last, chain, synced = self.last, self._chain, self.synced
        for payload in payloads:
            last += 1
            chain = next_chain(chain, last, payload)
            parts += (batch_header(last, synced, chain, len(payload)), payload)
        return b"".join(parts), last, chain

    def _put(self, data: bytes) -> None:
        end = self._offset + len(data)
        if end > self._size:
            self._fill(end)
        if self._written(data, self._offset):
            self._offset = end
            self._size = max(self._size, end)
            return
        self._cut(self._offset)
        # Without this sync a power loss could bring back a batch whose writer was told that it isn't here.
        self._sync(self._segment)
        raise LogFull(self._folder)

    def _fill(self, end: int) -> None:
        """Zeros up to a chunk beyond `end`; where the disk has no room for them the batch may still fit."""
        target = max(end, min(end + FILL_BYTES, self._segment_bytes))
        start = self._size
        while self._size < target:
            zeros = _ZEROS[: target - self._size]
            if not self._written(zeros, self._size):
                self._cut(start)
                return
            self._size += len(zeros)

    def _written(self, data: bytes, offset: int) -> bool:
        try:
            return self._disk.write(self._segment, data, offset) == len(data)
        except OSError as error:
            if error.errno in _FULL:
                return False
            raise LogFailed(f"writing the log failed: {error}") from error

    def _cut(self, size: int) -> None:
        try:
            self._disk.truncate(self._segment, size)
        except OSError as error:
            raise LogFailed(f"cutting the log back failed: {error}") from error
        self._size = size

    def _sync(self, descriptor: int) -> None:
        try:
            self._disk.sync(descriptor)
        except OSError as error:
            raise LogFailed(f"syncing the log failed: {error}") from error

    def _roll_over(self) -> None:
        """Begin the next segment. Everything in this one is durable, since one write is in flight at a time."""
        old, end = self._segment, self._offset
        self._crash("log.rollover")
        self._segment = self._new_segment(self._number + 1)
        self._number += 1
        try:
            self._disk.truncate(old, end)
        except OSError as error:
            raise LogFailed(f"cutting the zeros of a full segment failed: {error}") from error
        finally:
            self._disk.close(old)
        self._crash("log.rollover")

    def _new_segment(self, number: int) -> int:
        """A segment takes its name only when its opening mark is durable: under its name it is never empty."""
        path = segment_path(self._folder, number)
        unnamed = path.with_name(path.name + ".new")
        opening = mark(self.last, self._chain)
        size = max(len(opening), min(FILL_BYTES, self._segment_bytes))
        descriptor = self._filled_file(unnamed, opening + _ZEROS[: size - len(opening)])
        try:
            self._crash("log.rollover")
            self._disk.rename(unnamed, path)
            self._crash("log.rollover")
            self._disk.sync_folder(self._folder)
        except OSError as error:
            # Whether the name is there is unknown, so the old segment must not go on either.
            self._disk.close(descriptor)
            raise LogFailed(f"naming {path.name} failed: {error}") from error
        self._offset, self._size = len(opening), size
        return descriptor

    def _filled_file(self, path: Path, data: bytes) -> int:
        path.unlink(missing_ok=True)
        descriptor = self._disk.open(path)
        try:
            write_all(self._disk, descriptor, data, 0)
            self._disk.sync(descriptor)
        except OSError as error:
            self._disk.close(descriptor)
            path.unlink(missing_ok=True)
            if error.errno in _FULL:
                raise LogFull(self._folder) from error
            raise LogFailed(f"filling {path.name} failed: {error}") from error
        return descriptor
