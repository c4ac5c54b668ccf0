"""What the doctor asks of others: the worker if one runs, else the log itself; and Ollama.

No worker is started here. Where none runs, a process of its own reads the log without changing a byte of it, so that
damage is named even where the worker refuses to start.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from mntui import __version__
from mntui.cli.checks import Check
from mntui.cli.output import clock
from mntui.cli.processes import tree_environment
from mntui.core.messages import WorkerStatus
from mntui.engines.base import EngineGone
from mntui.engines.launch import launch_of, worker_status
from mntui.models.ollama_host import LOOPBACK, url_of
from mntui.settings import Settings

KNOCK_SECONDS: Final = 0.5
READ_SECONDS: Final = 20.0
LOG_LINES: Final = 8
SURVEY: Final = "mntui.worker.survey"


async def worker(settings: Settings) -> tuple[WorkerStatus | None, Check]:
    """What runs, if anything, and how it is."""
    try:
        running = await worker_status(launch_of(settings))
    except EngineGone as gone:
        return None, Check("worker", "problem", gone.message, gone.remedy)
    if running is None:
        return None, _none_runs(settings)
    said = f"process {running.pid}, mntui {running.version}, since {clock(running.started_at)}"
    live = f"{running.runs_live} {'run' if running.runs_live == 1 else 'runs'} not ended"
    if running.version != __version__:
        remedy = "The next command replaces an older one; a newer one needs a newer mntui here."
        return running, Check("worker", "note", f"{said}; this is mntui {__version__}", remedy)
    return running, Check("worker", "ok", f"{said}; {live}")


def _none_runs(settings: Settings) -> Check:
    """Quiet is fine; a log that ends with a failure is not."""
    said = "none runs; the next command that needs one starts it"
    try:
        lines = settings.worker_log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return Check("worker", "ok", said)
    last = lines[-LOG_LINES:]
    if any(" ERROR " in line or line.startswith("Traceback") for line in last):
        tail = "\n".join(line[:200] for line in last)
        return Check("worker", "note", f"none runs, and the last one ended badly:\n{tail}", "mntui worker start")
    return Check("worker", "ok", said)


# The journal


async def journal(settings: Settings, running: WorkerStatus | None) -> Check:
    if running is not None:
        if running.opening:
            return Check("journal", "note", "when it was opened:\n" + "\n".join(running.opening))
        return Check("journal", "ok", "the worker has read it; nothing was wrong with it")
    if not settings.journal.is_dir():
        return Check("journal", "ok", "there is none yet")
    return await _surveyed(settings)


async def _surveyed(settings: Settings) -> Check:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        SURVEY,
        str(settings.journal),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=tree_environment(),
    )
    try:
        async with asyncio.timeout(READ_SECONDS):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return Check("journal", "note", f"it is too long to be read within {READ_SECONDS:.0f} s", "mntui worker start")
    if process.returncode != 0:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        return Check("journal", "problem", f"it can't be read: {last}", f"Look at {settings.journal}.")
    return _judged(json.loads(out))


def _judged(seen: Mapping[str, object]) -> Check:
    said = f"{seen['batches']} batches in {seen['segments']} segment{'s' * (seen['segments'] != 1)}"
    damage, torn = _sentences(seen, "damage"), _sentences(seen, "torn")
    if damage:
        told = "\n".join([f"{said}; damaged:", *damage])
        remedy = "mntui worker start: what the index still holds is put back; else it names the one repair"
        return Check("journal", "problem", told, remedy)
    if torn:
        told = "\n".join([f"{said}, and a last write that never ended, of which nothing was acknowledged:", *torn])
        return Check("journal", "note", told, "Nothing to do: the next worker sets it aside.")
    return Check("journal", "ok", f"{said}, all whole")


def _sentences(seen: Mapping[str, object], name: str) -> list[str]:
    found = seen[name]
    assert isinstance(found, list)
    return [str(each) for each in found]


# Ollama


async def ollama(environment: Mapping[str, str]) -> Check:
    """Whether it answers, if it is on this machine; another machine's is never knocked at from here."""
    named = environment.get("OLLAMA_HOST", "")
    try:
        where = urlsplit(url_of(named))
    except ValueError:
        return Check("ollama", "note", f"OLLAMA_HOST is {named!r}, which is no address", "For example 127.0.0.1:11434")
    if where.hostname not in LOOPBACK:
        return Check("ollama", "ok", f"OLLAMA_HOST names {where.netloc}, another machine; it wasn't asked")
    try:
        async with asyncio.timeout(KNOCK_SECONDS):
            _, writer = await asyncio.open_connection(where.hostname, where.port)
    except OSError:  # TimeoutError is one
        said = f"nothing answers at {where.netloc}: local models can't be used, the stand-in can"
        return Check(
            "ollama", "note", said, "To use local models, install and start Ollama: https://ollama.com/download"
        )
    writer.close()
    return Check("ollama", "ok", f"something answers at {where.netloc} (mntui models lists what it has)")
