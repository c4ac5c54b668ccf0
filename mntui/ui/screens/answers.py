"""A screen on which something that waits can be answered: the keys, each of which only tells the answering."""

from collections.abc import Callable, Mapping

from textual.widgets import Input, TextArea

from mntui.ui.alone import when_settled
from mntui.ui.answering import Answering
from mntui.ui.desk import Desk
from mntui.ui.editor import EditorProblem, edit_texts
from mntui.ui.pages.asks import EditedPage, as_diff, as_values, keys_lines
from mntui.ui.screens.page import Page
from mntui.ui.widgets.ask_line import Taken
from mntui.ui.widgets.lines import Lines, OneLine

LEAST_WIDTH = 30


class AnswersPage(Page):
    """Subclasses say what is shown (`redraw` hands it to `answering.see`) and whether it was shown whole."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.answering = Answering(desk, self)
        self.answer_keys = OneLine(classes="answer-keys")
        self.as_diff = False

    def redraw(self) -> None:
        """Draw the item anew; what is drawn is what may be answered."""

    def draw_answer_keys(self, page: Lines, width: int) -> int:
        """The keys that answer, below the page that shows the item: always in sight, however long it is. How many
        lines they take.
        """
        item, edits, more = self.answering.item, self.answering.edits, page.more
        rows = keys_lines(item.ask, edits, max(width, LEAST_WIDTH), more=more) if item is not None else []
        self.answer_keys.styles.height = max(len(rows), 1)
        self.answer_keys.show(lambda _: rows)
        return max(len(rows), 1)

    def edited_page(self) -> EditedPage:
        return as_diff if self.as_diff else as_values

    def on_lines_moved(self) -> None:
        self.redraw()

    def seen_whole(self) -> bool:
        return False

    def ask_line(self, asked: str, take: Taken) -> None:
        self.typed.open(asked, take)

    def close_line(self) -> None:
        self.typed.close()

    def typing(self) -> bool:
        return isinstance(self.app.focused, Input | TextArea) or self.app.screen is not self

    def settled(self, then: Callable[[], None]) -> None:
        when_settled(self, then)

    # Keys

    def action_approve(self) -> None:
        self.answering.approve()

    def action_reject(self) -> None:
        self.answering.reject()

    def action_edit(self) -> None:
        self.answering.edit()

    def action_diff(self) -> None:
        """Another look at the same item: whoever approves has read it to its end in one of both."""
        self.as_diff = not self.as_diff
        self.redraw()

    def action_editor(self) -> None:
        self.answering.editor(self._in_editor)

    def _in_editor(self, texts: Mapping[str, str]) -> Mapping[str, str] | None:
        try:
            return edit_texts(self.app, self.desk.given.editor, texts)
        except EditorProblem as problem:
            self.say(str(problem), "bad")
            return None
        finally:
            self.desk.guard.appeared(self.desk.given.clock())
