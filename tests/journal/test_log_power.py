"""Cut the power after every acknowledged batch, and plant the bugs that this must catch.

One checker judges every disk: the honest one has no violation, each planted bug has at least one.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mntui.crash import no_crash
from mntui.journal.frames import parse_header
from mntui.journal.log import Log
from mntui.journal.opening import open_tail
from mntui.journal.refusals import LogFailed
from mntui.journal.segments import segment_paths
from tests.journal.disks import (
    AcknowledgesEarly,
    BrokenSyncDisk,
    Died,
    DyingDisk,
    ForgetsWatermark,
    GatedDisk,
    Keep,
    PowerDisk,
    SkipsSync,
)
from tests.journal.written_logs import Found, copies, open_log


def payload_of(number: int) -> bytes:
    return f"batch {number} ".encode().ljust(180, b".")


def half_of(seed: int) -> Keep:
    """Every second sector arrives, chosen by a seed."""
    chance = random.Random(seed)
    return lambda: chance.random() < 0.5


def judge(found: Found, acknowledged: dict[int, bytes], when: str) -> Iterator[str]:
    if found.refused is not None:
        yield f"{when}: refused, {found.refused}"
    elif not acknowledged.items() <= found.batches.items():
        yield f"{when}: lost {sorted(acknowledged.keys() - found.batches.keys())} in silence"


def violations(disk: PowerDisk, home: Path) -> list[str]:
    """Append batches over several segments; lose power, and cut the end off, after each of them."""
    acknowledged: dict[int, bytes] = {}
    said: list[str] = []
    with Log.open(home / "log", segment_bytes=1000, disk=disk) as log:
        for number in range(1, 13):
            acknowledged[log.append(payload_of(number)).result()] = payload_of(number)
            for name, keep in (("nothing", lambda: False), ("everything", lambda: True), ("half", half_of(number))):
                left = disk.after_power_loss(home / f"{number}-{name}", keep)
                said += judge(open_log(left), acknowledged, f"power loss after batch {number}, {name} unsynced kept")
            cut = next(copies(home / "log", home / f"{number}-cut"))
            cut_last_batch(cut, number)
            if open_log(cut).refused is None:
                said.append(f"a killed process whose batch {number} was cut off: not noticed")
    return said


def cut_last_batch(folder: Path, last: int) -> None:
    path = segment_paths(folder)[-1]
    data, at = path.read_bytes(), 0
    while frame := parse_header(data[at:]):
        if frame.id == last and not frame.is_mark:
            path.write_bytes(data[:at])
            return
        at += frame.size
    raise AssertionError(f"batch {last} isn't in {path}")


def test_an_honest_disk_loses_nothing_that_was_acknowledged(tmp_path: Path):
    assert violations(PowerDisk(), tmp_path) == []


@pytest.mark.parametrize(
    ("bug", "seen_as"),
    [(SkipsSync, "in silence"), (AcknowledgesEarly, "in silence"), (ForgetsWatermark, "not noticed")],
)
def test_a_planted_bug_is_caught(tmp_path: Path, bug: Callable[[], PowerDisk], seen_as: str):
    assert any(seen_as in violation for violation in violations(bug(), tmp_path))


@pytest.mark.parametrize("seed", range(12))
def test_power_lost_in_the_middle_of_a_group_keeps_the_acknowledged_and_is_no_damage(tmp_path: Path, seed: int):
    disk = GatedDisk()
    with Log.open(tmp_path / "log", segment_bytes=20_000, disk=disk) as log:
        acknowledged = {log.append(payload_of(number)).result(): payload_of(number) for number in (1, 2)}
        disk.shut()
        first = log.append(payload_of(3))
        assert disk.waiting.wait(10)
        queued = [log.append(payload_of(number)) for number in range(4, 14)]
        disk.let_one_through()
        acknowledged[first.result()] = payload_of(3)
        assert disk.waiting.wait(10)
        found = open_log(disk.after_power_loss(tmp_path / "left", half_of(seed)))
        assert list(judge(found, acknowledged, "in a group")) == []
        assert list(found.batches) == list(range(1, len(found.batches) + 1))
        disk.open_gate()
        assert [future.result() for future in queued] == list(range(4, 14))


@pytest.mark.parametrize("fail_at", range(1, 16))
def test_whichever_sync_fails_and_whatever_arrived_the_acknowledged_batches_are_there(tmp_path: Path, fail_at: int):
    disk = BrokenSyncDisk(fail_at)
    acknowledged: dict[int, bytes] = {}
    try:
        with Log.open(tmp_path / "log", segment_bytes=600, disk=disk) as log:
            for number in range(1, 13):
                acknowledged[log.append(payload_of(number)).result()] = payload_of(number)
    except LogFailed:
        assert disk.syncs == fail_at
    for name, keep in (("nothing", lambda: False), ("everything", lambda: True), ("half", half_of(fail_at))):
        found = open_log(disk.after_power_loss(tmp_path / name, keep))
        assert list(judge(found, acknowledged, name)) == []
    assert list(judge(open_log(tmp_path / "log"), acknowledged, "without a power loss")) == []


def test_a_process_that_dies_before_any_change_of_the_disk_loses_nothing_and_is_not_taken_for_damage(tmp_path: Path):
    death = 0
    while True:
        acknowledged: dict[int, bytes] = {}
        try:
            tail, _, _ = open_tail(DyingDisk(death), tmp_path, 0, None, segment_bytes=600, crash=no_crash)
            for number in range(tail.last + 1, tail.last + 9):
                tail.write([payload_of(number)])
                tail.sync()
                acknowledged[number] = payload_of(number)
            tail.seal()
        except Died:
            death += 1
        else:
            break
        found = open_log(tmp_path)
        assert list(judge(found, acknowledged, f"death {death}")) == []
        assert found.report is not None
        assert not found.report.mended
    assert death > 25
