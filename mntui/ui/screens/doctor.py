"""What this machine has and what is missing, each with what to do about it. Nothing is changed by looking."""

import os
import shutil
from collections.abc import Iterator

from textual.app import ComposeResult

from mntui.core.words import span
from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.keys import bindings
from mntui.ui.pages.write import line, paragraph
from mntui.ui.screens.page import Page
from mntui.ui.widgets.lines import Lines
from mntui.ui.widgets.pane import Pane

LEAST_FREE_BYTES = 500_000_000


class DoctorScreen(Page):
    scope = "doctor"
    BINDINGS = bindings("doctor")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.findings = Lines(id="doctor")
        self.pane = Pane("doctor", self.findings, id="pane-doctor")

    def body(self) -> ComposeResult:
        yield self.pane

    def first_pane(self) -> Pane:
        return self.pane

    def look(self) -> None:
        self.draw_edges()
        self.findings.show(lambda width: list(doctor_page(self.desk, width)))


def doctor_page(desk: Desk, width: int) -> Iterator[Line]:
    """One line a finding: a glyph, a word, and a remedy where it isn't well."""
    for well, what, remedy in findings(desk):
        yield line(("✓ well   ", "good") if well else ("✗ not so ", "bad"), (what, "value"))
        if not well and remedy:
            yield from paragraph(remedy, width, "muted", indent=9)


def findings(desk: Desk) -> Iterator[tuple[bool, str, str]]:
    seen, given = desk.overview, desk.given
    if seen.worker is None or seen.gone:
        yield False, "the worker doesn't answer", seen.gone or "mntui worker status"
    else:
        up = span(given.now() - seen.worker.started_at)
        yield True, f"the worker runs: version {seen.worker.version}, process {seen.worker.pid}, for {up}", ""
        for sentence in seen.worker.opening:
            yield False, f"the journal: {sentence}", "mntui db check"
    yield os.access(given.home, os.W_OK), f"the home {given.home} can be written", "Set MNTUI_HOME to another folder."
    free = shutil.disk_usage(given.home if given.home.exists() else given.cwd).free
    yield (
        free > LEAST_FREE_BYTES,
        f"{free / 1e9:.1f} GB free on its disk",
        "Make room: runs stop when the disk is full.",
    )
    broken = [each.name for each in desk.shelf if not each.ready]
    yield (
        bool(desk.shelf),
        f"{len(desk.shelf)} blueprints found",
        "mntui blueprint list says where they are looked for.",
    )
    yield not broken, f"blueprints with problems: {', '.join(broken) or 'none'}", "Press b on one to see its problems."
    yield bool(given.editor), f"an editor: {given.editor or 'none'}", "Set EDITOR, for example: export EDITOR=nano"
    encoding = given.environment.get("LC_ALL") or given.environment.get("LC_CTYPE") or given.environment.get("LANG", "")
    utf = "utf" in encoding.lower() or given.ascii
    yield utf, f"the terminal's letters: {encoding or 'unknown'}", "Set LANG to a UTF-8 locale, or MNTUI_ASCII=1."
