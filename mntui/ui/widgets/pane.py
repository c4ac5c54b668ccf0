"""A box with a title. On a narrow screen, or when zoomed, only the open pane of a screen is shown."""

from collections.abc import Sequence

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
        self._others: Sequence[str] = ()
        self.main = next(child for child in children if child.can_focus)
        self.rename(title)

    @property
    def title(self) -> str:
        return self._title

    def rename(self, title: str) -> None:
        if title != self._title:
            self._title = title
            self._draw_title()

    def beside(self, others: Sequence[str]) -> None:
        """The titles of panes that this one hides."""
        if others != self._others:
            self._others = others
            self._draw_title()

    def _draw_title(self) -> None:
        others = "".join(f"   [not b dim]{_bare(other)}[/]" for other in self._others)
        self.border_title = f"[b]{_bare(self._title)}[/]{others}" if others else _bare(self._title)


def _bare(title: str) -> str:
    """A title may hold a path such as `each[3]`, which mustn't be taken for markup."""
    return title.replace("[", r"\[")
