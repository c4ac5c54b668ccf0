"""Layers: every step one below the lowest of its needs, lanes where an edge passes layers, few crossings.

Steps of one layer that lead to the same steps share one lane. Items are small numbers: steps first, then lanes.
The order inside a layer is found by a few barycentre sweeps (Sugiyama, 1981); the best crossing count is kept.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

SWEEPS: Final = 10
PATIENCE: Final = 3


@dataclass(slots=True)
class Layers:
    """`rows` are items left to right, top layer first. `downs` and `ups` join neighbouring layers only. `sources` and
    `targets` are the steps that an item stands for: a step for itself, a lane for those whose edges it carries.
    """

    steps: int
    rows: list[list[int]]
    downs: list[list[int]] = field(default_factory=list)
    ups: list[list[int]] = field(default_factory=list)
    sources: list[tuple[int, ...]] = field(default_factory=list)
    targets: list[tuple[int, ...]] = field(default_factory=list)

    def is_lane(self, item: int) -> bool:
        return item >= self.steps


def ranks(targets: Sequence[Sequence[int]], deferred: Mapping[int, int]) -> list[int]:
    """The longest way to each step from above; `deferred` are layers that a step may not be above."""
    count = len(targets)
    open_needs = [0] * count
    for onward in targets:
        for target in onward:
            open_needs[target] += 1
    found = [deferred.get(step, 0) for step in range(count)]
    free = [step for step in range(count) if not open_needs[step]]
    while free:
        step = free.pop()
        below = found[step] + 1
        for target in targets[step]:
            found[target] = max(found[target], below)
            open_needs[target] -= 1
            if not open_needs[target]:
                free.append(target)
    return found


def layered(targets: Sequence[Sequence[int]], rank: Sequence[int]) -> Layers:
    """A graph given as each step's targets and its layer: steps in their own order, then the lanes of those whose
    targets lie further down.
    """
    count = len(targets)
    layers = Layers(count, [[] for _ in range(max(rank, default=-1) + 1)])
    for step in range(count):
        layers.rows[rank[step]].append(step)
        layers.downs.append([])
        layers.ups.append([])
        layers.sources.append((step,))
        layers.targets.append(tuple(targets[step]))
    for (layer, _), members in sharing(targets, rank).items():
        _connect(layers, layer, members, rank)
    return layers


def sharing(targets: Sequence[Sequence[int]], rank: Sequence[int]) -> dict[tuple[int, frozenset[int]], list[int]]:
    """The steps that share their lanes: those of one layer with the same targets."""
    groups: dict[tuple[int, frozenset[int]], list[int]] = {}
    for step, onward in enumerate(targets):
        if onward:
            groups.setdefault((rank[step], frozenset(onward)), []).append(step)
    return groups


def _connect(layers: Layers, layer: int, members: list[int], rank: Sequence[int]) -> None:
    """Lead a group of steps to their common targets, by one lane through the layers between."""
    left = list(layers.targets[members[0]])
    uppers = members
    while left:
        layer += 1
        onward = [target for target in left if rank[target] == layer]
        left = [target for target in left if rank[target] != layer]
        if left:
            onward.append(_new_lane(layers, layer, members, left))
        for upper in uppers:
            layers.downs[upper].extend(onward)
        for lower in onward:
            layers.ups[lower].extend(uppers)
        uppers = onward[-1:]


def _new_lane(layers: Layers, layer: int, members: list[int], left: list[int]) -> int:
    lane = len(layers.downs)
    layers.rows[layer].append(lane)
    layers.downs.append([])
    layers.ups.append([])
    layers.sources.append(tuple(members))
    layers.targets.append(tuple(left))
    return lane


# Order


def order(layers: Layers) -> None:
    """Sort each layer by where its neighbours stand, downwards and upwards in turn; keep the best order seen."""
    place = [0] * len(layers.downs)
    for row in layers.rows:
        _put(row, place)
    rows = [list(row) for row in layers.rows]
    best, fewest, patience = rows, None, PATIENCE
    for sweep in range(SWEEPS):
        rows = list(_swept(rows, layers, place, downwards=sweep % 2 == 0))
        rows = rows if sweep % 2 == 0 else rows[::-1]
        found = crossings(rows, layers.downs, place)
        if fewest is None or found < fewest:
            best, fewest, patience = rows, found, PATIENCE
        else:
            patience -= 1
        if not fewest or not patience:
            break
    layers.rows[:] = best


def _swept(rows: list[list[int]], layers: Layers, place: list[int], *, downwards: bool) -> Iterator[list[int]]:
    neighbours = layers.ups if downwards else layers.downs
    for row in rows if downwards else rows[::-1]:
        if len(row) == 1:
            place[row[0]] = 0
            yield row
            continue
        weight = {item: _mean(neighbours[item], place, place[item]) for item in row}
        ordered = sorted(row, key=weight.__getitem__)
        _put(ordered, place)
        yield ordered


def _mean(neighbours: list[int], place: list[int], own: int) -> float:
    if len(neighbours) == 1:
        return place[neighbours[0]]
    return sum([place[item] for item in neighbours]) / len(neighbours) if neighbours else own


def _put(row: list[int], place: list[int]) -> None:
    for position, item in enumerate(row):
        place[item] = position


def crossings(rows: Sequence[Sequence[int]], downs: Sequence[Sequence[int]], place: Sequence[int]) -> int:
    """How many pairs of edges between neighbouring layers cross."""
    total = 0
    for row, below in pairwise(rows):
        if len(row) == 1 or len(below) == 1:
            continue
        seen: list[int] = []
        for end in [end for upper in row for end in sorted([place[lower] for lower in downs[upper]])]:
            index = bisect_right(seen, end)
            total += len(seen) - index
            seen.insert(index, end)
    return total
