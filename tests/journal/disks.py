"""Disks to hand to the log: one that can lose its power, ones that fail, and ones with a bug planted in them.

`PowerDisk` remembers of every file what was synced and what is only on its way; `after_power_loss` lays out what a
machine would find when it comes back. Reading goes to the real files, as it does in a running process.
"""

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mntui.journal.disk import LocalDisk

SECTOR_BYTES = 512

Keep = Callable[[], bool]
"""Asked of each sector that was written and not synced: did it reach the disk?"""


class FastDisk(LocalDisk):
    """Syncs nothing: for sweeps that only look at bytes."""

    def sync(self, descriptor: int) -> None:
        pass

    def sync_folder(self, folder: Path) -> None:
        pass


@dataclass
class PowerFile:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes] | int] = field(default_factory=list)
    """Writes as (offset, data), cuts as the new size."""

    def settle(self, keep: Keep) -> bytearray:
        content = bytearray(self.durable)
        for change in self.pending:
            if isinstance(change, int):
                if keep():
                    del content[change:]
                continue
            offset, data = change
            for start in range(0, len(data), SECTOR_BYTES):
                if keep():
                    place(content, offset + start, data[start : start + SECTOR_BYTES])
        return content


class PowerDisk(LocalDisk):
    """A real disk that also knows what would be left if its power went now."""

    def __init__(self) -> None:
        self.syncs = 0
        self._files: dict[int, PowerFile] = {}
        self._durable_names: dict[Path, PowerFile] = {}

    def open(self, path: Path) -> int:
        descriptor = super().open(path)
        self._file(descriptor)
        return descriptor

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        written = super().write(descriptor, data, offset)
        self._file(descriptor).pending.append((offset, data[:written]))
        return written

    def truncate(self, descriptor: int, size: int) -> None:
        super().truncate(descriptor, size)
        self._file(descriptor).pending.append(size)

    def sync(self, descriptor: int) -> None:
        self.syncs += 1
        file = self._file(descriptor)
        file.durable, file.pending = file.settle(lambda: True), []

    def sync_folder(self, folder: Path) -> None:
        gone = [path for path in self._durable_names if path.parent == folder]
        for path in gone:
            del self._durable_names[path]
        for path in folder.iterdir():
            if path.is_file() and path.stat().st_ino in self._files:
                self._durable_names[path] = self._files[path.stat().st_ino]

    def after_power_loss(self, folder: Path, keep: Keep) -> Path:
        """Lay out in a fresh folder what is on the disk; unsynced sectors are there where `keep` says so."""
        folder.mkdir(parents=True)
        for path, file in self._durable_names.items():
            (folder / path.name).write_bytes(file.settle(keep))
        return folder

    def _file(self, descriptor: int) -> PowerFile:
        return self._files.setdefault(os.fstat(descriptor).st_ino, PowerFile())


class BrokenSyncDisk(PowerDisk):
    """The n-th sync fails, as a dying drive reports it; what was written may or may not be there."""

    def __init__(self, fail_at: int) -> None:
        super().__init__()
        self._fail_at = fail_at

    def sync(self, descriptor: int) -> None:
        if self.syncs + 1 == self._fail_at:
            self.syncs += 1
            raise OSError(errno.EIO, "input/output error")
        super().sync(descriptor)


class SmallDisk(LocalDisk):
    """Holds `room` more bytes than it does now; then writes come up short, then not at all."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        size = os.fstat(descriptor).st_size
        growth = max(0, offset + len(data) - size)
        if growth > self.room:
            fits = len(data) - growth + self.room
            if fits <= 0:
                raise OSError(errno.ENOSPC, "no space left on device")
            self.room = 0
            return super().write(descriptor, data[:fits], offset)
        self.room -= growth
        return super().write(descriptor, data, offset)

    def truncate(self, descriptor: int, size: int) -> None:
        self.room += max(0, os.fstat(descriptor).st_size - size)
        super().truncate(descriptor, size)


class GatedDisk(PowerDisk):
    """After `shut` every sync waits, until one is let through or the gate is opened: batches queue up behind it."""

    def __init__(self) -> None:
        super().__init__()
        self._shut = False
        self._passes = threading.Semaphore(0)
        self.waiting = threading.Event()

    def shut(self) -> None:
        self._shut = True

    def let_one_through(self) -> None:
        self.waiting.clear()
        self._passes.release()

    def open_gate(self) -> None:
        self._shut = False
        self._passes.release()

    def sync(self, descriptor: int) -> None:
        if self._shut:
            self.waiting.set()
            self._passes.acquire()
        super().sync(descriptor)


class Died(BaseException):
    """The process ended here."""


class DyingDisk(FastDisk):
    """The process dies in front of the n-th change of the disk."""

    def __init__(self, die_at: int) -> None:
        self._left = die_at

    def open(self, path: Path) -> int:
        self._live()
        return super().open(path)

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        self._live()
        return super().write(descriptor, data, offset)

    def truncate(self, descriptor: int, size: int) -> None:
        self._live()
        super().truncate(descriptor, size)

    def rename(self, old: Path, new: Path) -> None:
        self._live()
        super().rename(old, new)

    def _live(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Died


class SkipsSync(PowerDisk):
    """Planted bug: reports a sync that never happened."""

    def sync(self, descriptor: int) -> None:
        self.syncs += 1


class AcknowledgesEarly(PowerDisk):
    """Planted bug: a sync returns at once and happens before the next write, so batches are acknowledged too early."""

    def __init__(self) -> None:
        super().__init__()
        self._owed: set[int] = set()

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        if descriptor in self._owed:
            self._owed.discard(descriptor)
            super().sync(descriptor)
        return super().write(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        self._owed.add(descriptor)


class ForgetsWatermark(PowerDisk):
    """Planted bug: the watermark is never written."""

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        return len(data) if len(data) == 12 else super().write(descriptor, data, offset)


def place(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data
