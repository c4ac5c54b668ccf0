"""Where everything of a plan's graph stands: boxes of one row, wires between them, all inside a width where it can be.

What runs is unknown here, so a layout stays while only states change. A counted step keeps room for its counts. Narrow
panes shorten labels, then break wide layers into several; what still doesn't fit is for the view to scroll.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.plan import Plan
from mntui.ui.drawing.channels import Channel, End, channel
from mntui.ui.drawing.columns import columns
from mntui.ui.drawing.fitting import Fit, View, fitted
from mntui.ui.drawing.graph import Graph, Shown, graph_of
from mntui.ui.drawing.wiring import Wire, WireText, Wiring, wired

MARGIN: Final = 1
"""Free columns left and right: the marks around the selected step stand there, and between boxes."""


@frozen
class Box:
    """One drawn step: `width` cells of row `y` from column `x`; `step` is its plan path."""

    path: str
    step: str
    x: int
    y: int
    width: int
    label: str
    counted: bool


@frozen
class Layout:
    """`rows` hold what stands in each row from left to right; `wires` what their texts belong to, by number."""

    width: int
    height: int
    boxes: Mapping[str, Box]
    rows: tuple[tuple[Box | WireText, ...], ...]
    wires: tuple[Wire, ...]


EVERYTHING_CLOSED: Final = View()


def lay_out(plan: Plan, width: int, view: View = EVERYTHING_CLOSED) -> Layout:
    """The layout of a plan's graph in `width` columns; wider only where not even the shortest labels fit."""
    graph = graph_of(plan, view.opened)
    if not graph.nodes:
        return Layout(0, 0, {}, (), ())
    room = width - 2 * MARGIN
    return _composed(graph, fitted(graph, view, room), room)


# Composing


def _composed(graph: Graph, fit: Fit, room: int) -> Layout:
    layers = fit.layers
    lefts = [left + MARGIN for left in columns(layers, fit.widths, fit.joined, fit.gap, room)]
    channels = [
        channel(_ends(above, lefts, fit), _ends(below, lefts, fit), layers.downs)
        for above, below in zip(layers.rows, layers.rows[1:], strict=False)
    ]
    tops = _tops(channels)
    boxes = {
        graph.nodes[item].path: _box(graph.nodes[item], lefts[item], y, fit.widths[item], fit.labels[item])
        for row, y in zip(layers.rows, tops, strict=True)
        for item in row
        if not layers.is_lane(item)
    }
    height = tops[-1] + 1
    wiring = wired(layers, channels, tops, lefts, [node.path for node in graph.nodes])
    rows = _rows(boxes, wiring, height)
    width = max(_end(row[-1]) for row in rows if row) + MARGIN
    return Layout(width, height, boxes, rows, wiring.wires)


def _ends(row: Sequence[int], lefts: Sequence[int], fit: Fit) -> list[End]:
    """Wires are joined to what is always there of a box: the room for counts may be empty."""
    return [End(item, lefts[item], lefts[item] + fit.joined[item] - 1) for item in row]


def _tops(channels: Sequence[Channel]) -> list[int]:
    tops = [0]
    for gap in channels:
        tops.append(tops[-1] + 1 + gap.height)
    return tops


def _box(node: Shown, x: int, y: int, width: int, label: str) -> Box:
    return Box(node.path, node.step, x, y, width, label, node.counted)


def _rows(boxes: Mapping[str, Box], wiring: Wiring, height: int) -> tuple[tuple[Box | WireText, ...], ...]:
    rows: list[list[Box | WireText]] = [list(wiring.texts.get(y, ())) for y in range(height)]
    for box in boxes.values():
        rows[box.y].append(box)
    return tuple(tuple(sorted(row, key=lambda piece: piece.x)) for row in rows)


def _end(piece: Box | WireText) -> int:
    return piece.x + (piece.width if isinstance(piece, Box) else len(piece.text))


# Asking


def hit(layout: Layout, x: int, y: int) -> str | None:
    """The path of the step at a cell; None beside all steps."""
    if not 0 <= y < layout.height:
        return None
    for piece in layout.rows[y]:
        if isinstance(piece, Box) and piece.x <= x < piece.x + piece.width:
            return piece.path
    return None
