"""Where blueprints are found: a path; else a name in ./blueprints, HOME/blueprints, then those in the package.

Absent: whether one may run, which `trust` decides by where its folder really is and by what it can do.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from mntui.core.compiling.findings import listing, nearest
from mntui.core.frozen import frozen
from mntui.library.folder import MAIN

Origin = Literal["path", "here", "home", "shipped"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@frozen
class Found:
    """A blueprint's place: the folder (or the file, if one was named) and how it was found."""

    name: str
    path: Path
    origin: Origin


class NotFound(Exception):
    """No blueprint of that name or path. `known` are the names that could have been meant."""

    def __init__(self, message: str, remedy: str, known: tuple[str, ...]) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.known = known


def find(wanted: str, home: Path, here: Path) -> Found:
    """The blueprint that a person means by a path or a name. Raises NotFound."""
    path = _expanded(wanted, here)
    if wanted and (_is_file(path) or _is_file(path / MAIN)):
        folder = path.parent if _is_file(path) else path
        return Found(folder.resolve().name, path, "path")
    if _NAME.fullmatch(wanted):
        for found in list_blueprints(home, here):
            if found.name == wanted:
                return found
    raise _not_found(wanted, path, home, here)


def list_blueprints(home: Path, here: Path) -> list[Found]:
    """Every blueprint that has a name, in the order of lookup; a name stands for the first that bears it."""
    places: tuple[tuple[Path, Origin], ...] = (
        (here / "blueprints", "here"),
        (home / "blueprints", "home"),
        (shipped_folder(), "shipped"),
    )
    found: dict[str, Found] = {}
    for folder, origin in places:
        for inner in _folders(folder):
            found.setdefault(inner.name, Found(inner.name, inner, origin))
    return list(found.values())


def shipped_folder() -> Path:
    """The blueprints that come with mntui: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "blueprints"
    return inside if inside.is_dir() else package.parent / "blueprints"


def _folders(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if _NAME.fullmatch(entry.name) and _is_file(entry / MAIN):
            yield entry


def _expanded(wanted: str, here: Path) -> Path:
    try:
        return here / Path(wanted).expanduser()
    except RuntimeError:  # a user that doesn't exist: `~nobody`
        return here / wanted


def _is_file(path: Path) -> bool:
    """Whether a file can be seen there; a path that is too long or closed to us holds none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _not_found(wanted: str, path: Path, home: Path, here: Path) -> NotFound:
    known = tuple(found.name for found in list_blueprints(home, here))
    if os.path.isdir(path):  # noqa: PTH112 - a path that is too long is no folder; Path.is_dir would raise
        return NotFound(f"{wanted} holds no {MAIN}", f"Create {path / MAIN}, or name another folder.", known)
    if "/" in wanted or wanted.endswith((".yaml", ".yml")):
        return NotFound(f"there is no blueprint at {wanted}", "Check the path.", known)
    near = nearest(wanted, known)
    remedy = f"Did you mean `{near}`? " if near else ""
    remedy += f"Known are {listing(known)}." if known else "None is known here; give the path of a folder."
    return NotFound(f"there is no blueprint called `{wanted}`", remedy, known)
