"""The index in real processes: killed at every point, killed anywhere, and on a disk that is really full."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sizes import sized

from mntui.crash import recorded_counts
from mntui.journal.base import Batch
from mntui.journal.remembered import LogJournal
from mntui.wire.codec import encode
from tests.journal import index_process
from tests.journal.test_store import check_equal, commit, lives, turns

OF = lives(4)
BATCHES = turns(OF)


def start(folder: Path, points: str) -> subprocess.Popen[str]:
    batches = folder.with_name("batches")
    batches.write_bytes(b"".join(encode(batch) + b"\n" for batch in BATCHES))
    command = [sys.executable, index_process.__file__, str(folder), str(batches), points]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def points_on_the_way(folder: Path) -> Counter[str]:
    record = folder.with_name("points")
    with start(folder, f"record={record}") as process:
        process.communicate()
    counts = recorded_counts(record)
    return Counter({point: hits for point, hits in counts.items() if point.startswith("index.")})


def chosen(counts: Counter[str]) -> list[str]:
    """Some hits of each point: the first and one in the middle, or all of them."""
    return [
        f"{point}:{hit}"
        for point, hits in sorted(counts.items())
        for hit in sorted({1, (hits + 1) // 2, *range(1, sized(1, hits) + 1)})
    ]


async def go_on(journal: LogJournal) -> None:
    """Commit what isn't there yet."""
    known = {run_id: journal.facts(run_id)[-1].seq for run_id in journal.run_ids()}
    await commit(journal, [b for b in BATCHES if b.facts[-1].seq > known.get(b.facts[0].run, 0)])


async def test_a_process_killed_at_any_point_of_its_index_loses_nothing_and_the_index_comes_back(
    tmp_path: Path,
) -> None:
    died = 0
    points = chosen(points_on_the_way(tmp_path / "recorded"))
    assert {point.partition(":")[0] for point in points} >= {"index.before_commit", "index.checkpoint", "index.replace"}
    for number, point in enumerate(points):
        folder = tmp_path / str(number)
        with start(folder, point) as process:
            process.communicate()
        assert process.returncode in {0, -signal.SIGKILL}, point
        died += process.returncode != 0
        with closing(LogJournal(folder)) as journal:
            await go_on(journal)
            await check_equal(journal, OF)
    assert died >= len(points) - 2, "how often the thread wakes up is a little different each time"


async def test_a_process_killed_anywhere_again_and_again_ends_with_a_whole_index(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    for kill in range(sized(3, 40)):
        with start(folder, "") as process:
            assert process.stdout is not None
            list(itertools.islice(process.stdout, 1 + 5 * kill % 11))
            process.kill()
    with closing(LogJournal(folder)) as journal:
        await go_on(journal)
        await check_equal(journal, OF)


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "mntui-test", str(folder)]
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root can make a small disk here")
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be made here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_stops_the_index_and_not_the_runs(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    half = len(BATCHES) // 2
    journal = LogJournal(small_disk / "journal")
    try:
        await commit(journal, BATCHES[:half])
        ballast = small_disk / "ballast"
        _fill(ballast)
        large = Batch(BATCHES[half].facts, {"a" * 64: "x" * 300_000})
        await commit(journal, [large, *BATCHES[half + 1 :]])
        assert journal.facts(OF[0].run_id)[-1].seq == OF[0].run.seq
        await until_it_failed(caplog)
        ballast.unlink()
        await check_equal(journal, OF)
    finally:
        journal.close()


async def until_it_failed(caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.timeout(20):
        while "the index failed" not in caplog.text:
            await asyncio.sleep(0.01)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
