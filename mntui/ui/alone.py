"""Waiting until a key has proved to have come alone: a moment later no other key has come, and none waits unseen.

A program that was held up sees keys late. So the moment counts only if it ended on time, and what is to be done goes
through the app's own queue, behind every key that is in it.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from textual.screen import Screen

from mntui.ui.guard import ALONE_SECONDS

LATE_SECONDS: Final = 0.05


def when_settled(screen: Screen[Any], then: Callable[[], None]) -> None:
    """Do something after the moment in which a second key would come; `then` looks whether one came."""
    loop = asyncio.get_running_loop()
    due = loop.time() + ALONE_SECONDS

    def fire() -> None:
        if loop.time() - due > LATE_SECONDS:
            when_settled(screen, then)
        else:
            screen.app.call_later(then)

    screen.set_timer(ALONE_SECONDS, fire)
