"""The app over a recording: the same app, with two keys more, for the speed at which it plays."""

from collections.abc import Callable

from mntui.ui.app import MntuiApp
from mntui.ui.given import Given
from mntui.ui.keys import DEMO, bindings


class DemoApp(MntuiApp):
    """`faster` takes 1 or -1 and gives the speed that holds from now on."""

    BINDINGS = bindings(DEMO)

    def __init__(self, given: Given, faster: Callable[[int], float]) -> None:
        super().__init__(given)
        self._faster = faster

    def action_speed(self, steps: int) -> None:
        self._say(f"It plays at {self._faster(steps):g} times the speed of the recording.")


async def open_demo(given: Given, faster: Callable[[int], float]) -> int:
    """Show the recording until the person leaves."""
    return await DemoApp(given, faster).run_async() or 0
