"""All that waits for a person: the queue, and the item under the cursor whole. Every answer goes through the guard."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from mntui.core.messages import Waiting
from mntui.core.words import span
from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.going import Go
from mntui.ui.keys import bindings
from mntui.ui.pages.asks import item_page, leads_to, name_of, queue_row
from mntui.ui.pages.write import fit, line
from mntui.ui.screens.answers import AnswersPage
from mntui.ui.widgets.chosen import CursorMoved, RowPicked
from mntui.ui.widgets.lines import Lines
from mntui.ui.widgets.pane import Pane
from mntui.ui.widgets.rows import Row, Rows


class ApprovalsScreen(AnswersPage):
    scope = "approvals"
    BINDINGS = bindings("approvals")

    def __init__(self, desk: Desk, first: str = "") -> None:
        super().__init__(desk)
        self._first = first
        self.queue, self.item = Rows(id="queue"), Lines(id="item")
        self.queue_pane = Pane("queue", self.queue, id="pane-queue")
        self.item_pane = Pane("item", self.item, self.answer_keys, id="pane-item")

    def body(self) -> ComposeResult:
        yield Horizontal(self.queue_pane, self.item_pane, classes="upper box")

    def on_mount(self) -> None:
        self.add_class("-two")

    def first_pane(self) -> Pane:
        return self.queue_pane

    def crumbs(self) -> Sequence[str]:
        return ("approvals",)

    def standing(self, width: int) -> Line:
        waiting = self.desk.overview.waiting
        if not waiting:
            return fit(line(("nothing waits for you", "muted")), width)
        oldest = span(self.desk.given.now() - waiting[0].ask.asked_at)
        marked = f"   ◼ {len(self.answering.marked)} marked" if self.answering.marked else ""
        count = f"◆ {len(waiting)} wait{'s' if len(waiting) == 1 else ''}"
        return fit(line((count, "waiting"), (f" · oldest {oldest}", "muted"), (marked, "mark")), width)

    def look(self) -> None:
        self.answering.still_waiting(self.desk.overview.waiting)
        self.queue.show(self._rows)
        if self._first and any(each.ask.id == self._first for each in self.desk.overview.waiting):
            self.queue.go(self._first)
            self._first = ""
        self.redraw()

    def redraw(self) -> None:
        self.draw_edges()
        item, now = self._item(), self.desk.given.now()
        self.queue.show(self._rows)
        draw = self.item.show_new if self.answering.see(item) else self.item.show
        edits, edited = self.answering.edits, self.edited_page()
        draw(
            lambda w: (
                list(item_page(item, edits, now, w, self._then(item), edited))
                if item
                else [line(("Nothing waits for you.", "muted"))]
            )
        )
        self.draw_answer_keys(self.item, self.item.scrollable_content_region.width)
        count = len(self.desk.overview.waiting)
        self.queue_pane.rename(f"queue ({count})" if count else "queue")
        self.item_pane.rename(item.ask.id if item else "item")

    def _rows(self, width: int) -> list[Row]:
        now, marked = self.desk.given.now(), self.answering.marked
        return [
            Row(each.ask.id, (*queue_row(each, name_of(each, {}) in marked, now, width), ()))
            for each in self.desk.overview.waiting
        ]

    def _item(self) -> Waiting | None:
        cursor = self.queue.cursor
        return next((each for each in self.desk.overview.waiting if each.ask.id == cursor), None)

    def _then(self, item: Waiting) -> tuple[str, ...]:
        """What it leads to, where the blueprint of its run is still at hand."""
        row = next((row for row in self.desk.overview.rows if row.run == item.run), None)
        each = self.desk.shelved(row.blueprint) if row is not None else None
        plan = each.good.plan if each is not None and each.good is not None else None
        return leads_to(plan, item.ask.path) if plan is not None else ()

    def seen_whole(self) -> bool:
        return self.item.was_read

    def on_cursor_moved(self, _: CursorMoved) -> None:
        self.redraw()

    def on_row_picked(self, _: RowPicked) -> None:
        """Enter only goes to the item, so that it can be read; it never answers."""
        self.open_pane(self.item_pane)

    # Keys

    def action_mark(self) -> None:
        self.answering.mark()

    def action_whole(self) -> None:
        """The item alone; what was edited in it is then shown as a diff."""
        self.open_pane(self.item_pane)
        self.as_diff = not self.has_class("-zoom")
        self.action_zoom()

    def action_read(self, pages: int) -> None:
        """Scroll the item without leaving the queue."""
        self.item.leap(pages)

    def action_open_run(self) -> None:
        item = self._item()
        if item is not None:
            self.post_message(Go("run", item.run))

    def action_filter(self) -> None:
        self.typed.search(self.queue.words, self.queue.filter)

    def action_copy(self) -> None:
        item = self._item()
        if item is not None:
            self.app.copy_to_clipboard(item.ask.id)
            self.say(f"Copied: {item.ask.id}")

    def step_back(self) -> bool:
        filtered = bool(self.queue.words)
        self.queue.filter("")
        return super().step_back() or filtered
