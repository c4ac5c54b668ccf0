"""Homes to measure in, and the worker of one: in this process with tools that do nothing, or the real process.

The worker in this process is the one that `build_worker` wires, over the real log, with one part exchanged: a tool call
costs no process. So what is measured is the runtime, as it is for the peers, whose steps are functions as well.
"""

import asyncio
import os
import random
import shutil
import signal
import string
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from mntui.core.events import Fact
from mntui.core.messages import AskEvents, AskStatus, Facts, Start, Started, WorkerStatus
from mntui.core.values import Json
from mntui.crash import no_crash
from mntui.effects import Effects
from mntui.engines.local import LocalEngine
from mntui.settings import Settings, prepare_folders
from mntui.tools.base import ToolCall
from mntui.worker.build import build_worker
from mntui.worker.garbage import searched_seldom
from mntui.worker.runtime import Worker
from mntui.worker.tool_quotes import ToolQuoter

PAYLOAD_CHARACTERS = 2_048
LOOK_SECONDS = 0.005

TOOLS = '''\
def noop(n: int = 0) -> dict:
    """Gives the payload back."""
    return {}


def mark(n: int = 0) -> dict:
    """Notes the time."""
    return {}
'''


def payload_text() -> str:
    """2 KiB of letters and digits: the same every time, and nothing that a compressor could make much smaller."""
    draw = random.Random(1)
    return "".join(draw.choices(string.ascii_letters + string.digits, k=PAYLOAD_CHARACTERS))


@contextmanager
def home_in(folder: Path) -> Iterator[Settings]:
    """A fresh home in a folder, gone in the end, and its worker before."""
    place = Path(tempfile.mkdtemp(dir=folder, prefix="home-"))
    runtime = Path(tempfile.mkdtemp(prefix="mntui-bench-"))
    settings = Settings(place / "home", runtime / "x")
    prepare_folders(settings)
    payload_file(settings).write_text(payload_text())
    try:
        yield settings
    finally:
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)


def payload_file(settings: Settings) -> Path:
    """Beside the home, where tools have no business."""
    return settings.home.parent / "payload.txt"


class NoTools:
    """Every call gives the payload at once. `marked` holds the instants at which the tool `mark` was called."""

    def __init__(self) -> None:
        self.marked: list[float] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._payload = payload_text()

    async def call(self, call: ToolCall) -> Json:
        await self.gate.wait()
        if call.use == "python.mark":
            self.marked.append(time.perf_counter())
            return {"n": call.arguments["n"]}
        return {"text": self._payload}


@asynccontextmanager
async def worker_here(settings: Settings, tools: NoTools | None) -> AsyncIterator[Worker]:
    """The worker of a home, in this process; with `tools` None its calls go to real tool hosts."""

    def fatal(error: BaseException) -> None:
        raise error

    worker = build_worker(settings, no_crash, fatal)
    if tools is not None:
        parts = worker._parts  # noqa: SLF001 - the real wiring, with only the tools exchanged
        quoter = ToolQuoter(tools, parts.tool_quoter._settings)  # noqa: SLF001 - the same
        worker = Worker(replace(parts, effects=Effects(parts.models, tools), tool_quoter=quoter))
    await worker.adopt()
    try:
        with searched_seldom():
            yield worker
    finally:
        await worker.close()


async def ended_here(worker: Worker, runs: list[str]) -> None:
    """Wait for the end of runs without being told of their facts, which would cost them time."""
    live = worker.roster.live
    while any(run in live for run in runs):  # noqa: ASYNC110 - an event would cost the worker a watcher
        await asyncio.sleep(LOOK_SECONDS)


async def start_here(worker: Worker, blueprint: str) -> str:
    started = await worker.start(Start(blueprint, "/"))
    if not isinstance(started, Started):
        raise RuntimeError(f"{blueprint} can't start: {started}")  # noqa: TRY004 - refused, not of a wrong type
    return started.id


async def facts_here(worker: Worker, run: str) -> tuple[Fact, ...]:
    answered = await worker.query(AskEvents(run))
    assert isinstance(answered, Facts)
    return answered.facts


@asynccontextmanager
async def worker_process(settings: Settings) -> AsyncIterator[tuple[LocalEngine, int]]:
    """The worker's own process, started as any command starts it, and its number. It is killed in the end."""
    engine = LocalEngine(settings)
    try:
        yield engine, await pid_of(engine)
    finally:
        with suppress(ProcessLookupError):
            os.kill(await pid_of(engine), signal.SIGKILL)
        engine.close()


async def pid_of(engine: LocalEngine) -> int:
    status = await engine.query(AskStatus())
    assert isinstance(status, WorkerStatus)
    return status.pid


def memory_mb(pid: int, field: str = "VmRSS") -> float:
    """Resident memory of a process now, or with `VmHWM` at its most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
