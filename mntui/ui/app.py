"""The app: opens screens, hands every key to the guard, and tells the screens when something on the desk has changed.

It shows nothing itself and decides nothing: screens draw, the engine answers. Closing it never stops a run.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from textual.app import SystemCommand
from textual.command import CommandPalette
from textual.events import AppBlur, AppFocus, Event, Key
from textual.screen import Screen
from textual.theme import ThemeProvider

from mntui.ui.desk import Desk
from mntui.ui.going import Go
from mntui.ui.keys import LIST, PANES, bindings, of_scope, shown_keys
from mntui.ui.overview import Overview, keep_looking
from mntui.ui.painted import PaintedApp
from mntui.ui.screens.approvals import ApprovalsScreen
from mntui.ui.screens.blueprint import BlueprintScreen
from mntui.ui.screens.doctor import DoctorScreen
from mntui.ui.screens.help import HelpScreen
from mntui.ui.screens.home import HomeScreen
from mntui.ui.screens.modal import Palette
from mntui.ui.screens.page import Page
from mntui.ui.screens.run import RunScreen
from mntui.ui.shelf import shelves

BACK = "The worker is back; runs go on where they were."
HOW_TO_LEAVE = "q leaves. Runs go on by themselves, whether anybody looks on or not."


class MntuiApp(PaintedApp):
    CSS_PATH = "app.tcss"
    BINDINGS = bindings("app")
    TITLE = "mntui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, desk: Desk) -> None:
        super().__init__(ascii_only=desk.given.ascii)
        self.desk = desk
        self.set_keymap(dict(desk.given.keys))

    def get_default_screen(self) -> Screen[Any]:
        return HomeScreen(self.desk)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What can be done here, by name: the table of keys, but for those that answer; then blueprints and runs."""
        scope = screen.scope if isinstance(screen, Page) else "app"
        for key in of_scope(scope, LIST, PANES, "app"):
            on = "screen" if key.scopes != (LIST,) else "focused"
            if key.label and not key.answers and not key.action.startswith("app.command") and on == "screen":
                yield SystemCommand(
                    f"{key.label}  {shown_keys(key.keys)}", key.about, partial(self.run_action, key.action, screen)
                )
        for each in self.desk.shelf:
            yield SystemCommand(f"blueprint {each.name}", each.state, partial(self.go, Go("blueprint", each.name)))
        for row in self.desk.overview.rows:
            yield SystemCommand(
                f"run {row.run}", f"{row.blueprint}, {row.status}", partial(self.go, Go("run", row.run))
            )
        yield SystemCommand("approvals", "All that waits for you.", partial(self.go, Go("approvals")))

    # What comes

    def on_mount(self) -> None:
        given = self.desk.given
        self.run_worker(keep_looking(self.desk.engine, self._looked, self.desk.wake, given.look_seconds))
        self.run_worker(self._read_shelf())

    async def _read_shelf(self) -> None:
        given = self.desk.given
        async for held in shelves(given.load, given.home, given.cwd):
            self.desk.shelf = held
            self._tell()

    def _looked(self, overview: Overview) -> None:
        before, self.desk.overview = self.desk.overview, overview
        if (before.gone and not overview.gone) or _is_another_worker(before, overview):
            self._say(BACK)
        if len(overview.waiting) > len(before.waiting) and not self.app_focus:
            self.bell()
        self.sub_title = f"◆{len(overview.waiting)}" if overview.waiting else ""
        self._tell()

    def _tell(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.look()

    # Keys

    async def on_event(self, event: Event) -> None:
        """Every key passes the guard first, whoever it is for."""
        if isinstance(event, Key) and not event.is_forwarded:
            self.desk.guard.key(self.desk.given.clock())
        await super().on_event(event)

    def on_app_focus(self, _: AppFocus) -> None:
        self.desk.guard.focus(self.desk.given.clock())

    def on_app_blur(self, _: AppBlur) -> None:
        self.desk.guard.blur()

    # Going places

    def on_go(self, event: Go) -> None:
        self.go(event)

    def go(self, where: Go) -> None:
        screens: dict[str, Callable[[], Page]] = {
            "run": lambda: RunScreen(self.desk, where.what),
            "approvals": lambda: ApprovalsScreen(self.desk, where.what),
            "blueprint": lambda: BlueprintScreen(self.desk, where.what),
            "doctor": lambda: DoctorScreen(self.desk),
        }
        opened = screens[where.place]()
        if where.instead:
            self.switch_screen(opened)
        else:
            self.push_screen(opened)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette())

    def action_change_theme(self) -> None:
        self.push_screen(Palette([ThemeProvider], placeholder="Search for themes…"))

    def action_help(self) -> None:
        about = self.screen.scope if isinstance(self.screen, Page) else "home"
        if about != "help":
            self.push_screen(HelpScreen(self.desk, about))

    async def action_back(self) -> None:
        """Close what is open inside the screen, else go back; the first screen stays."""
        inner = isinstance(self.screen, Page) and self.screen.step_back()
        if not inner and len(self.screen_stack) > 1:
            await self.pop_screen()

    async def action_leave(self) -> None:
        if len(self.screen_stack) > 1 or (isinstance(self.screen, Page) and self.screen.has_class("-zoom")):
            await self.action_back()
        else:
            self.exit(0)

    def action_interrupt(self) -> None:
        self._say(HOW_TO_LEAVE)

    def _say(self, sentence: str) -> None:
        if isinstance(self.screen, Page):
            self.screen.say(sentence)


def _is_another_worker(before: Overview, now: Overview) -> bool:
    return before.worker is not None and now.worker is not None and before.worker.pid != now.worker.pid
