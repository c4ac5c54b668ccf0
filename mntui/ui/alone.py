"""Waiting until a key has proved to have come alone: a moment later no other key has come, and none waits unseen.

A program that was held up sees keys late. So the moment counts only if it ended on time, and else begins anew; but
where the machine is never on time, it ends after two seconds all the same, which is more than the half second in which
keys are deaf. What is to be done goes behind every key that has come by then: those that the terminal's thread has
handed to the loop, and those that are in the app's own queue.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from textual.screen import Screen

from mntui.ui.guard import ALONE_SECONDS

LATE_SECONDS: Final = 0.05
MOST_SECONDS: Final = 2.0


def when_settled(screen: Screen[Any], then: Callable[[], None]) -> None:
    """Do something after the moment in which a second key would come; `then` looks whether one came."""
    _wait(screen, then, asyncio.get_running_loop().time() + MOST_SECONDS)


def _wait(screen: Screen[Any], then: Callable[[], None], latest: float) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time() + ALONE_SECONDS

    def fire() -> None:
        now = loop.time()
        if now - due > LATE_SECONDS and now < latest:
            _wait(screen, then, latest)
        else:
            # One turn of the loop later, all that other threads have handed to it stands in the app's queue.
            loop.call_soon(loop.call_soon, screen.app.call_later, then)

    screen.set_timer(ALONE_SECONDS, fire)
