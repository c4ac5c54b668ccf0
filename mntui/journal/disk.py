"""The few things the log asks of a disk, so that a test can hand in one that fills up, fails, or loses its power.

Absent: reading. What is read is checked frame by frame, so nothing needs to be pretended there.
"""

import errno
import fcntl
import os
import sys
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """Every method raises OSError as the system does."""

    def open(self, path: Path) -> int:
        """A descriptor for reading and writing; the file is made, private to the user, where it is missing."""
        ...

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        """How many bytes were written: fewer than given where the disk is full."""
        ...

    def truncate(self, descriptor: int, size: int) -> None: ...

    def sync(self, descriptor: int) -> None:
        """Return once the file's bytes and size would survive a power loss."""
        ...

    def rename(self, old: Path, new: Path) -> None: ...

    def sync_folder(self, folder: Path) -> None:
        """Return once the names in the folder would survive a power loss."""
        ...

    def close(self, descriptor: int) -> None: ...

    def free_bytes(self, folder: Path) -> int: ...


class LocalDisk:
    """The disk of this machine."""

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        return os.pwrite(descriptor, data, offset)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        # On macOS fsync stops at the drive's cache; only F_FULLFSYNC goes through it.
        if sys.platform == "darwin":
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fdatasync(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        old.replace(new)

    def sync_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def free_bytes(self, folder: Path) -> int:
        status = os.statvfs(folder)
        return status.f_bavail * status.f_frsize


def write_all(disk: Disk, descriptor: int, data: bytes, offset: int) -> int:
    """Write everything, or raise OSError (ENOSPC where the disk takes no more). Returns the number of bytes."""
    written = 0
    while written < len(data):
        count = disk.write(descriptor, data[written:] if written else data, offset + written)
        if count == 0:
            raise OSError(errno.ENOSPC, "the disk takes no more bytes")
        written += count
    return written
