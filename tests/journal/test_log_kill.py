"""Real processes, true SIGKILL, a really full disk."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mntui.journal.log import Log, read_log
from mntui.journal.refusals import LogBusy, LogFull
from tests.journal import writer_process

POINTS = (
    "log.before_write:2",
    "log.after_write:3",
    "log.before_sync:4",
    "log.after_sync:5",
    "log.after_watermark:4",
    *(f"log.rollover:{hit}" for hit in range(1, 6)),
    *(f"log.seal:{hit}" for hit in range(1, 3)),
    *(f"log.open:{hit}" for hit in range(1, 4)),
)


def start_writer(folder: Path, name: str, count: int, points: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, writer_process.__file__, str(folder), name, str(count), points]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def acknowledged_by(lines: Iterator[str]) -> dict[int, bytes]:
    """What the process said before it died; its last line may be half."""
    words = (line.removesuffix("\n").split(" ") for line in lines if line.endswith("\n"))
    return {int(batch): payload.encode() for batch, payload in words}


def test_whenever_a_writer_is_killed_what_it_acknowledged_is_there(tmp_path: Path):
    acknowledged: dict[int, bytes] = {}
    for kill in range(5):
        with start_writer(tmp_path, f"kill{kill}", 1_000_000) as writer:
            assert writer.stdout is not None
            heard = list(itertools.islice(writer.stdout, 40 + 97 * kill))
            writer.kill()
            acknowledged |= acknowledged_by(iter([*heard, *writer.stdout]))
        assert writer.returncode == -signal.SIGKILL
        assert acknowledged.items() <= dict(read_log(tmp_path)).items()
        with Log.open(tmp_path) as log:
            batches = dict(log.read())
            assert acknowledged.items() <= batches.items()
            assert list(batches) == list(range(1, len(batches) + 1))
            assert not log.opening.lost


def test_a_writer_killed_at_any_point_loses_nothing_and_the_next_one_goes_on(tmp_path: Path):
    acknowledged: dict[int, bytes] = {}
    died = 0
    for point in POINTS:
        with start_writer(tmp_path, point, 30, point) as writer:
            assert writer.stdout is not None
            acknowledged |= acknowledged_by(iter(writer.stdout))
        assert writer.returncode in (0, -signal.SIGKILL)
        died += writer.returncode != 0
        batches = dict(read_log(tmp_path))
        assert acknowledged.items() <= batches.items(), point
        assert list(batches) == list(range(1, len(batches) + 1))
    assert died == len(POINTS)


def test_a_live_writer_of_another_process_is_named_and_its_death_frees_the_log(tmp_path: Path):
    with start_writer(tmp_path, "holder", 1_000_000) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(LogBusy) as told:
            Log.open(tmp_path)
        writer.kill()
    assert told.value.owner == writer.pid
    Log.open(tmp_path).close()


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "mntui-test", str(folder)]
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small file system")
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"mounting a small file system failed: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_really_full_disk_refuses_batches_and_goes_on_when_there_is_room(small_disk: Path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    payloads = [os.urandom(3000) for _ in range(400)]
    with Log.open(small_disk / "log", segment_bytes=100_000, reserve_bytes=150_000) as log:
        assert log.room()
        written: list[bytes] = []
        futures = [log.append(payload) for payload in payloads]
        outcomes = [future.exception() for future in futures]
        written += [payload for payload, error in zip(payloads, outcomes, strict=True) if error is None]
        while (error := log.append(payloads[0]).exception()) is None:
            written.append(payloads[0])
        assert isinstance(error, LogFull)
        assert all(error is None or isinstance(error, LogFull) for error in outcomes)
        assert not log.room()
        assert [payload for _, payload in log.read()] == written
        ballast.unlink()
        for payload in payloads[:20]:
            log.append(payload).result()
    with Log.open(small_disk / "log", segment_bytes=100_000) as log:
        assert log.opening.sentences == ()
        assert [payload for _, payload in log.read()] == written + payloads[:20]
