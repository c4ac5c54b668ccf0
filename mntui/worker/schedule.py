"""When a cron schedule fires: pure functions of the schedule, the last time that was dealt with, and the clock.

A time is known by its nominal instant, which no jitter moves, and every one is dealt with once, in order: whoever
journals `last` loses none and doubles none over a crash, a sleep of the machine, or a clock that was changed. A clock
set back repeats nothing (its times aren't after `last`); a clock set forward makes what was jumped over late, and late
times follow the catch-up rule.

Over a change of summer time, a fixed time that doesn't exist fires as soon as the clock has jumped, one that comes
twice fires the first time, and `*/30 * * * *` goes by real time, as Debian's cron does it.

Deliberately absent: the clock, timers, the reading of cron fields (a `Cron` is handed in), and what a firing starts.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile
from typing import Final, Literal

from mntui.core.frozen import frozen

Cron = Callable[[str, datetime, bool], Iterator[datetime]]
"""`cronsim.CronSim`: the times of five cron fields after an instant; before it, the newest first, with True."""

GRACE_MICROS: Final = 60_000_000
"""A time that is due for no longer than this is on time: a worker that starts or wakes late hasn't missed it."""

MOST_AT_ONCE: Final = 100
"""So many missed times are looked at, the newest; what is older is passed over by every rule."""

_LARGEST_SHIFT = timedelta(hours=3)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


@frozen
class Schedule:
    """Five cron fields in a time zone. Each firing is delayed by a part of `jitter_seconds`, always the same for it."""

    fields: str
    zone: tzinfo
    jitter_seconds: float = 0
    catch_up: Literal["none", "last", "all"] = "none"


@frozen
class Firing:
    """`at` is the nominal instant, which a run sees as `trigger.at`; at `due` it fires. Microseconds since 1970."""

    at: int
    due: int


@frozen
class Turn:
    """What is to be done now: `fire` in this order, journal `last`, come back at `next`.

    `passed_over` were missed and stay so; `more_passed` where there were older ones still. `ahead` while the clock is
    behind the last firing: nothing fires until it has caught up, and a person should be told.
    """

    fire: tuple[Firing, ...]
    last: int
    next: Firing | None
    passed_over: tuple[Firing, ...] = ()
    more_passed: bool = False
    ahead: bool = False


def next_firing(cron: Cron, schedule: Schedule, after: int, seed: str) -> Firing | None:
    """The first time whose nominal instant is after `after`; None where there is none within 50 years."""
    start = (_EPOCH + after * _MICRO).astimezone(schedule.zone)
    # In the hour that comes twice, and where a time that doesn't exist was moved, the next match may not be later.
    later = (at for at in map(_micros, cron(schedule.fields, start, False)) if at > after)
    at = next(later, None)
    return None if at is None else _firing(schedule, at, seed)


def turn(cron: Cron, schedule: Schedule, last: int, now: int, seed: str) -> Turn:
    """Deal with every time after `last` that is due. `seed` is the trigger's own, so that two don't fire together."""
    found, more = _between(cron, schedule, last, now)
    firings = [_firing(schedule, at, seed) for at in found]
    ripe = list(takewhile(lambda firing: firing.due <= now, firings))  # In order: none overtakes one before it.
    fire = _fired(schedule, ripe, now)
    last = ripe[-1].at if ripe else last
    return Turn(
        fire=tuple(fire),
        last=last,
        next=next_firing(cron, schedule, last, seed),
        passed_over=tuple(firing for firing in ripe if firing not in fire),
        more_passed=more and bool(ripe),
        ahead=last > now,
    )


def _fired(schedule: Schedule, ripe: list[Firing], now: int) -> list[Firing]:
    match schedule.catch_up:
        case "all":
            return ripe
        case "last":
            return ripe[-1:]
        case "none":
            return [firing for firing in ripe if firing.due > now - GRACE_MICROS]


def _between(cron: Cron, schedule: Schedule, last: int, now: int) -> tuple[list[int], bool]:
    """The nominal instants after `last` up to `now`, in order, the newest MOST_AT_ONCE; and whether there were more.

    They are looked for backwards, so that a year of missed minutes costs no more than a hundred.
    """
    if now <= last:
        return [], False
    # Begun later than now, since by the wall clock a time of the first pass of a doubled hour may still lie ahead.
    start = (_EPOCH + now * _MICRO + _LARGEST_SHIFT).astimezone(schedule.zone)
    found: dict[int, None] = {}
    for at in map(_micros, cron(schedule.fields, start, True)):
        if at <= last:
            break
        if at <= now:
            if len(found) == MOST_AT_ONCE:
                return sorted(found), True
            found[at] = None
    return sorted(found), False


def _firing(schedule: Schedule, at: int, seed: str) -> Firing:
    share = int.from_bytes(hashlib.sha256(f"{seed}\n{at}".encode()).digest()[:8]) / 2**64
    return Firing(at, at + round(share * schedule.jitter_seconds * 1_000_000))


def _micros(found: datetime) -> int:
    return (found.astimezone(UTC) - _EPOCH) // _MICRO
