"""Full segments written anew: packed, or thinned; every byte still vouched for, whenever the process or the power dies."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mntui.crash import no_crash
from mntui.journal.log import Log, accept_loss, read_log
from mntui.journal.opening import open_tail
from mntui.journal.places import read_batch
from mntui.journal.refusals import LogDamaged
from mntui.journal.rewriting import NotWhole, pack, thin
from mntui.journal.segments import SegmentReader, segment_paths
from tests.journal.disks import Died, DyingDisk, FastDisk, PowerDisk
from tests.journal.written_logs import BATCHES, SEGMENT_BYTES, Found, copies, open_log, write_log

SMALL = b"gone"


def thinned(number: int, payload: bytes) -> bytes:
    """Every third batch goes, wherever it stands."""
    return SMALL if number % 3 == 0 else payload


LEFT = {number: thinned(number, payload) for number, payload in BATCHES.items()}


def rewrite(folder: Path, disk: FastDisk | PowerDisk | None = None, *, thin_too: bool = True) -> None:
    """Pack every segment but the last one, and thin those that have something to leave out."""
    used = disk or FastDisk()
    tail, places, _ = open_tail(FastDisk(), folder, 0, None, segment_bytes=SEGMENT_BYTES, crash=no_crash)
    tail.close()
    for path in segment_paths(folder)[:-1]:
        pack(used, path)
        if thin_too:
            thin(used, path, places, thinned)


def left_in(folder: Path) -> dict[int, bytes]:
    """What stays of the batches: those of the last segment whole."""
    with SegmentReader(segment_paths(folder)[-1]) as reader:
        first = reader.frame(0)
    assert first is not None
    return {n: LEFT[n] if n <= first.id else BATCHES[n] for n in BATCHES}


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    return write_log(tmp_path / "log", seal=True)


def test_a_packed_log_reads_as_before_and_goes_on(home: Path) -> None:
    rewrite(home, thin_too=False)
    assert dict(read_log(home)) == BATCHES
    with Log.open(home, segment_bytes=SEGMENT_BYTES) as log:
        assert not log.opening.sentences
        assert {number: log.batch(number) for number in BATCHES} == BATCHES
        assert log.append(b"one more").result() == 13
    assert dict(read_log(home)) == {**BATCHES, 13: b"one more"}


def test_a_packed_segment_takes_less_room_and_is_packed_once(tmp_path: Path) -> None:
    with Log.open(tmp_path, segment_bytes=200_000) as log:
        # Less than what a batch needs to be squeezed by itself.
        payloads = {log.append(b"some words " * 20).result() for _ in range(4000)}
        (first, *_) = log.full_segments()
        before = first.stat().st_size
        freed = log.pack(first)
        assert first.stat().st_size == before - freed
        assert freed > before * 0.9
        assert log.pack(first) == 0
        assert all(log.batch(number) == b"some words " * 20 for number in payloads)


def test_a_thinned_log_holds_the_rest_and_goes_on(home: Path) -> None:
    left = left_in(home)
    assert list(left.values()).count(SMALL) >= 2
    rewrite(home)
    assert dict(read_log(home)) == left
    with Log.open(home, segment_bytes=SEGMENT_BYTES) as log:
        assert not log.opening.sentences
        assert {number: log.batch(number) for number in left} == left
        log.append(b"one more").result()
    assert open_log(home).batches == {**left, 13: b"one more"}


def test_batches_are_read_by_number_while_their_segments_are_thinned(home: Path) -> None:
    with Log.open(home, segment_bytes=SEGMENT_BYTES) as log:
        left = left_in(home)
        for path in log.full_segments():
            log.thin(path, thinned)
            for number, payload in left.items():
                assert log.batch(number) in {payload, BATCHES[number]}
        assert {number: log.batch(number) for number in left} == left
        assert all(log.thin(path, thinned) == 0 for path in log.full_segments())


def test_a_thinned_segment_can_be_thinned_again(home: Path) -> None:
    rewrite(home)
    left = left_in(home)
    with Log.open(home, segment_bytes=SEGMENT_BYTES) as log:
        for path in log.full_segments():
            log.thin(path, lambda number, payload: b"!" if number == 1 else payload)
    assert dict(read_log(home)) == {**left, 1: b"!"}
    assert open_log(home).report is not None


def rewritten_flips(home: Path, folder: Path) -> Iterator[tuple[Path, Path, int]]:
    """Every byte of every rewritten segment, changed."""
    fresh = copies(home, folder)
    for path in segment_paths(home)[:-1]:
        data = path.read_bytes()
        for offset in range(len(data)):
            damaged = next(fresh) / path.name
            damaged.write_bytes(data[:offset] + bytes([data[offset] ^ (1 << offset % 8)]) + data[offset + 1 :])
            yield damaged.parent, damaged, offset


def named(found: Found, path: Path) -> bool:
    told = found.refused.damage if found.refused is not None else found.report.mended if found.report else ()
    return any(damage.path.name == path.name for damage in told)


@pytest.mark.parametrize("thin_too", [False, True])
def test_every_flipped_byte_of_a_packed_segment_is_named_with_its_segment(home: Path, thin_too: bool) -> None:
    rewrite(home, thin_too=thin_too)
    whole = dict(read_log(home))
    for folder, path, offset in rewritten_flips(home, home.parent / "flipped"):
        found = open_log(folder)
        assert named(found, path), (path.name, offset)
        assert found.refused is not None or found.batches == whole


@pytest.mark.parametrize("thin_too", [False, True])
def test_with_an_index_every_flip_of_a_packed_segment_is_mended(home: Path, thin_too: bool) -> None:
    rewrite(home, thin_too=thin_too)
    whole = dict(read_log(home))
    for folder, path, offset in rewritten_flips(home, home.parent / "flipped"):
        found = open_log(folder, restore=whole.get)
        assert found.batches == whole, (path.name, offset)
        assert found.named


def test_a_cut_at_every_byte_of_a_packed_segment_loses_nothing_in_silence(home: Path) -> None:
    rewrite(home)
    whole = dict(read_log(home))
    fresh = copies(home, home.parent / "cut")
    for path in segment_paths(home)[:-1]:
        for size in range(path.stat().st_size):
            folder = next(fresh)
            os.truncate(folder / path.name, size)
            found = open_log(folder)
            assert found.named
            assert found.refused is not None or found.batches == whole


def test_where_the_last_segments_are_lost_a_packed_one_is_written_on(home: Path) -> None:
    rewrite(home, thin_too=False)
    for path in segment_paths(home)[2:]:
        path.unlink()
    (home / "watermark").unlink()
    with Log.open(home, segment_bytes=SEGMENT_BYTES) as log:
        last = log.last
        log.append(b"one more").result()
    assert dict(read_log(home)) == {**{n: BATCHES[n] for n in range(1, last + 1)}, last + 1: b"one more"}


def test_what_is_not_whole_is_not_written_over(home: Path) -> None:
    path = segment_paths(home)[1]
    data = path.read_bytes()
    path.write_bytes(data[:70] + b"?" + data[71:])
    with pytest.raises(NotWhole):
        pack(FastDisk(), path)
    assert path.read_bytes() == data[:70] + b"?" + data[71:]
    assert not [each for each in home.iterdir() if each.name.endswith(".packed")]
    accept_loss(home)
    with Log.open(home) as log, pytest.raises(NotWhole):
        log.thin(path, thinned)


def test_a_process_that_dies_anywhere_while_rewriting_leaves_the_old_segment_or_the_new_one(home: Path) -> None:
    left, death = left_in(home), 0
    fresh = copies(home, home.parent / "dying")
    while True:
        folder = next(fresh)
        try:
            rewrite(folder, DyingDisk(death))
        except Died:
            death += 1
            found = open_log(folder)
            assert found.report is not None
            assert not found.report.sentences
            assert all(found.batches[n] in {BATCHES[n], left[n]} for n in BATCHES)
            rewrite(folder)
            assert dict(read_log(folder)) == left
        else:
            break
    assert death > 10


@pytest.mark.parametrize("seed", range(6))
def test_power_lost_at_any_moment_of_a_rewriting_loses_nothing(tmp_path: Path, seed: int) -> None:
    disk, chance = PowerDisk(), random.Random(seed)
    with Log.open(tmp_path / "log", segment_bytes=SEGMENT_BYTES, disk=disk) as log:
        for number in BATCHES:
            log.append(BATCHES[number]).result()
        left = left_in(tmp_path / "log")
        for number, path in enumerate(log.full_segments()):
            log.pack(path)
            log.thin(path, thinned)
            found = open_log(disk.after_power_loss(tmp_path / f"{number}", lambda: chance.random() < 0.5))
            assert found.refused is None
            assert all(found.batches[n] in {BATCHES[n], left[n]} for n in BATCHES)
    assert dict(read_log(tmp_path / "log")) == left


def test_a_lone_batch_is_checked_against_its_chain_in_a_thinned_segment_too(home: Path) -> None:
    rewrite(home)
    tail, places, _ = open_tail(FastDisk(), home, 0, None, segment_bytes=SEGMENT_BYTES, crash=no_crash)
    tail.close()
    path = segment_paths(home)[0]
    data = path.read_bytes()
    path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    with pytest.raises(LogDamaged):
        read_batch(home, places, 1)
