"""The blueprints of this home and folder as they are now: loaded off the screen's thread, read again when saved.

A broken save is shown with its problems; the last version without any is kept beside it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Final

from watchfiles import awatch

from mntui.core.frozen import frozen
from mntui.library.find import Found, list_blueprints, shipped_folder
from mntui.library.load import Loaded
from mntui.library.report import count_text
from mntui.library.trust import TrustBookBroken, is_trusted, read_trust

SETTLE_MILLISECONDS: Final = 120


@frozen
class Shelved:
    """`good` is the latest version without problems, which may be older than `loaded`."""

    found: Found
    loaded: Loaded
    trusted: bool
    good: Loaded | None

    @property
    def name(self) -> str:
        return self.found.name

    @property
    def ready(self) -> bool:
        return self.loaded.plan is not None

    @property
    def state(self) -> str:
        if not self.ready:
            return count_text(notice for notice in self.loaded.findings if notice.severity == "problem")
        return "ready" if self.trusted else "not trusted"


Load = Callable[[Path], Loaded]


async def shelves(load: Load, home: Path, cwd: Path) -> AsyncIterator[tuple[Shelved, ...]]:
    """The blueprints now, and again whenever a file of one was saved, until the caller stops asking."""
    held = await asyncio.to_thread(_read, load, home, cwd, {})
    yield held
    async for _ in awatch(*_watched(home, cwd), step=50, debounce=SETTLE_MILLISECONDS, recursive=True):
        held = await asyncio.to_thread(_read, load, home, cwd, {each.name: each for each in held})
        yield held


def read_one(load: Load, found: Found, home: Path, before: Shelved | None = None) -> Shelved:
    """One blueprint as it is now."""
    loaded = load(found.path)
    try:
        trusted = is_trusted(loaded, home, read_trust(home))
    except TrustBookBroken:
        trusted = False
    good = loaded if loaded.plan is not None else before.good if before is not None else None
    return Shelved(found, loaded, trusted, good)


def _read(load: Load, home: Path, cwd: Path, before: Mapping[str, Shelved]) -> tuple[Shelved, ...]:
    return tuple(read_one(load, found, home, before.get(found.name)) for found in list_blueprints(home, cwd))


def _watched(home: Path, cwd: Path) -> list[Path]:
    """Folders that hold blueprints. The home's is made, so that the first one put there is seen."""
    own = home / "blueprints"
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [folder for folder in (cwd / "blueprints", own, shipped_folder()) if folder.is_dir()]
