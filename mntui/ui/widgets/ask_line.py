"""One line to type in, at the foot of a pane: a reason, an amount, a typed `y`, words to filter by.

It is about one thing, which was on the screen when it opened. Enter hands the text over once the line has been open for
half a second; until then, and on Escape, nothing comes of it. What is asked is above the line, in words.
"""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.message import Message
from textual.widgets import Input

from mntui.ui.drawing.text import Line
from mntui.ui.guard import DEAD_SECONDS
from mntui.ui.keys import LINE, bindings
from mntui.ui.pages.write import paragraph
from mntui.ui.widgets.lines import OneLine

PADDING, LEAST_COLUMNS = 2, 20
Taken = Callable[[str], str | None]
"""What to do with the text. A sentence that comes back says why it can't be, and the line stays open."""


class TypedInput(Input):
    BINDINGS = bindings(LINE)

    class Dropped(Message):
        pass

    def action_drop(self) -> None:
        self.post_message(self.Dropped())


class AskLine(Vertical):
    """Closed until `open`. `clock` gives seconds that only go forward."""

    DEFAULT_CSS = """
    AskLine { height: auto; display: none; padding: 0 1; }
    AskLine.-open { display: block; }
    AskLine Input { border: none; height: 1; padding: 0; background: $panel; }
    """

    class Closed(Message):
        """The line is gone; the screen has the keys again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._opened_at = 0.0
        self._take: Taken | None = None
        self._changed: Callable[[str], None] | None = None
        self._asked = ""
        self._note = ""

    def compose(self) -> ComposeResult:
        yield OneLine()
        yield TypedInput(compact=True)

    @property
    def is_open(self) -> bool:
        return self._take is not None

    def open(self, asked: str, take: Taken) -> None:
        """Ask for a text that decides something."""
        self._show(asked, take, None, "")
        self._opened_at = self._clock()

    def search(self, words: str, changed: Callable[[str], None]) -> None:
        """Ask for words to filter by: `changed` hears them as they are typed. Nothing is decided, nothing is dead."""
        self._show("/ show only what holds:", lambda _: None, changed, words)
        self._opened_at = float("-inf")

    def _show(self, asked: str, take: Taken, changed: Callable[[str], None] | None, text: str) -> None:
        self._take, self._changed = take, changed
        self._asked = asked
        self._say("")
        self.add_class("-open")
        field = self.query_one(TypedInput)
        field.value = text
        field.focus()

    def close(self) -> None:
        if self._take is not None:
            self._take = self._changed = None
            self.remove_class("-open")
            self.post_message(self.Closed())

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._changed is not None:
            self._changed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._take is None:
            return
        if self._clock() - self._opened_at < DEAD_SECONDS:
            self._say("That was too fast: press Enter again.")
            return
        wrong = self._take(event.value)
        if wrong:
            self._say(wrong)
        else:
            self.close()

    def on_typed_input_dropped(self, event: TypedInput.Dropped) -> None:
        event.stop()
        if self._changed is not None:
            self._changed("")
        self.close()

    def on_resize(self, _: Resize) -> None:
        self._say(self._note)

    def _say(self, note: str) -> None:
        """What is asked, and on lines of its own what is wrong: nothing of either is cut."""
        self._note = note
        asked, width = self.query_one(OneLine), max(self.screen.size.width - PADDING, LEAST_COLUMNS)
        rows: list[Line] = [*paragraph(self._asked, width, "ask"), *(paragraph(note, width, "bad") if note else ())]
        asked.styles.height = len(rows)
        asked.show(lambda _: rows)
