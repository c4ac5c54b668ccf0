"""Lines of styled text that scroll: a page to be read, or one line at the edge of the screen.

What is shown is a function from a width to lines, so a page wraps itself anew when the terminal changes its size. Only
rows that changed are drawn again.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, cast

from textual.events import Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from mntui.ui.drawing.text import Line
from mntui.ui.keys import PAGE, bindings
from mntui.ui.paint import Paint

Draw = Callable[[int], Sequence[Line]]


class Painted(Protocol):
    """An app that knows the styles of its theme."""

    paint: Paint


def paint_of(widget: Widget) -> Paint:
    return cast("Painted", widget.app).paint


class Lines(ScrollView, inherit_bindings=False):
    """A page. `to_end` is whether its last line has been on the screen since it was shown, `more` whether there are
    lines below those that are seen.
    """

    class Moved(Message):
        """`more` has changed."""

    BINDINGS = bindings(PAGE)
    DEFAULT_CSS = """
    Lines { scrollbar-size-vertical: 1; scrollbar-gutter: stable; height: 1fr; overflow-x: hidden; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None, can_focus: bool = True) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self.can_focus = can_focus
        self.to_end = False
        self.more = False
        self._draw: Draw = lambda _: ()
        self._lines: tuple[Line, ...] = ()
        self._follows = False

    @property
    def text(self) -> tuple[Line, ...]:
        """The lines as they stand now."""
        return self._lines

    @property
    def was_read(self) -> bool:
        """Whether all of it was before the person's eyes: to its last line, and no row beyond the screen's edge."""
        return self.to_end and self.is_on_screen and self.screen.region.contains_region(self.region)

    def show(self, draw: Draw) -> None:
        """Show this instead; the place in it stays, as well as it can."""
        self._draw = draw
        self._redraw()

    def show_new(self, draw: Draw) -> None:
        """Show something else, from its beginning."""
        self.scroll_to(y=0, animate=False, immediate=True)
        self.show(draw)
        self.to_end = False

    def leap(self, pages: int) -> None:
        """Scroll by almost a page, for whoever has the keys elsewhere."""
        self.scroll_relative(y=pages * max(self.size.height - 1, 1), animate=False, immediate=True)

    def on_resize(self, _: Resize) -> None:
        self._redraw()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._note_end()

    def render_line(self, y: int) -> Strip:
        index = round(self.scroll_offset.y) + y
        width = self.scrollable_content_region.width
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        strip = paint_of(self).strip(self._lines[index])
        return strip.adjust_cell_length(width).apply_style(self.rich_style)

    def _redraw(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        before, self._lines = self._lines, tuple(self._draw(width))
        size = Size(width, len(self._lines))
        if size != self.virtual_size:
            self.virtual_size = size
        top = round(self.scroll_offset.y)
        for y in _changed(before, self._lines):
            if top <= y < top + self.size.height:
                self.refresh(Region(0, y - top, self.size.width, 1))
        self.call_after_refresh(self._note_end)

    def _note_end(self) -> None:
        height = self.scrollable_content_region.height
        if not height:
            return
        before, self.more = self.more, self.scroll_offset.y + height < len(self._lines)
        self.to_end = self.to_end or not self.more
        if self.more != before:
            self.post_message(self.Moved())


def _changed(before: Sequence[Line], after: Sequence[Line]) -> list[int]:
    longest = max(len(before), len(after))
    return [y for y in range(longest) if y >= len(before) or y >= len(after) or before[y] != after[y]]


class OneLine(Widget):
    """A line at the edge of the screen, or a few; it takes no focus and doesn't scroll."""

    DEFAULT_CSS = "OneLine { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self._draw: Draw = lambda _: ()
        self._drawn: tuple[Line, ...] = ()

    @property
    def text(self) -> tuple[Line, ...]:
        """The lines as they stand now."""
        return self._drawn

    def show(self, draw: Draw) -> None:
        self._draw = draw
        self._redraw()

    def on_resize(self, _: Resize) -> None:
        self._redraw()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def _redraw(self) -> None:
        before, self._drawn = self._drawn, tuple(self._draw(self.size.width)) if self.size.width else ()
        if self._drawn != before:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, drawn = self.size.width, self._drawn
        line = drawn[y] if y < len(drawn) else ()
        return paint_of(self).strip(line).adjust_cell_length(width).apply_style(self.rich_style)
