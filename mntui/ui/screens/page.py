"""What all screens share: head and foot, panes of which one is open, a note, a line to type in, the sign of a worker
that has gone.

A screen is told when something changed (`look`) and draws it from the desk; it asks nobody.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual.app import ComposeResult
from textual.events import Resize, ScreenResume

from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.forms import Asked
from mntui.ui.keys import LIST, Key, of_scope
from mntui.ui.pages.edges import head, keys_line
from mntui.ui.pages.write import fit, paragraph
from mntui.ui.screens.form import FormScreen
from mntui.ui.widgets.ask_line import AskLine
from mntui.ui.widgets.lines import OneLine
from mntui.ui.widgets.pane import Pane
from mntui.ui.widgets.panes import PanesScreen
from mntui.ui.widgets.rows import Rows

NARROW_COLUMNS = 100
TALL_LINES = 34
LEAST_COLUMNS, LEAST_LINES = 60, 16
TOO_SMALL = (
    f"This terminal is too small: mntui needs {LEAST_COLUMNS} × {LEAST_LINES}, and 80 × 24 to be comfortable. "
    "Make it larger, or use mntui runs, mntui watch and mntui approvals. q leaves."
)
NOTE_SECONDS = 8.0
NOTE_LINES = 4


class Page(PanesScreen):
    """Subclasses give `body`, `crumbs`, `standing` and `look`."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_LINES, "-tall")]  # noqa: RUF012 - Textual's own name and form
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW_COLUMNS, "-wide")]  # noqa: RUF012 - Textual's own name and form
    AUTO_FOCUS = ""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.head = OneLine(id="head")
        self.banner = OneLine(id="banner")
        self.typed = AskLine(desk.given.clock)
        self.note = OneLine(id="note")
        self.keys_bar = OneLine(id="keys")
        self.small = OneLine(id="small")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.banner
        yield from self.body()
        yield self.typed
        yield self.note
        yield self.keys_bar
        yield self.small

    # What a screen says of itself

    def body(self) -> ComposeResult:
        yield from ()

    def first_pane(self) -> Pane:
        """The pane that has the keys at first."""
        raise NotImplementedError

    def crumbs(self) -> Sequence[str]:
        return (self.scope,)

    def standing(self, width: int) -> Line:
        """What stands at the right end of the head."""
        return fit((), width)

    def look(self) -> None:
        """Something on the desk changed: draw it."""
        self.draw_edges()

    # Edges

    def on_mount(self) -> None:
        self.open_pane(self.first_pane())
        self.look()

    def on_screen_resume(self, _: ScreenResume) -> None:
        self.desk.guard.show("", self.desk.given.clock())
        self.desk.guard.appeared(self.desk.given.clock())
        self.look()

    def on_resize(self, event: Resize) -> None:
        """Where there is too little room to read what one answers, there is only a sentence, and nothing to answer."""
        small = event.size.width < LEAST_COLUMNS or event.size.height < LEAST_LINES
        self.set_class(small, "-small")
        self.small.show(lambda width: list(paragraph(TOO_SMALL, max(width - 2, 8), "warn", indent=1)))
        self.call_after_refresh(self.look)

    def draw_edges(self) -> None:
        self.head.show(lambda w: [head(self.crumbs(), self.standing(w), w)])
        gone = self.desk.overview.gone
        told = f"! {gone}" if gone else self.desk.given.notice
        rows = list(paragraph(told, max(self.size.width - 2, 20), "", indent=1))[:NOTE_LINES] if told else []
        self.banner.set_class(bool(told), "-on")
        self.banner.set_class(not gone, "-notice")
        self.banner.styles.height = max(len(rows), 1)
        self.banner.show(lambda _: rows)
        self.keys_bar.show(lambda w: [keys_line(self.footer(), w)])
        self.tell_hidden()

    def footer(self) -> list[Key]:
        """The keys at the foot, the most useful first."""
        inside = (LIST,) if self.query(Rows) else ()
        return [key for key in of_scope(self.scope, *inside, "app") if key.footer]

    def say(self, text: str, style: str = "muted") -> None:
        """A sentence above the keys, for a while."""
        rows = list(paragraph(text, max(self.size.width - 2, 20), style, indent=1))[:NOTE_LINES]
        self.note.set_class(bool(text), "-on")
        self.note.styles.height = max(len(rows), 1)
        self.note.show(lambda _: rows)
        if text:
            self.set_timer(NOTE_SECONDS, lambda: self._forget(rows))

    def _forget(self, rows: list[Line]) -> None:
        if self.note.text == tuple(rows):
            self.say("")

    # The line and forms

    def on_ask_line_closed(self) -> None:
        opened = self.opened()
        if opened is not None:
            opened.main.focus()

    def ask_form(self, asked: Asked, done: Callable[[Mapping[str, str]], None]) -> None:
        def left(texts: Mapping[str, str] | None) -> None:
            if texts is not None:
                done(texts)

        self.app.push_screen(FormScreen(asked), left)

    def begin(self, work: Awaitable[None]) -> None:
        self.run_worker(work)
