"""The graph of a run, or of a blueprint that hasn't run: boxes and wires, a cursor that goes along them.

A layout is kept while plan, width and what is opened stay; of a run that goes on only the rows that changed are drawn.
"""

from typing import cast

from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mntui.core.plan import Plan
from mntui.core.run import Run
from mntui.ui.drawing import lines as drawn
from mntui.ui.drawing.fitting import View
from mntui.ui.drawing.layout import Layout, hit, lay_out
from mntui.ui.drawing.moves import Direction, neighbour
from mntui.ui.keys import GRAPH, bindings
from mntui.ui.widgets.chosen import CursorMoved, RowPicked
from mntui.ui.widgets.lines import paint_of

NOTHING = Layout(0, 0, {}, (), ())


class Graph(ScrollView, inherit_bindings=False):
    """`cursor` is the path of the selected step, or empty."""

    BINDINGS = bindings(GRAPH)
    DEFAULT_CSS = """
    Graph { scrollbar-size: 1 1; height: 1fr; padding: 0 1; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.cursor = ""
        self._plan: Plan | None = None
        self._run: Run | None = None
        self._view = View()
        self._layout = NOTHING
        self._laid_out_for: tuple[object, ...] = ()
        self._sight = drawn.see(NOTHING, None)

    @property
    def needs_lines(self) -> int:
        """How high it is, whole."""
        return self._layout.height

    def show(self, plan: Plan, run: Run | None, opened: frozenset[str] = frozenset()) -> None:
        self._plan, self._run, self._view = plan, run, View(opened)
        self._redraw()

    def go(self, path: str) -> None:
        """The cursor to a step, if it is drawn."""
        if path != self.cursor and path in self._layout.boxes:
            self.cursor = path
            self._redraw()
            self._into_view()

    def on_resize(self, _: Resize) -> None:
        self._redraw()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def on_click(self, event: Click) -> None:
        place = event.get_content_offset_capture(self) + self.scroll_offset
        found = hit(self._layout, round(place.x), round(place.y))
        if found is not None:
            self._choose(found)
            if event.chain > 1:
                self.action_open()

    def render_line(self, y: int) -> Strip:
        x, top = round(self.scroll_offset.x), round(self.scroll_offset.y)
        width = self.scrollable_content_region.width
        if top + y >= self._layout.height:
            return Strip.blank(width, self.rich_style)
        strip = paint_of(self).strip(drawn.line(self._sight, top + y, ascii_only=False))
        return (
            strip.adjust_cell_length(max(self._layout.width, x + width)).crop(x, x + width).apply_style(self.rich_style)
        )

    def action_go(self, direction: str) -> None:
        self._choose(neighbour(self._layout, self.cursor, cast("Direction", direction)))

    def action_open(self) -> None:
        if self.cursor:
            self.post_message(RowPicked(self.id or "", self.cursor))

    def _choose(self, path: str) -> None:
        if path and path != self.cursor:
            self.go(path)
            self.post_message(CursorMoved(self.id or "", path))

    def _redraw(self) -> None:
        width = self.scrollable_content_region.width
        if self._plan is None or width <= 0:
            return
        wanted = (id(self._plan), width, self._view.opened)
        if wanted != self._laid_out_for:
            self._laid_out_for = wanted
            self._layout = lay_out(self._plan, width, self._view)
            self.virtual_size = Size(self._layout.width, self._layout.height)
        if self.cursor not in self._layout.boxes:
            self.cursor = next(iter(self._layout.boxes), "")
        before, self._sight = self._sight, drawn.see(self._layout, self._run, self.cursor)
        top = round(self.scroll_offset.y)
        for y in drawn.changed_rows(before, self._sight):
            self.refresh(Region(0, y - top, self.size.width, 1))

    def _into_view(self) -> None:
        box = self._layout.boxes[self.cursor]
        region = Region(box.x, max(box.y - 1, 0), box.width, 3)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)
