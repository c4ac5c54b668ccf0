"""How a comparison reads: steps × models, totals, a best mix, what would change, and every assumption.

`~` is an estimate, `?` is what nobody knows until it is rerun, `unknown` is a price that nobody here knows.
"""

from mntui.cli.output import Session, paint, table
from mntui.core.compare import Cell, Change, Column, Matrix, RerunReport
from mntui.core.money import MICROS, usd

SHORT = 26
PASS = {True: "yes", False: "no", None: "?"}


def compare_text(session: Session, made: Matrix) -> str:
    headings = ("step", *(_short(column) for column in made.columns), "best")
    rows = [_row(session, made, at) for at in range(len(made.steps))]
    totals = (
        "total",
        *(_money(column.total) for column in made.columns),
        f"{'~' if made.mix_estimated else ''}{_exactly(made.mix_micros)} mix",
    )
    passed = ("pass", *(PASS[column.total.passed] for column in made.columns), "")
    seconds = ("p50 of a call", *(_seconds(column.total) for column in made.columns), "")
    tokens = ("tokens in/out", *(_tokens(column.total) for column in made.columns), "")
    head = f"{paint(made.run, 'bold')} ({made.blueprint}) on other models; prices: {made.prices}"
    lines = [head, table(headings, [*rows, totals, passed, seconds, tokens], session.table_width)]
    lines += [_report(report) for report in made.reruns]
    return "\n".join([*lines, *_changes(made), *_notes(made)])


def _row(session: Session, made: Matrix, at: int) -> tuple[str, ...]:
    step = made.steps[at]
    now, *others = made.cells[step]
    signs = "-+" if session.ascii else "▼▲"
    cells = [_money(now), *(f"{_money(cell)}{_against(cell, now, signs)}" for cell in others)]
    return step, *cells, made.best[at].model or "?"


def _money(cell: Cell) -> str:
    if cell.calls == 0:
        return "not asked"
    return f"{'~' if cell.estimated else ''}{_exactly(cell.micros)}{' no pass' if cell.passed is False else ''}"


def _exactly(micros: int | None) -> str:
    """Money with as many digits as small amounts need; never a zero that is more than one."""
    if micros is None or micros >= MICROS:
        return usd(micros)
    return f"${micros / MICROS:.6f}".rstrip("0").rstrip(".") if micros else "$0"


def _against(cell: Cell, now: Cell, signs: str) -> str:
    """` ▼76%`: against what was recorded."""
    if not cell.micros or not now.micros:
        return ""
    percent = round(100 * (cell.micros - now.micros) / now.micros)
    return f" {signs[percent > 0]}{abs(percent)}%" if percent else ""


def _seconds(cell: Cell) -> str:
    return "?" if cell.p50_seconds is None else f"{cell.p50_seconds:.1f}s"


def _tokens(cell: Cell) -> str:
    share = f" ({100 * cell.cached_tokens // cell.input_tokens}% cached)" if cell.cached_tokens else ""
    return f"{cell.input_tokens:,}{share}/{cell.output_tokens:,}"


def _short(column: Column) -> str:
    name = column.name.rpartition("/")[2][:SHORT]
    if column.stand_in:
        return f"{name} (stand-in)"
    return f"{name} (rerun)" if column.kind == "rerun" else name


def _changes(made: Matrix) -> list[str]:
    if not made.changes:
        return ["Nothing would change: no other model is known to be cheaper."]
    lines = ["what would change"]
    lines += [f"  {_change(change)}" for change in made.changes]
    if made.patch:
        lines += ["as a patch of the blueprint (patch -p1 in its folder):", made.patch.rstrip()]
    return lines


def _change(change: Change) -> str:
    after = _exactly(change.after_micros)
    before = "a stand-in" if change.before.startswith("builtin/") else _exactly(change.before_micros)
    return f"{change.role}: {change.before} → {change.after}, {before} → {after} a run"


def _notes(made: Matrix) -> list[str]:
    lines = [f"note: {note}" for note in made.notes]
    for column in made.columns:
        if column.local:
            energy, hardware = _exactly(column.total.energy_micros), _exactly(column.total.hardware_micros)
            lines.append(f"{column.name}: energy {energy}, hardware {hardware}")
        lines += [f"{column.name}: {note}" for note in column.notes]
    if any(column.kind == "what_if" for column in made.columns):
        lines.append(
            "What if: the same questions and answers, counted and priced for each model. ~ estimated, ? unknown."
        )
    return lines


def _report(report: RerunReport) -> str:
    bound = "" if report.cost_known else "≥ "
    cost, outputs = f"{bound}{_exactly(report.micros)}", report.same + len(report.differences)
    said = f"{report.status}, {cost}, {report.seconds:.1f}s, {report.same} of {outputs} outputs the same"
    lines = [f"rerun {paint(report.run, 'bold')} on {report.model}: {said}"]
    lines += [f"  success {check.name}: {PASS[check.before]} → {PASS[check.after]}" for check in report.checks]
    for each in report.differences:
        lines.append(f"  {each.path}{f': ended, {each.ended}' if each.ended else ''}")
        lines += [f"    {line}" for line in each.diff.splitlines()]
    return "\n".join(lines)
