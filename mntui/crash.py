"""Die at a named place: how the drills kill the process exactly between two writes, with a true SIGKILL.

Code on the way of a fact calls `crash("log.before_sync")`; a normal process has `no_crash` there. A drill first lets a
process record its hits, so it knows how often each point comes up, and then kills it at each of them in turn.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

CrashPoint = Callable[[str], None]


def no_crash(_point: str) -> None:
    """Go on."""


class CrashPoints:
    """Counts the hits of every point over all threads and kills the process at the chosen ones."""

    def __init__(self, kill_at: Iterable[tuple[str, int]], record: Path | None = None) -> None:
        self._kill_at = frozenset(kill_at)
        self._record = record
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, text: str) -> "CrashPoints":
        """Points as `log.before_sync:3` (at the third hit), several separated by commas; `record=FILE` only records.

        Raises ValueError.
        """
        if text.startswith("record="):
            return cls.recording(Path(text.removeprefix("record=")))
        return cls(_parse_point(part.strip()) for part in text.split(",") if part.strip())

    @classmethod
    def recording(cls, path: Path) -> "CrashPoints":
        """Kill nothing; append the name of each point to a file, one line a hit."""
        return cls((), path)

    def __call__(self, point: str) -> None:
        with self._lock:
            self._counts[point] += 1
            hit = (point, self._counts[point])
        if self._record is not None:
            _append_line(self._record, point)
        if hit in self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def recorded_counts(path: Path) -> Counter[str]:
    """How often each point was hit, from the file of `CrashPoints.recording`."""
    return Counter(path.read_text(encoding="utf-8").splitlines())


def _parse_point(text: str) -> tuple[str, int]:
    point, colon, count = text.partition(":")
    if not point or (colon and not (count.isdecimal() and int(count) > 0)):
        raise ValueError(f"{text!r} is no crash point: write it as name:count, for example log.before_sync:3")
    return point, int(count) if colon else 1


def _append_line(path: Path, line: str) -> None:
    # One write in append mode: lines of several threads and processes never mix.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)
