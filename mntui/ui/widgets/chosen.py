"""What lists and graphs say: where the cursor is, and what was opened."""

from textual.message import Message


class CursorMoved(Message):
    """The cursor is on something else now, or what it was on was replaced. `place` is the widget's id."""

    def __init__(self, place: str, key: str) -> None:
        super().__init__()
        self.place = place
        self.key = key


class RowPicked(CursorMoved):
    """What the cursor is on was opened: enter, or a second click."""
