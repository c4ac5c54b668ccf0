"""A blueprint as it was saved last: its steps, and what is wrong with it at its lines. Redrawn at every save."""

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from mntui.library.report import Notice, count_text
from mntui.library.trust import capabilities
from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.keys import bindings
from mntui.ui.pages.write import BLANK, fit, heading, line, paragraph
from mntui.ui.screens.editing import edit_blueprint
from mntui.ui.screens.page import Page
from mntui.ui.screens.starting import ask_inputs
from mntui.ui.shelf import Shelved
from mntui.ui.widgets.graph import Graph
from mntui.ui.widgets.lines import Lines
from mntui.ui.widgets.pane import Pane

NEVER_GOOD = "It has not been without problems since this was opened, so its steps can't be drawn."


class BlueprintScreen(Page):
    scope = "blueprint"
    BINDINGS = bindings("blueprint")

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk)
        self.blueprint = name
        self._was_ready = True
        self.graph, self.findings = Graph(id="graph"), Lines(id="findings")
        self.graph_pane = Pane("steps", self.graph, id="pane-graph")
        self.findings_pane = Pane("findings", self.findings, id="pane-findings")

    def body(self) -> ComposeResult:
        yield Horizontal(self.graph_pane, self.findings_pane, classes="upper box")

    def first_pane(self) -> Pane:
        each = self.desk.shelved(self.blueprint)
        return self.graph_pane if each is None or each.ready else self.findings_pane

    def crumbs(self) -> Sequence[str]:
        return ("blueprints", self.blueprint)

    def standing(self, width: int) -> Line:
        each = self.desk.shelved(self.blueprint)
        if each is None:
            return fit(line(("it is no longer there", "bad")), width)
        return fit(line((each.state, "good" if each.ready and each.trusted else "bad")), width)

    def look(self) -> None:
        self.draw_edges()
        each = self.desk.shelved(self.blueprint)
        if each is None:
            return
        if each.good is not None and each.good.plan is not None:
            self.graph.show(each.good.plan, None)
        self.findings.show(lambda width: list(findings_page(each, width)))
        self.findings_pane.rename(count_text(each.loaded.findings))
        if each.ready != self._was_ready and self.has_class("-narrow"):
            self.open_pane(self.graph_pane if each.ready else self.findings_pane)
        self._was_ready = each.ready

    # Keys

    def action_new_run(self) -> None:
        each = self.desk.shelved(self.blueprint)
        if each is not None:
            ask_inputs(self, each)

    def action_edit(self) -> None:
        edit_blueprint(self, self.desk.shelved(self.blueprint))


def findings_page(each: Shelved, width: int) -> Iterator[Line]:
    """Each finding at its line with a caret, then what the blueprint may do."""
    if not each.ready:
        told = "The steps are those of the last version without problems." if each.good is not None else NEVER_GOOD
        yield from paragraph(told, width, "warn")
        yield BLANK
    for notice in each.loaded.findings:
        yield from _notice(notice, width)
        yield BLANK
    if each.loaded.plan is not None:
        if not each.loaded.findings:
            yield line(("✓ no problems", "good"))
            yield BLANK
        yield heading("what it may do")
        for told in capabilities(each.loaded.plan, each.loaded.source) or ("nothing but asking models and people",):
            yield from paragraph(told, width, "muted", hang=2)


def _notice(notice: Notice, width: int) -> Iterator[Line]:
    style = "bad" if notice.severity == "problem" else "warn"
    place = notice.file.rpartition("/")[2]
    yield line((f"{notice.severity} ", style), (f"{place}:{notice.line}:{notice.column}", "muted"))
    yield from paragraph(notice.message, width, "value")
    if notice.source.strip():
        source, column = notice.source.expandtabs(1), notice.column
        start = max(0, column - width // 2) if column > width - 4 else 0
        yield line(("  " + source[start : start + width - 2], "muted"))
        yield line((" " * (column + 1 - start) + "^", style))
    yield from paragraph(notice.remedy, width, "key")
