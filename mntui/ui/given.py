"""What the app is handed, once, by whoever opens it. Nothing below asks the machine for any of it.

`load` is handed over because describing tools is no business of a screen; clocks, so that tests own time.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mntui.core.frozen import frozen

if TYPE_CHECKING:  # What a first picture must not wait for.
    from mntui.engines.base import Engine
    from mntui.library.load import Loaded


@frozen
class ModelOffer:
    """A model that could serve, and in words what it costs, or why it can't."""

    name: str
    about: str


@frozen
class Checked:
    """One finding about this machine: `note` where something could be better."""

    id: str
    status: Literal["ok", "note", "problem"]
    said: str
    remedy: str = ""


async def nothing_checked() -> tuple[Checked, ...]:
    return ()


async def nothing_offered(preferred: Sequence[str]) -> tuple[ModelOffer, ...]:
    return tuple(ModelOffer(name, "") for name in preferred)


@frozen
class Given:
    """`now` is wall time in microseconds, `clock` seconds that only go forward. `look_seconds`: how often lists are
    asked for. `keys` maps ids of the key table to other keys. `opens` is a run that is shown at once, and `notice` a
    sentence that stands on every screen.
    """

    open_engine: Callable[[], AbstractAsyncContextManager["Engine"]]
    load: Callable[[Path], "Loaded"]
    home: Path
    cwd: Path
    person: str
    environment: Mapping[str, str]
    now: Callable[[], int]
    clock: Callable[[], float]
    keys: Mapping[str, str]
    look_seconds: float = 1.0
    models: Callable[[Sequence[str]], Awaitable[tuple[ModelOffer, ...]]] = nothing_offered
    checkup: Callable[[], Awaitable[tuple[Checked, ...]]] = nothing_checked
    opens: str = ""
    notice: str = ""

    @property
    def ascii(self) -> bool:
        return bool(self.environment.get("MNTUI_ASCII"))

    @property
    def editor(self) -> str:
        return self.environment.get("VISUAL") or self.environment.get("EDITOR") or ""
