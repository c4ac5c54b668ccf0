import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from random import Random

import pytest

from mntui.crash import CrashPoints, recorded_counts
from mntui.journal.disk import LocalDisk
from mntui.journal.frames import HEADER_BYTES, parse_header
from mntui.journal.log import Log, read_log
from mntui.journal.refusals import LogBusy, LogClosed, LogDamaged, LogFailed, LogFull
from mntui.journal.segments import read_watermark, segment_paths
from mntui.journal.tail import FILL_BYTES
from tests.journal.disks import BrokenSyncDisk, FastDisk, GatedDisk, SmallDisk


def fill(log: Log, count: int, size: int = 40) -> list[tuple[int, bytes]]:
    """Append batches one after the other, which can't be squeezed; what was acknowledged."""
    payloads = [f"{number} ".encode() + Random(number).randbytes(size - 6) for number in range(count)]
    return [(log.append(payload).result(), payload) for payload in payloads]


def test_batches_are_numbered_from_one_and_read_back_in_order(tmp_path: Path):
    with Log.open(tmp_path / "log") as log:
        assert log.append(b"one").result() == 1
        assert log.append(b"two").result() == 2
        assert list(log.read()) == [(1, b"one"), (2, b"two")]


def test_a_log_opened_again_holds_everything_and_counts_on(tmp_path: Path):
    with Log.open(tmp_path) as log:
        fill(log, 5)
    with Log.open(tmp_path) as log:
        assert log.opening.batches == log.opening.last == log.last == 5
        assert log.opening.sentences == ()
        assert log.append(b"six").result() == 6
        assert [batch for batch, _ in log.read(after=4)] == [5, 6]


async def test_commit_waits_on_the_event_loop_until_durable(tmp_path: Path):
    with Log.open(tmp_path) as log:
        ids = await asyncio.gather(*(log.commit(b"batch %d" % number) for number in range(50)))
        assert ids == list(range(1, 51))
        assert dict(log.read())[50] == b"batch 49"


def test_a_batch_is_not_acknowledged_before_its_sync(tmp_path: Path):
    disk = GatedDisk()
    with Log.open(tmp_path, disk=disk) as log:
        disk.shut()
        future = log.append(b"one")
        assert disk.waiting.wait(10)
        assert not future.done()
        assert list(log.read()) == []
        disk.open_gate()
        assert future.result() == 1


def test_everything_queued_behind_a_sync_goes_in_one_write_and_one_sync(tmp_path: Path):
    disk = GatedDisk()
    with Log.open(tmp_path, disk=disk) as log:
        disk.shut()
        first = log.append(b"first")
        assert disk.waiting.wait(10)
        futures = [log.append(b"batch %d" % number) for number in range(200)]
        before = disk.syncs
        disk.open_gate()
        assert [future.result() for future in futures] == list(range(2, 202))
        assert first.result() == 1
        # One sync for the first, one for the 200; a seal of two more may have followed by now.
        assert disk.syncs - before <= 4


def test_after_a_quiet_moment_a_mark_and_the_watermark_are_synced(tmp_path: Path):
    sealed = threading.Event()

    class Watching(LocalDisk):
        watermark = 0

        def sync(self, descriptor: int) -> None:
            super().sync(descriptor)
            if os.fstat(descriptor).st_ino == self.watermark and read_watermark(tmp_path) == 1:
                sealed.set()

    disk = Watching()
    with Log.open(tmp_path, disk=disk) as log:
        disk.watermark = (tmp_path / "watermark").stat().st_ino
        log.append(b"one").result()
        assert sealed.wait(10)
        data = segment_paths(tmp_path)[0].read_bytes()
        ends = [parse_header(data[at:]) for at in range(4 * HEADER_BYTES + 3) if parse_header(data[at:])]
        assert [frame.is_mark for frame in ends if frame][-2:] == [False, True]


def test_a_fresh_segment_is_filled_with_zeros_a_chunk_ahead(tmp_path: Path):
    with Log.open(tmp_path) as log:
        assert segment_paths(tmp_path)[0].stat().st_size == FILL_BYTES
        fill(log, 3, size=FILL_BYTES // 2)
        size = segment_paths(tmp_path)[0].stat().st_size
        assert FILL_BYTES * 3 // 2 < size <= FILL_BYTES * 3


def test_a_new_segment_repeats_the_last_id_and_the_chain(tmp_path: Path):
    with Log.open(tmp_path, segment_bytes=400) as log:
        written = fill(log, 20)
        paths = segment_paths(tmp_path)
        assert len(paths) > 2
        assert list(log.read()) == written
        for path in paths:
            head = parse_header(path.read_bytes())
            assert head is not None
            assert head.is_mark
            assert list(log.read(after=head.id)) == written[head.id :]
    with Log.open(tmp_path, segment_bytes=400) as log:
        assert log.opening.sentences == ()
        assert list(log.read()) == written


def test_one_batch_is_read_without_walking_to_it_before_and_after_opening_again(tmp_path: Path):
    with Log.open(tmp_path, segment_bytes=400) as log:
        written = fill(log, 20)
        assert [(batch, log.batch(batch)) for batch, _ in written] == written
    with Log.open(tmp_path, segment_bytes=400) as log:
        written += [(log.append(b"more").result(), b"more")]
        assert [(batch, log.batch(batch)) for batch, _ in reversed(written)] == written[::-1]
        for missing in (-1, 0, 22):
            with pytest.raises(LookupError, match=str(missing)):
                log.batch(missing)


def test_a_batch_that_changed_while_the_log_was_open_is_not_given_out(tmp_path: Path):
    with Log.open(tmp_path) as log:
        fill(log, 3)
        path = segment_paths(tmp_path)[0]
        original = path.read_bytes()
        start = original.index(b"1 ", 3 * HEADER_BYTES)
        for offset in range(start - HEADER_BYTES, start + 36):
            path.write_bytes(original[:offset] + bytes([original[offset] ^ 32]) + original[offset + 1 :])
            with pytest.raises(LogDamaged, match="batch 2"):
                log.batch(2)
        path.write_bytes(original)
        assert log.batch(2).startswith(b"1 ")


def test_a_batch_larger_than_a_segment_is_kept_whole(tmp_path: Path):
    with Log.open(tmp_path, segment_bytes=400) as log:
        fill(log, 2)
        large = Random(5).randbytes(5000)
        log.append(large).result()
        fill(log, 2)
    with Log.open(tmp_path, segment_bytes=400) as log:
        assert dict(log.read())[3] == large
        assert log.last == 5


def test_a_second_opener_is_told_who_holds_the_log(tmp_path: Path):
    with Log.open(tmp_path), pytest.raises(LogBusy, match=str(os.getpid())) as told:
        Log.open(tmp_path)
    assert told.value.owner == os.getpid()
    assert told.value.remedy


def test_another_process_is_told_too_and_may_read_without_the_lock(tmp_path: Path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom mntui.journal.log import Log, read_log\n"
        "from mntui.journal.refusals import LogBusy\n"
        "print([payload for _, payload in read_log(Path(sys.argv[1]))])\n"
        "try:\n    Log.open(Path(sys.argv[1]))\nexcept LogBusy as busy:\n    print(busy.owner)\n"
    )
    with Log.open(tmp_path) as log:
        log.append(b"one").result()
        ended = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
        )
    assert ended.stdout.split("\n")[:2] == ["[b'one']", str(os.getpid())]


def test_closing_lets_the_next_one_open(tmp_path: Path):
    log = Log.open(tmp_path)
    log.close()
    log.close()
    Log.open(tmp_path).close()


def test_closing_writes_what_was_queued(tmp_path: Path):
    log = Log.open(tmp_path)
    futures = [log.append(b"batch") for _ in range(100)]
    log.close()
    assert [future.result(0) for future in futures] == list(range(1, 101))


def test_a_closed_log_takes_nothing(tmp_path: Path):
    log = Log.open(tmp_path)
    log.close()
    with pytest.raises(LogClosed):
        log.append(b"late")


@pytest.mark.parametrize("payload", [b""])
def test_an_empty_batch_is_refused(tmp_path: Path, payload: bytes):
    with Log.open(tmp_path) as log, pytest.raises(ValueError, match="a batch has"):
        log.append(payload)


def test_a_batch_cancelled_before_it_was_taken_up_is_left_out(tmp_path: Path):
    disk = GatedDisk()
    with Log.open(tmp_path, disk=disk) as log:
        disk.shut()
        log.append(b"one")
        assert disk.waiting.wait(10)
        cancelled, kept = log.append(b"two"), log.append(b"three")
        assert cancelled.cancel()
        disk.open_gate()
        assert kept.result() == 2
        assert list(log.read()) == [(1, b"one"), (2, b"three")]


async def test_a_cancelled_wait_leaves_the_others_alone(tmp_path: Path):
    disk = GatedDisk()
    with Log.open(tmp_path, disk=disk) as log:
        disk.shut()
        waiting = [asyncio.ensure_future(log.commit(b"batch")) for _ in range(3)]
        await asyncio.to_thread(disk.waiting.wait, 10)
        waiting[1].cancel()
        disk.open_gate()
        assert [await waiting[0], await waiting[2]] == [1, 3]


def test_an_event_loop_that_is_gone_does_not_stop_the_writer(tmp_path: Path):
    disk = GatedDisk()
    with Log.open(tmp_path, disk=disk) as log:
        disk.shut()

        async def leave() -> None:
            task = asyncio.ensure_future(log.commit(b"one"))
            await asyncio.to_thread(disk.waiting.wait, 10)
            task.cancel()

        asyncio.run(leave())
        disk.open_gate()
        assert log.append(b"two").result() == 2


def test_a_full_disk_fails_the_batch_and_the_log_goes_on_when_there_is_room(tmp_path: Path):
    disk = SmallDisk(room=5000)
    with Log.open(tmp_path, segment_bytes=2000, disk=disk) as log:
        written = []
        payload = Random(300).randbytes(300)
        while (refused := (future := log.append(payload)).exception()) is None:
            written.append((future.result(), payload))
        assert isinstance(refused, LogFull)
        assert written
        assert list(log.read()) == written
        disk.room = 100_000
        written += fill(log, 10, size=300)
        assert list(log.read()) == written
    with Log.open(tmp_path, segment_bytes=2000) as log:
        assert log.opening.sentences == ()
        assert [payload for _, payload in log.read()] == [payload for _, payload in written]
        assert [batch for batch, _ in log.read()] == list(range(1, len(written) + 1))


@pytest.mark.parametrize("room", range(0, 420, 20))
def test_however_much_fits_of_a_write_nothing_of_a_refused_batch_stays(tmp_path: Path, room: int):
    disk = SmallDisk(room=100_000)
    with Log.open(tmp_path, segment_bytes=1000, disk=disk) as log:
        written = fill(log, 5, size=150)
        disk.room = room
        refused = log.append(Random(400).randbytes(400))
        if isinstance(refused.exception(), LogFull):
            assert list(read_log(tmp_path)) == written
            disk.room = 100_000
            assert log.append(b"after").result() == 6
        else:
            assert refused.result() == 6
    assert len(list(read_log(tmp_path))) == 6


def test_after_a_failed_sync_nothing_is_acknowledged_and_that_file_is_not_synced_again(tmp_path: Path):
    probe = BrokenSyncDisk(fail_at=0)
    Log.open(tmp_path / "probe", disk=probe).close()
    disk = BrokenSyncDisk(fail_at=probe.syncs + 1)
    with Log.open(tmp_path / "log", disk=disk) as log:
        future = log.append(b"one")
        assert isinstance(future.exception(10), LogFailed)
        with pytest.raises(LogFailed, match="input/output error"):
            log.append(b"two")
    assert disk.syncs == probe.syncs + 1
    with Log.open(tmp_path / "log") as log:
        assert [payload for _, payload in log.read()] in ([], [b"one"])


def test_those_who_queued_behind_a_failed_sync_are_told_too(tmp_path: Path):
    class Failing(GatedDisk):
        failing = False

        def sync(self, descriptor: int) -> None:
            super().sync(descriptor)
            if self.failing:
                raise OSError(5, "input/output error")

    disk = Failing()
    with Log.open(tmp_path, disk=disk) as log:
        disk.failing = True
        disk.shut()
        futures = [log.append(b"one")]
        assert disk.waiting.wait(10)
        futures += [log.append(b"two") for _ in range(10)]
        disk.open_gate()
        assert all(isinstance(future.exception(10), LogFailed) for future in futures)


def test_a_bug_in_the_writer_leaves_nobody_waiting(tmp_path: Path):
    stopped: Future[threading.ExceptHookArgs] = Future()

    def crash(point: str) -> None:
        if point == "log.before_write":
            raise ZeroDivisionError

    hook, threading.excepthook = threading.excepthook, stopped.set_result
    try:
        log = Log.open(tmp_path, crash=crash)
        assert isinstance(log.append(b"one").exception(10), LogFailed)
        log.close()
    finally:
        threading.excepthook = hook
    assert stopped.result(10).exc_type is ZeroDivisionError


def test_room_says_no_before_the_disk_is_full(tmp_path: Path):
    class Measured(LocalDisk):
        free = 1000

        def free_bytes(self, folder: Path) -> int:
            return self.free

    disk = Measured()
    with Log.open(tmp_path, disk=disk, reserve_bytes=1000) as log:
        assert log.room()
        disk.free = 999
        assert not log.room()
        assert log.append(b"what is under way still goes in").result() == 1


def test_reading_without_the_lock_keeps_up_with_a_live_writer(tmp_path: Path):
    done = threading.Event()
    with Log.open(tmp_path, segment_bytes=4000, disk=FastDisk()) as log:
        payloads = [os.urandom(number % 300 + 1) for number in range(2000)]

        def write() -> None:
            for payload in payloads:
                log.append(payload).result()
            done.set()

        writer = threading.Thread(target=write)
        writer.start()
        while not done.is_set():
            acknowledged = log.last
            seen = list(read_log(tmp_path))
            assert [payload for _, payload in seen] == payloads[: len(seen)]
            assert len(seen) >= acknowledged
        writer.join()
    assert [payload for _, payload in read_log(tmp_path)] == payloads


def test_reading_a_folder_without_a_log_gives_nothing(tmp_path: Path):
    assert list(read_log(tmp_path / "missing")) == []


def test_the_folder_and_its_files_are_private(tmp_path: Path):
    with Log.open(tmp_path / "home" / "log"):
        assert (tmp_path / "home" / "log").stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o077 for path in (tmp_path / "home" / "log").iterdir()} == {0}


def test_a_drill_can_count_where_the_log_may_die(tmp_path: Path):
    with Log.open(tmp_path / "log", segment_bytes=400, crash=CrashPoints.recording(tmp_path / "hits")) as log:
        fill(log, 10)
    hits = recorded_counts(tmp_path / "hits")
    assert hits["log.before_write"] == hits["log.after_write"] == 10
    assert hits["log.before_sync"] == hits["log.after_sync"] == hits["log.after_watermark"] >= 10
    assert hits["log.rollover"] >= 8
    assert hits["log.seal"] >= 4
    assert hits["log.open"] == 3
