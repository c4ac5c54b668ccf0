"""The note in the lock file: which worker holds this home, since when, and where it listens.

The lock itself says whether anybody holds it; the note only says who. It may be stale after a kill, so nobody decides
anything by it: it names a process in a sentence, and a socket worth trying.
"""

from pathlib import Path

from mntui.core.frozen import frozen
from mntui.wire.codec import WireProblem, decode, encode


@frozen
class Holder:
    """`started_at` in microseconds since 1970; `socket` is a path."""

    pid: int
    version: str
    started_at: int
    socket: str


def read_holder(lock: Path) -> Holder | None:
    """The note in a lock file; None where there is none, or none that reads."""
    try:
        return decode(Holder, lock.read_bytes())
    except (OSError, WireProblem):
        return None


def note_of(holder: Holder) -> bytes:
    """The note as it is written into the lock file."""
    return encode(holder) + b"\n"
