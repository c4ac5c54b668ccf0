"""What the app is handed, once, by whoever opens it. Nothing below asks the machine for any of it.

`load` is handed over because describing tools is no business of a screen; clocks, so that tests own time.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from mntui.engines.base import Engine
from mntui.library.load import Loaded


@dataclass(frozen=True, slots=True)
class Given:
    """`now` is wall time in microseconds, `clock` seconds that only go forward. `look_seconds`: how often lists are
    asked for. `keys` maps ids of the key table to other keys.
    """

    open_engine: Callable[[], AbstractAsyncContextManager[Engine]]
    load: Callable[[Path], Loaded]
    home: Path
    cwd: Path
    person: str
    environment: Mapping[str, str]
    now: Callable[[], int]
    clock: Callable[[], float]
    keys: Mapping[str, str]
    look_seconds: float = 1.0

    @property
    def ascii(self) -> bool:
        return bool(self.environment.get("MNTUI_ASCII"))

    @property
    def editor(self) -> str:
        return self.environment.get("VISUAL") or self.environment.get("EDITOR") or ""
