"""How a page is written: words in a line, paragraphs at a width, headings, names with values, times, states.

Lines are those of `drawing.text`: texts with the names of styles. A state is always a glyph and a word.
"""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from mntui.core.shown import harmless
from mntui.core.words import LOOKS, instant, span
from mntui.ui.drawing.text import Line, Segment, cells, cut, joined, left, right

BLANK: Final[Line] = ()
LONGEST_NAME: Final = 20
STYLES: Final = ("title", "muted", "key", "good", "bad", "warn", "ask", "money", "value", "head", "mark", "edited")
"""The names of styles that pages use beside those of the drawings."""


def line(*parts: str | Segment) -> Line:
    """Parts side by side, made harmless; a line end in one is a space."""
    return joined((_flat(part), "") if isinstance(part, str) else (_flat(part[0]), part[1]) for part in parts)


def _flat(text: str) -> str:
    return harmless(text).replace("\n", " ")


def paragraph(text: str, width: int, style: str = "", indent: int = 0, hang: int = 0) -> Iterator[Line]:
    """A text wrapped at a width, its own line ends kept; what follows the first line is moved in by `hang` more."""
    for number, row in enumerate(wrapped(text, max(width - indent - hang, 8))):
        margin = " " * (indent + (hang if number else 0))
        yield ((margin, ""), (row, style)) if row else BLANK


def wrapped(text: str, width: int) -> list[str]:
    """Rows of at most `width` cells. Words stay whole where they fit; leading spaces are kept. Nothing is left out."""
    rows: list[str] = []
    for own in harmless(text).split("\n"):
        rows.extend(_wrapped_line(own.rstrip(), width))
    return rows


def _wrapped_line(text: str, width: int) -> list[str]:
    if cells(text) <= width:
        return [text]
    if text.isascii():
        lead = text[: len(text) - len(text.lstrip())]
        lead = lead if len(lead) < width // 2 else ""
        return textwrap.wrap(text, width, subsequent_indent=lead, break_on_hyphens=False, drop_whitespace=True) or [
            text
        ]
    return _wrapped_wide(text, width)


def _wrapped_wide(text: str, width: int) -> list[str]:
    """Text with wide letters: a row is full by its cells, and broken after its last space where it has one."""
    rows, row, taken = [], "", 0
    for char in text:
        size = cells(char)
        if taken + size > width:
            head, space, tail = row.rpartition(" ")
            kept, row = (head, tail) if space and head.strip() else (row, "")
            rows.append(kept)
            taken = cells(row)
        row += char
        taken += size
    return [*rows, row]


def heading(text: str, note: str = "") -> Line:
    return line((text, "title"), ("  " + note if note else "", "muted"))


def named(pairs: Iterable[tuple[str, str]], width: int, style: str = "") -> Iterator[Line]:
    """Names and their values, one below the other; long values are wrapped, and stand below their name if it is long
    or they have line ends.
    """
    held = [(harmless(name), value) for name, value in pairs]
    longest = min(LONGEST_NAME, max(width // 2 - 2, 1))
    wide = min(max((cells(name) for name, _ in held), default=0), longest) + 2
    for name, value in held:
        if "\n" in value or cells(name) > longest:
            yield from paragraph(name, width, "muted")
            yield from paragraph(value, width, style, indent=2)
            continue
        room = max(width - wide, 1)
        first, *others = wrapped(value, room)
        yield line((left(name, wide), "muted"), (first, style))
        yield from (line((" " * wide, ""), (other, style)) for other in others)


def state(status: str, word: str = "") -> Segment:
    """`✓ succeeded`."""
    look = LOOKS[status]
    return f"{look.glyph} {word or look.word}", status


def sign(status: str) -> Segment:
    return LOOKS[status].glyph, status


def clock(at: int) -> str:
    """An instant in the person's own zone: today's by its time alone would lie at midnight, so always with the day."""
    return instant(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(at: int, now: int) -> str:
    """`8m ago` in one short word: `now`, `41s`, `8m`, `3h`, `2d`."""
    seconds = max(now - at, 0) // 1_000_000
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds >= 5 else "now"


def until(at: int, now: int) -> str:
    return f"in {span(at - now)}" if at > now else "now"


def row(cells_: Iterable[tuple[str, int, str]], *, gap: int = 1) -> Line:
    """Cells of a table: text, width (negative: to the right), style. A width of 0 takes the text as it is."""
    parts: list[Segment] = []
    for number, (text, width, style) in enumerate(cells_):
        if number:
            parts.append((" " * gap, ""))
        flat = _flat(text)
        parts.append((flat if not width else left(flat, width) if width > 0 else right(flat, -width), style))
    return joined(parts)


def fit(content: Line, width: int) -> Line:
    """A line cut to a width, its last visible cell an ellipsis where something is missing."""
    if sum(cells(text) for text, _ in content) <= width:
        return content
    kept: list[Segment] = []
    room = width
    for text, style in content:
        size = cells(text)
        if size >= room:
            kept.append((cut(text, room) if size > room else cut(text + "…", room), style))
            break
        kept.append((text, style))
        room -= size
    return joined(kept)


def apart(start: Line, end: Line, width: int) -> Line:
    """One line with something at both ends; the beginning gives way."""
    size = sum(cells(text) for text, _ in end)
    head = fit(start, max(width - size - 1, 0))
    space = width - size - sum(cells(text) for text, _ in head)
    return joined([*head, (" " * max(space, 0), ""), *end])
