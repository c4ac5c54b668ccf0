"""What a command is given: the streams, the folder, the clock, and how an engine is opened. Handed over once.

Tests hand in an engine of their own here; nothing else in the command line knows where runs live.
"""

import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mntui.core.frozen import frozen

if TYPE_CHECKING:  # What `--help` must not wait for.
    from mntui.engines.base import Engine
    from mntui.settings import Settings

EngineOpener = Callable[["Settings"], AbstractAsyncContextManager["Engine"]]


@frozen
class Surroundings:
    """`now` is wall time in microseconds. `environment` is read here and handed on, never asked for elsewhere."""

    open_engine: EngineOpener
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    cwd: Path
    environment: Mapping[str, str]
    now: Callable[[], int]

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: they see stderr and type at stdin."""
        return self.stdin.isatty() and self.stderr.isatty() and self.environment.get("TERM") != "dumb"

    @property
    def in_browser(self) -> bool:
        """Whether `mntui serve` opened this process for a page in a browser."""
        return self.environment.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")

    @property
    def person(self) -> str:
        """Who decides, for the journal: `person:ada`."""
        name = self.environment.get("USER") or self.environment.get("LOGNAME")
        return f"person:{name}" if name else "person"


def of_process() -> Surroundings:
    """The surroundings of this process, with the runs of this machine."""
    for stream in (sys.stdout, sys.stderr):
        # Text that no encoding holds (half a character from a tool) is shown escaped; it must not end a command.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a real stream of the process
    return Surroundings(
        open_engine=local_engine,
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        cwd=Path.cwd(),
        environment=os.environ,
        now=lambda: time.time_ns() // 1000,
    )


@asynccontextmanager
async def local_engine(settings: "Settings") -> AsyncIterator["Engine"]:
    """The engine of this machine; its worker is started when none runs."""
    from mntui.engines.local import LocalEngine

    async with LocalEngine(settings) as engine:
        yield engine
