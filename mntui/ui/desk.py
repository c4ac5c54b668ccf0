"""What every screen works with: the engine, the guard, what is known of the home, and the one way to ask for a change.

A worker that can't be reached is an answer here, never an exception: whoever asks gets Denied, with its remedy.
"""

import asyncio

from mntui.core.messages import Accepted, Denied, Question, Reply, Start, Started
from mntui.core.requests import Request
from mntui.engines.base import Engine, EngineGone
from mntui.settings import SettingsProblem
from mntui.ui.given import Given
from mntui.ui.guard import Guard
from mntui.ui.memory import Memory
from mntui.ui.overview import AWAY, Overview, sentences
from mntui.ui.shelf import Shelved
from mntui.ui.spending import Spending


class Desk:
    """`wake` makes the overview look at once; whoever changes something sets it."""

    def __init__(self, given: Given, engine: Engine, guard: Guard) -> None:
        self.given = given
        self.engine = engine
        self.guard = guard
        self.memory = Memory(given.home / "screen.json")
        self.overview = Overview()
        self.spending = Spending()
        self.shelf: tuple[Shelved, ...] = ()
        self.wake = asyncio.Event()

    async def send(self, run: str, request: Request) -> Accepted | Denied:
        try:
            return await self.engine.send(run, request, self.given.person)
        except AWAY as gone:
            return unreachable(gone)
        finally:
            self.wake.set()

    async def start(self, start: Start) -> Started | Denied:
        try:
            return await self.engine.start(start)
        except AWAY as gone:
            return unreachable(gone)
        finally:
            self.wake.set()

    async def query(self, question: Question) -> Reply | Denied:
        try:
            return await self.engine.query(question)
        except AWAY as gone:
            return unreachable(gone)

    def shelved(self, name: str) -> Shelved | None:
        return next((each for each in self.shelf if each.name == name), None)


def unreachable(gone: EngineGone | SettingsProblem) -> Denied:
    return Denied("unreachable", gone.message, gone.remedy)


def told(denied: Denied) -> str:
    """A refusal as one text: what, and what would work; a line for each further one."""
    own = sentences(denied.message, denied.remedy)
    return "\n".join([own, *(sentences(each.message, each.remedy) for each in denied.more)])
