"""What a run cost: its limit, each model's part, each step's part, and how that compares with the runs before it."""

from collections.abc import Iterator, Mapping, Sequence

from mntui.core.compare import STAND_IN_PREFIX, Column
from mntui.core.events import Fact, ModelAnswered, ModelCallFailed, ModelCallStarted
from mntui.core.messages import RunRow
from mntui.core.money import Spend, usd
from mntui.core.run import Node, Run
from mntui.core.words import spent
from mntui.ui.drawing.spark import meter, sparkline
from mntui.ui.drawing.text import Line
from mntui.ui.pages.write import BLANK, fit, heading, line, paragraph, row

COMPARED = 20
MOST_STEPS = 200


def cost_page(
    run: Run,
    node: Node | None,
    facts: Sequence[Fact],
    before: Sequence[RunRow],
    width: int,
    others: Sequence[Column] = (),
) -> Iterator[Line]:
    """`before` are the runs of the same blueprint, newest first; `others` what its calls come to on other models."""
    yield from _total(run, width)
    yield BLANK
    yield from _models(by_model(facts), width)
    yield from _throughout(run, others, width)
    yield BLANK
    yield from _compared(run, before, width)
    if node is not None and node.spend.calls:
        yield line((node.path, "title"), (f"  {spent(node.spend)}", "money"))
        tokens = f"{node.spend.input_tokens:,} tokens in, {node.spend.output_tokens:,} out"
        yield from paragraph(f"{tokens}, {node.spend.calls} calls", width, "muted")
        yield BLANK
    yield from _steps(run, width)


def _total(run: Run, width: int) -> Iterator[Line]:
    cap = f" of {usd(run.budget_micros)}" if run.budget_micros is not None else ""
    yield line((run.name, "title"), (f"  {spent(run.spend)}{cap}", "money"))
    if run.budget_micros:
        share = f" {run.spend.micros / run.budget_micros:.0%}"
        bar = meter(run.spend.micros, run.budget_micros, max(min(width - 8, 40), 8), ascii_only=False)
        yield (*bar, *line((share, "muted")))
    if run.reserved_micros:
        yield from paragraph(f"{usd(run.reserved_micros)} held back for calls under way", width, "muted")
    if run.budget_tokens is not None:
        used = run.spend.input_tokens + run.spend.output_tokens
        yield from paragraph(f"{used:,} of {run.budget_tokens:,} tokens", width, "muted")
    for model in sorted({name for name in run.models.values() if name.startswith(STAND_IN_PREFIX)}):
        yield from paragraph(f"{model} is a stand-in model, no language model: its zero is no price.", width, "warn")
    if run.spend.unknown_calls:
        yield from paragraph("At least: some calls have no known price.", width, "warn")


def by_model(facts: Sequence[Fact]) -> dict[str, tuple[Spend, int]]:
    """What each model cost, and how many of its input tokens came from a cache."""
    models: dict[tuple[str, str, int], str] = {}
    found: dict[str, tuple[Spend, int]] = {}
    for fact in facts:
        match fact.event:
            case ModelCallStarted(path=path, call=call, attempt=attempt, model=model):
                models[path, call, attempt] = model
            case ModelAnswered() | ModelCallFailed() as event:
                model = models.get((event.path, event.call, event.attempt), "unknown")
                spend, cached = found.get(model, (Spend(), 0))
                found[model] = spend.plus(event.usage, event.cost), cached + event.usage.cached_tokens
            case _:
                pass
    return dict(sorted(found.items(), key=lambda each: -each[1][0].micros))


def _models(models: Mapping[str, tuple[Spend, int]], width: int) -> Iterator[Line]:
    if not models:
        yield line(("No model has answered yet.", "muted"))
        return
    sizes = {"calls": -6, "in": -8, "out": -7, "cache": -6, "$": -9} if width >= 56 else {"in": -7, "out": -6, "$": -8}
    wide = max(width - sum(map(abs, sizes.values())), 8)
    heads = [("model", wide, "head"), *((name, size, "head") for name, size in sizes.items())]
    yield fit(row(heads, gap=0), width)
    for model, (spend, cached) in models.items():
        told = {
            "calls": f"{spend.calls}",
            "in": few(spend.input_tokens),
            "out": few(spend.output_tokens),
            "cache": f"{cached / spend.input_tokens:.0%}" if spend.input_tokens else "—",
            "$": usd(spend.micros) if not spend.unknown_calls else "unknown",
        }
        cells = [(told[name], size, "money" if name == "$" else "muted") for name, size in sizes.items()]
        yield fit(row([(model, wide, "value"), *cells], gap=0), width)


def _throughout(run: Run, others: Sequence[Column], width: int) -> Iterator[Line]:
    """`if openai/gpt-5.4-mini throughout: ~$0.0410 (▼64%)`; a price that nobody knows is no zero."""
    for other in others:
        micros, sign = other.total.micros, "~" if other.total.estimated else ""
        told = f"{sign}{usd(micros)}" if micros is not None else "unknown"
        if micros is not None and run.spend.micros and not run.spend.unknown_calls:
            percent = round(100 * (micros - run.spend.micros) / run.spend.micros)
            told += f" ({'▼▲'[percent > 0]}{abs(percent)}%)" if percent else ""
        yield from paragraph(f"if {other.name} throughout: {told}", width, "muted")


def few(number: int) -> str:
    """`940`, `18.2k`, `1.3M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)


def _compared(run: Run, before: Sequence[RunRow], width: int) -> Iterator[Line]:
    """This run beside the last ones of its blueprint."""
    ended = [each for each in before if each.ended_at is not None and each.id != run.id][:COMPARED]
    if not ended:
        return
    costs = [each.cost_micros if each.cost_known else None for each in reversed(ended)]
    known = sorted(cost for cost in costs if cost is not None)
    middle = f", half of them under {usd(known[len(known) // 2])}" if known else ""
    yield from paragraph(f"the last {len(ended)} runs of {run.blueprint}{middle}", width, "muted")
    yield line((sparkline(costs, max(width - 2, 1), ascii_only=False), "spark"))
    yield BLANK


def _steps(run: Run, width: int) -> Iterator[Line]:
    dear = sorted((each for each in run.nodes.values() if each.spend.calls), key=lambda each: -each.spend.micros)
    if not dear:
        return
    yield heading("by step")
    wide = max(width - 27, 10)
    yield row([("step", wide, "head"), ("in", -8, "head"), ("out", -8, "head"), ("$", -10, "head")], gap=0)
    for each in dear[:MOST_STEPS]:
        spend = each.spend
        money = usd(spend.micros) if not spend.unknown_calls else "unknown"
        cells = [(few(spend.input_tokens), -8, "muted"), (few(spend.output_tokens), -8, "muted"), (money, -10, "money")]
        yield row([(each.path, wide, "value"), *cells], gap=0)
    if len(dear) > MOST_STEPS:
        yield line((f"… and {len(dear) - MOST_STEPS} more: mntui show {run.name}", "muted"))


def expected(before: Sequence[RunRow]) -> tuple[int, int, int] | None:
    """What the next run will cost: the middle and the ninetieth of a hundred of the last runs, and of how many.

    None where no run that ended has a known price.
    """
    known = [each.cost_micros for each in before if each.ended_at is not None and each.cost_known][:COMPARED]
    if not known:
        return None
    ordered = sorted(known)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) * 9 // 10, len(ordered) - 1)], len(ordered)
