"""Where the selection goes: along wires up and down, along a row left and right."""

from collections.abc import Iterable
from typing import Literal

from mntui.ui.drawing.layout import Box, Layout

Direction = Literal["left", "right", "up", "down"]


def neighbour(layout: Layout, path: str, direction: Direction) -> str:
    """The next step in a direction; the same one where there is none, the first one for an unknown path."""
    box = layout.boxes.get(path)
    if box is None:
        return next(iter(layout.boxes), "")
    match direction:
        case "left" | "right":
            return _in_row(layout, box, 1 if direction == "right" else -1)
        case "up":
            joined = (source for wire in layout.wires if path in wire.targets for source in wire.sources)
            return _nearest(layout, box, joined)
        case "down":
            joined = (target for wire in layout.wires if path in wire.sources for target in wire.targets)
            return _nearest(layout, box, joined)


def _in_row(layout: Layout, box: Box, step: int) -> str:
    row = [piece for piece in layout.rows[box.y] if isinstance(piece, Box)]
    index = row.index(box) + step
    return row[index].path if 0 <= index < len(row) else box.path


def _nearest(layout: Layout, box: Box, paths: Iterable[str]) -> str:
    """The nearest row first, then the nearest column."""
    middle = 2 * box.x + box.width
    boxes = [layout.boxes[path] for path in dict.fromkeys(paths)]
    best = min(boxes, key=lambda b: (abs(b.y - box.y), abs(2 * b.x + b.width - middle), b.x), default=box)
    return best.path
