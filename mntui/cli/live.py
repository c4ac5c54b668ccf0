"""`mntui run` in a terminal: the run drawn as it goes, and its questions asked in between, one at a time.

Updates, keys and the clock are waited for together, so an item that somebody else decides disappears at once.
"""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mntui.cli.asking import Desk, Wish, asked
from mntui.cli.following import Seen, follow
from mntui.cli.output import Session, clock, error_text, printable
from mntui.cli.rails import rails
from mntui.cli.terminal import Terminal
from mntui.core.decide import standing
from mntui.core.messages import Denied, Happened, Opened, Pulsed, Queued
from mntui.core.requests import Request
from mntui.core.run import Ask, Run
from mntui.core.why import asks_in_order
from mntui.engines.base import Engine

DRAW_SECONDS: Final = 0.12
TICK_SECONDS: Final = 0.5
LIVE_CHARACTERS: Final = 2000


async def run_live(session: Session, engine: Engine, name: str) -> Run:
    """Follow a run until it has ended, or only somebody who isn't here can move it."""
    around = session.around
    with Terminal(around.stdin, around.stderr) as terminal, Screen(session) as screen:
        async with aclosing(follow(engine, name, screen.note)) as seen:
            return await Attending(session, engine, Desk(session, terminal), screen).until_over(seen)


class Screen:
    """The few lines at the bottom that are redrawn. `hide` gives the terminal back for text that stays."""

    def __init__(self, session: Session) -> None:
        self._session = session
        colours = session.around.environment.get("NO_COLOR")
        self._console = Console(file=session.around.stderr, no_color=bool(colours), highlight=False)
        self._live: Live | None = None
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hide()

    def draw(self, view: "View", run: Run) -> None:
        """Draw, but not more often than eyes can see."""
        now = asyncio.get_running_loop().time()
        if now - self._drawn_at < DRAW_SECONDS:
            return
        self._drawn_at = now
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True, vertical_overflow="crop")
            self._live.start()
        height = shutil.get_terminal_size((80, 24)).lines - 1
        text = rails(self._session, run, view.live, view.held_back, height)
        drawing = Text.from_ansi(printable(text, coloured=True), no_wrap=True, overflow="ellipsis")
        self._live.update(drawing, refresh=True)

    def note(self, text: str) -> None:
        """Say something that stays, above what is redrawn."""
        self.hide()
        self._session.note(text)

    def hide(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._drawn_at = 0.0


class View:
    """What is shown beside the facts: live text of model calls, by step, and what the worker holds back."""

    def __init__(self) -> None:
        self.live: dict[str, str] = {}
        self.held_back: dict[str, str] = {}

    def take(self, seen: Seen) -> None:
        match seen.update:
            case Pulsed(path=path, text=text, offset=offset):
                before = "" if offset == 0 else self.live.pop(path, "")
                self.live[path] = (before + text)[-LIVE_CHARACTERS:]
            case Queued(waiting=waiting):
                self.held_back = dict(waiting)
            case Opened() | Happened():
                over = [path for path in self.live if not _asks_model(seen.run, path)]
                for path in over:
                    del self.live[path]


def _asks_model(run: Run, path: str) -> bool:
    node = run.nodes.get(path)
    return node is not None and any(call.status == "running" for call in node.calls.values())


class Attending:
    """One run and the person before it: what is asked now, what they put off, and what they have just decided."""

    def __init__(self, session: Session, engine: Engine, desk: Desk, screen: Screen) -> None:
        self._session = session
        self._engine = engine
        self._desk = desk
        self._screen = screen
        self._view = View()
        self._put_off: set[str] = set()
        self._sent: set[str] = set()
        self._ask: Ask | None = None
        self._asking: asyncio.Task[Request | Wish] | None = None

    async def until_over(self, seen: AsyncGenerator[Seen]) -> Run:
        """The run as it was when it ended, or when there was nothing more to do here."""
        run = (await anext(seen)).run
        coming = asyncio.ensure_future(anext(seen))
        try:
            while not self._only_others_can_move(run):
                self._show(run)
                waits = {coming} if self._asking is None else {coming, self._asking}
                done, _ = await asyncio.wait(waits, timeout=TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if self._asking in done and await self._decided(run) == "leave":
                    break
                if coming in done:
                    arrived = coming.result()
                    self._view.take(arrived)
                    run = arrived.run
                    coming = asyncio.ensure_future(anext(seen))
                    await self._drop_closed(run)
        except StopAsyncIteration:
            pass  # The run has ended.
        finally:
            await _stopped(coming)
            if self._asking is not None:
                await _stopped(self._asking)
        return run

    def _show(self, run: Run) -> None:
        """Ask the next thing, or draw the run."""
        if self._asking is not None:
            return
        left = self._put_off | self._sent
        asks = [ask for ask in asks_in_order(run) if ask.id not in left]
        if not asks:
            self._screen.draw(self._view, run)
            return
        self._ask = asks[0]
        self._screen.hide()
        self._asking = asyncio.create_task(asked(self._desk, run.name, asks[0], len(asks) - 1))

    async def _decided(self, run: Run) -> Wish | None:
        """What the person said, sent on. What the run refuses still waits, so it is asked again."""
        assert self._asking is not None
        assert self._ask is not None
        decision, ask = self._asking.result(), self._ask.id
        self._asking = None
        if isinstance(decision, str):
            self._put_off.add(ask)
            return decision
        reply = await self._engine.send(run.name, decision, self._session.around.person)
        if isinstance(reply, Denied):
            self._session.note(error_text(reply))
        else:
            self._sent.add(ask)
        return None

    async def _drop_closed(self, run: Run) -> None:
        """An item that somebody else decided, or that expired, is no longer asked."""
        if self._asking is None or self._ask is None or self._ask.id in run.asks:
            return
        await _stopped(self._asking)
        self._asking = None
        decision = run.decided.get(self._ask.id)
        told = "is no longer asked"
        if decision is not None:
            told = f"was {decision.what} by {decision.by.removeprefix('person:')} at {clock(decision.at)}"
        self._session.note(f"  {self._ask.id} {told}.")

    def _only_others_can_move(self, run: Run) -> bool:
        """Items that were put off and failures that wait for a command are not answered by looking on."""
        stands = standing(run)
        passing = {"timer", "signal"} & set(stands.waiting_for)
        return stands.status == "waiting" and not passing and all(ask in self._put_off for ask in run.asks)


async def _stopped(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, StopAsyncIteration):
        await task
