"""What a benchmark gives back: figures, each with its aim and with the physical limit measured in the same minute.

An aim for a disk is meant for one that does REFERENCE_SYNCS fdatasync/s. On a slower one the aim shrinks with it, and
the verdict says so. Absent: maxima. Disks stall now and then, with us and without us.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

REFERENCE_SYNCS = 3_500.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Of single measurements, in milliseconds."""

    p50_ms: float
    p99_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class Limit:
    """What the machine itself gives, without mntui, measured right before and after the figure."""

    what: str
    value: float
    unit: str
    spread: Spread | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """`most`: the value may be at most so much; otherwise at least. `disk`: it is meant for the reference disk."""

    value: float
    most: bool = True
    disk: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is None where nothing could be measured; the note says why."""

    name: str
    value: float | None
    unit: str
    aim: Aim | None = None
    spread: Spread | None = None
    limit: Limit | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """`pass`, `pass, by this disk` (scaled to what it does), `short`, or nothing where there is no aim."""
        if self.aim is None or self.value is None:
            return ""
        if self.value <= self.aim.value if self.aim.most else self.value >= self.aim.value:
            return "pass"
        if self.aim.disk and self.limit is not None and self.value >= self.scaled_aim:
            return "pass, by this disk"
        return "short"

    @property
    def scaled_aim(self) -> float:
        """What the aim comes to on this disk; never more than the aim itself."""
        assert self.aim is not None
        if not self.aim.disk or self.limit is None:
            return self.aim.value
        return self.aim.value * min(1.0, self.limit.value / REFERENCE_SYNCS)

    def plain(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict}


def figure_of(plain: dict[str, Any]) -> Figure:
    """What `plain` gave, as a figure again."""
    aim, spread, limit = plain["aim"], plain["spread"], plain["limit"]
    if limit is not None and limit["spread"] is not None:
        limit = {**limit, "spread": Spread(**limit["spread"])}
    return Figure(
        plain["name"],
        plain["value"],
        plain["unit"],
        Aim(**aim) if aim is not None else None,
        Spread(**spread) if spread is not None else None,
        Limit(**limit) if limit is not None else None,
        plain["note"],
    )


def spread_of(seconds: Iterable[float]) -> Spread:
    """The median and the 99th percentile (nearest rank) of single measurements. Raises ValueError for none."""
    ordered = sorted(seconds)
    if not ordered:
        raise ValueError("nothing was measured")
    return Spread(median(ordered) * 1e3, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1e3, len(ordered))


def median_limit(limits: Sequence[Limit]) -> Limit:
    """Several measurements of one limit as one: the median of each number."""
    first, spreads = limits[0], [each.spread for each in limits if each.spread is not None]
    spread = None
    if spreads:
        p50, p99 = median(s.p50_ms for s in spreads), median(s.p99_ms for s in spreads)
        spread = Spread(p50, p99, sum(s.count for s in spreads))
    return Limit(first.what, median(each.value for each in limits), first.unit, spread)
