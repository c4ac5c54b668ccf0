"""A list: rows of one or more lines, a cursor that stays on its row whatever comes and goes around it.

A row has a key that says what it is. It shows what it is handed, says where the cursor is and what was opened.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mntui.ui.drawing.text import Line, plain
from mntui.ui.keys import LIST, bindings
from mntui.ui.widgets.chosen import CursorMoved, RowPicked
from mntui.ui.widgets.lines import paint_of


class Row(NamedTuple):
    key: str
    lines: tuple[Line, ...]


DrawRows = Callable[[int], Sequence[Row]]
GUTTER = 2
"""Cells before each line: the cursor's mark."""


class DrawnRows(ScrollView, inherit_bindings=False):
    """Rows as they are drawn, and the place of the cursor among them."""

    DEFAULT_CSS = """
    DrawnRows { scrollbar-size-vertical: 1; height: 1fr; overflow-x: hidden; padding: 0 1 0 0; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self.words = ""
        self._draw: DrawRows = lambda _: ()
        self._rows: tuple[Row, ...] = ()
        self._places: list[tuple[int, int]] = []
        self._tops: list[int] = []
        self._at = 0
        self._wanted = ""
        self.marked: frozenset[str] = frozenset()
        self.lit = False

    @property
    def cursor(self) -> str:
        return self._rows[self._at].key if self._rows else ""

    @property
    def text(self) -> tuple[Line, ...]:
        return tuple(line for row in self._rows for line in row.lines)

    @property
    def row_width(self) -> int:
        """The cells of a row, without the cursor's mark."""
        return self.scrollable_content_region.width - GUTTER

    @property
    def shines(self) -> bool:
        return self.has_focus or self.lit

    def show(self, draw: DrawRows) -> None:
        """Show these rows; the cursor stays on its row, or at its place where the row has gone."""
        self._draw = draw
        self._redraw()

    def filter(self, words: str) -> None:
        """Show only rows that hold these words."""
        self.words = words.lower()
        self._redraw()

    def on_resize(self, _: Resize) -> None:
        self._redraw()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def watch_has_focus(self, _: bool) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        place = round(self.scroll_offset.y) + y
        if place >= len(self._places):
            return Strip.blank(width, self.rich_style)
        index, inner = self._places[place]
        here = index == self._at
        sign = "◼" if inner == 0 and self._rows[index].key in self.marked else " "
        mark = f"{'▸' if here and inner == 0 else sign}{sign if here else ' '}"
        line: Line = ((mark, "mark" if self.shines else "faint"), *self._rows[index].lines[inner])
        over_all = here and self.shines and bool(self._rows[index].lines[inner])
        strip = paint_of(self).strip(line, "selected" if over_all else "")
        over = paint_of(self).style("selected") if over_all else None
        return strip.adjust_cell_length(width, over).apply_style(self.rich_style)

    def _redraw(self) -> None:
        width = self.row_width
        if width <= 0:
            return
        before, cursor = self._rows, self.cursor
        drawn = self._draw(width)
        self.marked &= {row.key for row in drawn}
        self._rows = tuple(row for row in drawn if self.words in _words(row)) if self.words else tuple(drawn)
        self._places = [(index, y) for index, row in enumerate(self._rows) for y in range(len(row.lines))]
        self._tops = [place for place, (_, y) in enumerate(self._places) if y == 0]
        self._at = self._kept(cursor)
        size = Size(width + GUTTER, len(self._places))
        if size != self.virtual_size:
            self.virtual_size = size
            self.refresh()
        else:
            for index, row in enumerate(self._rows):
                if index >= len(before) or before[index] != row:
                    self._repaint(index)
        if self.cursor != cursor:
            self.refresh()
            self.post_message(CursorMoved(self.id or "", self.cursor))

    def _kept(self, cursor: str) -> int:
        """Where the cursor's row is now; at first, where somebody wanted to go before there were rows."""
        key = cursor or self._wanted
        place = next((index for index, row in enumerate(self._rows) if row.key == key), None)
        return max(min(self._at, len(self._rows) - 1), 0) if place is None else place

    def _repaint(self, index: int) -> None:
        if index < len(self._rows):
            top, lines = self._tops[index] - round(self.scroll_offset.y), len(self._rows[index].lines)
            if -lines < top < self.size.height:
                self.refresh(Region(0, top, self.size.width, lines))

    def _into_view(self) -> None:
        region = Region(0, self._tops[self._at], 1, len(self._rows[self._at].lines))
        self.scroll_to_region(region, animate=False, force=True, immediate=True)


class Rows(DrawnRows, inherit_bindings=False):
    """`cursor` is the key of the row under it, or empty where there are no rows; `marked` are keys of rows.

    `lit` where its cursor shines though another widget has the keys.
    """

    BINDINGS = bindings(LIST)

    def go(self, key: str) -> None:
        """The cursor to a row, if it is there; where nothing is drawn yet, as soon as it is."""
        self._wanted = key
        place = next((index for index, row in enumerate(self._rows) if row.key == key), None)
        if place is not None:
            self._move(place)

    def step(self, rows: int) -> None:
        """The cursor so many rows on."""
        self._move(self._at + rows)

    def on_click(self, event: Click) -> None:
        y = event.get_content_offset_capture(self).y + round(self.scroll_offset.y)
        if 0 <= y < len(self._places):
            self._move(self._places[y][0])
            if event.chain > 1:
                self.action_open()

    # Actions

    def action_open(self) -> None:
        if self._rows:
            self.post_message(RowPicked(self.id or "", self.cursor))

    def mark(self) -> None:
        """Mark the row, or take the mark away, and go on to the next."""
        self.marked = self.marked ^ {self.cursor} if self._rows else self.marked
        self._repaint(self._at)
        self._move(self._at + 1)

    def action_down(self) -> None:
        self._move(self._at + 1)

    def action_up(self) -> None:
        self._move(self._at - 1)

    def action_first(self) -> None:
        self._move(0)

    def action_last(self) -> None:
        self._move(len(self._rows) - 1)

    def action_leap(self, pages: int) -> None:
        self._move(self._at + pages * max(self.size.height - 1, 1))

    def _move(self, index: int) -> None:
        if not self._rows:
            return
        before, self._at = self._at, max(0, min(index, len(self._rows) - 1))
        if self._at != before:
            self._repaint(before)
            self._repaint(self._at)
            self.post_message(CursorMoved(self.id or "", self.cursor))
        self._into_view()


def _words(row: Row) -> str:
    return " ".join(plain(line) for line in row.lines).lower()
