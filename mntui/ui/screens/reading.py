"""The reading part of a run's screen: what waits, the pages about its steps, and what it made."""

from pathlib import Path

from mntui.core.shown import glance
from mntui.ui.desk import Desk
from mntui.ui.editor import EditorProblem, open_path
from mntui.ui.screens.looking_back import LookingBackPage
from mntui.ui.screens.step_pane import StepPane
from mntui.ui.widgets.lines import Lines


class ReadingPage(LookingBackPage):
    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, name)
        self.card, self.step_pane = Lines(id="card"), StepPane(desk)

    def seen_whole(self) -> bool:
        return self.card.was_read

    def action_tab(self, name: str) -> None:
        self.step_pane.choose(name)
        self.open_pane(self.step_pane)

    def action_copy(self) -> None:
        """The page where the page has the keys, else the name of the run."""
        text = self.step_pane.text if self.opened() is self.step_pane else self.run_name
        self.app.copy_to_clipboard(text)
        self.say(f"Copied: {glance(text, 60)}")

    def action_open_output(self) -> None:
        """The first file that an output names, a document before others; else the folder."""
        if self.seen is None:
            return
        named, run = self.step_pane.outcome().outputs, self.seen.run
        try:
            open_path(self.app, self.desk.given, named[0] if named else Path(run.out or run.folder))
        except EditorProblem as problem:
            self.say(str(problem), "warn")

    def action_read(self, pages: int) -> None:
        """Scroll what waits, or the page, without leaving the list."""
        page = self.card if self.answering.item is not None and self.card.is_on_screen else self.step_pane.page
        page.leap(pages)
