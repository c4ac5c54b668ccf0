"""The lists of Home: blueprints, runs, what waits, and what was spent; each row from one value, cut to its width."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from mntui.core.messages import RunRow, Waiting
from mntui.core.money import usd
from mntui.core.shown import glance
from mntui.core.words import LOOKS, instant, span
from mntui.ui.drawing.text import Line, Segment
from mntui.ui.overview import live
from mntui.ui.pages.asks import KINDS
from mntui.ui.pages.write import ago, apart, fit, line, row
from mntui.ui.shelf import Shelved

DAYS: Final = 14
_BARS: Final = " ▁▂▃▄▅▆▇█"


def run_head(width: int) -> Line:
    return fit(
        row(
            [("run", _name_wide(width), "head"), *_run_cells(("status", "steps", "$", "time", "begun"), "head", width)]
        ),
        width,
    )


def run_row(each: RunRow, now: int, width: int) -> Line:
    """`invoice-7f3k  ◐ running  11/18  $0.1127  0:24  now`."""
    look = LOOKS[each.status]
    word = f"{look.glyph} {look.word}"
    if each.status == "succeeded" and each.success is False:
        word = f"{look.glyph} no success"
    time = span((each.ended_at or now) - each.started_at)
    money = f"{'' if each.cost_known else '≥'}{usd(each.cost_micros)}"
    texts = (word, f"{each.steps_ended}/{each.steps}", money, time, ago(each.started_at, now))
    name = (each.run, _name_wide(width), "value")
    return fit(row([name, *_run_cells(texts, "", width, each.status)]), width)


def _name_wide(width: int) -> int:
    return max(min(width - 44, 30), 14)


def _run_cells(texts: Sequence[str], style: str, width: int, status: str = "") -> list[tuple[str, int, str]]:
    wides = (13, -6, -9, -6, -5)
    styles = (status or style, style or "muted", style or "money", style or "time", style or "muted")
    found = list(zip(texts, wides, styles, strict=True))
    return found if width >= 56 else found[:1] + found[2:4]


def blueprint_head(width: int) -> Line:
    return fit(
        row(
            [
                ("blueprint", _blueprint_wide(width), "head"),
                *_blueprint_cells(("state", "last", "$/run", "p50"), "head", width),
            ]
        ),
        width,
    )


def blueprint_row(each: Shelved, rows: Sequence[RunRow], now: int, width: int) -> Line:
    """`invoice-reconcile  ready  ✓ 8m  $0.009  6s`."""
    own = [run for run in rows if run.blueprint == each.name]
    ended = [run for run in own if run.ended_at is not None]
    last: Segment = ("—", "muted")
    if own:
        last = (f"{LOOKS[own[0].status].glyph} {ago(own[0].started_at, now)}", own[0].status)
    mean = usd(sum(run.cost_micros for run in ended) // len(ended)) if ended else "—"
    middle = span(sorted((run.ended_at or 0) - run.started_at for run in ended)[len(ended) // 2]) if ended else "—"
    name = (each.name, _blueprint_wide(width), "value" if each.ready else "muted")
    cells = _blueprint_cells((each.state, last[0], mean, middle), "", width, _state_style(each), last[1])
    return fit(row([name, *cells]), width)


def _state_style(each: Shelved) -> str:
    return "good" if each.ready and each.trusted else "warn" if each.ready else "bad"


def _blueprint_wide(width: int) -> int:
    return width - 34 if width >= 52 else max(width - 20, 12)


def _blueprint_cells(
    texts: Sequence[str], style: str, width: int, state: str = "", last: str = ""
) -> list[tuple[str, int, str]]:
    styles = (state or style, last or style or "muted", style or "money", style or "time")
    found = list(zip(texts, (11, 6, -8, -5), styles, strict=True))
    return found if width >= 52 else found[:2]


def waiting_row(each: Waiting, now: int, width: int) -> Line:
    ask = each.ask
    sign: Segment = ("! ", "bad") if ask.effect == "unsafe" or ask.kind == "in_doubt" else ("◆ ", "waiting")
    kind = f"{KINDS[ask.kind]}  " if ask.kind != "approval" else ""
    start = line(sign, (kind, "waiting"), (glance(ask.question, width), "value"))
    return apart(start, line((f"  {each.run}", "muted"), (f" {ago(ask.asked_at, now):>4}", "time")), width)


def spend_page(rows: Sequence[RunRow], now: int, width: int) -> list[Line]:
    """A bar a day, today last, and which blueprints it went to. Of the runs that are listed, so it says how many."""
    days = Counter[int]()
    shares = Counter[str]()
    today = _day(now)
    for each in rows:
        if today - _day(each.started_at) < DAYS:
            days[_day(each.started_at)] += each.cost_micros
            shares[each.blueprint] += each.cost_micros
    total, most = sum(days.values()), max(days.values(), default=0)
    lines = [
        apart(line((f"{usd(total)} in {DAYS} days", "money")), line((f"today {usd(days[today])}", "money")), width),
        line((" ".join(_bar(days[day], most) for day in range(today - DAYS + 1, today + 1)), "spark")),
    ]
    lines += [
        fit(row([(name, 24, "value"), (usd(micros), -9, "money"), (f"{micros / total:.0%}", -5, "muted")]), width)
        for name, micros in shares.most_common(4)
        if micros
    ]
    unknown = sum(not each.cost_known for each in rows)
    if unknown:
        lines.append(fit(line((f"at least: {unknown} runs have calls of unknown price", "muted")), width))
    return lines


def today_micros(rows: Sequence[RunRow], now: int) -> int:
    return sum(each.cost_micros for each in rows if _day(each.started_at) == _day(now))


def running(rows: Sequence[RunRow]) -> int:
    return sum(live(each) for each in rows)


def _day(at: int) -> int:
    return instant(at).astimezone().date().toordinal()


def _bar(amount: int, most: int) -> str:
    return _BARS[0] if not amount else _BARS[max(round(amount / most * (len(_BARS) - 1)), 1)]
