"""What this machine has and what is missing, each with what to do about it. Nothing is changed by looking."""

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult

from mntui.core.words import span
from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.given import Checked
from mntui.ui.keys import KEYS, bindings
from mntui.ui.pages.write import BLANK, line, paragraph
from mntui.ui.screens.page import Page
from mntui.ui.widgets.lines import Lines
from mntui.ui.widgets.pane import Pane

WIDE = 13


class DoctorScreen(Page):
    """Looks once when it is opened, and again at `r`."""

    scope = "doctor"
    BINDINGS = bindings("doctor")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.findings = Lines(id="doctor")
        self.pane = Pane("doctor", self.findings, id="pane-doctor")
        self._checked: Sequence[Checked] | None = None

    def body(self) -> ComposeResult:
        yield self.pane

    def first_pane(self) -> Pane:
        return self.pane

    def on_mount(self) -> None:
        self.action_again()

    def look(self) -> None:
        self.draw_edges()
        self.findings.show(lambda width: list(doctor_page(self.desk, self._checked, width)))

    def action_again(self) -> None:
        self._checked = None
        self.look()
        self.begin(self._check())

    async def _check(self) -> None:
        self._checked = await self.desk.given.checkup()
        self.look()


def doctor_page(desk: Desk, checked: Sequence[Checked] | None, width: int) -> Iterator[Line]:
    """One line a finding: a glyph, a word, what was found, and a remedy where it isn't well."""
    for each in [*own_findings(desk), *(checked or ())]:
        signs = {"ok": ("✓ ok", "good"), "note": ("! note", "warn"), "problem": ("✗ problem", "bad")}
        word, style = signs[each.status]
        first, *others = list(paragraph(each.said, max(width - 2 * WIDE, 20), "value"))
        yield (*line((f"{word:<{WIDE}}", style), (f"{each.id:<{WIDE}}", "muted")), *first)
        for other in others:
            yield ((" " * 2 * WIDE, ""), *other)
        if each.status != "ok" and each.remedy:
            yield from paragraph(each.remedy, width, "key", indent=2 * WIDE)
    if checked is None:
        yield BLANK
        yield line(("looking …", "muted"))


def own_findings(desk: Desk) -> Iterator[Checked]:
    """What the app itself knows."""
    seen, given = desk.overview, desk.given
    if seen.worker is None or seen.gone:
        yield Checked("answering", "problem", "the worker doesn't answer", seen.gone or "mntui worker status")
    else:
        up = span(given.now() - seen.worker.started_at)
        yield Checked("answering", "ok", f"the worker runs: version {seen.worker.version}, for {up}")
        for sentence in seen.worker.opening:
            yield Checked("journal", "note", sentence, "mntui db check")
    broken = [each.name for each in desk.shelf if not each.ready]
    said = f"{len(desk.shelf)} found" + (f", with problems: {', '.join(broken)}" if broken else "")
    yield Checked("blueprints", "note" if broken else "ok", said, "b on one of them shows its problems.")
    status, remedy = ("ok", "") if given.editor else ("note", "Set EDITOR, for example: export EDITOR=nano")
    yield Checked("editor", status, given.editor or "none is set", remedy)  # type: ignore[arg-type]  # one of the three
    ids = {key.id for key in KEYS}
    for name in given.keys:
        if name not in ids:
            yield Checked("keys", "problem", f"config.toml: there is no key {name}", "? shows the ids of all keys.")
