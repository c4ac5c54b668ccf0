"""Small charts of amounts, honest ones: scales begin at zero, the highest value is what the top says, nothing that is
more than zero looks like nothing, and only what reaches its limit looks full. Amounts are integers.
"""

from collections.abc import Sequence
from typing import Final

from mntui.ui.drawing.text import Line, Segment, joined

LEVELS: Final = " ▁▂▃▄▅▆▇█"
ASCII_LEVELS: Final = " .:-=+*%#"
NO_DATA: Final = "·"
ASCII_NO_DATA: Final = "?"


def sparkline(values: Sequence[int | None], width: int, *, ascii_only: bool) -> str:
    """The last `width` values, one column each; None is a value that nobody knows."""
    shown = list(values)[-width:] if width > 0 else []
    most = max((value for value in shown if value is not None), default=0)
    levels = ASCII_LEVELS if ascii_only else LEVELS
    absent = ASCII_NO_DATA if ascii_only else NO_DATA
    return "".join(absent if value is None else levels[_level(value, most, 8)] for value in shown)


def _level(value: int, most: int, levels: int) -> int:
    """0 only for nothing, `levels` only for all of it."""
    if value <= 0 or most <= 0:
        return 0
    return max(value * levels // most, 1)


def meter(value: int, limit: int, width: int, *, ascii_only: bool) -> Line:
    """How much of a limit is used: full only when it is reached, and then of another style."""
    full, empty = ("#", "-") if ascii_only else ("▰", "▱")
    filled = min(_level(value, limit, width), width)
    style = "over" if 0 < limit <= value else "spark"
    return joined([(full * filled, style), (empty * (width - filled), "faint")])


def shares(values: Sequence[int], width: int, *, ascii_only: bool) -> tuple[str, ...]:
    """A bar for each value, the largest `width` columns long."""
    most = max(values, default=0)
    return tuple(("#" if ascii_only else "▰") * _level(value, most, width) for value in values)


def chart(values: Sequence[int | None], height: int, top: str, *, ascii_only: bool) -> tuple[Line, ...]:
    """Columns two cells wide over `height` rows, with a scale: `top` says the highest value, the foot is 0."""
    most = max((value for value in values if value is not None), default=0)
    levels = ASCII_LEVELS if ascii_only else LEVELS
    reached = [None if value is None else _level(value, most, 8 * height) for value in values]
    wide = max(len(top), 1)
    return tuple(joined(_chart_row(reached, row, height, (top, wide), levels)) for row in range(height))


def _chart_row(
    reached: Sequence[int | None], row: int, height: int, label: tuple[str, int], levels: str
) -> list[Segment]:
    ascii_only = levels is ASCII_LEVELS
    below = 8 * (height - 1 - row)
    text, wide = label
    told = text if row == 0 else "0" if row == height - 1 else ""
    found: list[Segment] = [(f"{told:>{wide}} {'|' if ascii_only else '┤' if told else '│'}", "axis")]
    for level in reached:
        if level is None:
            absent = (ASCII_NO_DATA if ascii_only else NO_DATA) if row == height - 1 else " "
            found.append((f" {absent} ", "faint"))
        else:
            found.append((" " + levels[min(max(level - below, 0), 8)] * 2, "spark"))
    return found
