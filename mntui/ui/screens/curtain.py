"""The first picture: Home as it is before anything is known of it. It stands while all the rest is made ready."""

from textual.app import ComposeResult
from textual.containers import Horizontal

from mntui.ui.keys import of_scope
from mntui.ui.pages.edges import head, keys_line
from mntui.ui.pages.write import line
from mntui.ui.widgets.lines import Lines, OneLine
from mntui.ui.widgets.pane import Pane
from mntui.ui.widgets.panes import PanesScreen

NAMES = ("blueprints", "runs", "approvals", "spend")


class Curtain(PanesScreen):
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's own name and form

    def compose(self) -> ComposeResult:
        panes = [
            Pane(f"{number} {name}", Lines(can_focus=True), id=f"pane-{name}") for number, name in enumerate(NAMES, 1)
        ]
        yield OneLine(id="head")
        yield Horizontal(*panes[:2], classes="upper box")
        yield Horizontal(*panes[2:], classes="lower box")
        yield OneLine(id="keys")

    def on_mount(self) -> None:
        first, last = self.query_one("#head", OneLine), self.query_one("#keys", OneLine)
        first.show(lambda width: [head(("home",), line(("opening …", "muted")), width)])
        last.show(lambda width: [keys_line([key for key in of_scope("home", "app") if key.footer], width)])
        self.open_pane(self.panes()[0])
