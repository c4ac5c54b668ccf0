"""The worker's end of a tool host: a process started at its first call, and killed whole when a call is too slow.

A host has one socket and many calls in flight. A timeout can't stop a thread, so it kills the process group: the slow
call ends with `TimeoutError`, the others there with `LostConnection`, and the next call starts a new process. A caller
that is cancelled leaves its call running (an effect in flight is let end); the timeout still watches over it.
Absent: retries, limits of concurrency, and knowledge of which process serves whom (`pool` has it).
"""

import asyncio
import itertools
import os
import signal
import site
import socket
import subprocess
import sys
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import mntui
from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.tools.base import ToolCall, ToolFailure
from mntui.tools.limits import ProcessLimits, below
from mntui.tools.protocol import (
    CRASH_VARIABLE,
    FRAME_BYTES,
    LENGTH_BYTES,
    READY,
    ask_of,
    decode_answer,
    encode_ask,
    framed,
)

START_SECONDS = 60.0
LAST_WORDS_SECONDS = 1.0

Crash = Callable[[str], None]

_BOOT = "import sys; sys.path += sys.argv[2:]; from mntui.tools.host import main; main(sys.argv[1])"


@frozen
class HostSettings:
    """How one host is started. `environ` is all it sees, `log` gets what its tools print, `limits` what it may use.

    `crash_at` (`before_call:n`, `after_call:n`) makes its first life kill itself there: for tests of crashes.
    """

    folder: str
    environ: Mapping[str, str]
    log: Path | None = None
    limits: ProcessLimits = ProcessLimits()
    crash_at: str = ""


def no_crash(point: str) -> None:
    """The crash points of a worker that isn't being tested."""


@dataclass(slots=True)
class _Process:
    """One life of a host. `gone` is set once it is reaped; only before that may its process group be signalled."""

    popen: subprocess.Popen[bytes]
    reader: StreamReader
    writer: StreamWriter
    pending: dict[int, asyncio.Future[Json]] = field(default_factory=dict)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    reaping: threading.Lock = field(default_factory=threading.Lock)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    reaped: bool = False
    lost: bool = False

    @property
    def ended(self) -> bool:
        return self.lost or self.gone.is_set() or self.reader.at_eof()

    def kill(self) -> None:
        """The whole group, and what left it: a host of foreign code is still the ancestor of that."""
        with self.reaping:
            if not self.reaped:
                escaped = tuple(below(self.popen.pid))
                with suppress(ProcessLookupError, PermissionError):  # macOS says so of a group of zombies.
                    os.killpg(self.popen.pid, signal.SIGKILL)
                for pid in escaped:
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)


class ToolHost:
    """One host, whatever process it has. `crash` is told the points tool.before_send, after_send and after_reply."""

    def __init__(self, settings: HostSettings, crash: Crash = no_crash) -> None:
        self._settings = settings
        self._crash = crash
        self._numbers = itertools.count(1)
        self._starting = asyncio.Lock()
        self._process: _Process | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def calls_in_flight(self) -> int:
        return len(self._process.pending) if self._process else 0

    @property
    def pid(self) -> int | None:
        """The process (and process group) that serves now; None when none does."""
        return self._process.popen.pid if self._process and not self._process.lost else None

    async def call(self, call: ToolCall) -> Json:
        """What the tool returns. Raises ToolFailure."""
        payload = framed(_encoded(call, number := next(self._numbers)))
        process = await self._running()
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_seen)
        process.pending[number] = answer
        timer = asyncio.get_running_loop().call_later(call.timeout_seconds, self._time_out, process, number, call)
        answer.add_done_callback(lambda _: timer.cancel())
        self._crash("tool.before_send")
        await self._send(process, payload)
        self._crash("tool.after_send")
        try:
            return await asyncio.shield(answer)
        finally:
            if answer.done():
                self._crash("tool.after_reply")

    async def aclose(self) -> None:
        """Kill the process with its children; calls in flight are lost. A later call would start it again."""
        async with self._starting:
            process = self._process
            if process is not None:
                self._lose(process)
                await process.gone.wait()
        for task in tuple(self._tasks):
            await task

    async def _running(self) -> _Process:
        async with self._starting:
            if self._process is None:
                self._process = await self._start(self._settings.crash_at)
            elif self._process.ended:
                self._lose(self._process)
                self._process = await self._start("")
            return self._process

    async def _start(self, crash_at: str) -> _Process:
        ours, theirs = socket.socketpair()
        with theirs:
            popen = _spawned(self._settings, crash_at, theirs, ours)
        reader, writer = await asyncio.open_connection(sock=ours)
        process = _Process(popen, reader, writer)
        threading.Thread(target=_reap, args=(process, asyncio.get_running_loop()), daemon=True).start()
        try:
            async with asyncio.timeout(START_SECONDS):
                first = await _read_frame(reader)
        except TimeoutError:
            first = None
        except BaseException:
            self._lose(process)
            raise
        if first != READY:
            self._lose(process)
            message = "the process for tools didn't start; its log says why"
            raise ToolFailure("HostFailed", message, retryable=True, not_sent=True)
        task = asyncio.create_task(self._listen(process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return process

    async def _send(self, process: _Process, payload: bytes) -> None:
        """Write a message whole. A connection that breaks here fails the call through `_listen`, as one later does."""
        with suppress(ConnectionError):
            async with process.sending:
                if not process.lost:
                    process.writer.write(payload)
                    await process.writer.drain()

    async def _listen(self, process: _Process) -> None:
        """Hand out answers until the host is gone. Where a child of it holds on to the socket, `gone` ends this."""
        gone = asyncio.create_task(process.gone.wait())
        try:
            while True:
                frame = asyncio.create_task(_read_frame(process.reader))
                await asyncio.wait((frame, gone), return_when=asyncio.FIRST_COMPLETED)
                if not frame.done():
                    await asyncio.wait((frame,), timeout=LAST_WORDS_SECONDS)
                if not frame.done():
                    frame.cancel()
                    break
                if (payload := frame.result()) is None:
                    break
                _settle(process, payload)
        finally:
            gone.cancel()
            self._lose(process)

    def _time_out(self, process: _Process, number: int, call: ToolCall) -> None:
        answer = process.pending.pop(number, None)
        if answer is not None and not answer.done():
            message = f"{call.use} took longer than {call.timeout_seconds:g} s and was stopped"
            answer.set_exception(ToolFailure("TimeoutError", message, retryable=True))
            self._lose(process)

    def _lose(self, process: _Process) -> None:
        process.lost = True
        process.kill()
        process.writer.close()
        for number in tuple(process.pending):
            answer = process.pending.pop(number)
            if not answer.done():
                message = "the process of this tool ended before it answered; what the call did isn't known"
                answer.set_exception(ToolFailure("LostConnection", message, retryable=True))


def _encoded(call: ToolCall, number: int) -> bytes:
    try:
        return encode_ask(ask_of(number, call))
    except (TypeError, ValueError) as error:
        raise ToolFailure("BadArguments", f"the arguments are no JSON: {error}", not_sent=True) from None


def _spawned(
    settings: HostSettings, crash_at: str, theirs: socket.socket, ours: socket.socket
) -> subprocess.Popen[bytes]:
    """Start a host that leads its own process group, isolated (-I): neither its working folder nor its home nor its
    environment may bring in code, since a run can write into them."""
    arguments = [sys.executable, "-I", "-u", "-X", "utf8", "-c", _BOOT, settings.limits.written(), *_code_folders()]
    try:
        with _log_file(settings.log) as log:
            return subprocess.Popen(
                arguments,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=log,
                cwd=settings.folder,
                env={**settings.environ, **({CRASH_VARIABLE: crash_at} if crash_at else {})},
                start_new_session=True,
            )
    except OSError as error:
        ours.close()
        raise ToolFailure("HostFailed", f"no process for tools: {error}", retryable=True, not_sent=True) from None


def _code_folders() -> list[str]:
    """Where an isolated Python must look too: in this package, and in the user's own packages if we do."""
    user = site.getusersitepackages()
    return [str(Path(mntui.__file__).parent.parent), *([user] if user in sys.path else [])]


def _log_file(path: Path | None) -> BinaryIO:
    return Path(path or os.devnull).open("ab")


def _reap(process: _Process, loop: asyncio.AbstractEventLoop) -> None:
    """Wait for the end, in a thread. Children that are left are killed while the leader is still a zombie, where the
    system can wait so (older macOS can't): until it is reaped, its number isn't given to another process."""
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, process.popen.pid, os.WEXITED | os.WNOWAIT)
    else:
        process.popen.wait()
    process.kill()
    with process.reaping:
        process.popen.wait()
        process.reaped = True
    with suppress(RuntimeError):  # The loop may be closed by now: then nobody waits.
        loop.call_soon_threadsafe(process.gone.set)


async def _read_frame(reader: StreamReader) -> bytes | None:
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        return await reader.readexactly(length) if length <= FRAME_BYTES else None
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _settle(process: _Process, payload: bytes) -> None:
    answer = decode_answer(payload)
    waiting = process.pending.pop(answer.number, None)
    if waiting is None or waiting.done():
        return
    if answer.failure is None:
        waiting.set_result(answer.result)
    else:
        waiting.set_exception(answer.failure)


def _seen(answer: asyncio.Future[Json]) -> None:
    """A caller that was cancelled doesn't look at its failure; asyncio would complain about that."""
    if not answer.cancelled():
        answer.exception()
