"""What every screen works with: the engine, the guard, what is known of the home, and the one way to ask for a change.

A worker that can't be reached is an answer here, never an exception: whoever asks gets Denied, with its remedy.
"""

import asyncio

from mntui.core.messages import Accepted, Denied, Question, Reply, Start, Started
from mntui.core.requests import Request
from mntui.engines.base import Engine, EngineGone
from mntui.ui.given import Given
from mntui.ui.guard import Guard
from mntui.ui.overview import Overview
from mntui.ui.shelf import Shelved


class Desk:
    """`wake` makes the overview look at once; whoever changes something sets it."""

    def __init__(self, given: Given, engine: Engine) -> None:
        self.given = given
        self.engine = engine
        self.guard = Guard()
        self.overview = Overview()
        self.shelf: tuple[Shelved, ...] = ()
        self.wake = asyncio.Event()

    async def send(self, run: str, request: Request) -> Accepted | Denied:
        try:
            return await self.engine.send(run, request, self.given.person)
        except EngineGone as gone:
            return unreachable(gone)
        finally:
            self.wake.set()

    async def start(self, start: Start) -> Started | Denied:
        try:
            return await self.engine.start(start)
        except EngineGone as gone:
            return unreachable(gone)
        finally:
            self.wake.set()

    async def query(self, question: Question) -> Reply | Denied:
        try:
            return await self.engine.query(question)
        except EngineGone as gone:
            return unreachable(gone)

    def shelved(self, name: str) -> Shelved | None:
        return next((each for each in self.shelf if each.name == name), None)


def unreachable(gone: EngineGone) -> Denied:
    return Denied("unreachable", gone.message, gone.remedy)


def told(denied: Denied) -> str:
    """A refusal as one text: what, and what would work."""
    lines = [f"{denied.message}. {denied.remedy}".strip()]
    lines += [f"{each.message}. {each.remedy}".strip() for each in denied.more]
    return "\n".join(line if line.endswith(".") or not line else f"{line.rstrip('.')}." for line in lines)
