"""Rows of styled text, and how many cells a text is wide.

A segment is a text and a style *name* ("succeeded", "edge-done", "running selected"): names say what something is, a
theme says how that looks; several names in one style are separated by a space, the last one laid over the others.
Deliberately absent: colours, and anything of the terminal.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

Segment = tuple[str, str]
Line = tuple[Segment, ...]

PLAIN: Final = ""
ELLIPSIS: Final = "…"
STYLES: Final = (
    *("pending", "running", "waiting", "paused", "succeeded", "failed", "skipped", "cancelled"),
    *("edge", "edge-done", "edge-live", "edge-off"),
    *(
        "count",
        "name",
        "time",
        "cost",
        "estimate",
        "axis",
        "fold",
        "spark",
        "faint",
        "over",
        "selected",
        "selected-edge",
    ),
)
"""Every name that a theme must know."""

_ODD: Final = re.compile("[^\u0000-\u02ff\u2010-\u2027\u2190-\u22ff\u2500-\u25ff\u2700-\u27bf]")
"""Letters that may take two cells or none."""

_ASCII: Final = str.maketrans(
    {
        **dict.fromkeys("─━┄╌╸╺╴╶▱", "-"),
        **dict.fromkeys("│┊", "|"),
        **dict.fromkeys("┼├┤┬┴╭╮╰╯", "+"),
        **dict.fromkeys("▰█", "#"),
        "▸": ">",
        "▐": "[",
        "▌": "]",
        "…": "~",
        "⋯": "~",
        "✗": "x",
        "—": "-",
        "≥": ">",
        "·": ".",
        "▏": "|",
        "◆": "?",
    }
)


def in_ascii(text: str) -> str:
    """The same drawing for terminals that lack the glyphs, or draw them twice as wide; names stay as they are."""
    return text.translate(_ASCII)


def cells(text: str) -> int:
    """How many cells a text takes: wide letters two, combining marks none."""
    if text.isascii() or not _ODD.search(text):
        return len(text)
    return sum(_cells_of(char) for char in text)


def _cells_of(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def cut(text: str, width: int) -> str:
    """At most `width` cells of a text, the last of them an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    return _head(text, width - 1) + ELLIPSIS if width > 0 else ""


def _head(text: str, width: int) -> str:
    taken = 0
    for position, char in enumerate(text):
        taken += _cells_of(char)
        if taken > width:
            return text[:position]
    return text


def left(text: str, width: int) -> str:
    """A text cut and filled to exactly `width` cells."""
    short = cut(text, width)
    return short + " " * (width - cells(short))


def right(text: str, width: int) -> str:
    short = cut(text, width)
    return " " * (width - cells(short)) + short


def joined(segments: Iterable[Segment]) -> Line:
    """The same line with neighbours of one style as one segment and nothing empty."""
    return tuple(_merged(segments))


def _merged(segments: Iterable[Segment]) -> Iterator[Segment]:
    held, held_style = "", PLAIN
    for text, style in segments:
        if not text:
            continue
        if style == held_style:
            held += text
            continue
        if held:
            yield held, held_style
        held, held_style = text, style
    if held:
        yield held, held_style


def plain(line: Line) -> str:
    return "".join(text for text, _ in line)
