"""An app that knows how the names of styles look: its themes, and the letters of ASCII where the glyphs are missing."""

from collections.abc import Sequence

from textual.app import App
from textual.filter import LineFilter

from mntui.ui.paint import DARK, LIGHT, InAscii, Paint


class PaintedApp(App[int], inherit_bindings=False):
    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._paints: dict[str, Paint] = {}
        self._in_ascii = InAscii(enabled=ascii_only)
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name

    @property
    def paint(self) -> Paint:
        """The styles of the theme of now."""
        found = self._paints.get(self.theme)
        if found is None:
            found = self._paints[self.theme] = Paint(self.current_theme.to_color_system().generate())
        return found

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return [*filters, self._in_ascii] if self._in_ascii.enabled else filters
