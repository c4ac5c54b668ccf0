"""What was billed, told from the facts of one run: by model, by step, by day. Measured and estimated stay apart.

The same figures as the index's view `spend`, which answers for all runs at once. A call whose price nobody knows is
counted as unknown; it is never summed as zero in silence. A call that was lost with its worker counts with all that
was held back for it.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from mntui.core import events as e
from mntui.core.frozen import frozen
from mntui.core.money import Cost, Usage
from mntui.core.step_paths import plan_path
from mntui.core.words import instant

By = Literal["model", "step", "day", "blueprint"]
DAY_MICROS: Final = 86_400_000_000


@frozen
class Entry:
    """One attempt of a model call that was billed, or may have been. `at` is when it was counted."""

    path: str
    call: str
    attempt: int
    model: str
    cause: Literal["answer", "cache", "failure", "late", "lost"]
    at: int
    usage: Usage
    cost: Cost

    @property
    def estimated(self) -> bool:
        return self.cost.estimated or self.usage.estimated


@frozen
class Sum:
    """What several calls came to, in micro-dollars. A total with unknown calls is a lower bound.

    `energy_micros` and `hardware_micros` are the parts that local models took.
    """

    key: str
    calls: int = 0
    measured_micros: int = 0
    estimated_micros: int = 0
    unknown_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    energy_micros: int = 0
    hardware_micros: int = 0

    @property
    def micros(self) -> int:
        return self.measured_micros + self.estimated_micros

    def with_entry(self, entry: Entry) -> "Sum":
        micros, usage = entry.cost.micros or 0, entry.usage
        return replace(
            self,
            calls=self.calls + 1,
            measured_micros=self.measured_micros + (0 if entry.estimated else micros),
            estimated_micros=self.estimated_micros + (micros if entry.estimated else 0),
            unknown_calls=self.unknown_calls + (entry.cost.micros is None),
            input_tokens=self.input_tokens + usage.input_tokens,
            cached_tokens=self.cached_tokens + usage.cached_tokens,
            output_tokens=self.output_tokens + usage.output_tokens + usage.thinking_tokens,
            energy_micros=self.energy_micros + entry.cost.energy_micros,
            hardware_micros=self.hardware_micros + entry.cost.hardware_micros,
        )


def entries(facts: Iterable[e.Fact]) -> tuple[Entry, ...]:
    """Everything that was billed, in the order in which it was counted."""
    found: list[Entry] = []
    models: dict[tuple[str, str, int], str] = {}
    out: dict[tuple[str, str], e.ModelCallStarted] = {}
    for fact in facts:
        match fact.event:
            case e.ModelCallStarted(path=path, call=call, model=model) as started:
                models[path, call, started.attempt], out[path, call] = model, started
            case e.ModelAnswered() | e.ModelCallFailed() | e.LateOutcome() as event if event.call.endswith(".0"):
                slot = (event.path, event.call)
                found.extend(_billed(event, fact.at, models.get((*slot, event.attempt), "")))
                if slot in out and out[slot].attempt == event.attempt:
                    del out[slot]
            case e.RunAdopted():
                found.extend(_lost(started, fact.at) for started in out.values())
                out.clear()
            case _:
                pass
    return tuple(found)


def sums(billed: Iterable[Entry], by: By, blueprint: str = "", zone_micros: int = 0) -> tuple[Sum, ...]:
    """The entries summed by a key, the dearest first; days in their order, in a zone so far from UTC."""
    found: dict[str, Sum] = {}
    for entry in billed:
        name = _key(entry, by, blueprint, zone_micros)
        found[name] = found.get(name, Sum(name)).with_entry(entry)
    return ordered(found.values(), by)


def ordered(found: Iterable[Sum], by: By) -> tuple[Sum, ...]:
    if by == "day":
        return tuple(sorted(found, key=lambda each: each.key))
    return tuple(sorted(found, key=lambda each: (-each.micros, -each.unknown_calls, each.key)))


def total(found: Iterable[Sum]) -> Sum:
    """All of them as one."""
    whole = Sum("total")
    for each in found:
        whole = Sum(
            "total",
            whole.calls + each.calls,
            whole.measured_micros + each.measured_micros,
            whole.estimated_micros + each.estimated_micros,
            whole.unknown_calls + each.unknown_calls,
            whole.input_tokens + each.input_tokens,
            whole.cached_tokens + each.cached_tokens,
            whole.output_tokens + each.output_tokens,
            whole.energy_micros + each.energy_micros,
            whole.hardware_micros + each.hardware_micros,
        )
    return whole


# Budgets


@frozen
class Forecast:
    """A limit for a day, and where today's rate leads. `reached_at` is None where it isn't reached before midnight."""

    name: str
    limit_micros: int
    spent_micros: int
    left_micros: int
    hourly_micros: int
    by_midnight_micros: int
    reached_at: int | None


def forecast(name: str, limit_micros: int, spent_micros: int, now: int, zone_micros: int = 0) -> Forecast:
    """Where a day's budget stands: today's rate is what was spent since midnight by the time that has passed."""
    passed = max((now + zone_micros) % DAY_MICROS, 60_000_000)
    left_micros = max(limit_micros - spent_micros, 0)
    left_of_day = DAY_MICROS - passed
    reached_at = now if spent_micros >= limit_micros else None
    if reached_at is None and spent_micros and left_micros * passed < spent_micros * left_of_day:
        reached_at = now + left_micros * passed // spent_micros
    return Forecast(
        name,
        limit_micros,
        spent_micros,
        left_micros,
        spent_micros * 3_600_000_000 // passed,
        spent_micros + spent_micros * left_of_day // passed,
        reached_at,
    )


def last_days(found: Iterable[Sum], now: int, days: int, zone_micros: int = 0) -> tuple[Sum, ...]:
    """Each of the last days up to now, those without any call too."""
    by_day = {each.key: each for each in found}
    names = [day_of(now + zone_micros - back * DAY_MICROS) for back in reversed(range(days))]
    return tuple(by_day.get(name, Sum(name)) for name in names)


def day_of(at: int) -> str:
    """`2026-11-22`, of an instant that is already in its zone."""
    return instant(at).date().isoformat()


# Inside


def _billed(event: e.ModelAnswered | e.ModelCallFailed | e.LateOutcome, at: int, model: str) -> Iterable[Entry]:
    where = (event.path, event.call, event.attempt, model)
    match event:
        case e.ModelAnswered():
            yield Entry(*where, "cache" if event.cached else "answer", at, event.usage, event.cost)
        case e.ModelCallFailed():
            if event.usage != Usage() or event.cost.micros:
                yield Entry(*where, "failure", at, event.usage, event.cost)
        case e.LateOutcome():
            yield Entry(*where, "late", at, event.usage, event.cost)


def _lost(started: e.ModelCallStarted, at: int) -> Entry:
    usage = Usage(input_tokens=started.reserved_tokens, estimated=True)
    cost = Cost(started.reserved_micros, estimated=True)
    return Entry(started.path, started.call, started.attempt, started.model, "lost", at, usage, cost)


def _key(entry: Entry, by: By, blueprint: str, zone_micros: int) -> str:
    match by:
        case "model":
            return entry.model
        case "step":
            return plan_path(entry.path)
        case "day":
            return day_of(entry.at + zone_micros)
        case "blueprint":
            return blueprint
