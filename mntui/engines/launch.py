"""How a client comes to a worker of its own version: one that runs, one that it starts, or one that replaces an older.

The worker's process detaches itself; what is started here ends as soon as the worker serves, or couldn't.

Deliberately absent: any look at process ids to decide something. The socket answers or it doesn't; the kernel's lock
keeps two workers apart; the note in the lock file only gives a name to a process in a sentence.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import mntui
from mntui import __version__
from mntui.core.frozen import frozen
from mntui.core.messages import AskStatus, WorkerStatus
from mntui.engines.base import EngineGone
from mntui.engines.link import UPDATE, HungError, Link, LinkLostError, NotTakenError, Patience
from mntui.settings import Settings, prepare_folders
from mntui.wire.holder import read_holder
from mntui.wire.protocol import DRAIN_SECONDS, PROTOCOL, Answer, Hello, QueryFrame, Why, age_of

ATTEMPTS = 5
LEAVING_SECONDS = DRAIN_SECONDS + 5
LOG_LINES = 12
REFUSED = 3

OpenLink = Callable[[], Awaitable[Link]]


@frozen
class Launch:
    """How the worker of a home is started, and how long a client waits for it."""

    settings: Settings
    command: tuple[str, ...]
    patience: Patience = Patience()


def launch_of(settings: Settings) -> Launch:
    """The worker of this installation."""
    return Launch(settings, (sys.executable, "-P", "-m", "mntui.worker.daemon", "--home", str(settings.home)))


async def start_worker(launch: Launch) -> WorkerStatus:
    """Start a worker where none runs; either way, what runs then. Raises EngineGone, SettingsProblem."""
    return await _status(await open_or_start(launch), launch)


async def stop_worker(launch: Launch) -> WorkerStatus | None:
    """Ask the worker to drain and go, and wait until it has; None where none ran. Raises EngineGone."""
    link = await _attach(launch)
    if link is None:
        return None
    status = await _status(link, launch)
    leaving = await _attach(launch)
    if leaving is not None:
        await _drain(leaving, "stopped", launch)
    return status


async def worker_status(launch: Launch) -> WorkerStatus | None:
    """What runs now, an older version too; None where none does. Raises EngineGone where it hangs."""
    link = await _attach(launch)
    return None if link is None else await _status(link, launch)


async def open_only(launch: Launch) -> Link:
    """A link to the worker that runs. Raises EngineGone where none does, or one of another version."""
    link = await _attach(launch)
    if link is None:
        raise EngineGone(f"no worker runs for {launch.settings.home}", "any command starts one: mntui worker start")
    if age_of(link.welcome) < age_of(_us()):
        link.close()
        raise EngineGone(
            f"the worker of {launch.settings.home} is an older mntui {link.welcome.version}",
            "any command replaces it: mntui worker start",
        )
    return _not_newer(link, launch)


async def open_or_start(launch: Launch) -> Link:
    """A link to a worker of this version: started where none runs, drained and replaced where an older one does.

    Raises EngineGone, and SettingsProblem where the home's folders can't be made.
    """
    for _ in range(ATTEMPTS):
        link = await _attach(launch)
        if link is None:
            await _start(launch)
        elif age_of(link.welcome) < age_of(_us()):
            await _drain(link, "replaced", launch)
        else:
            return _not_newer(link, launch)
    raise EngineGone(f"workers of {launch.settings.home} end as soon as they are started", look_into(launch))


async def _attach(launch: Launch) -> Link | None:
    """A link to whatever worker listens, of any version. None where none does."""
    settings = launch.settings
    holder = read_holder(settings.worker_lock)
    # The holder's own path first: it was started by somebody whose runtime folder may be another one.
    paths = dict.fromkeys([Path(holder.socket)] if holder else [])
    for path in [*paths, *([] if settings.socket in paths else [settings.socket])]:
        try:
            return await Link.open(path, launch.patience)
        except (FileNotFoundError, ConnectionRefusedError, LinkLostError, NotTakenError):
            continue
        except HungError as error:
            raise hung(launch) from error
        except EngineGone:
            raise
        except OSError as error:
            raise EngineGone(f"{path} can't be reached: {error.strerror}", "mntui doctor says more") from error
    return None


async def _start(launch: Launch) -> None:
    settings = launch.settings
    prepare_folders(settings)
    # A worker that goes keeps the lock while it drains; the new one waits for it, and so do we.
    leaving = LEAVING_SECONDS if read_holder(settings.worker_lock) else 0.0
    process = await asyncio.create_subprocess_exec(
        *launch.command,
        "--detach",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(settings),
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(launch.patience.start + leaving):
            _, said = await process.communicate()
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise EngineGone(
            f"the worker of {settings.home} doesn't serve after {launch.patience.start + leaving:.0f} seconds",
            look_into(launch),
        ) from error
    if process.returncode == REFUSED:
        message, _, remedy = said.decode(errors="replace").strip().partition("\n")
        raise EngineGone(message, remedy)
    if process.returncode != 0:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise EngineGone(f"the worker of {settings.home} couldn't start. {last}".rstrip(), look_into(launch))


async def _drain(link: Link, why: Why, launch: Launch) -> None:
    try:
        await link.drain(why, LEAVING_SECONDS)
    except HungError as error:
        raise hung(launch) from error
    finally:
        link.close()


async def _status(link: Link, launch: Launch) -> WorkerStatus:
    """What a worker says of itself; of one whose protocol is another, what its greeting and its note said."""
    settings, welcome = launch.settings, link.welcome
    holder = read_holder(settings.worker_lock)
    known = WorkerStatus(
        welcome.pid, welcome.version, welcome.protocol, holder.started_at if holder else 0, str(settings.home), 0
    )
    try:
        if welcome.protocol == PROTOCOL:
            await link.say(QueryFrame(link.next_id(), AskStatus()))
            match await link.answer():
                case Answer(body=WorkerStatus() as status):
                    return status
                case _:
                    pass
    except HungError as error:
        raise hung(launch) from error
    except (LinkLostError, NotTakenError):
        pass
    finally:
        link.close()
    return known


def look_into(launch: Launch) -> str:
    """The end of the worker's log, as a remedy: it says what is wrong better than anything that we could."""
    log = launch.settings.worker_log
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return f"there is no log at {log}"
    return f"the end of {log}:\n" + "\n".join(lines)


def hung(launch: Launch) -> EngineGone:
    """The sentence about a worker that is there and doesn't answer."""
    holder = read_holder(launch.settings.worker_lock)
    if holder is None:
        return EngineGone(f"the worker of {launch.settings.home} doesn't answer", "mntui doctor says more")
    return EngineGone(
        f"the worker of {launch.settings.home}, process {holder.pid}, doesn't answer",
        f"wait, or end it: kill -9 {holder.pid}; what is durable stays, and the next command goes on from there",
    )


def _not_newer(link: Link, launch: Launch) -> Link:
    if age_of(link.welcome) > age_of(_us()):
        link.close()
        raise EngineGone(
            f"the worker of {launch.settings.home} is mntui {link.welcome.version}, newer than this {__version__}",
            UPDATE,
        )
    return link


def _us() -> Hello:
    return Hello(PROTOCOL, __version__, os.getpid())


def _environment(settings: Settings) -> dict[str, str]:
    """Ours, with these settings. Run from a source tree, the worker must find the same tree: -P hides the folder that a
    command was typed in, which may hold anything."""
    environment = {**os.environ, **settings.environment()}
    tree = Path(mntui.__file__).parents[1]
    if tree.name not in {"site-packages", "dist-packages"}:
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([*([known] if known else []), str(tree)])
    return environment
