"""The keys that work on the screen one comes from, then everywhere; made of the table of keys alone."""

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult

from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.keys import (
    DEMO,
    FORM,
    GRAPH,
    JUMP,
    LINE,
    LIST,
    PAGE,
    PALETTE,
    PANES,
    SURE,
    Key,
    bindings,
    of_scope,
    shown_keys,
)
from mntui.ui.pages.write import BLANK, heading, paragraph, row
from mntui.ui.screens.page import Page
from mntui.ui.widgets.lines import Lines
from mntui.ui.widgets.pane import Pane

TITLES = {
    "home": "Home",
    "run": "Run",
    "approvals": "Approvals",
    "blueprint": "Blueprint",
    "compare": "Compare",
    "scorecard": "Scorecard",
    "doctor": "Doctor",
    LIST: "In lists",
    GRAPH: "In the graph",
    PAGE: "In text",
    PANES: "Panes",
    JUMP: "While jumping",
    PALETTE: "In the palette",
    LINE: "While typing",
    FORM: "In a form",
    SURE: "When asked whether you are sure",
    "app": "Everywhere",
    DEMO: "In `mntui demo`",
}
EVERYWHERE = ("app", LIST, PANES, PAGE)
"""What holds on most screens stands behind the screen one comes from."""
WITH_IDS = 90
SAFETY = (
    "Enter and space never approve. A key that answers counts only if the item has stood unchanged for half a second, "
    "the terminal has had the focus as long, and no other key came with it. What can't be taken back asks for a "
    "typed y."
)


class HelpScreen(Page):
    scope = "help"
    BINDINGS = bindings("help")

    def __init__(self, desk: Desk, about: str) -> None:
        super().__init__(desk)
        first = about if about in TITLES else "home"
        self.places = list(dict.fromkeys((first, *EVERYWHERE, *TITLES)))
        self.page = Lines(id="help")
        self.pane = Pane("keys", self.page, id="pane-help")

    def body(self) -> ComposeResult:
        yield self.pane

    def first_pane(self) -> Pane:
        return self.pane

    def look(self) -> None:
        self.draw_edges()
        self.page.show(lambda width: list(help_page(self.places, width)))


def help_page(places: Sequence[str], width: int) -> Iterator[Line]:
    """All keys, by place."""
    yield from paragraph(SAFETY, width, "muted")
    for place in places:
        yield BLANK
        yield heading(TITLES[place])
        yield from (_key(key, width) for key in of_scope(place))


def _key(key: Key, width: int) -> Line:
    """On a narrow screen without the id, which only who remaps keys needs."""
    wide = width > WITH_IDS
    cells = [
        (shown_keys(key.keys), 12, "key"),
        (key.label, 14, "title"),
        (key.about, width - (52 if wide else 30), "value"),
    ]
    return row([*cells, (key.id, 0, "faint")]) if wide else row(cells)
