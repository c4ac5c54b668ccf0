"""A comparison on a page: steps × models, totals, the best mix, what would change, and every assumption.

`~` is an estimate, `?` is what nobody knows until it is rerun, `unknown` a price that nobody here knows: never a zero.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from mntui.core.compare import Cell, Change, Column, Matrix, RerunReport
from mntui.core.money import MICROS, usd
from mntui.ui.drawing.text import Line
from mntui.ui.pages.write import BLANK, fit, heading, line, paragraph, row

STEP_WIDE: Final = 18
CELL_WIDE: Final = 17
PASS: Final = {True: "yes", False: "✗ no", None: "?"}


def compare_page(made: Matrix, width: int, first: int) -> Iterator[Line]:
    """The whole of it; of the models beside what was recorded those from `first` on, as many as there is room for."""
    shown = shown_columns(made, width, first)
    yield fit(line((f"prices: {made.prices}", "muted")), width)
    yield BLANK
    yield _row("step", [(_short(made.columns[at]), "head") for at in shown], "best", "head", width)
    for step, choice in zip(made.steps, made.best, strict=True):
        cells = made.cells[step]
        texts = [(_money(cells[at]) + _against(cells[at], cells[0]), _style(cells[at])) for at in shown]
        yield _row(step, texts, choice.model.rpartition("/")[2] or "?", "value", width)
    mix = f"{'~' if made.mix_estimated else ''}{exactly(made.mix_micros)} mix"
    totals = [made.columns[at].total for at in shown]
    yield _row("total", [(_money(total), "money") for total in totals], mix, "title", width)
    yield _row("pass", [(PASS[total.passed], _style(total)) for total in totals], "", "muted", width)
    yield _row("p50 of a call", [(_seconds(total), "time") for total in totals], "", "muted", width)
    left = len(made.columns) - len(shown)
    if left:
        yield line((f"{left} more: ← →", "key"))
    yield from _changes(made, width)
    yield from _reruns(made.reruns, width)
    yield from _notes(made, width)


def shown_columns(made: Matrix, width: int, first: int) -> list[int]:
    """What was recorded always stands there; the others begin with `first`."""
    room = max((width - STEP_WIDE - 2 * (CELL_WIDE + 1)) // (CELL_WIDE + 1), 1)
    others = len(made.columns) - 1
    begin = 1 + max(0, min(first, others - room))
    return [0, *range(begin, min(begin + room, others + 1))]


def exactly(micros: int | None) -> str:
    """Money with as many digits as small amounts need."""
    if micros is None or micros >= MICROS:
        return usd(micros)
    return f"${micros / MICROS:.6f}".rstrip("0").rstrip(".") if micros else "$0"


def _row(name: str, cells: Sequence[tuple[str, str]], last: str, style: str, width: int) -> Line:
    drawn = [(text, -CELL_WIDE, look) for text, look in cells]
    return fit(row([(name, STEP_WIDE, style), *drawn, (f" {last}", 0, style)]), width)


def _money(cell: Cell) -> str:
    return f"{'~' if cell.estimated else ''}{exactly(cell.micros)}" if cell.calls else "not asked"


def _against(cell: Cell, now: Cell) -> str:
    """` ▼76%`: against what was recorded."""
    if cell is now or not cell.micros or not now.micros:
        return " ✗" if cell.passed is False else ""
    percent = round(100 * (cell.micros - now.micros) / now.micros)
    sign = f" {'▼▲'[percent > 0]}{abs(percent)}%" if percent else ""
    return f"{sign}{' ✗' if cell.passed is False else ''}"


def _style(cell: Cell) -> str:
    return "bad" if cell.passed is False else "muted" if cell.micros is None else "value"


def _seconds(cell: Cell) -> str:
    return "?" if cell.p50_seconds is None else f"{cell.p50_seconds:.1f}s"


def _short(column: Column) -> str:
    name = column.name.rpartition("/")[2]
    return f"{name}*" if column.stand_in or column.kind == "rerun" else name


def _changes(made: Matrix, width: int) -> Iterator[Line]:
    yield BLANK
    if not made.changes:
        yield line(("Nothing would change: no other model is known to be cheaper.", "muted"))
        return
    yield heading("what would change", "y copies it as a patch" if made.patch else "")
    for change in made.changes:
        yield from paragraph(_change(change), width, "value", indent=2, hang=2)


def _change(change: Change) -> str:
    before = "a stand-in" if change.before.startswith("builtin/") else exactly(change.before_micros)
    return f"{change.role}: {change.before} → {change.after}, {before} → {exactly(change.after_micros)} a run"


def _reruns(reports: Sequence[RerunReport], width: int) -> Iterator[Line]:
    for report in reports:
        outputs = report.same + len(report.differences)
        cost = f"{'' if report.cost_known else '≥ '}{exactly(report.micros)}"
        said = f"{report.status}, {cost}, {report.seconds:.1f}s, {report.same} of {outputs} outputs the same"
        yield BLANK
        yield from paragraph(f"rerun {report.run} on {report.model}: {said}", width, "title")
        for check in report.checks:
            yield line((f"  success {check.name}: {PASS[check.before]} → {PASS[check.after]}", "value"))
        for each in report.differences:
            yield line((f"  {each.path}{f': ended, {each.ended}' if each.ended else ''}", "key"))
            for text in each.diff.splitlines():
                yield from paragraph(text, width, {"+": "good", "-": "bad"}.get(text[:1], "muted"), indent=4)


def _notes(made: Matrix, width: int) -> Iterator[Line]:
    yield BLANK
    for column in made.columns:
        if column.stand_in:
            yield from paragraph(f"* {column.name} is a stand-in, no model: its zero is no price.", width, "warn")
        elif column.kind == "rerun":
            yield from paragraph(f"* {column.name}: measured in the rerun {column.run}.", width, "muted")
        for note in column.notes:
            yield from paragraph(f"{column.name}: {note}", width, "muted")
    for note in made.notes:
        yield from paragraph(note, width, "muted")
    yield from paragraph(
        "~ estimated   ? not known until it is rerun   unknown: no price is known here", width, "muted"
    )
