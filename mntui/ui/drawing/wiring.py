"""Wires as characters: lines, corners, joins; a wire that runs under another one is interrupted, so that `┼` always
joins.

Each text belongs to a wire: some steps on its upper end and some on its lower one. Trunk and legs of a bus are wires of
their own, since only some of a router's targets may be chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from mntui.core.frozen import frozen
from mntui.ui.drawing.channels import Bus, Channel
from mntui.ui.drawing.layers import Layers

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
JOINTS: Final[Mapping[int, str]] = {
    UP | DOWN: "│",
    LEFT | RIGHT: "─",
    UP | RIGHT: "╰",
    UP | LEFT: "╯",
    DOWN | RIGHT: "╭",
    DOWN | LEFT: "╮",
    UP | DOWN | RIGHT: "├",
    UP | DOWN | LEFT: "┤",
    LEFT | RIGHT | DOWN: "┬",
    LEFT | RIGHT | UP: "┴",
    UP | DOWN | LEFT | RIGHT: "┼",
}
FREE: Final = -1


@frozen
class Wire:
    """Which steps a piece of line comes from and leads to."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]


@frozen
class WireText:
    x: int
    text: str
    wire: int


@frozen
class Wiring:
    wires: tuple[Wire, ...]
    texts: Mapping[int, tuple[WireText, ...]]


def wired(
    layers: Layers, channels: Sequence[Channel], tops: Sequence[int], lefts: Sequence[int], paths: Sequence[str]
) -> Wiring:
    """All wires of a graph as texts by row. `tops` are the rows of the layers, `lefts` the columns of the items."""
    painter = _Painter(layers)
    for gap, top in zip(channels, tops, strict=False):
        painter.channel(gap, top + 1)
    for row, y in zip(layers.rows, tops, strict=True):
        lanes = [item for item in row if layers.is_lane(item)]
        if lanes:
            painter.texts[y] = [WireText(lefts[lane], "│", painter.wire_of_lane(lane)) for lane in lanes]
    wires = tuple(
        Wire(tuple(paths[s] for s in sources), tuple(paths[t] for t in targets)) for sources, targets in painter.numbers
    )
    return Wiring(wires, {y: tuple(texts) for y, texts in painter.texts.items()})


@dataclass(slots=True)
class _Painter:
    layers: Layers
    numbers: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = field(default_factory=dict)
    texts: dict[int, list[WireText]] = field(default_factory=dict)

    def channel(self, gap: Channel, y: int) -> None:
        if not gap.buses:
            return
        canvas = _Canvas(gap)
        trunks = {bus: self.trunk(bus) for bus in gap.buses}
        for bus, trunk in trunks.items():
            if not bus.straight:
                canvas.across(bus, trunk)
        for bus, trunk in trunks.items():
            self._down(canvas, bus, trunk)
        for bus, trunk in trunks.items():
            if not bus.straight:
                self._joints(canvas, bus, trunk)
        for row in range(gap.height):
            self.texts[y + row] = canvas.texts(row)

    def _down(self, canvas: "_Canvas", bus: Bus, trunk: int) -> None:
        if bus.straight:
            canvas.down(bus.tops[0], 0, canvas.height, trunk)
            return
        if bus.parent is None:
            for column in bus.tops:
                canvas.down(column, 0, bus.row, trunk)
        for column, lower in zip(bus.bottoms, bus.lowers, strict=True):
            leg = bus.doglegs.get(column)
            canvas.down(column, bus.row + 1, canvas.height if leg is None else leg.row, self.leg(bus, lower))

    def _joints(self, canvas: "_Canvas", bus: Bus, trunk: int) -> None:
        tops, legs = set(bus.tops), dict(zip(bus.bottoms, bus.lowers, strict=True))
        for column in {*tops, *legs}:
            arms = (LEFT if column > bus.low else 0) | (RIGHT if column < bus.high else 0)
            arms |= (UP if column in tops else 0) | (DOWN if column in legs else 0)
            lonely = column not in tops and column in {bus.low, bus.high}
            canvas.put(column, bus.row, JOINTS[arms], self.leg(bus, legs[column]) if lonely else trunk)

    def trunk(self, bus: Bus) -> int:
        targets = {target: None for lower in bus.lowers for target in self._targets(lower)}
        return self._number(bus, tuple(targets))

    def leg(self, bus: Bus, lower: int) -> int:
        return self._number(bus, self._targets(lower))

    def wire_of_lane(self, lane: int) -> int:
        return self._wire(self.layers.sources[lane], self.layers.targets[lane])

    def _targets(self, lower: int) -> tuple[int, ...]:
        return self.layers.targets[lower] if self.layers.is_lane(lower) else (lower,)

    def _number(self, bus: Bus, targets: tuple[int, ...]) -> int:
        if len(bus.uppers) == 1:
            return self._wire(self.layers.sources[bus.uppers[0]], targets)
        sources = tuple(source for upper in bus.uppers for source in self.layers.sources[upper])
        return self._wire(sources, targets)

    def _wire(self, sources: tuple[int, ...], targets: tuple[int, ...]) -> int:
        return self.numbers.setdefault((sources, targets), len(self.numbers))


class _Canvas:
    """The cells of one gap: what stands there, and whose it is."""

    def __init__(self, gap: Channel) -> None:
        self.height = gap.height
        self._left = min(bus.low for bus in gap.buses)
        width = max(bus.high for bus in gap.buses) + 1 - self._left
        self._chars = [[" "] * width for _ in range(gap.height)]
        self._wires = [[FREE] * width for _ in range(gap.height)]

    def across(self, bus: Bus, wire: int) -> None:
        low, high = bus.low - self._left, bus.high + 1 - self._left
        self._chars[bus.row][low:high] = "─" * (high - low)
        self._wires[bus.row][low:high] = [wire] * (high - low)

    def down(self, column: int, first: int, end: int, wire: int) -> None:
        place = column - self._left
        for row in range(first, end):
            self._chars[row][place] = "│"
            self._wires[row][place] = wire

    def put(self, column: int, row: int, char: str, wire: int) -> None:
        self._chars[row][column - self._left] = char
        self._wires[row][column - self._left] = wire

    def texts(self, row: int) -> list[WireText]:
        found: list[WireText] = []
        start, drawn = 0, "".join(self._chars[row])
        for wire, cells in groupby(self._wires[row]):
            end = start + len(list(cells))
            if wire != FREE:
                found.append(WireText(start + self._left, drawn[start:end], wire))
            start = end
        return found
