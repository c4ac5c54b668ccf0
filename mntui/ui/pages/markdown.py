"""A Markdown file as a page: headings, lists, tables and code are told apart; all else is text.

Deliberately absent: links that open and HTML that is followed. What a model wrote is shown, never carried out.
"""

import re
from collections.abc import Iterator
from typing import Final

from mntui.ui.drawing.text import Line
from mntui.ui.pages.write import BLANK, fit, line, paragraph

_HEADING: Final = re.compile(r"(#{1,6})\s+(.*)")
_ITEM: Final = re.compile(r"(\s*)(?:[-*+]|(\d+[.)]))\s+(.*)")
_MARKS: Final = re.compile(r"(\*\*|__|`)(.+?)\1")
_RULE: Final = re.compile(r"\s*\|?[\s:|-]+\|?\s*")


def markdown_page(text: str, width: int) -> Iterator[Line]:
    code = False
    block: list[str] = []
    for own in [*text.splitlines(), ""]:
        if own.lstrip().startswith("```"):
            code = not code
        elif code:
            yield fit(line((f"  {own}", "muted")), width)
        elif own.lstrip().startswith("|"):
            block.append(own)
        else:
            yield from _table(block, width)
            block = []
            yield from _text(own, width)


def _text(own: str, width: int) -> Iterator[Line]:
    if not own.strip():
        yield BLANK
    elif found := _HEADING.match(own):
        yield from paragraph(_plain(found[2]), width, "title" if len(found[1]) < 3 else "key")
    elif found := _ITEM.match(own):
        sign = found[2] or "•"
        yield from paragraph(f"{sign} {_plain(found[3])}", width, "value", indent=len(found[1]), hang=len(sign) + 1)
    else:
        yield from paragraph(_plain(own), width, "value")


def _plain(text: str) -> str:
    """Without the marks of bold and code; backslashes before signs are the file's own."""
    return re.sub(r"\\([\\`*_{}\[\]<>()#+.!|-])", r"\1", _MARKS.sub(r"\2", text))


def _table(rows: list[str], width: int) -> Iterator[Line]:
    """Columns as wide as they need, the widest giving way; the row under the head is a rule."""
    if not rows:
        return
    held = [_cells(own) for own in rows if not (_RULE.fullmatch(own) and "-" in own)]
    columns = max(map(len, held), default=0)
    wide = [max((len(own[at]) for own in held if at < len(own)), default=0) for at in range(columns)]
    while sum(wide) + 2 * (columns - 1) > width and max(wide, default=0) > 4:
        wide[wide.index(max(wide))] -= 1
    for number, own in enumerate(held):
        parts = [f"{_cut(cell, size):<{size}}" for cell, size in zip(own, wide, strict=False)]
        yield fit(line(("  ".join(parts), "head" if number == 0 else "value")), width)


def _cells(own: str) -> list[str]:
    return [_plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", own.strip().strip("|"))]


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"
