"""A box with a title. On a narrow screen, or when zoomed, only the open pane of a screen is shown."""

from textual.containers import Vertical
from textual.widget import Widget


class Pane(Vertical):
    """`main` is the widget that takes the keys: the first of its children that can."""

    DEFAULT_CSS = """
    Pane { border: round $foreground 25%; border-title-color: $foreground 60%; }
    Pane:focus-within { border: round $primary 70%; border-title-color: $primary; }
    """

    def __init__(self, title: str, *children: Widget, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(*children, id=id)
        self._title = ""
        self.main = next(child for child in children if child.can_focus)
        self.rename(title)

    def rename(self, title: str) -> None:
        """A title may hold a path such as `each[3]`, which mustn't be taken for markup."""
        if title != self._title:
            self._title = title
            self.border_title = title.replace("[", r"\[")
