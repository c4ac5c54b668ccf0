"""Opens the app in this terminal, and gives an exit code when it is left."""

from mntui.ui.app import MntuiApp
from mntui.ui.given import Given


async def open_app(given: Given) -> int:
    """Show the app until the person leaves. Runs go on."""
    return await MntuiApp(given).run_async() or 0
