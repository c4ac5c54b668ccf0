"""One run as it goes: its steps, what waits for a person, and everything about the step under the cursor."""

from collections.abc import Sequence
from functools import cache

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.worker import Worker

from mntui.core.messages import Waiting
from mntui.core.run import Ask, Run
from mntui.core.why import asks_in_order
from mntui.ui.desk import Desk
from mntui.ui.drawing.rails import RailsView, rows_of
from mntui.ui.drawing.table import rails_table
from mntui.ui.drawing.text import Line
from mntui.ui.going import Go
from mntui.ui.keys import Key, bindings, of_scope
from mntui.ui.live import Following, Seen
from mntui.ui.pages.asks import card_line, card_page, leads_to
from mntui.ui.pages.dead import WHEN_ENDED, dead_keys
from mntui.ui.pages.heads import run_standing
from mntui.ui.pages.items import item_names
from mntui.ui.pages.rails import rail_head, rail_rows
from mntui.ui.pages.trouble import at_work, can_be_opened, next_of, troubles, way_to
from mntui.ui.pages.write import line
from mntui.ui.screens.page import NARROW_COLUMNS
from mntui.ui.screens.reading import ReadingPage
from mntui.ui.widgets.chosen import CursorMoved, RowPicked
from mntui.ui.widgets.graph import Graph
from mntui.ui.widgets.lines import OneLine
from mntui.ui.widgets.pane import Pane
from mntui.ui.widgets.rows import Rows

EDGES = 2
"""The lines that the border of a pane takes."""


class RunScreen(ReadingPage):
    scope = "run"
    BINDINGS = bindings("run")

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, name)
        self.cursor = ""
        self._opened: frozenset[str] = frozenset()
        self.graph, self.steps, self.steps_head = Graph(id="graph"), Rows(id="steps"), OneLine(classes="heading")
        self.card_line = OneLine(id="card-line")
        self.graph_pane = Pane("graph", self.graph, id="pane-graph")
        self.steps_pane = Pane("steps", self.steps_head, self.steps, id="pane-steps")
        self.card_pane = Pane("waits", self.card, self.answer_keys, id="pane-card")
        self._following = Following(desk.engine, name, self._show, lambda told: self.say(told, "bad"))
        self._follower: Worker[None] | None = None

    def body(self) -> ComposeResult:
        left = Vertical(self.graph_pane, self.steps_pane, id="left", classes="box")
        right = Vertical(self.card_pane, self.step_pane, id="right", classes="box")
        yield Horizontal(left, right, classes="upper box")
        yield self.past_line
        yield self.card_line

    def on_mount(self) -> None:
        self.set_class(self.app.size.width < NARROW_COLUMNS, "-table")
        self.follow()

    def first_pane(self) -> Pane:
        return self.steps_pane if self.app.size.width < NARROW_COLUMNS else self.graph_pane

    def crumbs(self) -> Sequence[str]:
        return (self.seen.run.blueprint, self.run_name) if self.seen is not None else (self.run_name,)

    def standing(self, width: int) -> Line:
        if self.seen is None:
            return line(("opening …", "muted"))
        taken = len(self.run_name) + len(self.seen.run.blueprint) + 14
        return run_standing((self.shown or self.seen).run, self.shown_at(), width - taken)

    def footer(self) -> list[Key]:
        """Without keys that would be refused as things stand."""
        if self.seen is None:
            return super().footer()
        dead = dead_keys(self.seen.run, looks_back=self.looks_back)
        more = [key for key in of_scope("run") if key.id in WHEN_ENDED] if self.seen.run.ended else []
        return more + [key for key in super().footer() if key.id not in dead]

    # What comes

    def follow(self) -> None:
        if self._follower is None or self._follower.is_finished:
            self._follower = self.run_worker(self._following.follow())

    def _show(self, seen: Seen) -> None:
        is_over_now = bool(seen.run.ended) and (self.seen is None or not self.seen.run.ended)
        self.seen = seen
        if is_over_now:
            self.step_pane.choose("result")
        self.look()

    def look(self) -> None:
        self.draw_edges()
        self.draw_past()
        shown = self.shown
        if shown is None:
            return
        run, now = shown.run, self.shown_at()
        view = RailsView(self._opened, item_names(run, self._opened))
        self.graph.show(run.plan, run, self._opened)
        self.graph_pane.styles.height = self._graph_height()
        table = cache(lambda width: rails_table(run, now, width, view))
        self.steps.show(lambda w: rail_rows(table(w + 1)))
        self.steps_head.show(lambda _: [rail_head(table(max(self.steps.row_width + 1, 1)))])
        self._begin_at(run)
        self.redraw()

    def _begin_at(self, run: Run) -> None:
        """The cursor is first where somebody is needed, else where the run is, else at the first step."""
        if not self.cursor:
            self.cursor = next(iter([*troubles(run), *at_work(run), *run.nodes]), "").partition("[")[0]
            self.steps.go(self.cursor)
        self.graph.go(self.cursor)

    def redraw(self) -> None:
        shown = self.shown
        if shown is None:
            return
        self._draw_card([] if self.looks_back else list(asks_in_order(shown.run)))
        self.step_pane.show(shown, self.cursor, self.shown_at())

    def _graph_height(self) -> int | None:
        """Where graph and table stand one above the other, the graph takes what it needs, up to half; else all."""
        together = self.has_class("-wide") and self.has_class("-tall") and not self.has_class("-zoom")
        return min(self.graph.needs_lines + 2, self.size.height // 2) if together else None

    def _draw_card(self, asks: list[Ask]) -> None:
        item, now = self._item(asks), self.desk.given.now()
        self.set_class(item is not None, "-asks")
        self.card_pane.set_class(item is None, "-empty")
        draw = self.card.show_new if self.answering.see(item) else self.card.show
        edits, edited = self.answering.edits, self.edited_page()
        then = leads_to(self.seen.run.plan, item.ask.path) if self.seen is not None and item is not None else ()

        def page(width: int) -> list[Line]:
            return list(card_page(item, edits, now, width, then, edited)) if item is not None else []

        # The pane below is as wide, and stands there before the card does.
        width = self.step_pane.page.scrollable_content_region.width
        keys = self.draw_answer_keys(self.card, width)
        alone = self.has_class("-narrow") or self.has_class("-zoom")
        self.card_pane.styles.height = None if alone else len(page(width)) + keys + EDGES
        draw(page)
        self.card_line.show(lambda w: [card_line(asks, w)] if asks else [])
        if item is not None:
            more = f" (one of {len(asks)})" if len(asks) > 1 else ""
            self.card_pane.rename(f"◆ {item.ask.id} waits for you{more}")

    def _item(self, asks: list[Ask]) -> Waiting | None:
        """The item of the step under the cursor; else the one that is shown already; else the oldest."""
        if self.seen is None or not asks:
            return None
        run, cursor = self.seen.run, self.cursor
        here = [ask for ask in asks if ask.path == cursor or ask.path.startswith((f"{cursor}[", f"{cursor}/"))]
        shown = self.answering.item
        kept = [ask for ask in here or asks if shown is not None and ask.id == shown.ask.id]
        return Waiting(run.name, run.id, (kept or here or asks)[0])

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Graph and table have one cursor. What one of them said before it went on is no longer so: two such words
        would send the cursor to and fro for ever.
        """
        if event.key != (self.graph if event.place == self.graph.id else self.steps).cursor:
            return
        self.cursor = event.key
        self.graph.go(event.key)
        self.steps.go(event.key)
        self.redraw()

    def on_row_picked(self, event: RowPicked) -> None:
        if self.seen is not None and can_be_opened(self.seen.run, event.key):
            self._opened = self._opened ^ {event.key}
            self.look()
        else:
            self.open_pane(self.step_pane)

    # Keys

    def action_approve(self) -> None:
        """On a screen without room for the whole item, the key leads to where it is shown whole."""
        if self.answering.item is not None and not self.card.is_on_screen:
            self.post_message(Go("approvals", self.answering.item.ask.id))
        else:
            super().action_approve()

    def action_trouble(self, way: int) -> None:
        """The next step that failed or waits, opened where it is inside something."""
        found = troubles(self.seen.run) if self.seen is not None else []
        if self.seen is None or not found:
            self.say("Nothing failed, nothing waits.")
            return
        opened = self._opened.union(*map(way_to, found))
        order = [row.path for row in rows_of(self.seen.run, RailsView(opened)) if not row.folded]
        target = next_of(found, order, self.cursor, way)
        self._opened = self._opened | way_to(target)
        self.look()
        self.steps.go(target)

    def action_view(self) -> None:
        """Graph or table: the other one. On a high screen both are there, and the keys go to the other one."""
        to_table = not self.has_class("-table")
        self.set_class(to_table, "-table")
        self.open_pane(self.steps_pane if to_table else self.graph_pane)

    def action_filter(self) -> None:
        self.typed.search(self.steps.words, self.steps.filter)
