"""Schedules over summer time, sleeps and clocks that jump: each nominal time once, in order, late ones by the rule."""

import random
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from mntui.worker.schedule import MOST_AT_ONCE, Schedule, Turn, next_firing, turn

ZURICH = "Europe/Zurich"
MINUTE = 60_000_000


def micros(text: str) -> int:
    """`2026-03-29 01:59 +0100` as microseconds."""
    return round(datetime.strptime(text, "%Y-%m-%d %H:%M %z").timestamp()) * 1_000_000


def told(at: int, zone: str) -> str:
    return datetime.fromtimestamp(at / 1e6, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %z")


def times(fields: str, zone: str, after: str, count: int) -> list[str]:
    schedule, found, last = Schedule(fields, ZoneInfo(zone)), [], micros(after)
    for _ in range(count):
        firing = next_firing(CronSim, schedule, last, "t")
        assert firing is not None
        last = firing.at
        found.append(told(last, zone))
    return found


@pytest.mark.parametrize(
    ("fields", "zone", "after", "wanted"),
    [
        ("0 7 * * 1-5", ZURICH, "2026-11-20 07:00 +0100", ["2026-11-23 07:00 +0100", "2026-11-24 07:00 +0100"]),
        # The clocks go forward at 02:00: what isn't there fires at 03:00, once.
        ("30 2 * * *", ZURICH, "2026-03-28 12:00 +0100", ["2026-03-29 03:00 +0200", "2026-03-30 02:30 +0200"]),
        ("0 2,3 * * *", ZURICH, "2026-03-29 01:00 +0100", ["2026-03-29 03:00 +0200", "2026-03-30 02:00 +0200"]),
        ("30 * * * *", ZURICH, "2026-03-29 01:00 +0100", ["2026-03-29 01:30 +0100", "2026-03-29 03:30 +0200"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00 +1030", ["2026-10-04 02:30 +1100"]),
        # They go back at 03:00: a fixed time fires in the first of the two hours, once.
        ("30 2 * * *", ZURICH, "2026-10-24 12:00 +0200", ["2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"]),
        ("30 2 * * *", ZURICH, "2026-10-25 02:10 +0100", ["2026-10-26 02:30 +0100"]),
        ("0,45 2 * * *", ZURICH, "2026-10-25 02:30 +0100", ["2026-10-26 02:00 +0100"]),
        # What is told by intervals goes by real time, through both hours.
        (
            "*/30 * * * *",
            ZURICH,
            "2026-10-25 02:00 +0200",
            ["2026-10-25 02:30 +0200", "2026-10-25 02:00 +0100", "2026-10-25 02:30 +0100", "2026-10-25 03:00 +0100"],
        ),
        ("0 0 29 2 *", "UTC", "2026-01-01 00:00 +0000", ["2028-02-29 00:00 +0000", "2032-02-29 00:00 +0000"]),
    ],
)
def test_the_next_times_are_these(fields: str, zone: str, after: str, wanted: list[str]) -> None:
    assert times(fields, zone, after, len(wanted)) == wanted


@pytest.mark.parametrize("fields", ["*/7 * * * *", "30 2 * * *", "0,20,40 1-3 * * *", "5 * * * *", "0 */2 * * *"])
@pytest.mark.parametrize("begin", ["2026-03-28 20:00 +0100", "2026-10-24 20:00 +0200"])
def test_none_is_lost_or_doubled_however_often_somebody_looks(fields: str, begin: str) -> None:
    schedule = Schedule(fields, ZoneInfo(ZURICH), jitter_seconds=90, catch_up="all")
    lots = random.Random(fields)
    last = now = micros(begin)
    fired: list[int] = []
    while now < micros(begin) + 20 * 60 * MINUTE:
        now += lots.choice((MINUTE // 3, MINUTE, 11 * MINUTE, 40 * MINUTE))
        done = turn(CronSim, schedule, last, now, "t")
        assert all(firing.at <= firing.due <= now for firing in done.fire)
        fired += [firing.at for firing in done.fire]
        last = done.last
    wanted, at = [], micros(begin)
    while (firing := next_firing(CronSim, schedule, at, "t")) and firing.due <= now:
        wanted.append(at := firing.at)
    assert fired == wanted
    assert all(before < after for before, after in pairwise(fired))


def late(catch_up: str, minutes: float, fields: str = "0 * * * *") -> Turn:
    """A worker that looks again so many minutes after 10:00, which was the last time that it dealt with."""
    schedule = Schedule(fields, ZoneInfo("UTC"), catch_up=catch_up)  # type: ignore[arg-type]  # a row of the table
    last = micros("2026-11-22 10:00 +0000")
    return turn(CronSim, schedule, last, last + round(minutes * MINUTE), "t")


@pytest.mark.parametrize(
    ("catch_up", "minutes", "fired", "passed"),
    [
        ("none", 59.9, [], 0),
        ("none", 60, ["11:00"], 0),
        ("none", 60.9, ["11:00"], 0),
        ("none", 62, [], 1),
        ("none", 180.5, ["13:00"], 2),
        ("last", 190, ["13:00"], 2),
        ("last", 180.5, ["13:00"], 2),
        ("all", 190, ["11:00", "12:00", "13:00"], 0),
    ],
)
def test_what_was_missed_follows_the_rule(catch_up: str, minutes: float, fired: list[str], passed: int) -> None:
    done = late(catch_up, minutes)
    assert [told(firing.at, "UTC")[11:16] for firing in done.fire] == fired
    assert len(done.passed_over) == passed
    assert done.next is not None
    assert done.next.at > done.last


def test_a_year_of_missed_minutes_is_bounded_and_the_newest_are_kept() -> None:
    done = late("all", 365 * 24 * 60, "* * * * *")
    assert len(done.fire) == MOST_AT_ONCE
    assert done.more_passed
    assert told(done.fire[-1].at, "UTC") == "2027-11-22 10:00 +0000"
    assert [firing.at for firing in late("last", 365 * 24 * 60, "* * * * *").fire] == [done.fire[-1].at]


def test_a_clock_that_was_set_back_repeats_nothing_and_goes_on_where_it_was() -> None:
    schedule = Schedule("0 * * * *", ZoneInfo("UTC"), catch_up="all")
    last = micros("2026-11-22 10:00 +0000")
    for now in ("2026-11-22 09:00 +0000", "2026-11-22 09:59 +0000", "2026-11-22 10:30 +0000"):
        done = turn(CronSim, schedule, last, micros(now), "t")
        assert (done.fire, done.last, done.ahead) == ((), last, now < "2026-11-22 10:00")
        assert done.next is not None
        assert told(done.next.at, "UTC") == "2026-11-22 11:00 +0000"


def test_jitter_is_the_same_for_the_same_time_and_other_for_another_trigger() -> None:
    schedule = Schedule("0 * * * *", ZoneInfo("UTC"), jitter_seconds=120)
    first, again, other = (next_firing(CronSim, schedule, 0, seed) for seed in ("a", "a", "b"))
    assert first is not None
    assert other is not None
    assert first == again
    assert first.at == other.at
    assert first.due != other.due
    assert 0 <= first.due - first.at < 120 * 1_000_000


def test_a_time_isnt_fired_before_its_jitter_has_passed() -> None:
    schedule = Schedule("0 * * * *", ZoneInfo("UTC"), jitter_seconds=600, catch_up="all")
    firing = next_firing(CronSim, schedule, micros("2026-11-22 10:00 +0000"), "t")
    assert firing is not None
    early = turn(CronSim, schedule, firing.at - 1, firing.due - 1, "t")
    assert (early.fire, early.last, early.next) == ((), firing.at - 1, firing)
    assert turn(CronSim, schedule, early.last, firing.due, "t").fire == (firing,)
