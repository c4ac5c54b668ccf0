"""A screen of lists: filtering, marking and copying are about the list that has the keys."""

from mntui.ui.screens.page import Page
from mntui.ui.widgets.rows import Rows


class ListsPage(Page):
    def action_mark(self) -> None:
        rows = self._list()
        if rows is not None:
            rows.mark()

    def action_filter(self) -> None:
        rows = self._list()
        if rows is not None:
            self.typed.search(rows.words, rows.filter)

    def action_copy(self) -> None:
        rows = self._list()
        names = " ".join(sorted(rows.marked) or [rows.cursor]) if rows is not None else ""
        if names:
            self.app.copy_to_clipboard(names)
            self.say(f"Copied: {names}")

    def _list(self) -> Rows | None:
        opened = self.opened()
        return opened.main if opened is not None and isinstance(opened.main, Rows) else None

    def step_back(self) -> bool:
        rows = self._list()
        filtered = rows is not None and bool(rows.words)
        if rows is not None and filtered:
            rows.filter("")
        return super().step_back() or filtered
