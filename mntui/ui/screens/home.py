"""Home: the blueprints, the runs, what waits for a person, and what was spent."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.editor import EditorProblem, edit_file, own_copy
from mntui.ui.going import Go
from mntui.ui.keys import bindings
from mntui.ui.pages import lists
from mntui.ui.pages.heads import waits_and_runs
from mntui.ui.pages.write import fit, paragraph
from mntui.ui.screens.page import Page
from mntui.ui.screens.starting import ask_inputs
from mntui.ui.shelf import Shelved
from mntui.ui.widgets.chosen import CursorMoved, RowPicked
from mntui.ui.widgets.lines import Lines, OneLine
from mntui.ui.widgets.pane import Pane
from mntui.ui.widgets.rows import Row, Rows


class HomeScreen(Page):
    scope = "home"
    BINDINGS = bindings("home")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
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
        seen, now = self.desk.overview, self.desk.given.now()
        today = lists.today_micros(seen.rows, now)
        return fit(waits_and_runs(len(seen.waiting), lists.running(seen.rows), today), width)

    def look(self) -> None:
        self.draw_edges()
        seen, now = self.desk.overview, self.desk.given.now()
        self.blueprints_head.show(lambda w: [lists.blueprint_head(w - 1)])
        self.blueprints.show(self._blueprint_rows)
        self.runs_head.show(lambda w: [lists.run_head(w - 1)])
        self.runs.show(lambda w: [Row(each.run, (lists.run_row(each, now, w),)) for each in seen.rows])
        self.waiting.show(lambda w: [Row(each.ask.id, (lists.waiting_row(each, now, w),)) for each in seen.waiting])
        self.spend.show(lambda w: lists.spend_page(seen.rows, now, w))
        self.four[1].rename(f"2 runs ({len(seen.rows)})" if seen.rows else "2 runs: none yet")
        waits = f"3 approvals ({len(seen.waiting)})" if seen.waiting else "3 approvals: nothing waits for you"
        self.four[2].rename(waits)
        self._draw_about()

    def _blueprint_rows(self, width: int) -> list[Row]:
        seen, now = self.desk.overview, self.desk.given.now()
        return [Row(each.name, (lists.blueprint_row(each, seen.rows, now, width),)) for each in self.desk.shelf]

    def _draw_about(self) -> None:
        each = self._blueprint()
        about = each.loaded.plan.about if each is not None and each.loaded.plan is not None else ""
        if each is not None and not each.ready:
            first = next(notice for notice in each.loaded.findings if notice.severity == "problem")
            about = f"{first.message} (line {first.line}). Press b to see all of it."
        self.about.show(lambda w: list(paragraph(about, w, "muted")))

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
        each = self._blueprint()
        if each is None:
            return
        try:
            edit_file(self.app, self.desk.given.editor, own_copy(each.found, self.desk.given.home))
        except EditorProblem as problem:
            self.say(str(problem), "bad")

    def action_doctor(self) -> None:
        self.post_message(Go("doctor"))

    def action_filter(self) -> None:
        rows = self._list()
        if rows is not None:
            self.typed.search(rows.words, rows.filter)

    def action_copy(self) -> None:
        rows = self._list()
        if rows is not None and rows.cursor:
            self.app.copy_to_clipboard(rows.cursor)
            self.say(f"Copied: {rows.cursor}")

    def _list(self) -> Rows | None:
        opened = self.opened()
        return opened.main if opened is not None and isinstance(opened.main, Rows) else None

    def step_back(self) -> bool:
        rows = self._list()
        filtered = rows is not None and bool(rows.words)
        if rows is not None and filtered:
            rows.filter("")
        return super().step_back() or filtered
