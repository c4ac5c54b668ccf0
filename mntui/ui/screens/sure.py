"""Asks once more before something that can't be undone: `y`, on purpose, or anything else leaves it."""

from textual.app import ComposeResult
from textual.containers import Vertical

from mntui.ui.alone import when_settled
from mntui.ui.desk import Desk
from mntui.ui.keys import SURE, bindings, of_scope
from mntui.ui.pages.edges import keys_line
from mntui.ui.pages.write import line, paragraph
from mntui.ui.screens.modal import Modal
from mntui.ui.widgets.lines import OneLine

SURE_COLUMNS = 56


class SureScreen(Modal[bool], inherit_bindings=False):
    """Gives True for a `y` that came alone, half a second after this appeared."""

    BINDINGS = bindings(SURE)

    def __init__(self, desk: Desk, question: str) -> None:
        super().__init__()
        self.desk = desk
        self.question = question
        self.asked, self.note, self.keys_bar = OneLine(id="question"), OneLine(id="note"), OneLine(id="keys")

    def compose(self) -> ComposeResult:
        yield Vertical(self.asked, self.note, self.keys_bar, id="sure")

    def on_mount(self) -> None:
        self.desk.guard.show(f"sure {self.question}", self.desk.given.clock())
        self.asked.styles.height = len(list(paragraph(self.question, SURE_COLUMNS))) + 1
        self.asked.show(lambda width: list(paragraph(self.question, width, "title")))
        self.keys_bar.show(lambda width: [keys_line(of_scope(SURE), width)])

    def action_yes(self) -> None:
        deaf = self.desk.guard.deaf(self.desk.given.clock())
        if deaf:
            self.note.show(lambda _: [line((deaf, "warn"))])
            return
        keys = self.desk.guard.keys
        when_settled(self, lambda: self._if_alone(keys))

    def action_no(self) -> None:
        self.dismiss(False)

    def _if_alone(self, keys: int) -> None:
        if self.desk.guard.keys == keys:
            self.dismiss(True)
