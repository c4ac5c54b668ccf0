"""How a difference reads, for blueprints and for runs: a sign, the key, and what it was and is. Made for 80 columns."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from mntui.cli.output import Session, cut, paint
from mntui.core.value_diff import Field
from mntui.core.values import Json

_SIGNS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "added": ("+", "+", "green"),
        "removed": ("-", "-", "red"),
        "changed": ("~", "~", "yellow"),
        "renamed": ("→", ">", "cyan"),
        "cost": ("$", "$", "dim"),
    }
)
_LINES: Final[Mapping[str, str]] = MappingProxyType({"+": "green", "-": "red", "@": "cyan"})
MOST_LINES = 40


def sign(session: Session, what: str) -> str:
    drawn, plain, style = _SIGNS[what]
    return paint(plain if session.ascii else drawn, style)


def arrow(session: Session) -> str:
    return "->" if session.ascii else "→"


def field_lines(session: Session, field: Field, indent: int) -> Iterator[str]:
    """On one line where there is room for it, else what was above what is; a long value by the lines that differ."""
    room, space = max(session.width, 40), " " * indent
    if field.diff:
        yield f"{space}{field.name}"
        yield from _diff_lines(field.diff, indent + 2, room)
        return
    before, after = one_line(field.before), one_line(field.after)
    line = f"{space}{field.name}: {before} {arrow(session)} {after}"
    if len(line) <= room and "\n" not in line:
        yield line
        return
    yield f"{space}{field.name}"
    yield f"{space}  {paint('-', 'red')} {cut(before, room - indent - 4)}"
    yield f"{space}  {paint('+', 'green')} {cut(after, room - indent - 4)}"


def one_line(value: Json) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _diff_lines(text: str, indent: int, room: int) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) == 3 and lines[0].startswith("@@"):
        # One line became another: a place within it says nothing.
        lines = [f"{line[:1]} {line[1:]}" for line in lines[1:]]
    for line in lines[:MOST_LINES]:
        shown = line if len(line) <= room - indent else f"{line[: room - indent - 1]}…"
        yield f"{' ' * indent}{paint(shown, _LINES.get(line[:1], ''))}"
    if len(lines) > MOST_LINES:
        yield f"{' ' * indent}… and {len(lines) - MOST_LINES} more lines (all of them: --json)"
