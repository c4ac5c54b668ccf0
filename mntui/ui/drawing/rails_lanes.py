"""The lanes beside a list of steps, as in a log of commits: a lane is a step that is still to come, and leads to it.

What runs sideways in a row belongs to the step of that row: it leads to the lanes of its targets and passes under the
others. No more rows than steps, and at most `most` lanes are drawn; what lies beyond is an ellipsis.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from mntui.core.frozen import frozen
from mntui.ui.drawing.text import ELLIPSIS
from mntui.ui.drawing.wiring import DOWN, JOINTS, LEFT, RIGHT, UP

MOST_LANES: Final = 8
NOWHERE: Final = -1
Lanes = list[str | None]


@frozen
class Rail:
    """The lanes of a row: `text`, with a blank at column `at` for the step's sign. `below` are the lanes after it."""

    text: str
    at: int
    below: str


def rails_of(order: Sequence[str], targets: Mapping[str, Sequence[str]], most: int = MOST_LANES) -> tuple[Rail, ...]:
    """The rail of each step in the order given, in which no step stands above what it needs."""
    lanes: Lanes = []
    found = []
    before = NOWHERE
    for path in order:
        before = _lane_of(path, lanes, before)
        found.append(_rail(before, targets[path], lanes, most))
    return tuple(found)


def _rail(own: int, targets: Sequence[str], lanes: Lanes, most: int) -> Rail:
    lanes[own] = None
    arms = {lane: UP | DOWN for lane, target in enumerate(lanes) if target is not None}
    for target in targets:
        known = target in lanes
        lane = lanes.index(target) if known else _free(lanes, own)
        lanes[lane] = target
        if lane != own:
            arms[lane] = (UP | DOWN if known else DOWN) | RIGHT | LEFT
    touched = [own, *(lane for lane, arm in arms.items() if arm & LEFT)]
    low, high = min(touched), max(touched)
    for lane, arm in arms.items():
        if lane == low:
            arms[lane] = arm & ~LEFT
        if lane == high:
            arms[lane] = arm & ~RIGHT
    text = _drawn(len(lanes), own, arms, low, high)
    while lanes and lanes[-1] is None:
        lanes.pop()
    below = " ".join("│" if target is not None else " " for target in lanes)
    return Rail(_cropped(text, most), min(2 * own, 2 * most), _cropped(below, most))


def _lane_of(path: str, lanes: Lanes, before: int) -> int:
    """The lane that leads to a step. One that needs nothing takes a free one, but not right below the step `before`:
    that would look as if this one followed it.
    """
    if path in lanes:
        return lanes.index(path)
    own = next(
        lane for lane in range(len(lanes) + 2) if lane != before and (lanes[lane : lane + 1] or [None])[0] is None
    )
    lanes.extend([None] * (own + 1 - len(lanes)))
    return own


def _free(lanes: Lanes, own: int) -> int:
    """A lane for something new: its own place, else the next free one to the right."""
    for lane in range(own, len(lanes)):
        if lanes[lane] is None:
            return lane
    lanes.append(None)
    return len(lanes) - 1


def _drawn(count: int, own: int, arms: Mapping[int, int], low: int, high: int) -> str:
    chars = []
    for lane in range(count):
        crossed = "─" if low < lane < high else " "
        chars.append(" " if lane == own else JOINTS[arms[lane]] if lane in arms else crossed)
        chars.append("─" if low <= lane < high else " ")
    return "".join(chars).rstrip()


def _cropped(text: str, most: int) -> str:
    return text if len(text) <= 2 * most else text[: 2 * most] + ELLIPSIS
