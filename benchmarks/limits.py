"""What the machine does without mntui: syncs of its disk, a start of Python, a question over a socket.

The same bytes as a step writes go into a zero-filled file, as in the log.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure, Limit, Spread, spread_of
from benchmarks.sizes import Size

STEP_BYTES = 2_400
FILE_BYTES = 4 * 1024 * 1024


def measure_limits(size: Size, folder: Path) -> list[Figure]:
    """The limits themselves, as figures of their own."""
    raw, queued, python = disk_limit(folder, size.syncs), asyncio.run(asyncio_limit(folder, size.syncs)), python_limit()
    figures = [Figure(f"limit: {each.what}", each.value, each.unit, spread=each.spread) for each in (raw, queued)]
    return [*figures, Figure(f"limit: {python.what}", python.value, python.unit, spread=python.spread)]


def disk_limit(folder: Path, syncs: int = 150) -> Limit:
    """Append and fdatasync, one after the other."""
    times = []
    with _zeros(folder) as descriptor:
        data = os.urandom(STEP_BYTES)
        for number in range(syncs):
            begun = time.perf_counter()
            _append(descriptor, data, number)
            times.append(time.perf_counter() - begun)
    return _rate("append + fdatasync, raw loop", times)


async def asyncio_limit(folder: Path, syncs: int = 150) -> Limit:
    """The same from a coroutine: a thread writes and syncs, the event loop waits for each."""
    times = []
    loop = asyncio.get_running_loop()
    with _zeros(folder) as descriptor:
        data = os.urandom(STEP_BYTES)
        for number in range(syncs):
            begun = time.perf_counter()
            await loop.run_in_executor(None, _append, descriptor, data, number)
            times.append(time.perf_counter() - begun)
    return _rate("append + fdatasync from asyncio", times)


def python_limit(times: int = 7) -> Limit:
    """A Python process that does nothing, from its start to its end."""
    spread = spread_of(process_seconds([sys.executable, "-c", "pass"], times))
    return Limit("python -c pass", spread.p50_ms, "ms", spread)


def process_seconds(command: list[str], times: int, environment: dict[str, str] | None = None) -> list[float]:
    """How long a command takes, each time, from its start to its end."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        taken.append(time.perf_counter() - begun)
    return taken


def _rate(what: str, times: list[float]) -> Limit:
    spread: Spread = spread_of(times)
    return Limit(what, len(times) / sum(times), "/s", spread)


def _append(descriptor: int, data: bytes, number: int) -> None:
    os.pwrite(descriptor, data, number * STEP_BYTES % (FILE_BYTES - STEP_BYTES))
    _sync(descriptor)


def _sync(descriptor: int) -> None:
    # macOS has no fdatasync; its fsync stops at the drive's cache, so figures from there flatter the disk.
    getattr(os, "fdatasync", os.fsync)(descriptor)


@contextmanager
def _zeros(folder: Path) -> Iterator[int]:
    path = folder / "limit.bin"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, bytes(FILE_BYTES), 0)
        os.fsync(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)
        path.unlink()
