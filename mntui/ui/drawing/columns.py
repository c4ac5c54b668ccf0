"""Where the boxes of each layer stand: near the middle of what they are joined to, in order, inside a width.

Each layer is a least-squares problem with an order to keep: neighbours that would overlap are pooled and placed
together (pool adjacent violators), which is exact and linear. A few sweeps over the layers settle it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import floor
from typing import Final

from mntui.ui.drawing.layers import Layers

SWEEPS: Final = 6
SLACK: Final = 12
"""Columns beside the widest layer that a graph may use to stand straighter; more would not be compact."""

LANE_PULL: Final = 3.0
"""How much more a lane's wish counts: lanes should run straight."""


def columns(layers: Layers, widths: Sequence[int], joined: Sequence[int], gap: int, room: int) -> list[int]:
    """The left column of every item, the least of them 0. `joined` are the widths where wires may arrive.

    Where a layer doesn't fit in `room` it takes more; room that isn't needed changes nothing.
    """
    widest = max(needed(row, widths, gap) for row in layers.rows)
    half = max(min(room, widest + SLACK), widest) / 2
    centres = [0.0] * len(widths)
    offsets = [_offsets(row, widths, gap) for row in layers.rows]
    for row, offset in zip(layers.rows, offsets, strict=True):
        for item, ahead in zip(row, offset, strict=True):
            centres[item] = ahead - offset[-1] / 2
    order = list(range(len(layers.rows)))
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for index in order if downwards else order[::-1]:
            row = layers.rows[index]
            wishes = [_wish(item, layers, centres, downwards=downwards) for item in row]
            _settle(
                layers, row, wishes, offsets[index], (widths[row[0]] / 2 - half, half - widths[row[-1]] / 2), centres
            )
    lefts = _whole(layers, widths, gap, centres)
    _straighten(layers, widths, joined, gap, lefts)
    least = min(lefts, default=0)
    return [left - least for left in lefts]


def needed(row: Sequence[int], widths: Sequence[int], gap: int) -> int:
    """The columns that a layer takes at least."""
    return sum([widths[item] for item in row]) + gap * (len(row) - 1)


def _offsets(row: Sequence[int], widths: Sequence[int], gap: int) -> list[float]:
    """How far each centre is from the first one at least."""
    found = [0.0]
    for before, item in pairwise(row):
        found.append(found[-1] + (widths[before] + widths[item]) / 2 + gap)
    return found


def _wish(item: int, layers: Layers, centres: Sequence[float], *, downwards: bool) -> float:
    near, far = (layers.ups, layers.downs) if downwards else (layers.downs, layers.ups)
    joined = near[item] or far[item]
    if len(joined) == 1:
        return centres[joined[0]]
    if not joined:
        return centres[item]
    return sum([centres[other] for other in joined]) / len(joined)


def _settle(
    layers: Layers,
    row: Sequence[int],
    wishes: Sequence[float],
    offsets: Sequence[float],
    bounds: tuple[float, float],
    centres: list[float],
) -> None:
    """Each item as near to its wish as order and bounds allow."""
    if len(row) == 1:
        centres[row[0]] = min(max(wishes[0], bounds[0]), bounds[1])
        return
    blocks: list[tuple[float, float, int]] = []
    for item, wish, ahead in zip(row, wishes, offsets, strict=True):
        weight = LANE_PULL if item >= layers.steps else 1.0
        total, members = (wish - ahead) * weight, 1
        while blocks and blocks[-1][0] * weight > total * blocks[-1][1]:
            before_total, before_weight, before_members = blocks.pop()
            total, weight, members = total + before_total, weight + before_weight, members + before_members
        blocks.append((total, weight, members))
    low, high = bounds[0], bounds[1] - offsets[-1]
    index = 0
    for total, weight, members in blocks:
        base = min(max(total / weight, low), high)
        for _ in range(members):
            centres[row[index]] = base + offsets[index]
            index += 1


def _whole(layers: Layers, widths: Sequence[int], gap: int, centres: Sequence[float]) -> list[int]:
    """Whole columns, no two boxes nearer than the gap."""
    lefts = [0] * len(widths)
    for row in layers.rows:
        free = None
        for item in row:
            wished = floor(centres[item] - widths[item] / 2 + 0.5)
            lefts[item] = wished if free is None else max(wished, free)
            free = lefts[item] + widths[item] + gap
    return lefts


# Straight lanes


def _straighten(layers: Layers, widths: Sequence[int], joined: Sequence[int], gap: int, lefts: list[int]) -> None:
    """Run each lane in one column through as many layers as there is room for it."""
    low, high = min(lefts, default=0), max((x + w for x, w in zip(lefts, widths, strict=True)), default=0)
    around = {
        item: (before, after)
        for row in layers.rows
        for before, item, after in zip([None, *row], row, [*row[1:], None], strict=False)
        if layers.is_lane(item)
    }
    for first in range(layers.steps, len(widths)):
        source = layers.ups[first][0]
        if layers.is_lane(source):
            continue
        alone = layers.downs[source] == [first] and layers.ups[first] == [source]
        wish = lefts[source] + (joined[source] - 1) // 2 if alone else None
        run: list[int] = []
        bounds = (low, high)
        for lane in _chain(layers, first):
            before, after = around[lane]
            left = low if before is None else lefts[before] + widths[before] + gap
            right = high - 1 if after is None else lefts[after] - gap - 1
            narrower = max(bounds[0], left), min(bounds[1], right)
            if narrower[0] > narrower[1]:
                wish = _align(run, bounds, wish, lefts)
                run, narrower = [], (left, right)
            run.append(lane)
            bounds = narrower
        _align(run, bounds, wish, lefts)


def _chain(layers: Layers, lane: int) -> Iterator[int]:
    """A lane through all its layers."""
    yield lane
    while lanes := [item for item in layers.downs[lane] if layers.is_lane(item)]:
        (lane,) = lanes
        yield lane


def _align(lanes: Sequence[int], bounds: tuple[int, int], wish: int | None, lefts: list[int]) -> int:
    """Put some lanes into one column: below what leads into them, or where most of them stand."""
    middle = sorted(lefts[lane] for lane in lanes)[len(lanes) // 2] if wish is None else wish
    column = min(max(middle, bounds[0]), bounds[1])
    for lane in lanes:
        lefts[lane] = column
    return column
