"""The process around a worker: one a home, started by whoever needs it first, gone when nobody does.

It takes the lock, adopts the runs, opens the socket, and serves until it is told to go, or has had nothing to do for a
while. Then it drains: nothing more is admitted, calls in flight get some seconds, and it ends as if it had been killed,
which is no special case for whoever comes next.

Deliberately absent: a restart of its own. The next command starts a worker, and replay is all the recovery there is.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from mntui import __version__
from mntui.crash import CrashPoint, CrashPoints, no_crash
from mntui.journal.refusals import LogBusy, LogDamaged
from mntui.settings import Settings, SettingsProblem, prepare_folders, read_settings
from mntui.wire.holder import Holder, read_holder
from mntui.wire.protocol import DRAIN_SECONDS, PROTOCOL, Welcome, Why
from mntui.worker.configured import configured
from mntui.worker.garbage import searched_seldom
from mntui.worker.hosting import Hosted
from mntui.worker.lock import WorkerLock, take_lock
from mntui.worker.logs import log_to_file, log_to_terminal
from mntui.worker.server import Server

LOCK_SECONDS = DRAIN_SECONDS + 5
LOCK_PAUSE_SECONDS = 0.05
LOOK_SECONDS = 1.0
PRIVATE_UMASK = 0o077
REFUSED = 3
REFUSALS = (SettingsProblem, LogBusy, LogDamaged)

Build = Callable[[Settings, CrashPoint, Callable[[BaseException], None]], Hosted]
Tell = Callable[[str], None]
"""Says how the start went to whoever waits for it: READY, or a sentence and its remedy on two lines."""

READY = "ready"

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None, load: "Callable[[], Build] | None" = None) -> int:
    """`python -m mntui.worker.daemon [--home DIR] [--detach]`. `load` is called once the process is on its own."""
    parser = argparse.ArgumentParser(prog="mntui.worker.daemon")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--detach", action="store_true", help="go on in the background once the worker serves")
    options = parser.parse_args(arguments)
    os.umask(PRIVATE_UMASK)
    try:
        settings = read_settings(os.environ, options.home)
        prepare_folders(settings)
        settings = configured(settings, os.environ)
    except SettingsProblem as problem:
        sys.stderr.write(_refusal(problem))
        return REFUSED
    tell = detach(settings) if options.detach else stay(settings)
    return host(settings, (load or build_of_this_machine)(), tell)


def host(settings: Settings, build: Build, tell: Tell) -> int:
    """Be the worker of a home whose folders are there, or leave quietly where another one serves it."""
    try:
        crash = _crash_points(settings)
        lock = acquire(settings)
        if lock is None:
            tell(READY)
            return 0
        asyncio.run(serve(settings, lambda fatal: build(settings, crash, fatal), lock, tell))
    except REFUSALS as refusal:
        logger.error("%s %s", refusal, refusal.remedy)  # noqa: TRY400 - an expected refusal has no traceback
        tell(_refusal(refusal))
        return REFUSED
    return 0


async def serve(
    settings: Settings, build: Callable[[Callable[[BaseException], None]], Hosted], lock: WorkerLock, tell: Tell
) -> None:
    """From the lock to its release. Raises what made the worker fail; then nothing is drained, as if killed."""
    loop = asyncio.get_running_loop()
    ending = Ending()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.ask, "ended")
    lock.sign(Holder(os.getpid(), __version__, time.time_ns() // 1000, str(settings.socket)))

    def fail(error: BaseException) -> None:
        loop.call_soon_threadsafe(ending.fail, error)

    worker = build(fail)
    if not await ending.allows(worker.adopt()):
        logger.info("worker goes before it serves")
        await worker.close()
        lock.release()
        return
    server = Server(worker, Welcome(PROTOCOL, __version__, os.getpid()), ending.ask)
    await server.open(settings.socket)
    logger.info("worker %s serves %s", __version__, settings.home)
    tell(READY)
    with searched_seldom():
        why = await ending.wait(lambda: worker.busy() or server.clients > 0, settings.idle_seconds)
    logger.info("worker goes: %s", why)
    server.refuse()
    await worker.drain(DRAIN_SECONDS)
    await server.farewell(why)
    await worker.close()
    lock.release()
    server.hang_up()


class Ending:
    """What ends a worker: being told to, having nothing to do, or a failure."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._why: Why = "ended"
        self._error: BaseException | None = None

    def ask(self, why: Why) -> None:
        if not self._told.is_set():
            self._why = why
            self._told.set()

    def fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._told.set()

    async def allows(self, work: Coroutine[None, None, None]) -> bool:
        """Do something to its end, unless the worker has to end first. Raises what `fail` was given."""
        doing, told = asyncio.ensure_future(work), asyncio.ensure_future(self._told.wait())
        await asyncio.wait((doing, told), return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if doing.done():
            doing.result()
            return True
        doing.cancel()
        await asyncio.wait((doing,))
        if self._error is not None:
            raise self._error
        return False

    async def wait(self, needed: Callable[[], bool], idle_seconds: float) -> Why:
        """Wait until told, or until it wasn't needed for so long. Raises what `fail` was given."""
        clock = asyncio.get_running_loop().time
        last = clock()
        while clock() - last < idle_seconds:
            try:
                async with asyncio.timeout(min(LOOK_SECONDS, idle_seconds)):
                    await self._told.wait()
                break
            except TimeoutError:
                last = clock() if needed() else last
        if self._error is not None:
            raise self._error
        return self._why


def acquire(settings: Settings) -> WorkerLock | None:
    """The lock, waited for while a worker that goes still holds it; None where another worker serves this home.

    Raises SettingsProblem where its holder neither goes nor serves.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    while (lock := take_lock(settings.worker_lock)) is None:
        holder = read_holder(settings.worker_lock)
        if _listens(holder.socket if holder else str(settings.socket)):
            return None
        if time.monotonic() > deadline:
            who = f"process {holder.pid}" if holder else "another process"
            raise SettingsProblem(
                f"{who} holds {settings.worker_lock} but serves nobody",
                "it may still be reading a long journal; if it never ends, stop that process",
            )
        time.sleep(LOCK_PAUSE_SECONDS)
    return lock


def detach(settings: Settings) -> Tell:
    """Go on as a child in a session of its own, with its output in worker.log.

    The parent stays until the child has told how the start went, and exits with it: 0 ready, 3 refused, 1 died.
    """
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            told = pipe.read()
        if told not in {READY, ""}:
            sys.stderr.write(told)
            sys.stderr.flush()
        os._exit(0 if told == READY else REFUSED if told else 1)
    os.close(reading)
    os.setsid()
    os.chdir(settings.home)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    log_to_file(settings.worker_log, settings.log_level)

    pipe = os.fdopen(writing, "w", encoding="utf-8")

    def tell(text: str) -> None:
        # The first word is the answer; nobody waits for a second one.
        if not pipe.closed:
            with pipe:
                pipe.write(text)

    return tell


def stay(settings: Settings) -> Tell:
    """Stay in the foreground, with the log on standard error."""
    log_to_terminal(settings.log_level)

    def tell(text: str) -> None:
        if text == READY:
            holder = read_holder(settings.worker_lock)
            ours = holder is not None and holder.pid == os.getpid()
            text = f"{'this' if ours else 'already another'} worker serves {settings.home}\n"
        sys.stderr.write(text)

    return tell


def build_of_this_machine() -> Build:
    """Imported here, by the process on its own: everything that a worker is made of takes a while to import."""
    from mntui.worker.build import build_worker

    return build_worker


def _crash_points(settings: Settings) -> CrashPoint:
    try:
        return CrashPoints.parse(settings.crash_at) if settings.crash_at else no_crash
    except ValueError as error:
        raise SettingsProblem(f"MNTUI_CRASH_AT: {error}", "unset MNTUI_CRASH_AT") from error


def _refusal(refusal: "SettingsProblem | LogBusy | LogDamaged") -> str:
    return f"{refusal}\n{refusal.remedy}\n"


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(LOOK_SECONDS)
        try:
            probe.connect(path)
        except TimeoutError:
            return True  # it hangs, but it is there; whoever asks it something will be told
        except OSError:
            return False
        return True


if __name__ == "__main__":
    sys.exit(main())
