"""Where everything of one home is, and how its worker behaves: one frozen value, read once from the environment.

A home is a private folder; the socket lies elsewhere, since its path may have 100 bytes and no more. Whoever needs a
setting is handed it; nobody below reads the environment.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from mntui.core.frozen import frozen

SOCKET_PATH_BYTES = 100
IDLE_SECONDS = 600.0
LOG_LEVEL = "INFO"
PRIVATE = 0o700
OWN_FILES = ("worker.lock", "trust.json")
"""A folder that holds one of these is a home."""
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsProblem(Exception):
    """Settings or folders that can't be used. `remedy` is a sentence for people."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@frozen
class Settings:
    """`home` and `runtime` are absolute. `crash_at` are crash points as `name:count`, for drills. Times in seconds."""

    home: Path
    runtime: Path
    log_level: str = LOG_LEVEL
    crash_at: str = ""
    idle_seconds: float = IDLE_SECONDS

    @property
    def journal(self) -> Path:
        return self.home / "journal"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def blueprints(self) -> Path:
        return self.home / "blueprints"

    @property
    def config(self) -> Path:
        return self.home / "config.toml"

    @property
    def worker_log(self) -> Path:
        return self.home / "worker.log"

    @property
    def worker_lock(self) -> Path:
        return self.home / "worker.lock"

    @property
    def socket(self) -> Path:
        return self.runtime / "worker.sock"

    def environment(self) -> dict[str, str]:
        """What a child process must find in its environment to read the same settings.

        What nobody set is left out, since the worker's own config may say otherwise.
        """
        always = {
            "MNTUI_HOME": str(self.home),
            "MNTUI_RUNTIME": str(self.runtime),
            "MNTUI_CRASH_AT": self.crash_at,
        }
        level = {} if self.log_level == LOG_LEVEL else {"MNTUI_LOG_LEVEL": self.log_level}
        idle = {} if self.idle_seconds == IDLE_SECONDS else {"MNTUI_IDLE_SECONDS": str(self.idle_seconds)}
        return {**always, **level, **idle}


def read_settings(environment: Mapping[str, str], home: Path | None = None) -> Settings:
    """Settings from the environment; a home given on the command line wins. Raises SettingsProblem."""
    named = home or (Path(text) if (text := environment.get("MNTUI_HOME")) else None)
    place = (named or Path(platformdirs.user_data_dir("mntui", appauthor=False))).expanduser().resolve()
    given = environment.get("MNTUI_RUNTIME")
    return Settings(
        home=place,
        runtime=Path(given) if given else _runtime_folder(environment, place),
        log_level=_log_level(environment.get("MNTUI_LOG_LEVEL") or LOG_LEVEL),
        crash_at=environment.get("MNTUI_CRASH_AT", ""),
        idle_seconds=_seconds(environment.get("MNTUI_IDLE_SECONDS") or str(IDLE_SECONDS)),
    )


def prepare_folders(settings: Settings) -> None:
    """Make home and runtime folder, private to this user. Raises SettingsProblem where they can't be."""
    _make_private(settings.home)
    _make_private(settings.runtime)


def _runtime_folder(environment: Mapping[str, str], home: Path) -> Path:
    """The first place whose socket path is short enough: the user's runtime folder, the temp folder, /tmp."""
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    # Between users a folder of its own: one above it, shared by all homes, could be made first by somebody else.
    own = f"mntui-{os.getuid()}-{name}"
    session = environment.get("XDG_RUNTIME_DIR", "")
    places = [Path(tempfile.gettempdir()) / own, Path("/tmp") / own]  # noqa: S108 - made private, or refused
    if session and _is_ours(Path(session)):
        places.insert(0, Path(session) / "mntui" / name)
    for place in places:
        if len(os.fsencode(place / "worker.sock")) < SOCKET_PATH_BYTES:
            return place
    raise SettingsProblem(
        f"no folder is near enough for a socket: its path may have {SOCKET_PATH_BYTES} bytes",
        "set TMPDIR or XDG_RUNTIME_DIR to a short path",
    )


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise SettingsProblem(f"{folder} is not a folder", f"move it away: mv {folder} {folder}.old")
        if found.st_uid != os.getuid():
            raise SettingsProblem(
                f"{folder} belongs to another user (uid {found.st_uid})",
                "use a folder of your own: set MNTUI_HOME, or for the socket XDG_RUNTIME_DIR",
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            _close_to_others(folder)
    except OSError as error:
        raise SettingsProblem(
            f"{folder} can't be made private: {error.strerror}", "set MNTUI_HOME to a folder that you can write to"
        ) from error


def _close_to_others(folder: Path) -> None:
    # A folder that holds something else may be open for a reason (somebody's project, /tmp): not ours to change.
    if any(folder.iterdir()) and not any((folder / name).exists() for name in OWN_FILES):
        raise SettingsProblem(
            f"{folder} can be read by other users, and holds what isn't mntui's",
            f"use an empty folder, or make it private: chmod 700 {folder}",
        )
    folder.chmod(PRIVATE)


def _is_ours(folder: Path) -> bool:
    try:
        return folder.is_absolute() and folder.stat().st_uid == os.getuid() and folder.is_dir()
    except OSError:
        return False


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise SettingsProblem(f"MNTUI_LOG_LEVEL is {text!r}", f"use one of {', '.join(LOG_LEVELS)}")
    return text.upper()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise SettingsProblem(f"MNTUI_IDLE_SECONDS is {text!r}", "use a number of seconds, for example 600")
    return seconds
