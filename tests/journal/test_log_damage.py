"""Cut the log at every byte and flip every byte: what was acknowledged is read back identical, or its loss is named.

Three states are swept: a sealed log, a log whose writer was killed before the seal (the watermark holds), and a log
that lost its watermark too, as a power loss can do. Only the last may hide something: its last write.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mntui.crash import no_crash
from mntui.journal.frames import HEADER_BYTES
from mntui.journal.log import Log, accept_loss, read_log
from mntui.journal.opening import open_tail
from mntui.journal.refusals import LogDamaged
from mntui.journal.segments import segment_paths
from tests.journal.disks import Died, DyingDisk, FastDisk
from tests.journal.written_logs import BATCHES, LAST_WRITE, SEGMENT_BYTES, batch_at, copies, flips, open_log, write_log


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: the sweeps write tens of thousands of small files."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


@pytest.mark.parametrize("sealed", [True, False])
def test_every_flipped_byte_is_named_and_costs_nothing_in_silence(home: Path, sealed: bool):
    original = write_log(home / "original", seal=sealed)
    for folder, damaged, offset in flips(original, home / "flipped"):
        before = damaged.read_bytes()
        found = open_log(folder)
        assert found.named, (damaged.name, offset)
        batch = batch_at(original / damaged.name, offset)
        if found.refused is None:
            assert found.batches == BATCHES, (damaged.name, offset)
            assert batch is None
        else:
            assert found.refused.remedy
            lost = [number for each in found.refused.damage for number in range(each.first, each.last + 1)]
            assert damaged in {each.path for each in found.refused.damage}
            assert damaged.read_bytes() == before
            assert set(lost) == {batch} if batch is not None else not sealed


def test_a_broken_header_is_mended_from_what_stands_around_it(home: Path):
    original = write_log(home / "original", seal=True)
    data = segment_paths(original)[0].read_bytes()
    for offset in range(4 * HEADER_BYTES):
        if batch_at(segment_paths(original)[0], offset) is None:
            folder = next(copies(original, home / "flipped"))
            segment_paths(folder)[0].write_bytes(data[:offset] + bytes([data[offset] ^ 4]) + data[offset + 1 :])
            found = open_log(folder)
            assert found.batches == BATCHES
            assert found.report is not None
            assert len(found.report.mended) == 1
            assert open_log(folder).named is False


@pytest.mark.parametrize("sealed", [True, False])
def test_with_an_index_to_restore_from_every_flip_is_mended(home: Path, sealed: bool):
    original = write_log(home / "original", seal=sealed)
    for folder, damaged, offset in flips(original, home / "flipped"):
        found = open_log(folder, BATCHES.get)
        assert found.batches == BATCHES, (damaged.name, offset)
        assert found.named


def test_an_index_that_gives_back_something_else_is_not_believed(home: Path):
    original = write_log(home / "original", seal=True)
    path = segment_paths(original)[0]
    path.write_bytes(path.read_bytes().replace(b"batch 2 ", b"batch X "))
    assert open_log(original, lambda _: b"another batch").refused is not None


@pytest.mark.parametrize("sealed", [True, False])
def test_a_cut_at_every_byte_of_every_segment_loses_nothing_in_silence(home: Path, sealed: bool):
    original = write_log(home / "original", seal=sealed)
    fresh = copies(original, home / "cut")
    for path in segment_paths(original):
        for size in range(path.stat().st_size):
            folder = next(fresh)
            os.truncate(folder / path.name, size)
            found = open_log(folder)
            assert found.batches == BATCHES or found.refused is not None, (path.name, size)
            if found.refused is not None:
                assert open_log(folder, BATCHES.get).batches == BATCHES, (path.name, size)


def test_zeros_over_any_sixty_four_bytes_lose_nothing_in_silence(home: Path):
    original = write_log(home / "original", seal=False)
    fresh = copies(original, home / "zeroed")
    for path in segment_paths(original):
        data = path.read_bytes()
        for offset in range(0, len(data), 8):
            folder = next(fresh)
            (folder / path.name).write_bytes(
                data[:offset] + bytes(len(data[offset : offset + 64])) + data[offset + 64 :]
            )
            found = open_log(folder)
            assert found.batches == BATCHES or found.refused is not None
            assert open_log(folder, BATCHES.get).batches == BATCHES


def test_bytes_taken_out_anywhere_lose_nothing_in_silence(home: Path):
    original = write_log(home / "original", seal=True)
    fresh = copies(original, home / "shifted")
    for path in segment_paths(original):
        data = path.read_bytes()
        for offset in range(0, len(data), 7):
            folder = next(fresh)
            (folder / path.name).write_bytes(data[:offset] + data[offset + 72 :])
            found = open_log(folder)
            assert found.batches == BATCHES or found.refused is not None
            assert open_log(folder, BATCHES.get).batches == BATCHES


def test_without_watermark_and_seal_only_the_last_write_can_go_and_it_is_named_as_torn(home: Path):
    original = write_log(home / "original", seal=False)
    (original / "watermark").unlink()
    rest = {number: payload for number, payload in BATCHES.items() if number not in LAST_WRITE}
    hidden = 0
    for folder, damaged, offset in flips(original, home / "flipped"):
        found = open_log(folder)
        assert found.named
        if found.refused is None and found.batches != BATCHES:
            hidden += 1
            assert found.report is not None
            assert found.report.torn, (damaged.name, offset)
            assert rest.items() <= found.batches.items() <= BATCHES.items()
            assert damaged == segment_paths(folder)[-1]
    assert hidden > 0


def test_a_flipped_watermark_is_said_and_costs_nothing(home: Path):
    original = write_log(home / "original", seal=False)
    data = (original / "watermark").read_bytes()
    for offset in range(len(data)):
        folder = next(copies(original, home / "flipped"))
        (folder / "watermark").write_bytes(data[:offset] + bytes([data[offset] ^ 16]) + data[offset + 1 :])
        found = open_log(folder)
        assert found.batches == BATCHES
        assert found.report is not None
        assert found.report.watermark_missing


@pytest.mark.parametrize("tail", [b"\x01", b"garbage" * 30, b"\xffMN\xfe" * 20, bytes(50) + b"late"])
def test_garbage_behind_the_end_is_set_aside_and_the_log_goes_on(home: Path, tail: bytes):
    original = write_log(home / "original", seal=True)
    path = segment_paths(original)[-1]
    data = path.read_bytes().rstrip(b"\0")
    # The last bytes of a mark are its checksum, which may end in a zero.
    end = len(data) + -len(data) % 2
    path.write_bytes(path.read_bytes()[:end] + tail)
    with Log.open(original) as log:
        assert [torn.path for torn in log.opening.torn] == [path]
        assert [kept.name for kept in log.opening.kept] == [path.name + ".torn"]
        assert log.opening.kept[0].read_bytes().endswith(tail)
        assert log.append(b"next").result() == 13
    assert dict(read_log(original)) == {**BATCHES, 13: b"next"}


def test_zeros_behind_the_end_are_nothing_to_speak_of(home: Path):
    folder = write_log(home / "original", seal=True)
    path = segment_paths(folder)[-1]
    path.write_bytes(path.read_bytes() + bytes(100_000))
    found = open_log(folder)
    assert found.batches == BATCHES
    assert not found.named


def test_an_unfinished_write_of_several_batches_is_torn_even_where_its_later_batches_arrived(home: Path):
    folder = write_log(home / "original", seal=True)
    tail, _, _ = open_tail(FastDisk(), folder, 0, None, segment_bytes=10_000, crash=no_crash)
    before = segment_paths(folder)[-1].read_bytes().rstrip(b"\0")
    tail.write([b"a" * 50, b"b" * 50, b"c" * 50])
    tail.close()
    path = segment_paths(folder)[-1]
    # A power loss may keep the later sectors of an unsynced write and lose the earlier ones.
    path.write_bytes(path.read_bytes().replace(b"a" * 50, bytes(50)))
    found = open_log(folder)
    assert found.batches == BATCHES
    assert found.report is not None
    assert len(found.report.torn) == 1
    assert path.read_bytes().startswith(before)


@pytest.mark.parametrize("which", [0, 1, -1])
def test_a_lost_segment_is_named_and_comes_back_from_the_index(home: Path, which: int):
    folder = write_log(home / "original", seal=True)
    path = segment_paths(folder)[which]
    gone = {batch_at(path, offset) for offset in range(path.stat().st_size)} - {None}
    path.unlink()
    refused = open_log(folder).refused
    assert refused is not None
    assert {number for each in refused.damage for number in range(each.first, each.last + 1)} == gone
    assert open_log(folder, BATCHES.get).batches == BATCHES
    assert open_log(folder).batches == BATCHES


def test_a_log_that_lost_every_segment_is_not_taken_for_a_new_one(home: Path):
    folder = write_log(home / "original", seal=False)
    for path in segment_paths(folder):
        path.unlink()
    assert open_log(folder).refused is not None
    assert open_log(folder, BATCHES.get).batches == BATCHES


def test_a_segment_in_the_place_of_another_is_named(home: Path):
    original = write_log(home / "original", seal=True)
    names = [path.name for path in segment_paths(original)]
    for target in names:
        for source in names:
            if source != target:
                folder = next(copies(original, home / "copied"))
                shutil.copy(original / source, folder / target)
                assert open_log(folder).refused is not None, (source, target)
                assert open_log(folder, BATCHES.get).batches == BATCHES


def test_a_log_behind_its_index_is_damaged_and_comes_back_from_it(home: Path):
    more = {**BATCHES, 13: b"thirteen", 14: b"fourteen"}
    folder = write_log(home / "original", seal=True)
    with pytest.raises(LogDamaged, match="13 to 14"):
        Log.open(folder, applied=14)
    with Log.open(folder, applied=14, restore=more.get) as log:
        assert dict(log.read()) == more
        assert log.append(b"next").result() == 15


def test_an_accepted_loss_is_left_out_and_said_at_every_opening(home: Path):
    folder = write_log(home / "original", seal=True)
    path = segment_paths(folder)[0]
    path.write_bytes(path.read_bytes().replace(b"batch 2 ", b"batch X "))
    with pytest.raises(LogDamaged):
        list(read_log(folder))
    assert [(each.first, each.last) for each in accept_loss(folder)] == [(2, 2)]
    for _ in range(2):
        with Log.open(folder) as log:
            assert [(each.first, each.last) for each in log.opening.lost] == [(2, 2)]
            assert "accepted" in log.opening.sentences[0]
            assert dict(log.read()).keys() == BATCHES.keys() - {2} | set(range(13, log.last + 1))
            assert log.append(b"more").result() == log.last
    assert b"batch X " in path.read_bytes()
    assert open_log(folder, BATCHES.get).batches[2] == BATCHES[2]


def test_an_accepted_loss_of_the_end_leaves_its_numbers_unused(home: Path):
    folder = write_log(home / "original", seal=False)
    segment_paths(folder)[-1].unlink()
    lost = accept_loss(folder)
    assert lost[-1].last == 12
    for batch in (13, 14):
        with Log.open(folder, segment_bytes=SEGMENT_BYTES) as log:
            assert log.append(b"next").result() == batch
            assert set(dict(log.read())) == {*range(1, lost[0].first), *range(13, batch + 1)}


def test_only_the_accepted_loss_is_accepted(home: Path):
    folder = write_log(home / "original", seal=True)
    path = segment_paths(folder)[0]
    path.write_bytes(path.read_bytes().replace(b"batch 2 ", b"batch X "))
    accept_loss(folder)
    path.write_bytes(path.read_bytes().replace(b"batch 3 ", b"batch X "))
    refused = open_log(folder).refused
    assert refused is not None
    assert [each.first for each in refused.damage] == [3]


def test_reading_without_the_lock_gives_what_stands_before_the_damage_and_then_names_it(home: Path):
    folder = write_log(home / "original", seal=True)
    path = segment_paths(folder)[0]
    path.write_bytes(path.read_bytes().replace(b"batch 2 ", b"batch X "))
    reading = read_log(folder)
    assert next(reading) == (1, BATCHES[1])
    with pytest.raises(LogDamaged, match="batch 2"):
        next(reading)


def test_a_batch_that_holds_a_whole_log_is_only_a_batch(home: Path):
    inner = segment_paths(write_log(home / "inner", seal=True))[0].read_bytes()
    with Log.open(home / "log") as log:
        log.append(inner).result()
    found = open_log(home / "log")
    assert found.batches == {1: inner}
    assert not found.named


def test_a_process_that_dies_anywhere_while_mending_leaves_a_log_that_can_be_mended(home: Path):
    original = write_log(home / "original", seal=False)
    paths = segment_paths(original)
    paths[0].write_bytes(paths[0].read_bytes().replace(b"batch 2 ", b"batch X "))
    paths[-1].write_bytes(paths[-1].read_bytes().rstrip(b"\0") + b"unfinished")
    fresh = copies(original, home / "dying")
    died = 0
    while True:
        folder = next(fresh)
        try:
            for deaths in range(3):
                Log.open(folder, disk=DyingDisk(died + deaths), restore=BATCHES.get).close()
        except Died:
            died += 1
        else:
            break
        assert open_log(folder, BATCHES.get).batches == BATCHES
    assert died > 10


def test_a_lost_batch_is_not_found_and_its_neighbours_are(home: Path):
    folder = write_log(home / "original", seal=True)
    path = segment_paths(folder)[0]
    path.write_bytes(path.read_bytes().replace(b"batch 2 ", b"batch X "))
    accept_loss(folder)
    with Log.open(folder) as log:
        assert (log.batch(1), log.batch(3)) == (BATCHES[1], BATCHES[3])
        with pytest.raises(LookupError):
            log.batch(2)
