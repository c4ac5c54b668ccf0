"""What is known of the home: asked again and again, through a worker that goes and comes back."""

import asyncio
from dataclasses import dataclass, field

from mntui.core.messages import AllWaiting, AskStatus, Question, Reply, RunFilter, RunRow, WorkerStatus
from mntui.engines.base import EngineGone
from mntui.ui.overview import Overview, keep_looking


@dataclass
class Worker:
    """Answers what an overview asks, or says that it is gone, or nothing at all."""

    pid: int = 7
    gone: bool = False
    silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def runs(self, _: RunFilter) -> tuple[RunRow, ...]:
        if self.gone:
            raise EngineGone("no worker could be reached", "mntui worker status")
        await self.silent.wait()
        return ()

    async def query(self, question: Question) -> Reply:
        return WorkerStatus(self.pid, "1", 1, 0, "/home", 0) if isinstance(question, AskStatus) else AllWaiting(())


async def looked(worker: Worker, seen: list[Overview], wanted: int, wake: asyncio.Event) -> asyncio.Task[None]:
    task = asyncio.create_task(keep_looking(worker, seen.append, wake, 0.001))  # type: ignore[arg-type]
    while len(seen) < wanted:
        await asyncio.sleep(0)
    return task


async def test_it_shows_what_the_worker_says() -> None:
    worker, seen = Worker(), list[Overview]()
    worker.silent.set()
    task = await looked(worker, seen, 1, asyncio.Event())
    task.cancel()
    assert seen[0].worker is not None
    assert seen[0].worker.pid == 7
    assert not seen[0].gone


async def test_a_worker_that_is_gone_leaves_the_last_picture_and_a_sentence_and_comes_back() -> None:
    worker, seen = Worker(), list[Overview]()
    worker.silent.set()
    task = await looked(worker, seen, 1, asyncio.Event())
    worker.gone = True
    while not seen[-1].gone:
        await asyncio.sleep(0)
    assert seen[-1].worker is not None
    assert "no worker could be reached" in seen[-1].gone
    worker.gone, worker.pid = False, 8
    while seen[-1].gone:
        await asyncio.sleep(0)
    task.cancel()
    assert seen[-1].worker is not None
    assert seen[-1].worker.pid == 8


async def test_a_worker_that_takes_long_is_told_meanwhile() -> None:
    worker, seen = Worker(), list[Overview]()
    worker.silent.set()
    task = await looked(worker, seen, 1, asyncio.Event())
    worker.silent.clear()
    while not seen[-1].gone:
        await asyncio.sleep(0.01)
    worker.silent.set()
    while seen[-1].gone:
        await asyncio.sleep(0)
    task.cancel()


async def test_waking_it_makes_it_look_at_once() -> None:
    worker, seen, wake = Worker(), list[Overview](), asyncio.Event()
    worker.silent.set()
    task = asyncio.create_task(keep_looking(worker, seen.append, wake, 3600))  # type: ignore[arg-type]
    while not seen:
        await asyncio.sleep(0)
    wake.set()
    while len(seen) < 2:
        await asyncio.sleep(0)
    task.cancel()
