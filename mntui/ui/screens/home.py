"""Home: the blueprints, the runs, what waits for a person, and what was spent."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.going import Go
from mntui.ui.keys import bindings
from mntui.ui.pages import lists
from mntui.ui.pages.arranged import KINDS, ORDERS, arranged, following
from mntui.ui.pages.heads import waits_and_runs
from mntui.ui.pages.write import fit
from mntui.ui.screens.editing import edit_blueprint
from mntui.ui.screens.ending import cancel_runs
from mntui.ui.screens.lists_page import ListsPage
from mntui.ui.screens.starting import ask_inputs
from mntui.ui.shelf import Shelved
from mntui.ui.spending import day_of
from mntui.ui.widgets.chosen import CursorMoved, RowPicked
from mntui.ui.widgets.lines import Lines, OneLine
from mntui.ui.widgets.pane import Pane
from mntui.ui.widgets.rows import Row, Rows

ABOUT_LINES = 7


class HomeScreen(ListsPage):
    scope = "home"
    BINDINGS = bindings("home")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.kind = "all"
        self.blueprints, self.blueprints_head = Rows(id="blueprints"), OneLine(classes="heading")
        self.runs, self.runs_head = Rows(id="runs"), OneLine(classes="heading")
        self.waiting, self.spend, self.about = Rows(id="waiting"), Lines(id="spend"), OneLine(id="about")
        self.four = (
            Pane("1 blueprints", self.blueprints_head, self.blueprints, self.about, id="pane-blueprints"),
            Pane("2 runs", self.runs_head, self.runs, id="pane-runs"),
            Pane("3 approvals", self.waiting, id="pane-approvals"),
            Pane("4 spend", self.spend, id="pane-spend"),
        )

    def body(self) -> ComposeResult:
        yield Horizontal(*self.four[:2], classes="upper box")
        yield Horizontal(*self.four[2:], classes="lower box")

    def first_pane(self) -> Pane:
        return self.four[0]

    def crumbs(self) -> Sequence[str]:
        return ("home",)

    def standing(self, width: int) -> Line:
        seen, today = self.desk.overview, day_of(self.desk.given.now())
        spent = self.desk.spending.days.get(today, 0)
        return fit(waits_and_runs(len(seen.waiting), lists.running(seen.rows), spent), width)

    def look(self) -> None:
        self.draw_edges()
        seen, now, memory = self.desk.overview, self.desk.given.now(), self.desk.memory
        rows = arranged(seen.rows, memory.word("runs.order", "newest"), self.kind)
        self.blueprints_head.show(lambda w: [lists.blueprint_head(w - 1)])
        self.blueprints.show(self._blueprint_rows)
        self.runs_head.show(lambda w: [lists.run_head(w - 1)])
        self.runs.show(lambda w: [Row(each.run, (lists.run_row(each, now, w),)) for each in rows])
        self.waiting.show(lambda w: [Row(each.ask.id, (lists.waiting_row(each, now, w),)) for each in seen.waiting])
        self.spend.show(lambda w: lists.spend_page(self.desk.spending, now, w, self.spend.size.height))
        self._name_panes(len(rows))
        self._draw_about()

    def _name_panes(self, shown: int) -> None:
        seen, order = self.desk.overview, self.desk.memory.word("runs.order", "newest")
        some = f"{shown} of {len(seen.rows)}" if shown < len(seen.rows) else f"{shown}"
        runs = f" ({some}) {self.kind}, {order} first" if seen.rows else ": none yet"
        waits = f" ({len(seen.waiting)})" if seen.waiting else ": nothing waits for you"
        opening = seen.worker is None
        self.four[1].rename(f"2 runs{': opening …' if opening else runs}")
        self.four[2].rename(f"3 approvals{'' if opening else waits}")

    def _blueprint_rows(self, width: int) -> list[Row]:
        seen, now = self.desk.overview, self.desk.given.now()
        return [Row(each.name, (lists.blueprint_row(each, seen.rows, now, width),)) for each in self.desk.shelf]

    def _draw_about(self) -> None:
        each, rows = self._blueprint(), self.desk.overview.rows
        told = list(lists.about_page(each, rows, max(self.about.size.width, 20)))
        self.about.styles.height = min(len(told), ABOUT_LINES)
        self.about.show(lambda w: list(lists.about_page(each, rows, w))[-ABOUT_LINES:])

    def on_cursor_moved(self, _: CursorMoved) -> None:
        self._draw_about()

    def on_row_picked(self, event: RowPicked) -> None:
        places = {"blueprints": "blueprint", "runs": "run", "waiting": "approvals"}
        place = places[event.place]
        assert place in {"blueprint", "run", "approvals"}
        self.post_message(Go(place, event.key))  # type: ignore[arg-type]  # one of the three, as asserted

    def _blueprint(self) -> Shelved | None:
        return self.desk.shelved(self.blueprints.cursor)

    # Keys

    def action_pane(self, number: int) -> None:
        self.open_pane(self.four[number - 1])

    def action_new_run(self) -> None:
        each = self._blueprint()
        if each is None:
            self.say("There is no blueprint under the cursor.")
        else:
            ask_inputs(self, each)

    def action_approvals(self) -> None:
        self.post_message(Go("approvals", self.waiting.cursor))

    def action_blueprint(self) -> None:
        each = self._blueprint()
        if each is not None:
            self.post_message(Go("blueprint", each.name))

    def action_edit(self) -> None:
        edit_blueprint(self, self._blueprint())

    def action_sort(self) -> None:
        memory = self.desk.memory
        memory.keep_word("runs.order", following(list(ORDERS), memory.word("runs.order", "newest")))
        self.look()

    def action_kind(self) -> None:
        self.kind = following(list(KINDS), self.kind)
        self.look()

    def action_cancel(self) -> None:
        """The marked runs, or the one under the cursor."""
        cancel_runs(self, sorted(self.runs.marked) or [name for name in [self.runs.cursor] if name])

    def action_scorecard(self) -> None:
        self.post_message(Go("scorecard"))

    def action_doctor(self) -> None:
        self.post_message(Go("doctor"))
