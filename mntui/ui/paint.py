"""From names of styles to colours: the one place where a name such as "succeeded" gets its look, by the theme.

Two themes of our own; any of Textual's may be used, since only the colours that each theme has are asked for. Terminals
without the glyphs get letters instead, over the whole screen at once.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rich.segment import Segment as RichSegment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip
from textual.theme import Theme

from mntui.core.frozen import frozen
from mntui.core.words import LOOKS
from mntui.ui.drawing.text import Line, in_ascii


@frozen
class Tone:
    """`colour` names a colour of the theme; `share` of it is mixed into the background (1.0: the colour itself)."""

    colour: str = ""
    share: float = 1.0
    bold: bool = False
    back: str = ""
    back_share: float = 0.0


DIM: Final = Tone("foreground", 0.5)
TONES: Final[Mapping[str, Tone]] = MappingProxyType(
    {
        "pending": DIM,
        "running": Tone("warning", bold=True),
        "waiting": Tone("accent", bold=True),
        "paused": Tone("primary"),
        "succeeded": Tone("success"),
        "failed": Tone("error", bold=True),
        "skipped": DIM,
        "cancelled": DIM,
        "edge": Tone("foreground", 0.28),
        "edge-done": Tone("success", 0.5),
        "edge-live": Tone("warning", 0.6),
        "edge-off": Tone("foreground", 0.18),
        "count": DIM,
        "name": Tone("foreground"),
        "time": Tone("foreground", 0.65),
        "cost": Tone("warning", 0.8),
        "estimate": Tone("warning", 0.5),
        "axis": Tone("foreground", 0.4),
        "fold": Tone("foreground", 0.4),
        "spark": Tone("primary"),
        "faint": Tone("foreground", 0.35),
        "over": Tone("error", bold=True),
        "selected": Tone(back="foreground", back_share=0.12),
        "selected-edge": Tone("foreground", 0.12),
        "title": Tone("foreground", bold=True),
        "muted": Tone("foreground", 0.6),
        "key": Tone("primary", bold=True),
        "good": Tone("success"),
        "bad": Tone("error"),
        "warn": Tone("warning"),
        "ask": Tone("accent", bold=True),
        "money": Tone("warning", 0.85),
        "value": Tone("foreground"),
        "head": Tone("foreground", 0.45),
        "mark": Tone("accent", bold=True),
        "edited": Tone("warning", bold=True),
    }
)

DARK: Final = Theme(
    name="mntui-dark",
    primary="#89b4fa",
    secondary="#94e2d5",
    accent="#cba6f7",
    warning="#f9e2af",
    error="#f38ba8",
    success="#a6e3a1",
    foreground="#cdd6f4",
    background="#1e1e2e",
    surface="#1e1e2e",
    panel="#181825",
    dark=True,
)
LIGHT: Final = Theme(
    name="mntui-light",
    primary="#1e66f5",
    secondary="#179299",
    accent="#8839ef",
    warning="#a05a00",
    error="#d20f39",
    success="#2f7d1e",
    foreground="#3c3f52",
    background="#f5f5f8",
    surface="#f5f5f8",
    panel="#e6e9ef",
    dark=False,
)


class Paint:
    """The styles of one theme, each worked out once. `colours` are the theme's CSS variables."""

    def __init__(self, colours: Mapping[str, str]) -> None:
        self._colours = colours
        self._background = Color.parse(colours["background"])
        self._known: dict[str, Style] = {"": Style()}

    def style(self, names: str) -> Style:
        found = self._known.get(names)
        if found is None:
            found = self._known[names] = Style.combine(self._one(name) for name in names.split())
        return found

    def strip(self, line: Line, over: str = "") -> Strip:
        """A line as it is shown; `over` is laid over all of it."""
        top = self.style(over)
        return Strip([RichSegment(text, self.style(style) + top) for text, style in line])

    def _one(self, name: str) -> Style:
        tone = TONES[name]
        front = self._mixed(tone.colour, tone.share) if tone.colour else None
        back = self._mixed(tone.back, tone.back_share) if tone.back else None
        return Style(color=front, bgcolor=back, bold=tone.bold or None)

    def _mixed(self, colour: str, share: float) -> str:
        return self._background.blend(Color.parse(self._colours[colour]), share).hex6


class InAscii(LineFilter):
    """Draws everything, borders and scroll bars too, with the letters of ASCII; words keep theirs."""

    def apply(self, segments: list[RichSegment], background: Color) -> list[RichSegment]:  # noqa: ARG002 - Textual's
        return [RichSegment(in_letters(text), style, control) for text, style, control in segments]


_LETTERS: Final = str.maketrans(
    {
        **{look.glyph: look.ascii for look in LOOKS.values()},
        **dict.fromkeys("▁▂▃▄▅▆▇█▉▊▋▍▎▔▕▖▗▘▝▀■", "#"),
        **dict.fromkeys("═║╔╗╚╝╠╣╦╩╬╪╫┏┓┗┛┃━┌┐└┘╎╌", "+"),
        "›": ">",
        "→": ">",
        "←": "<",
        "↑": "^",
        "↓": "v",
        "⏎": "<",
        "⇧": "^",
        "✎": "*",
        "●": "*",
        "⟳": "@",
        "◂": "<",
        "◌": ".",
        "“": '"',
        "”": '"',
        "’": "'",
        "–": "-",
        "•": "*",
        "≡": "=",
        "¶": "|",
        "⋮": ":",
        "▲": "^",
        "▼": "v",
        "⊘": "/",
    }
)


def in_letters(text: str) -> str:
    return text if text.isascii() else in_ascii(text).translate(_LETTERS)
