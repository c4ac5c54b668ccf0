"""The app as a person has it: the real program in a terminal (a pty), timed from outside by what it writes.

`first frame` is until the first picture stands there, which needs no worker; `opening` is from there until the runs do.
A key's latency is from writing the key until the first byte that the app draws. Floods of facts: see benchmarks.flood.
"""

import asyncio
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Self

from benchmarks import blueprints
from benchmarks.figures import Aim, Figure, spread_of
from benchmarks.history import write_history
from benchmarks.homes import (
    NoTools,
    cpu_seconds,
    ended_here,
    home_in,
    memory_mb,
    start_here,
    worker_here,
    worker_process,
)
from benchmarks.limits import python_limit
from benchmarks.sizes import Size
from mntui.settings import Settings

WIDTH, HEIGHT = 120, 36
PATIENCE_SECONDS = 120.0
SETTLE_SECONDS = 3.0
QUIET_SECONDS = 0.3
AGED_SECONDS = 61.0
"""While a run is younger than a minute, its row tells each second how old it is: that isn't idling."""
IDLE_SECONDS = 10.0
FLOOD_SECONDS = 4.0
RATES = (1_000, 5_000)
FIRST_FRAME, IDLE_CPU, IDLE_MEMORY = Aim(0.5), Aim(1.0), Aim(60.0)
FLOOD_CPU, FLOOD_LAG = Aim(25.0), Aim(20.0)
OPENING, LONG_RUN, KEY = Aim(0.3), Aim(1.0), Aim(30.0)


def terminal(size: Size, folder: Path) -> list[Figure]:
    """First frame, idling, keys, floods of facts, and homes and runs with a long past."""
    return [*asyncio.run(with_a_past(size, folder)), *_floods(size, folder), *asyncio.run(_long_run(size, folder))]


# The real program


async def with_a_past(size: Size, folder: Path) -> list[Figure]:
    with home_in(folder) as settings:
        await write_history(settings, size.finished)
        async with worker_process(settings):
            return await asyncio.to_thread(_looked_at, settings, size)


def _looked_at(settings: Settings, size: Size) -> list[Figure]:
    written, limit = time.perf_counter(), python_limit()
    firsts, opened, cpu = list[float](), list[float](), list[float]()
    for _ in range(size.starts):
        with Screen(mntui(settings), settings) as screen:
            firsts.append(screen.wait(b"blueprints"))
            cpu.append(cpu_seconds(screen.pid))
            opened.append(screen.wait(b"chain-"))
    first, opening = spread_of(firsts), spread_of(later - before for before, later in zip(firsts, opened, strict=True))
    used = f"{median(cpu):.2f} s of CPU until then"
    with Screen(mntui(settings), settings) as screen:
        screen.wait(b"chain-")
        screen.drain(max(min(AGED_SECONDS, 20 * size.waiting_seconds) - (time.perf_counter() - written), 0.0))
        idle = _idle(screen, min(IDLE_SECONDS, 4 * size.waiting_seconds))
        keys = spread_of(_key_seconds(screen, size.approvals))
    return [
        Figure("mntui: process start → first frame", first.p50_ms / 1e3, "s", FIRST_FRAME, first, limit, used),
        Figure(f"{size.finished:,} finished runs: first frame → Home", opening.p50_ms / 1e3, "s", OPENING, opening),
        *idle,
        Figure("key → screen, cursor in a list", keys.p50_ms, "ms", KEY, keys, note="to the first byte drawn"),
    ]


def _idle(screen: "Screen", seconds: float) -> list[Figure]:
    screen.drain(SETTLE_SECONDS)
    before = cpu_seconds(screen.pid)
    screen.drain(seconds)
    share = (cpu_seconds(screen.pid) - before) / seconds * 100
    note = f"over {seconds:g} s on Home, its worker asked once a second"
    return [
        Figure("mntui idle: CPU", share, "%", IDLE_CPU, note=note),
        Figure("mntui idle: memory", memory_mb(screen.pid), "MB", IDLE_MEMORY),
    ]


def _key_seconds(screen: "Screen", count: int) -> Iterator[float]:
    """The cursor down and up in the list of runs, each time when nothing else is drawn."""
    screen.press(b"2")
    screen.drain(QUIET_SECONDS)
    for number in range(count):
        screen.drain(QUIET_SECONDS)
        screen.press(b"k" if number % 2 else b"j")
        yield screen.until_drawn()


async def _long_run(size: Size, folder: Path) -> list[Figure]:
    """One run of many steps, opened from Home."""
    count = size.grown[-1]
    with home_in(folder) as settings:
        blueprint = blueprints.write(settings, "wide", nested(round(count**0.5)))
        async with worker_here(settings, NoTools()) as worker:
            await ended_here(worker, [await start_here(worker, blueprint)])
        async with worker_process(settings):
            seconds = await asyncio.to_thread(_open_run, settings)
    note = "from the key to its graph"
    return [Figure(f"a run of {count:,} steps opened", seconds, "s", LONG_RUN, note=note)]


def nested(side: int) -> str:
    """`side` × `side` steps: a list of so many items would be too long for one template."""
    items = "{{ [" + ", ".join(str(n) for n in range(side)) + "] }}"
    return (
        "  before: {tool: noop, with: {n: 0}}\n"
        f'  rows:\n    for_each: "{items}"\n    needs: [before]\n    steps:\n'
        f'      cells:\n        for_each: "{items}"\n        as: cell\n        steps:\n'
        "          one: {tool: noop, with: {n: 1}}\n"
    )


def _open_run(settings: Settings) -> float:
    with Screen(mntui(settings), settings) as screen:
        screen.wait(b"wide-")
        screen.press(b"2")
        screen.drain(SETTLE_SECONDS)
        screen.forget()
        begun = time.perf_counter()
        screen.press(b"\r")
        screen.wait(b"before")
        return time.perf_counter() - begun


def mntui(settings: Settings) -> list[str]:
    return [sys.executable, "-m", "mntui", "--home", str(settings.home)]


# Floods


def _floods(size: Size, folder: Path) -> list[Figure]:
    found = []
    for rate in RATES:
        with home_in(folder) as settings:
            target = settings.home / "flood.json"
            seconds = min(FLOOD_SECONDS, size.waiting_seconds * 2)
            command = [sys.executable, "-m", "benchmarks.flood", str(rate), str(seconds), str(target)]
            with Screen(command, settings) as screen:
                screen.wait_ended()
            window = json.loads(target.read_text())
        name, note = f"60 steps, {rate:,} facts/s", f"{window['rate']:,.0f} facts/s came; folding them included"
        found += [
            Figure(f"{name}: CPU", window["cpu"] * 100, "%", FLOOD_CPU, note=note),
            Figure(f"{name}: loop lag, p99", window["lag_p99_ms"], "ms", FLOOD_LAG),
        ]
    return found


# A terminal


class Screen:
    """A program in a pty of 120 × 36. What it writes is kept until it is forgotten."""

    def __init__(self, command: list[str], settings: Settings) -> None:
        self._hand, seat = pty.openpty()
        fcntl.ioctl(seat, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        environment = {**os.environ, **settings.environment(), "TERM": "xterm-256color", "OLLAMA_HOST": "127.0.0.1:1"}
        kept = {name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}}
        self._begun = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=seat, stdout=seat, stderr=seat, env=kept, start_new_session=True
        )
        os.close(seat)
        self.pid = self._process.pid
        self._written = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._hand)

    def press(self, keys: bytes) -> None:
        os.write(self._hand, keys)

    def wait(self, words: bytes) -> float:
        """Seconds from the start of the program until these words are written."""
        while words not in self._written:
            self._read(PATIENCE_SECONDS, words)
        return time.perf_counter() - self._begun

    def wait_ended(self) -> None:
        while self._process.poll() is None:
            self._read(PATIENCE_SECONDS, b"its end", must=False)
        if self._process.returncode:
            raise RuntimeError(self._written[-2000:].decode(errors="replace"))

    def until_drawn(self) -> float:
        begun = time.perf_counter()
        self._read(PATIENCE_SECONDS, b"a key's echo")
        return time.perf_counter() - begun

    def drain(self, seconds: float) -> None:
        """Take what comes for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left, b"", must=False)

    def forget(self) -> None:
        self._written = b""

    def _read(self, seconds: float, words: bytes, *, must: bool = True) -> None:
        if select.select([self._hand], [], [], seconds)[0]:
            try:
                self._written += os.read(self._hand, 65536)
            except OSError as error:  # the program has ended
                if must:
                    raise RuntimeError(f"it ended before {words!r}: {self._written[-2000:]!r}") from error
                time.sleep(0.01)
        elif must:
            raise RuntimeError(f"waited for {words!r}: {self._written[-2000:]!r}")
