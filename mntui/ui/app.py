"""The app: a first picture at once, then the rooms behind it; every key passes the guard, whoever it is for.

It shows nothing of runs and decides nothing. Closing it never stops a run. What a first picture doesn't need (screens,
the engine) is imported behind it, by name: that takes as long as all the rest.
"""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from textual.events import AppBlur, AppFocus, Event, Key
from textual.screen import Screen

from mntui.ui.given import Given
from mntui.ui.going import Go
from mntui.ui.guard import Guard
from mntui.ui.keys import bindings
from mntui.ui.painted import PaintedApp
from mntui.ui.screens.curtain import Curtain
from mntui.ui.screens.jump import JumpScreen
from mntui.ui.screens.palette import Offer, PaletteScreen
from mntui.ui.telling import asks_for_notice, notice, title
from mntui.ui.widgets.panes import PanesScreen

if TYPE_CHECKING:
    from mntui.ui.desk import Desk
    from mntui.ui.overview import Overview
    from mntui.ui.rooms import Rooms

BACK: Final = "The worker is back; runs go on where they were."
FIRST_SCREENS: Final = 2
"""The first picture, and Home over it: from there one doesn't go back, one leaves."""
HOW_TO_LEAVE: Final = "q leaves. Runs go on by themselves, whether anybody looks on or not."


class MntuiApp(PaintedApp):
    """`rooms` is None until the first picture stands and what is behind it has been imported."""

    CSS_PATH = "app.tcss"
    BINDINGS = bindings("app")
    TITLE = "mntui"
    ENABLE_COMMAND_PALETTE = False  # Textual's own; it breaks when it is closed as soon as it opens.

    def __init__(self, given: Given) -> None:
        super().__init__(ascii_only=given.ascii)
        self.given = given
        self.guard = Guard()
        self.rooms: Rooms | None = None
        self.set_keymap(dict(given.keys))

    @property
    def desk(self) -> "Desk":
        assert self.rooms is not None  # Nobody asks for it before there is a screen with something on it.
        return self.rooms.desk

    def get_default_screen(self) -> Screen[Any]:
        return Curtain()

    # What comes

    def on_mount(self) -> None:
        self.call_after_refresh(self.run_worker, self._furnish())

    async def _furnish(self) -> None:
        """Everything behind the first picture, for as long as the app is open."""
        rooms = await asyncio.to_thread(import_module, "mntui.ui.rooms")
        async with self.given.open_engine() as engine:
            self.rooms = rooms.Rooms(self.given, engine, self.guard)
            self.theme = self.rooms.desk.memory.theme(self.available_themes, self.theme)
            await self.push_screen(self.rooms.home())
            if self.given.opens:
                self.go(Go("run", self.given.opens))
            await self.rooms.keep(self._changed)

    def _changed(self, before: "Overview", now: "Overview") -> None:
        if now.came_back(before):
            self._say(BACK)
        if asks_for_notice(before, now) and not self.app_focus:
            self.bell()
            self._tell_terminal(notice(now.waiting[-1], self.given.environment))
        if len(now.waiting) != len(before.waiting):
            self._tell_terminal(title(len(now.waiting)))
        seen = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, PanesScreen)), None)
        if seen is not None:  # What is behind it looks when it is seen again.
            seen.look()

    def _tell_terminal(self, sequence: str) -> None:
        if self._driver is not None and not self.is_web:
            self._driver.write(sequence)

    # Keys

    async def on_event(self, event: Event) -> None:
        """Every key passes the guard first, whoever it is for. One that comes while the app closes is for nobody."""
        if isinstance(event, Key) and not self.screen_stack:
            return
        if isinstance(event, Key) and not event.is_forwarded:
            self.guard.key(self.given.clock())
        await super().on_event(event)

    def on_app_focus(self, _: AppFocus) -> None:
        self.guard.focus(self.given.clock())

    def on_app_blur(self, _: AppBlur) -> None:
        self.guard.blur()

    # Going places

    def on_go(self, event: Go) -> None:
        self.go(event)

    def go(self, where: Go) -> None:
        if self.rooms is None:
            return
        opened = self.rooms.open(where)
        if where.instead:
            self.switch_screen(opened)
        else:
            self.push_screen(opened)

    def action_command_palette(self) -> None:
        """What can be done here, by name: what keys do, but for those that answer; then blueprints, runs, places."""
        if self.rooms is not None and isinstance(self.screen, PanesScreen):
            self._offer(tuple(self.rooms.offers(self.screen.scope)), "What to do, or where to go")

    def action_change_theme(self) -> None:
        names = sorted(name for name in self.available_themes if not name.startswith("textual-ansi"))
        self._offer([Offer(name, "", "", f"app.use_theme({name!r})") for name in names], "Which colours")

    def action_use_theme(self, name: str) -> None:
        self.theme = name
        self.desk.memory.keep_theme(name)

    def _offer(self, offers: Sequence[Offer], asked: str) -> None:
        screen = self.screen

        async def taken(offer: Offer | None) -> None:
            if offer is not None and isinstance(offer.does, Go):
                self.go(offer.does)
            elif offer is not None:
                await self.run_action(str(offer.does), screen)

        if isinstance(screen, PanesScreen):
            self.push_screen(PaletteScreen(offers, asked), taken)

    def action_help(self) -> None:
        about = self.screen.scope if isinstance(self.screen, PanesScreen) else "home"
        if about != "help":
            self.go(Go("help", about))

    async def action_back(self) -> None:
        """Close what is open inside the screen, else go back; the first screen stays."""
        inner = isinstance(self.screen, PanesScreen) and self.screen.step_back()
        if not inner and len(self.screen_stack) > FIRST_SCREENS:
            await self.pop_screen()

    async def action_leave(self) -> None:
        zoomed = isinstance(self.screen, PanesScreen) and self.screen.has_class("-zoom")
        if zoomed or len(self.screen_stack) > FIRST_SCREENS:
            await self.action_back()
        else:
            self.exit(0)

    def action_jump(self) -> None:
        """A letter for each pane; the letter goes there."""
        if not isinstance(self.screen, PanesScreen):
            return
        screen, panes = self.screen, self.screen.seen_panes()

        def chosen(number: int | None) -> None:
            if number is not None and self.screen is screen:
                screen.open_pane(panes[number])

        places = {number: (pane.region.x + 1, pane.region.y) for number, pane in enumerate(panes)}
        self.push_screen(JumpScreen(places), chosen)

    def action_interrupt(self) -> None:
        self._say(HOW_TO_LEAVE)

    def _say(self, sentence: str) -> None:
        if isinstance(self.screen, PanesScreen):
            self.screen.say(sentence)
