"""The lists of Home: blueprints, runs, what waits, and what was spent; each row from one value, cut to its width."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from mntui.core.messages import RunRow, Waiting
from mntui.core.money import usd
from mntui.core.shown import glance
from mntui.core.words import LOOKS, span
from mntui.ui.drawing.spark import chart, shares, sparkline
from mntui.ui.drawing.text import Line, Segment
from mntui.ui.overview import live
from mntui.ui.pages.asks import KINDS
from mntui.ui.pages.costs import expected
from mntui.ui.pages.write import ago, apart, fit, line, paragraph, row
from mntui.ui.shelf import Shelved
from mntui.ui.spending import DAYS, Spending, day_of

CHART_COLUMNS: Final = 52
"""Below that a column a day has no room for its scale."""


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
    return _run_line(each.run, each.status, texts, width)


@lru_cache(maxsize=1_000)
def _run_line(name: str, status: str, texts: Sequence[str], width: int) -> Line:
    """Asked for every row at every look; what it says seldom changes."""
    return fit(row([(name, _name_wide(width), "value"), *_run_cells(texts, "", width, status)]), width)


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


def spend_page(spending: Spending, now: int, width: int, height: int) -> list[Line]:
    """A column a day, today last, and which models it went to."""
    today = day_of(now)
    amounts = [spending.days.get(day, 0) for day in range(today - DAYS + 1, today + 1)]
    total, most = sum(amounts), max(amounts)
    lines = [
        apart(line((f"{usd(total)} in {DAYS} days", "money")), line((f"today {usd(amounts[-1])}", "money")), width)
    ]
    models = sorted(spending.models.items(), key=lambda each: -each[1])[: max(height - 4, 1)]
    room = height - 1 - len(models) - bool(spending.unknown)
    if width >= CHART_COLUMNS and room >= 2 and most:
        lines += chart(amounts, min(room, 6), usd(most), ascii_only=False)
    else:
        lines.append(line((sparkline(amounts, DAYS, ascii_only=False), "spark")))
    bars = shares([micros for _, micros in models], 10, ascii_only=False)
    for (model, micros), bar in zip(models, bars, strict=True):
        lines.append(
            fit(row([(model, max(width - 22, 8), "value"), (usd(micros), -9, "money"), (bar, 10, "spark")]), width)
        )
    if spending.unknown:
        lines.append(fit(line((f"at least: {spending.unknown} calls have no known price", "warn")), width))
    return lines


def about_page(each: Shelved | None, rows: Sequence[RunRow], width: int) -> Iterator[Line]:
    """The blueprint under the cursor: what it is for or what is wrong, and what its next run will cost."""
    if each is None:
        return
    if each.loaded.plan is None:
        first = next(notice for notice in each.loaded.findings if notice.severity == "problem")
        yield from paragraph(f"{first.message} (line {first.line}). b shows all of it.", width, "bad")
        return
    plan = each.loaded.plan
    if plan.about:
        yield from paragraph(plan.about, width, "muted")
    limit = plan.budget.usd_micros
    parts = [f"{len(plan.steps)} steps", "no budget" if limit is None else f"budget {usd(limit)}"]
    yield fit(line((f"{' · '.join(parts)} · {each.found.origin}", "faint")), width)
    yield from paragraph(_next_run(expected([run for run in rows if run.blueprint == each.name])), width, "money")


def _next_run(told: tuple[int, int, int] | None) -> str:
    if told is None:
        return "What a run costs isn't known before the first one has ended."
    middle, high, runs = told
    of = f"by the last {runs} run{'s' if runs > 1 else ''}"
    return f"next run about {usd(middle)}, {of}" if high == middle else f"next run {usd(middle)} to {usd(high)}, {of}"


def running(rows: Sequence[RunRow]) -> int:
    return sum(live(each) for each in rows)
