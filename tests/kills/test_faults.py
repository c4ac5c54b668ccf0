"""What a machine does to a worker short of killing it: it stops it, starts two, fills the disk, fails a sync."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from drill import (
    CLASSES_CASE,
    check_journal,
    drive,
    one_life,
    prepare_classes,
    settings_of,
    start_worker,
    stop,
    world_of_classes,
)
from world import Setting, World, until

from mntui.core.messages import Accepted, AskStatus, Denied, RunFilter, Started, WorkerStatus
from mntui.core.requests import Approve
from mntui.engines.local import LocalEngine
from mntui.journal.base import JournalLost
from mntui.journal.disk import LocalDisk
from mntui.journal.remembered import LogJournal
from mntui.wire.holder import read_holder


async def test_a_worker_that_is_stopped_and_continued_goes_on(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    prepare_classes(tmp_path)
    start_worker(settings)
    holder = read_holder(settings.worker_lock)
    assert holder is not None
    driving = asyncio.create_task(one_life(settings, tmp_path, CLASSES_CASE))
    for _ in range(3):
        await asyncio.sleep(0.15)
        os.kill(holder.pid, signal.SIGSTOP)
        await asyncio.sleep(0.3)
        os.kill(holder.pid, signal.SIGCONT)
    ended = await asyncio.wait_for(driving, 60)
    check_journal(ended)
    assert world_of_classes(tmp_path, ended)["status"] == "succeeded"
    await stop(settings)


async def test_of_two_workers_started_at_once_one_serves(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    codes = await asyncio.gather(*(asyncio.to_thread(start_worker, settings) for _ in range(3)))
    assert codes == [0, 0, 0]
    async with LocalEngine.connect_only(settings) as engine:
        status = await engine.query(AskStatus())
    assert isinstance(status, WorkerStatus)
    for _ in range(500):
        if (left := workers_of(settings.home)) == [str(status.pid)]:
            break
        await asyncio.sleep(0.01)
    assert left == [str(status.pid)]
    ended = await drive(tmp_path, CLASSES_CASE)
    assert world_of_classes(tmp_path, ended)["status"] == "succeeded"


def workers_of(home: Path) -> list[str]:
    listed = subprocess.run(["pgrep", "-f", f"daemon --home {home}"], capture_output=True, text=True, check=False)
    return listed.stdout.split()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 96 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


async def test_a_full_disk_refuses_before_calling_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    home = small_disk
    prepare_classes(home)
    settings = settings_of(home)
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        started = await engine.start(CLASSES_CASE.start(home))
        assert isinstance(started, Started)
        waiting = await waiting_ask(engine, started.run)
        filler = home / "filler"
        fill(filler)
        answer = await engine.send(started.run, Approve(waiting.id, waiting.digest), "person:drill")
        paid = home / "world" / "paid.txt"
        await asyncio.sleep(0.5)
        assert not paid.exists(), "an effect was begun with no room to remember it"
        refused = await engine.start(CLASSES_CASE.start(home))
        assert isinstance(refused, Denied)
        assert refused.code == "disk_full"
        filler.unlink()
        if isinstance(answer, Denied):
            assert answer.code == "disk_full"
            assert isinstance(await engine.send(started.run, Approve(waiting.id, waiting.digest), "p"), Accepted)
    ended = await one_life(settings, home, CLASSES_CASE)
    check_journal(ended)
    assert world_of_classes(home, ended)["status"] == "succeeded"
    await stop(settings)


def fill(path: Path) -> None:
    with suppress(OSError), path.open("wb") as file:
        while True:
            file.write(b"x" * 65536)
            file.flush()


async def waiting_ask(engine: LocalEngine, run: str):
    from mntui.core.messages import AllWaiting, AskWaiting

    for _ in range(1000):
        found = await engine.query(AskWaiting())
        assert isinstance(found, AllWaiting)
        if found.waiting:
            return found.waiting[0].ask
        await asyncio.sleep(0.01)
    raise AssertionError(f"{run} asks nothing")


class FailingDisk(LocalDisk):
    """A disk whose n-th sync from now on fails, once it is told to."""

    left = -1

    def sync(self, descriptor: int) -> None:
        if self.left == 0:
            raise OSError(5, "Input/output error")
        self.left -= self.left > 0
        super().sync(descriptor)


@pytest.mark.parametrize("after", range(6))
async def test_a_failed_sync_ends_the_worker_and_the_next_one_reads_what_is_really_there(
    after: int, tmp_path: Path
) -> None:
    text = (
        "tools: {pay: {use: python.pay, effect: keyed}, post: {use: python.post, effect: reconcilable}}\n"
        "steps:\n  a: {tool: pay, with: {n: 1}}\n  b: {tool: post, needs: [a], with: {n: 2}}\n"
        "  c: {tool: pay, needs: [b], with: {n: 3}}\n"
    )
    disk = FailingDisk()
    journal = LogJournal(tmp_path / "journal", disk=disk)
    setting = Setting(tmp_path, World(), journal)
    worker = setting.worker()
    await worker.adopt()
    setting.world.gates["pay"] = asyncio.Event()
    started = await setting.started(worker, text)
    disk.left = after
    setting.world.gates["pay"].set()
    while not setting.fatal:
        rows = await worker.runs(RunFilter())
        if rows and rows[0].ended_at:
            break
        await asyncio.sleep(0.001)
    await worker.close()
    assert all(isinstance(error, JournalLost) for error in setting.fatal)
    setting.fatal.clear()
    setting.journal = LogJournal(tmp_path / "journal")
    again = setting.worker()
    await again.adopt()
    run = await until(again, started.id, lambda r: r.ended)
    assert run.ended == "succeeded"
    assert len({key for tool, key in setting.world.done if tool == "pay"}) == 2
    assert setting.world.count("post") == 1
    await again.close()
