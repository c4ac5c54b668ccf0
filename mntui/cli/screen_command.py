"""`mntui` alone: the app in this terminal.

What its first picture doesn't need (the engine, the reading of blueprints, how errors are told) is imported behind it,
off its thread, or when it is needed.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mntui.cli.codes import REFUSED
from mntui.cli.opening import Surroundings
from mntui.config.file import read_config
from mntui.settings import Settings, SettingsProblem, prepare_folders, read_settings
from mntui.ui.given import Checked, Given, ModelOffer
from mntui.ui.open import open_app

if TYPE_CHECKING:
    from mntui.engines.base import Engine
    from mntui.library.load import Loaded


def show_app(around: Surroundings, home: str | None, *, ascii_only: bool) -> int:
    """Show Home until the person leaves, and give the exit code."""
    try:
        settings = read_settings(around.environment, None if home is None else around.cwd / Path(home).expanduser())
        prepare_folders(settings)
    except SettingsProblem as problem:
        return _refused(around, problem)
    return asyncio.run(open_app(given_of(around, settings, home, ascii_only=ascii_only)))


def given_of(around: Surroundings, settings: Settings, home: str | None, *, ascii_only: bool) -> Given:
    """What the app is handed: this home, this folder, this person, and the clocks of the machine."""

    @asynccontextmanager
    async def engine() -> AsyncIterator["Engine"]:
        await asyncio.to_thread(import_module, "mntui.engines.local")
        async with around.open_engine(settings) as opened:
            yield opened

    letters = ascii_only or "utf" not in (around.stderr.encoding or "utf-8").lower()
    return Given(
        open_engine=engine,
        load=load_blueprint,
        home=settings.home,
        cwd=around.cwd,
        person=around.person,
        environment={**around.environment, **({"MNTUI_ASCII": "1"} if letters else {})},
        now=around.now,
        clock=time.monotonic,
        keys=read_config(settings.config).keys(),
        models=lambda preferred: _offers(around, home, preferred),
        checkup=lambda: _checkup(around, home),
    )


def load_blueprint(path: Path) -> "Loaded":
    from mntui.library.load import load
    from mntui.tools.base import BUILTIN
    from mntui.tools.python import describe_source

    return load(path, BUILTIN, describe_source)


async def _offers(around: Surroundings, home: str | None, preferred: Sequence[str]) -> tuple[ModelOffer, ...]:
    machine = await asyncio.to_thread(import_module, "mntui.cli.screen_machine")
    from mntui.cli.output import Session

    found: tuple[ModelOffer, ...] = await machine.offers(Session(around, home=home), preferred)
    return found


async def _checkup(around: Surroundings, home: str | None) -> tuple[Checked, ...]:
    machine = await asyncio.to_thread(import_module, "mntui.cli.screen_machine")
    from mntui.cli.output import Session

    found: tuple[Checked, ...] = await machine.checkup(Session(around, home=home))
    return found


def _refused(around: Surroundings, problem: SettingsProblem) -> int:
    from mntui.cli.exits import report
    from mntui.cli.output import Session
    from mntui.core.messages import Denied

    report(Session(around), Denied("settings", problem.message, problem.remedy))
    return REFUSED
