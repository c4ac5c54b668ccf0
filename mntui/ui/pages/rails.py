"""The table of a run's steps as rows of a list, which draws the cursor itself."""

from mntui.ui.drawing.table import Table, head, row_line
from mntui.ui.drawing.text import Line
from mntui.ui.widgets.rows import Row


def rail_rows(table: Table) -> list[Row]:
    """A row a step; the one that stands for items that aren't shown bears its container's name and `…`."""
    return [
        Row(f"{row.path}{' …' if row.folded else ''}", (without_first_cell(row_line(table, y, ascii_only=False)),))
        for y, row in enumerate(table.rows)
    ]


def rail_head(table: Table) -> Line:
    return without_first_cell(head(table, ascii_only=False))


def without_first_cell(line: Line) -> Line:
    """The table's own mark of its cursor."""
    if not line:
        return line
    (text, style), *others = line
    return ((text[1:], style), *others) if len(text) > 1 else tuple(others)
