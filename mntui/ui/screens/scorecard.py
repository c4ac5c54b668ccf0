"""How well blueprints do on golden suites. There are none yet, and the screen says so instead of showing zeros."""

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult

from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.keys import bindings
from mntui.ui.pages.write import BLANK, paragraph
from mntui.ui.screens.page import Page
from mntui.ui.widgets.lines import Lines
from mntui.ui.widgets.pane import Pane

EMPTY = "Nothing has been measured here: there are no golden suites."
FILLS = (
    "This screen fills when golden suites exist: cases of a blueprint with what is expected of them, and beside each "
    "whether it passed, what it cost and how long it took, now and in the version before."
)
UNTIL_THEN = (
    "Until then: a run says of each of its success conditions whether it held (7 on the run), and c on a run compares "
    "what its calls would have cost on other models."
)


class ScorecardScreen(Page):
    scope = "scorecard"
    BINDINGS = bindings("scorecard")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.page = Lines(id="scorecard")
        self.pane = Pane("scorecard: nothing yet", self.page, id="pane-scorecard")

    def body(self) -> ComposeResult:
        yield self.pane

    def first_pane(self) -> Pane:
        return self.pane

    def crumbs(self) -> Sequence[str]:
        return ("scorecard",)

    def look(self) -> None:
        self.draw_edges()
        self.page.show(lambda width: list(scorecard_page(width)))


def scorecard_page(width: int) -> Iterator[Line]:
    """What is known: nothing, and what would be shown."""
    yield from paragraph(EMPTY, width, "title")
    yield BLANK
    yield from paragraph(FILLS, width, "value")
    yield BLANK
    yield from paragraph(UNTIL_THEN, width, "muted")
