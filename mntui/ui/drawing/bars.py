"""A step's time as a bar on an axis: `━` where it runs, `┄` where it waits, `─` while it holds others.

An open end is `▸`, a failure `✗`. A bar that crosses a fold is interrupted by it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from mntui.core.run import Node
from mntui.core.words import LOOKS
from mntui.ui.drawing.measures import Stretch, is_open
from mntui.ui.drawing.text import Segment
from mntui.ui.drawing.timeline import Axis

STROKES: Final[Mapping[str, str]] = {"running": "━", "waiting": "┄", "holding": "─"}
ASCII_STROKES: Final[Mapping[str, str]] = {"running": "=", "waiting": ".", "holding": "-"}
SHORT: Final = "╸"
OPEN: Final = "▸"
Cell = tuple[str, str]


def bar(axis: Axis, node: Node, parts: Sequence[Stretch], *, ascii_only: bool) -> Iterator[Segment]:
    """A bar as segments from column 0 of the axis on; nothing for a step that hasn't begun."""
    if not parts:
        return
    cells = _strokes(axis, node, parts, ascii_only=ascii_only)
    _ending(axis, node, cells, ascii_only=ascii_only)
    for fold in axis.folds():
        if fold in cells:
            cells[fold] = ("~" if ascii_only else "⋯", "fold")
    row = [cells.get(column, (" ", "")) for column in range(max(cells) + 1)]
    for style, group in groupby(row, key=lambda cell: cell[1]):
        yield "".join(char for char, _ in group), style


def _strokes(axis: Axis, node: Node, parts: Sequence[Stretch], *, ascii_only: bool) -> dict[int, Cell]:
    """Later parts are drawn over earlier ones."""
    cells: dict[int, Cell] = {}
    strokes = ASCII_STROKES if ascii_only else STROKES
    waits = "faint" if node.ended_at is not None else "waiting"
    for part in parts:
        first, last = axis.column(part.start), axis.column(max(part.end - 1, part.start))
        cell = strokes[part.kind], waits if part.kind == "waiting" else node.status
        for column in range(first, last + 1):
            cells[column] = cell
    length = parts[0].end - parts[0].start
    if not ascii_only and len(cells) == 1 and length < axis.scale // 2 and cells != {}:
        column, (_, style) = next(iter(cells.items()))
        cells[column] = (SHORT, style)
    return cells


def _ending(axis: Axis, node: Node, cells: dict[int, Cell], *, ascii_only: bool) -> None:
    """Mark the end where something is to be said about it: beside the bar if there is room."""
    after = min(max(cells) + 1, axis.width - 1)
    if node.status == "failed":
        cells[after] = (LOOKS["failed"].sign(ascii_only=ascii_only), "failed")
    elif is_open(node):
        cells[after] = (">" if ascii_only else OPEN, node.status)
