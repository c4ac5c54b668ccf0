"""Bytes through open descriptors: read whole or at a place, write whole, lock, sync. Absent: what a path may be."""

import fcntl
import hashlib
import os

from mntui.core.values import Json
from mntui.tools.base import ToolCall, ToolFailure, refused


def read_whole(descriptor: int, path: str, most_bytes: int) -> bytes:
    """All bytes of an open file. Raises ToolFailure when there are more than `most_bytes`."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        found = file.read(most_bytes + 1)
    if len(found) > most_bytes:
        size = os.fstat(descriptor).st_size
        raise refused("TooLarge", f"{path} holds {size:,} bytes, the most that may be read is {most_bytes:,}")
    return found


def read_at(descriptor: int, offset: int, length: int) -> bytes:
    """Up to `length` bytes from a place; fewer only where the file ends."""
    found = b""
    while len(found) < length:
        more = os.pread(descriptor, length - len(found), offset + len(found))
        if not more:
            break
        found += more
    return found


def write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def sync_folder(folder: int) -> None:
    """Make names durable. A path-only descriptor can't be synced, so the folder is opened through it."""
    descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock(descriptor: int) -> None:
    """Keep out a late attempt that is still writing. Raises ToolFailure `Busy` at once rather than wait."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise busy() from None


def busy() -> ToolFailure:
    return ToolFailure("Busy", "another call is still writing this file", retryable=True, not_sent=True)


def data_of(job: ToolCall) -> bytes:
    """The bytes of a call's `text`."""
    try:
        return str(job.arguments["text"]).encode()
    except UnicodeEncodeError:
        raise refused("NotText", "the text holds half a surrogate pair, which UTF-8 can't write") from None


def written(path: str, data: bytes) -> Json:
    """What a call that wrote these bytes answers."""
    return {"path": path, "digest": hashlib.sha256(data).hexdigest()}
