"""`mntui cost`: all runs by the index's view `spend`, one run by its own facts; both give the same figures."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast, get_args

from mntui.cli.codes import DONE
from mntui.cli.cost_text import cost_text
from mntui.cli.exits import Body, Refusal, wrong_usage
from mntui.cli.finding import folded, opened
from mntui.cli.output import Session, plain
from mntui.config.file import Config, read_config
from mntui.core.messages import AskSql, Denied, SqlRows
from mntui.core.spending import (
    DAY_MICROS,
    By,
    Forecast,
    Sum,
    day_of,
    entries,
    forecast,
    last_days,
    ordered,
    sums,
    total,
)
from mntui.core.values import Json
from mntui.core.words import instant, iso
from mntui.engines.base import Engine

DAYS: Final = 14

_SUMS: Final = """
SELECT {key} AS key, count(*) AS calls,
  (coalesce(sum(s.cost_usd) FILTER (WHERE NOT s.estimated), 0) * 1000000)::BIGINT AS measured_micros,
  (coalesce(sum(s.cost_usd) FILTER (WHERE s.estimated), 0) * 1000000)::BIGINT AS estimated_micros,
  count(*) FILTER (WHERE NOT s.cost_known) AS unknown_calls,
  coalesce(sum(s.input_tokens), 0)::BIGINT AS input_tokens,
  coalesce(sum(s.cached_tokens), 0)::BIGINT AS cached_tokens,
  coalesce(sum(s.output_tokens), 0)::BIGINT AS output_tokens,
  (coalesce(sum(s.energy_usd), 0) * 1000000)::BIGINT AS energy_micros,
  (coalesce(sum(s.hardware_usd), 0) * 1000000)::BIGINT AS hardware_micros
FROM spend s JOIN runs r ON r.run = s.run AND r.run_id = s.run_id
WHERE ends_with(s.call, '.0') AND {where} GROUP BY 1
"""
_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "model": "coalesce(s.model, '')",
        "step": r"r.blueprint || ' ' || regexp_replace(s.step, '\[\d+\]', '', 'g')",
        "day": "strftime(s.happened_at + INTERVAL '{zone_seconds} seconds', '%Y-%m-%d')",
        "blueprint": "r.blueprint",
    }
)


def cost(wanted: str, by: str) -> Body:
    async def body(session: Session) -> int:
        if by not in get_args(By):
            raise wrong_usage(f"cost isn't told by {by}", f"--by is one of {', '.join(get_args(By))}.")
        key, now = cast(By, by), session.around.now()
        zone = zone_micros(now)
        async with session.engine() as engine:
            if wanted:
                first = await opened(engine, wanted)
                run = folded(first)
                _tell(session, run.name, key, sums(entries(first.facts), key, run.blueprint, zone), (), ())
                return DONE
            found = await _asked(engine, key, zone)
            first_day = day_of(now + zone - (DAYS - 1) * DAY_MICROS)
            days = last_days(await _asked(engine, "day", zone, first_day), now, DAYS, zone)
            today = await _asked(engine, "blueprint", zone, days[-1].key)
        budgets = _forecasts(read_config(session.settings.config), today, now, zone)
        _tell(session, "", key, found, days, budgets)
        return DONE

    return body


def zone_micros(now: int) -> int:
    """How far the person's zone is from UTC now."""
    offset = instant(now).astimezone().utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) * 1_000_000


async def _asked(engine: Engine, by: By, zone: int, since: str = "1970-01-01") -> tuple[Sum, ...]:
    """Everything from a day on, by a key."""
    seconds = zone // 1_000_000
    key = _KEYS[by].replace("{zone_seconds}", str(seconds))
    where = f"s.happened_at + INTERVAL '{seconds} seconds' >= TIMESTAMP '{since}'"
    reply = await engine.query(AskSql(_SUMS.format(key=key, where=where)))
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, SqlRows)
    return ordered((Sum(str(row[0]), *(int(number) for number in row[1:])) for row in reply.rows), by)


def _forecasts(config: Config, today: tuple[Sum, ...], now: int, zone: int) -> tuple[Forecast, ...]:
    """How today stands against every budget of a day in config.toml."""
    found = []
    for key, given in config.values.items():
        match key:
            case ("budget", "day_usd"):
                name, spent_micros = "all runs", total(today).micros
            case ("blueprints", blueprint, "day_usd"):
                name = blueprint
                spent_micros = sum(each.micros for each in today if each.key == blueprint)
            case _:
                continue
        found.append(forecast(name, round(float(given.value) * 1_000_000), spent_micros, now, zone))
    return tuple(found)


def _tell(
    session: Session, run: str, by: By, found: tuple[Sum, ...], days: tuple[Sum, ...], budgets: tuple[Forecast, ...]
) -> None:
    document = {
        "run": run or None,
        "by": by,
        "sums": [_document(each) for each in found],
        "total": _document(total(found)),
        "days": [_document(each) for each in days],
        "budgets": [_budget(each) for each in budgets],
    }
    session.answer(document, cost_text(session, run, by, found, days, budgets))


def _document(each: Sum) -> Json:
    shown = plain(each)
    return {"id": shown.pop("key"), **shown}


def _budget(each: Forecast) -> Json:
    shown = plain(each)
    shown["id"] = shown.pop("name")
    shown["reached_at"] = None if each.reached_at is None else iso(each.reached_at)
    return shown
