"""What the doctor looks at by itself: Python, machine, terminal, home, disk, settings, keys, sandbox."""

import contextlib
import os
import platform
import shutil
import stat
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from mntui import __version__
from mntui.cli.output import Session
from mntui.config.file import read_config
from mntui.core.frozen import frozen
from mntui.models.providers import PROVIDERS
from mntui.settings import Settings

OLDEST_PYTHON: Final = (3, 11)
RESERVE_BYTES: Final = 64 * 1024 * 1024
"""Below it nothing new is begun; what is under way still fits."""
LITTLE_BYTES: Final = 1024 * 1024 * 1024
SLOW_SYNCS: Final = 200
SYNCS: Final = 40
BLOCK: Final = 4096
COLUMNS: Final = 80
ROWS: Final = 24


@frozen
class Check:
    """One line: `note` where something could be better, `problem` where runs fail or can't be trusted."""

    id: str
    status: Literal["ok", "note", "problem"]
    said: str
    remedy: str = ""


def python() -> Check:
    said = f"Python {platform.python_version()} ({platform.python_implementation()}), mntui {__version__}"
    if sys.version_info < OLDEST_PYTHON:
        return Check("python", "problem", said, "mntui needs Python 3.11 or newer.")
    return Check("python", "ok", said)


def machine() -> Check:
    said = f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} processors"
    if platform.system() not in {"Linux", "Darwin"}:
        return Check("machine", "problem", said, "mntui runs on Linux and macOS; on Windows, inside WSL.")
    return Check("machine", "ok", said)


def terminal(session: Session) -> Check:
    stdout, environment = session.around.stdout, session.around.environment
    if not stdout.isatty():
        return Check("terminal", "ok", "the output isn't a terminal: plain text, nothing is asked")
    columns, rows = shutil.get_terminal_size((COLUMNS, ROWS))
    colours = _colours(environment)
    letters = "unicode" if not session.ascii else "ascii only"
    inside = ", inside tmux" if environment.get("TMUX") else ""
    said = f"{environment.get('TERM') or 'no TERM'}, {columns}×{rows}, {colours}, {letters}{inside}"
    remedies = []
    if environment.get("TERM") in {None, "", "dumb"}:
        remedies.append("Set TERM, for example TERM=xterm-256color: until then nothing is asked at the keyboard.")
    if columns < COLUMNS or rows < ROWS:
        remedies.append(f"Make it {COLUMNS}×{ROWS} or larger.")
    if session.ascii and not environment.get("MNTUI_ASCII"):
        remedies.append("Set a UTF-8 locale, for example LC_ALL=C.UTF-8, to see glyphs instead of ascii signs.")
    if environment.get("TMUX") and not environment.get("TERM", "").startswith(("tmux", "screen")):
        remedies.append("Inside tmux TERM is tmux-256color: tmux set -g default-terminal tmux-256color")
    return Check("terminal", "note" if remedies else "ok", said, "\n".join(remedies))


def _colours(environment: Mapping[str, str]) -> str:
    if environment.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if environment.get("COLORTERM") in {"truecolor", "24bit"}:
        return "16 million colours"
    return "256 colours" if "256" in environment.get("TERM", "") else "16 colours"


def home(settings: Settings) -> Check:
    """Never changed here: the next command that needs it makes it private, or says why it can't."""
    place = settings.home
    try:
        found = place.stat()
    except FileNotFoundError:
        return Check("home", "ok", f"{place} is not there yet; the first run makes it")
    except OSError as error:
        return Check("home", "problem", f"{place} can't be looked at: {error.strerror}", "Set MNTUI_HOME to another.")
    if not stat.S_ISDIR(found.st_mode):
        return Check("home", "problem", f"{place} is not a folder", f"Move it away: mv {place} {place}.old")
    if found.st_uid != os.getuid():
        return Check("home", "problem", f"{place} belongs to another user", "Set MNTUI_HOME to a folder of your own.")
    if not os.access(place, os.W_OK | os.X_OK):
        return Check("home", "problem", f"{place} can't be written", f"chmod 700 {place}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Check("home", "note", f"{place} can be read by other users", f"chmod 700 {place}")
    return Check("home", "ok", f"{place} is private and can be written")


def disk(settings: Settings) -> list[Check]:
    """Room and speed, where the home is or will be."""
    place = next(folder for folder in (settings.home, *settings.home.parents) if folder.is_dir())
    try:
        free = shutil.disk_usage(place).free
        sizes = {
            "log": _size(settings.journal, "*.log*"),
            "index": _size(settings.journal, "index.duckdb*"),
            "run folders": _size(settings.runs),
        }
        rate = _syncs_a_second(settings.home) if settings.home.is_dir() else None
    except OSError as error:
        return [Check("disk", "problem", f"{place} can't be used: {error.strerror}", "Free some space, or mount it.")]
    held = ", ".join(f"{name} {_bytes(size)}" for name, size in sizes.items())
    said = f"{_bytes(free)} free; {held}"
    room = Check("disk", "ok", said)
    if free < RESERVE_BYTES:
        room = Check("disk", "problem", f"{said}: nothing new is begun", f"Free {_bytes(RESERVE_BYTES)} or more.")
    elif free < LITTLE_BYTES:
        room = Check("disk", "note", said, "Free some space: below 64 MB nothing new is begun.")
    if rate is None:
        return [room]
    speed = f"about {rate:,.0f} durable writes a second (one step of a run waits for one)"
    slow = "A slow or network disk: runs are as safe, and slower. MNTUI_HOME may lie on another."
    return [room, Check("sync", "note", speed, slow) if rate < SLOW_SYNCS else Check("sync", "ok", speed)]


def _size(folder: Path, pattern: str = "*") -> int:
    """What files hold, as the disk counts it: segments are zero-filled ahead. One may go while it is looked at."""
    size = 0
    for path in folder.rglob(pattern):
        with contextlib.suppress(FileNotFoundError):
            found = path.lstat()
            size += found.st_blocks * 512 if stat.S_ISREG(found.st_mode) else 0
    return size


def _syncs_a_second(folder: Path) -> float:
    """One over the median of some small synced writes into a file that is gone afterwards."""
    sync = getattr(os, "fdatasync", os.fsync)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        file.write(b"\0" * BLOCK * SYNCS)
        file.flush()
        os.fsync(file.fileno())
        took = []
        for number in range(SYNCS):
            begun = time.perf_counter()
            os.pwrite(file.fileno(), b"\1" * BLOCK, number * BLOCK)
            sync(file.fileno())
            took.append(time.perf_counter() - begun)
    return 1 / max(statistics.median(took), 1e-9)


def config(settings: Settings) -> Check:
    found = read_config(settings.config)
    if found.problems:
        sentences = "\n".join(problem.sentence for problem in found.problems)
        return Check("config", "problem", sentences, f"Mend {found.path}, then: mntui config")
    if not found.exists:
        return Check("config", "ok", "no config.toml yet: the defaults are in force")
    return Check("config", "ok", f"{found.path} sets {len(found.values)} of its settings (mntui config)")


def keys(environment: Mapping[str, str]) -> Check:
    """Names only: no value of a key is ever read further than to see that there is one."""
    names = sorted({name for provider in PROVIDERS.values() for each in provider.keys for name in each})
    found = [name for name in names if environment.get(name)]
    if not found:
        return Check("keys", "ok", "no provider's key in the environment: no cloud model is called")
    return Check("keys", "ok", f"in the environment: {', '.join(found)}")


def sandbox() -> Check:
    """Said as it is: tools run in processes of their own with limits; no stronger wall is used in this version."""
    program = "bwrap" if platform.system() == "Linux" else "sandbox-exec"
    found = shutil.which(program)
    there = f"{program} is at {found}" if found else f"{program} isn't installed"
    return Check("sandbox", "ok", f"tools run in their own processes; {there}, and this version doesn't use it yet")


def _bytes(size: int) -> str:
    for unit, bytes_each in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_each:
            return f"{size / bytes_each:.1f} {unit}"
    return f"{size} bytes"
