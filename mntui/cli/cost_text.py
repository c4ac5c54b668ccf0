"""How `mntui cost` reads. An unknown price makes a total a lower bound, marked so; estimates have their own column."""

from mntui.cli.output import Session, clock, paint, table
from mntui.core.money import usd
from mntui.core.spending import By, Forecast, Sum, total
from mntui.ui.drawing.spark import sparkline


def cost_text(
    session: Session,
    run: str,
    by: By,
    found: tuple[Sum, ...],
    days: tuple[Sum, ...],
    budgets: tuple[Forecast, ...],
) -> str:
    if not found:
        return f"{run} made no model call." if run else "No model call was made yet."
    headings = (by, "calls", "measured", "estimated", "unknown", "in", "cached", "out")
    rows = [_row(session, each) for each in found]
    if len(found) > 1:
        rows.append(_row(session, total(found)))
    lines = [table(headings, rows, session.table_width)]
    if unknown := total(found).unknown_calls:
        calls = f"{unknown} call{'s' * (unknown != 1)}"
        lines.append(f"Nobody here knows what {calls} cost: totals with ≥ are lower bounds. mntui prices MODEL")
    whole = total(found)
    if whole.energy_micros or whole.hardware_micros:
        parts = f"energy {usd(whole.energy_micros)}, hardware {usd(whole.hardware_micros)}"
        lines.append(f"Of it, local models took {parts}; watts and prices stand in config.toml, [local].")
    if days:
        lines.append(_days(session, days))
    return "\n".join([*lines, *(_budget(each) for each in budgets)])


def _row(session: Session, each: Sum) -> tuple[str, ...]:
    bound = (">= " if session.ascii else "≥ ") if each.unknown_calls else ""
    estimated = f"~{usd(each.estimated_micros)}" if each.estimated_micros else ""
    counts = (f"{number:,}" for number in (each.input_tokens, each.cached_tokens, each.output_tokens))
    measured = f"{bound}{usd(each.measured_micros)}"
    if not each.measured_micros:
        # What is only estimated, or unknown, must not read as a measured $0.
        measured = "unknown" if each.unknown_calls else "" if each.estimated_micros else usd(0)
    unknown = f"{each.unknown_calls} calls" if each.unknown_calls else ""
    return each.key or "(unnamed)", f"{each.calls:,}", measured, estimated, unknown, *counts


def _days(session: Session, days: tuple[Sum, ...]) -> str:
    values = [None if each.unknown_calls and not each.micros else each.micros for each in days]
    drawn = sparkline(values, len(values), ascii_only=session.ascii)
    return f"{len(days)} days {paint(drawn, 'cyan')} {usd(total(days).micros)}, today {usd(days[-1].micros)}"


def _budget(each: Forecast) -> str:
    lead = f"budget of {each.name}: {usd(each.left_micros)} of {usd(each.limit_micros)} left today"
    if each.left_micros == 0:
        return f"{lead}; it is used up"
    if each.reached_at is None:
        return f"{lead}; at today's rate {usd(each.by_midnight_micros)} by midnight, so it lasts"
    return f"{lead}; at today's rate ({usd(each.hourly_micros)} an hour) it is reached at {clock(each.reached_at)}"
