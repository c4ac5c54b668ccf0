"""Opens the app in this terminal, and gives an exit code when it is left."""

from mntui.ui.app import MntuiApp
from mntui.ui.desk import Desk
from mntui.ui.given import Given


async def open_app(given: Given) -> int:
    """Show the app until the person leaves. Runs go on."""
    async with given.open_engine() as engine:
        code = await MntuiApp(Desk(given, engine)).run_async()
    return code or 0
