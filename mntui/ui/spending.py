"""What was spent in the last days, by day and by model: one question to the journal, asked now and then.

Runs alone don't tell it: only so many of them are listed, and one may spend over several days.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal, InvalidOperation

from mntui.core.frozen import frozen
from mntui.core.messages import AskSql, RunRow, SqlRows
from mntui.core.money import MICROS
from mntui.core.values import Json
from mntui.core.words import instant
from mntui.engines.base import Engine
from mntui.ui.overview import AWAY

DAYS = 14


@frozen
class Spending:
    """Micro-dollars by day (a date's ordinal in the person's zone) and by model; `unknown` calls have no price."""

    days: Mapping[int, int] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0


def day_of(at: int) -> int:
    return instant(at).astimezone().date().toordinal()


def question(now: int) -> AskSql:
    """Days are the person's, so the zone's distance from UTC is part of it."""
    offset = instant(now).astimezone().utcoffset()
    seconds = int(offset.total_seconds()) if offset is not None else 0
    local = f"happened_at + INTERVAL '{seconds} seconds'"
    since = instant(now).date().toordinal() - DAYS
    return AskSql(
        f"SELECT date_diff('day', DATE '0001-01-01', ({local})::DATE) + 1 AS day, model,"  # noqa: S608 - numbers of our own
        f" sum(cost_usd)::VARCHAR AS cost, count(*) FILTER (NOT cost_known) AS unknown FROM spend"
        f" WHERE happened_at >= DATE '0001-01-01' + INTERVAL '{since} days' GROUP BY ALL"
    )


async def asked(engine: Engine, now: int) -> Spending | None:
    """None where it can't be told now: the worker is away, or its index is being built."""
    try:
        reply = await engine.query(question(now))
    except AWAY:
        return None
    return read(reply.rows) if isinstance(reply, SqlRows) else None


def read(rows: tuple[tuple[Json, ...], ...]) -> Spending:
    days, models, unknown = Counter[int](), Counter[str](), 0
    for day, model, cost, uncounted in rows:
        micros = _micros(cost)
        days[int(day)] += micros
        models[str(model or "unknown")] += micros
        unknown += int(uncounted)
    return Spending(days, models, unknown)


def of_runs(rows: tuple[RunRow, ...]) -> Spending:
    """The same off the runs that are listed, until the journal has answered: by the day on which each began."""
    days = Counter[int]()
    for row in rows:
        days[day_of(row.started_at)] += row.cost_micros
    return Spending(days, {}, sum(not row.cost_known for row in rows))


def _micros(cost: Json) -> int:
    try:
        return int(Decimal(str(cost)) * MICROS) if cost is not None else 0
    except InvalidOperation:
        return 0
