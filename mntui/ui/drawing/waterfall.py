"""When each step ran, without lanes: the steps that have begun on one time axis, in order or the longest first."""

from mntui.core.run import Node, Run
from mntui.ui.drawing.measures import measure
from mntui.ui.drawing.rails import CLOSED, RailsView, Row, rows_of
from mntui.ui.drawing.table import Table, table_of


def waterfall(run: Run, now: int, width: int, view: RailsView = CLOSED, selected: str = "") -> Table:
    """The steps in the order in which they began."""
    return table_of(run, measure(run, now), begun(run, view), width, view, selected)


def longest_first(run: Run, now: int, width: int, view: RailsView = CLOSED, selected: str = "") -> Table:
    """The steps that took the most time first, each for itself."""
    measures = measure(run, now)
    rows = [row for row in begun(run, view) if not row.folded]
    rows.sort(key=lambda row: -_length(run.nodes[row.path], measures.now))
    return table_of(run, measures, tuple(rows), width, view, selected)


def begun(run: Run, view: RailsView) -> tuple[Row, ...]:
    """The rows of steps that have begun, without lanes."""
    return tuple(
        Row(row.path, row.name, row.depth, folded=row.folded) for row in rows_of(run, view) if _has_begun(run, row)
    )


def _has_begun(run: Run, row: Row) -> bool:
    node = run.nodes.get(row.path)
    return node is not None and node.started_at is not None


def _length(node: Node, now: int) -> int:
    return (node.ended_at or now) - (node.started_at or now)
