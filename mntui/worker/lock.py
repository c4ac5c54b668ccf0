"""One worker a home: an flock on a file of its own, never on the database, whose open and close would drop it.

The kernel lets go of the lock when its process dies, however it dies. The file itself stays for ever, since a file that
is removed and made again could be locked twice.
"""

import fcntl
import os
from pathlib import Path

from mntui.wire.holder import Holder, note_of

PRIVATE_FILE = 0o600


class WorkerLock:
    """The lock, held. `release` clears the note, so that nobody is named who is no longer there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def sign(self, holder: Holder) -> None:
        """Leave a note of who holds it."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, note_of(holder), 0)

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def take_lock(path: Path) -> WorkerLock | None:
    """The lock, or None where another process holds it. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return WorkerLock(descriptor)
