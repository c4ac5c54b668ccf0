"""A time axis of few columns: idle gaps are folded to `⋯`, a column is a round length of time, ticks say the time.

The scale comes from a list of round lengths and moves only when the next one is needed, so a growing run repaints the
rows of what runs, and not all.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final

from mntui.core.frozen import frozen
from mntui.ui.drawing.text import Line, Segment, joined

SECOND: Final = 1_000_000
FOLD: Final = " ⋯ "
COLUMNS_A_TICK: Final = 10
LEAST_FOLD: Final = 10 * SECOND
"""Gaps up to this much are never folded."""

SCALES: Final = (
    *(SECOND // 1000 * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(SECOND * n for n in (1, 2, 3, 6, 12, 30, 60, 120, 180, 360, 720, 2160, 4320, 8640, 17280, 43200, 86400)),
)
"""What a column may stand for: ten columns are a round time."""


@frozen
class Piece:
    """Time that is shown to scale, from column `column` on."""

    start: int
    end: int
    column: int


@frozen
class Axis:
    """Pieces with folds between them. `scale` is microseconds a column, `width` the columns it may take."""

    pieces: tuple[Piece, ...]
    scale: int
    width: int

    def column(self, at: int) -> int:
        """Where an instant is drawn; the middle of a fold for one that is folded away."""
        index = max(bisect_right(self.pieces, at, key=lambda piece: piece.start) - 1, 0)
        piece = self.pieces[index]
        if at >= piece.end and index + 1 < len(self.pieces) and at > piece.end:
            return self.pieces[index + 1].column - 2
        return min(piece.column + max(at - piece.start, 0) // self.scale, self.width - 1)

    def folds(self) -> tuple[int, ...]:
        """The columns in the middle of the folds."""
        return tuple(piece.column - 2 for piece in self.pieces[1:])


def axis(busy: Sequence[tuple[int, int]], start: int, end: int, width: int) -> Axis:
    """The axis from `start` to `end` (microseconds) in `width` columns; `busy` are the times that aren't idle."""
    width = max(width, 1)
    least = max(LEAST_FOLD, sum(stop - begin for begin, stop in busy) // 4)
    shown = _unfolded(busy, start, max(end, start + 1), least)
    while (len(shown) - 1) * len(FOLD) > width // 2:
        least *= 4
        shown = _unfolded(busy, start, max(end, start + 1), least)
    room = width - (len(shown) - 1) * len(FOLD)
    scale = next((s for s in SCALES if sum(_columns(piece, s) for piece in shown) <= room), SCALES[-1])
    pieces: list[Piece] = []
    column = 0
    for piece in shown:
        pieces.append(Piece(*piece, column))
        column += _columns(piece, scale) + len(FOLD)
    return Axis(tuple(pieces), scale, width)


def _columns(piece: tuple[int, int], scale: int) -> int:
    return max(ceil((piece[1] - piece[0]) / scale), 1)


def _unfolded(busy: Sequence[tuple[int, int]], start: int, end: int, least: int) -> list[tuple[int, int]]:
    """The time that is shown: everything but idle gaps longer than `least`."""
    found: list[tuple[int, int]] = []
    shown_from, at = start, start
    for begin, stop in busy:
        if begin - at > least:
            found.append((shown_from, max(at, shown_from + 1)))
            shown_from = begin
        at = max(at, stop)
    if end - at > least:
        found += [(shown_from, max(at, shown_from + 1)), (end - 1, end)]
    else:
        found.append((shown_from, end))
    return found


# Ticks


def ticks(axis: Axis) -> Line:
    """One row of times, since the start of the axis; a fold is told by the time at which it ends."""
    return joined(_ticks(axis))


def _ticks(axis: Axis) -> Iterator[Segment]:
    origin, step, at = axis.pieces[0].start, axis.scale * COLUMNS_A_TICK, 0
    folds = set(axis.folds())
    for column, text in sorted([*((fold, "⋯") for fold in folds), *_marks(axis, origin, step)]):
        if column < at + (at > 0) or column + len(text) > axis.width:
            continue
        yield " " * (column - at), ""
        yield text, "fold" if column in folds else "axis"
        at = column + len(text)


def _marks(axis: Axis, origin: int, step: int) -> Iterator[tuple[int, str]]:
    for index, piece in enumerate(axis.pieces):
        if index:
            yield piece.column, clock(piece.start - origin, max(axis.scale, SECOND))
            if step < SECOND:  # Behind a fold of many seconds hundredths tell nothing.
                continue
        first = -(-(piece.start - origin) // step) * step
        last = piece.end - origin if index + 1 < len(axis.pieces) else piece.start - origin + axis.width * axis.scale
        for elapsed in range(first, last, step):
            yield piece.column + (elapsed + origin - piece.start) // axis.scale, clock(elapsed, step)


def clock(elapsed: int, step: int) -> str:
    """A time since the start, as exact as the step between two: `0.5s`, `24s`, `1m30s`, `2h05m`, `3d04h`."""
    seconds = elapsed / SECOND
    if seconds < 60 and step < SECOND and elapsed:
        return f"{seconds:.2f}s" if step < SECOND // 10 else f"{seconds:.1f}s"
    whole = round(seconds)
    for size, unit, inner_size, inner in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            rest = whole % size // inner_size
            return f"{whole // size}{unit}{rest:02}{inner}" if rest else f"{whole // size}{unit}"
    return f"{whole}s"
