"""Names for the shell to complete: runs and blueprints, read off folders. No worker is asked or started.

Where nothing can be known (no home, settings that make no sense) there is nothing to complete; a shell waits for no
error. Files are completed by the shell itself.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:  # What `--help` must not wait for: it takes a tenth of its time.
    from mntui.settings import Settings

MOST: Final = 500


def runs(context: typer.Context, incomplete: str) -> list[str]:
    """The runs of this home whose names begin so, by their folders."""
    settings = _settings(context)
    try:
        names = [] if settings is None else sorted(path.name for path in settings.runs.iterdir())
    except OSError:
        return []
    return [name for name in names if name.startswith(incomplete)][:MOST]


def blueprints(context: typer.Context, incomplete: str) -> list[str]:
    """The blueprints that have a name here."""
    from mntui.library.find import list_blueprints

    settings = _settings(context)
    found = [] if settings is None else list_blueprints(settings.home, Path.cwd())
    return [each.name for each in found if each.name.startswith(incomplete)][:MOST]


def _settings(context: typer.Context) -> "Settings | None":
    from mntui.settings import SettingsProblem, read_settings

    home = context.params.get("home")
    try:
        return read_settings(os.environ, Path(home).expanduser() if home else None)
    except SettingsProblem:
        return None
