"""The cells of a table of steps, and its columns: what a row says is made when it is drawn, so long tables cost what is
seen of them.
"""

from collections.abc import Iterator
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.money import Spend, usd
from mntui.core.run import Node, Run
from mntui.core.words import LOOKS, took
from mntui.ui.drawing.bars import bar
from mntui.ui.drawing.measures import Measures, measure, stretches
from mntui.ui.drawing.rails import CLOSED, RailsView, Row, rows_of
from mntui.ui.drawing.states import Inside, State, inside, state_of
from mntui.ui.drawing.text import PLAIN, Line, Segment, cells, in_ascii, joined, left, right
from mntui.ui.drawing.timeline import Axis, axis, ticks

TIME: Final = 6
COST: Final = 10
WORD: Final = 9
RAIL_GAP: Final = 3
ASCII_PLACE: Final = "*"
"""Where a step stands on its lane in ASCII, whose signs look like joints: there the sign stands before the name."""

LEAST_BAR: Final = 12
BAR_WITH_WORD: Final = 36
LONGEST_NAME: Final = 28
UNKNOWN: Final = "—"


@frozen
class Widths:
    """Columns of a table; 0 for one that isn't there."""

    rail: int
    name: int
    word: int
    bar: int


@frozen
class Table:
    """Everything that a row is drawn from."""

    run: Run
    measures: Measures
    within: Inside
    view: RailsView
    rows: tuple[Row, ...]
    widths: Widths
    axis: Axis
    selected: str = ""


def rails_table(run: Run, now: int, width: int, view: RailsView = CLOSED, selected: str = "") -> Table:
    """The whole run in `width` columns: every step with its lanes."""
    return table_of(run, measure(run, now), rows_of(run, view), width, view, selected)


def table_of(
    run: Run, measures: Measures, rows: tuple[Row, ...], width: int, view: RailsView = CLOSED, selected: str = ""
) -> Table:
    """A table of rows. `measures` may be older than the run by a moment, in large runs."""
    within = inside(run)
    rail = max((len(row.rail) for row in rows), default=0)
    rail += RAIL_GAP if rail else 0
    indent = 0 if rail else 2
    widest = max((2 * row.depth + indent + cells(_name(run, within, row)) for row in rows), default=0)
    name = min(max(widest, 8), LONGEST_NAME, max(width - rail - TIME - COST - 4, 8))
    left_over = width - 1 - rail - name - TIME - COST - 6
    word = WORD if left_over - WORD - 2 >= BAR_WITH_WORD else 0
    room = left_over - (word + 2 if word else 0)
    widths = Widths(rail, name, word, room if room >= LEAST_BAR else 0)
    start = run.started_at or measures.now
    return Table(
        run, measures, within, view, rows, widths, axis(measures.busy, start, measures.now, widths.bar or 1), selected
    )


# Rows as text


def head(table: Table, *, ascii_only: bool) -> Line:
    """The names of the columns and the ticks."""
    widths = table.widths
    lead = " " * (1 + widths.rail)
    parts = [(lead + left("step", widths.name) + "  ", "axis")]
    if widths.word:
        parts.append((left("state", WORD) + "  ", "axis"))
    parts.append((right("time", TIME) + right("$", COST) + "  ", "axis"))
    scale = ticks(table.axis) if widths.bar else ()
    parts += [(in_ascii(text) if ascii_only else text, style) for text, style in scale]
    return joined(parts)


def row_line(table: Table, y: int, *, ascii_only: bool) -> Line:
    """One row of a table."""
    row = table.rows[y]
    node = table.run.nodes.get(row.path)
    chosen = row.path == table.selected and not row.folded
    over = " selected" if chosen else ""
    segments = [("▸" if chosen else " ", "selected" if chosen else PLAIN), *_rail(table, row, node, ascii_only)]
    segments += _row_cells(table, row, node, ascii_only=ascii_only)
    drawn = ((in_ascii(text) if ascii_only else text, (style + over).strip()) for text, style in segments)
    return joined(drawn)


def changed_rows(before: Table, after: Table, first: int, end: int) -> frozenset[int]:
    """Which of the rows `first` to `end` (without it) look different: those are drawn twice and compared."""
    rows = range(first, min(end, max(len(before.rows), len(after.rows))))
    return frozenset(y for y in rows if _drawn(before, y) != _drawn(after, y))


def _drawn(table: Table, y: int) -> Line:
    return row_line(table, y, ascii_only=False) if y < len(table.rows) else ()


def row_of(table: Table, path: str) -> int | None:
    """Where a step stands in the table."""
    return next((y for y, row in enumerate(table.rows) if row.path == path and not row.folded), None)


def _rail(table: Table, row: Row, node: Node | None, ascii_only: bool) -> Iterator[Segment]:
    wide = table.widths.rail
    if not wide:
        return
    rail = left(row.rail, wide)
    if row.depth:
        yield rail, "edge"
        return
    status, sign = _status(node), _sign(node, ascii_only)
    yield rail[: row.sign_at], "edge"
    if not ascii_only:
        yield sign, status
        yield rail[row.sign_at + 1 :], "edge"
        return
    yield ASCII_PLACE, status
    yield rail[row.sign_at + 1 : -2], "edge"
    yield f"{sign} ", status


def _row_cells(table: Table, row: Row, node: Node | None, *, ascii_only: bool) -> Iterator[Segment]:
    widths = table.widths
    if row.folded:
        yield left("  " * row.depth + f"⋯ {row.folded:,} more", widths.name), "fold"
        return
    status = _status(node)
    inside = row.depth - 1 if widths.rail else row.depth
    lead = "  " * max(inside, 0) + (f"{_sign(node, ascii_only)} " if row.depth or not widths.rail else "")
    yield left(lead + _name(table.run, table.within, row), widths.name), status
    yield "  ", PLAIN
    if widths.word:
        yield left(LOOKS[status].word, WORD) + "  ", status
    yield right(took(node, table.measures.now) if node is not None else "", TIME), "time"
    yield from _cost(table, row, node)
    if widths.bar and node is not None and node.started_at is not None:
        yield "  ", PLAIN
        yield from bar(table.axis, node, stretches(table.run, node, table.measures.now), ascii_only=ascii_only)


def _status(node: Node | None) -> str:
    return "pending" if node is None else node.status


def _sign(node: Node | None, ascii_only: bool) -> str:
    return LOOKS[_status(node)].sign(ascii_only=ascii_only)


def _name(run: Run, within: Inside, row: Row) -> str:
    """A container says how many of its items ended; whatever is closed says how much in it failed or waits."""
    state = state_of(run, row.path, within, counted=False)
    counts = [f"{state.done}/{state.of}"] if state.of else []
    counts += [f"{number}{LOOKS[status].glyph}" for status, number in _needing(state) if number]
    return " ".join([row.name, *counts])


def _needing(state: State) -> tuple[tuple[str, int], ...]:
    return ("failed", state.failed), ("waiting", state.waiting)


def _cost(table: Table, row: Row, node: Node | None) -> Iterator[Segment]:
    """Measured, `~` estimated or still expected, `≥` where some price is unknown."""
    spend = table.measures.spends.get(row.path)
    expected = table.view.estimates.get(row.path)
    if spend is not None:
        estimated = spend.estimated_calls and not spend.unknown_calls
        yield right(_spent(spend), COST), "estimate" if estimated else "cost"
    elif expected is not None and (node is None or node.started_at is None):
        yield right(f"~{usd(expected)}", COST), "estimate"
    else:
        yield right(UNKNOWN, COST), "faint"


def _spent(spend: Spend) -> str:
    if spend.unknown_calls:
        return f"≥{usd(spend.micros)}" if spend.micros else "unknown"
    return f"~{usd(spend.micros)}" if spend.estimated_calls else usd(spend.micros)
