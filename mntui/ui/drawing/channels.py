"""The wires between two layers: which share a bus, where they leave and arrive, and in which row each bus runs.

Items above with the same items below share one bus. Every bus arrives at a box in a column of its own, so two buses
never touch: where they meet one passes under the other. It is channel routing with doglegs (Hashimoto and Stevens,
1971; Deutsch, 1976): a bus whose pin comes from above in a column must run above a bus whose pin goes down there.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from mntui.core.frozen import frozen

SWAPPED_AT_MOST: Final = 24
"""Gaps with more buses than this aren't searched for fewer bridges."""


@frozen
class End:
    """Where an item of a layer may be joined: columns `left` to `right`, both included."""

    item: int
    left: int
    right: int

    @property
    def middle(self) -> int:
        return (self.left + self.right) // 2


@dataclass(slots=True, eq=False)
class Bus:
    """Columns where wires come from above and go below; `lower` says which item each leads to. `row` is its track.

    A dogleg is a bus of its own below its `parent`: it has the parent's sources and one of its targets.
    """

    uppers: list[int]
    tops: list[int]
    bottoms: list[int]
    lowers: list[int]
    low: int = 0
    high: int = 0
    row: int = 0
    parent: "Bus | None" = None
    doglegs: dict[int, "Bus"] = field(default_factory=dict)

    def measure(self) -> None:
        """Its leftmost and rightmost columns, once its pins are known."""
        pins = (*self.tops, *self.bottoms)
        self.low, self.high = min(pins), max(pins)

    @property
    def straight(self) -> bool:
        return self.low == self.high


@frozen
class Channel:
    """All buses of one gap in `height` rows."""

    buses: tuple[Bus, ...]
    height: int


def channel(uppers: Sequence[End], lowers: Sequence[End], downs: Sequence[Sequence[int]]) -> Channel:
    """Route one gap. `downs` are the items below by item above."""
    buses = list(_buses(uppers, downs))
    _pin(buses, uppers, lowers)
    crooked = [bus for bus in buses if not bus.straight]
    if len(crooked) <= 1:
        return Channel(tuple(buses), 1)
    above = _unknotted(crooked, buses)
    ordered = _fewer_bridges(_in_order(crooked, above), above)
    height = _tracks(ordered, above)
    straight = [bus for bus in buses if bus.straight]
    return Channel((*straight, *ordered), height)


def _buses(uppers: Sequence[End], downs: Sequence[Sequence[int]]) -> Iterator[Bus]:
    groups: dict[tuple[int, ...], list[int]] = {}
    for end in uppers:
        if downs[end.item]:
            groups.setdefault(tuple(sorted(downs[end.item])), []).append(end.item)
    for lowers, members in groups.items():
        yield Bus(members, [], [], list(lowers))


# Pins


def _pin(buses: Sequence[Bus], uppers: Sequence[End], lowers: Sequence[End]) -> None:
    """Choose the column of every end: straight down where boxes allow it, the middle else."""
    above = {end.item: end for end in uppers}
    below = {end.item: end for end in lowers}
    arrivals: dict[int, list[Bus]] = {end.item: [] for end in lowers}
    for bus in buses:
        for item in bus.lowers:
            arrivals[item].append(bus)
    for bus in buses:
        bus.tops = [above[item].middle for item in bus.uppers]
        if len(bus.uppers) == 1 == len(bus.lowers) == len(arrivals[bus.lowers[0]]):
            bus.tops = [_shared(above[bus.uppers[0]], below[bus.lowers[0]])]
    taken = {item: _ports(below[item], arriving) for item, arriving in arrivals.items()}
    for bus in buses:
        bus.bottoms = [taken[item][bus] for item in bus.lowers]
        bus.measure()


def _shared(upper: End, lower: End) -> int:
    """A column that both boxes have, near their middles; the upper's middle where there is none."""
    left, right = max(upper.left, lower.left), min(upper.right, lower.right)
    if left > right:
        return upper.middle
    return min(max((upper.middle + lower.middle) // 2, left), right)


def _ports(end: End, arriving: Sequence[Bus]) -> dict[Bus, int]:
    """A column for each bus that arrives at a box: under its own pin if it has one there, else evenly spread."""
    found: dict[Bus, int] = {}
    ordered = sorted(arriving, key=lambda bus: sum(bus.tops) / len(bus.tops))
    count = len(ordered)
    wishes = [_wish(bus, end, (2 * n + 1) / (2 * count)) for n, bus in enumerate(ordered)]
    left = end.left
    for n, (bus, wish) in enumerate(zip(ordered, wishes, strict=True)):
        left = min(max(wish, left), end.right - (count - 1 - n))
        found[bus] = left
        left += 1
    return found


def _wish(bus: Bus, end: End, share: float) -> int:
    spread = end.left + int((end.right - end.left) * share)
    index = bisect_left(tops := sorted(bus.tops), end.left)
    inside = [top for top in tops[index:] if top <= end.right]
    return min(inside, key=lambda top: abs(top - spread)) if inside else spread


# Which bus must run above which


def _unknotted(crooked: list[Bus], buses: Sequence[Bus]) -> dict[Bus, set[Bus]]:
    """For each bus those that must run above it; circles are cut by doglegs, which are added to `crooked`."""
    tops = {top: bus for bus in crooked for top in bus.tops}
    used = {column for bus in buses for column in (*bus.tops, *bus.bottoms)}
    above: dict[Bus, set[Bus]] = {bus: set() for bus in crooked}
    for bus in crooked:
        for column in bus.bottoms:
            other = tops.get(column)
            if other is not None and other is not bus:
                above[bus].add(other)
    for bus in list(crooked):
        for column in list(bus.bottoms):
            other = tops.get(column)
            if other is not None and other is not bus and _reaches(bus, other, above):
                crooked.append(_dogleg(bus, column, other, above, used))
    return above


def _reaches(start: Bus, end: Bus, above: dict[Bus, set[Bus]]) -> bool:
    """Whether `start` must itself run above `end`, through others."""
    seen, waiting = {end}, [end]
    while waiting:
        for other in above[waiting.pop()]:
            if other == start:
                return True
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return False


def _dogleg(bus: Bus, column: int, other: Bus, above: dict[Bus, set[Bus]], used: set[int]) -> Bus:
    """Let the pin of a bus go down beside its column and reach it below the bus that needs the column above."""
    beside = next(c for step in range(1, len(used) + 2) for c in (column + step, column - step) if _free(c, used))
    used.add(beside)
    index = bus.bottoms.index(column)
    leg = Bus(list(bus.uppers), [beside], [column], [bus.lowers[index]], parent=bus)
    leg.measure()
    bus.bottoms[index] = beside
    bus.measure()
    bus.doglegs[beside] = leg
    above[leg] = {bus, other}
    _release(bus, other, above, column)
    return leg


def _free(column: int, used: set[int]) -> bool:
    return column >= 0 and column not in used


def _release(bus: Bus, other: Bus, above: dict[Bus, set[Bus]], column: int) -> None:
    """The bus no longer needs to run below the other, unless by another pin."""
    if not any(bottom in other.tops for bottom in bus.bottoms if bottom != column):
        above[bus].discard(other)


def _in_order(crooked: Sequence[Bus], above: dict[Bus, set[Bus]]) -> list[Bus]:
    """From the top: none before those that must be above it, the leftmost first."""
    left = sorted(crooked, key=lambda bus: (bus.low, bus.high))
    done: set[Bus] = set()
    ordered: list[Bus] = []
    while left:
        bus = next(bus for bus in left if above[bus] <= done)
        left.remove(bus)
        ordered.append(bus)
        done.add(bus)
    return ordered


# Rows


def _fewer_bridges(ordered: list[Bus], above: dict[Bus, set[Bus]]) -> list[Bus]:
    """Swap neighbours while that saves bridges. Nothing is searched further: gaps are small."""
    if len(ordered) > SWAPPED_AT_MOST:
        return ordered
    for _ in ordered:
        swapped = False
        for i in range(len(ordered) - 1):
            first, second = ordered[i], ordered[i + 1]
            if first not in above[second] and _bridges(second, first) < _bridges(first, second):
                ordered[i : i + 2] = second, first
                swapped = True
        if not swapped:
            break
    return ordered


def _bridges(first: Bus, second: Bus) -> int:
    """How often two buses cross if the first runs above the second."""
    down = sum(second.low < column < second.high for column in first.bottoms)
    return down + sum(first.low < column < first.high for column in second.tops)


def _tracks(ordered: Sequence[Bus], above: dict[Bus, set[Bus]]) -> int:
    """The highest row that is free for each bus, below all that must be above it."""
    rows: list[list[Bus]] = []
    for bus in ordered:
        row = max((other.row + 1 for other in above[bus]), default=0)
        for index in range(len(rows) - 1, row - 1, -1):
            if any(_overlap(bus, other) for other in rows[index]):
                row = index + 1
                break
        bus.row = row
        while len(rows) <= row:
            rows.append([])
        rows[row].append(bus)
    return len(rows)


def _overlap(a: Bus, b: Bus) -> bool:
    """Whether two buses in one row would touch."""
    return a.low - 1 <= b.high and b.low - 1 <= a.high
