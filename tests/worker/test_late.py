"""Outcomes that come when nobody waits for them any more: their cost counts, what they say doesn't."""

import asyncio
from pathlib import Path

from world import Setting, until

from mntui.core.commands import CallTool
from mntui.core.events import LateOutcome, ToolReturned
from mntui.core.messages import Accepted, Denied
from mntui.core.requests import Cancel
from mntui.worker.turn import Asked, Outcome

TEXT = "tools: {read: {use: python.read, effect: none}}\nsteps:\n  a: {tool: read}\noutputs: {n: '{{ a.n }}'}\n"


async def test_an_outcome_of_an_earlier_attempt_is_journaled_as_late_and_ignored(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    setting.world.gates["read"] = asyncio.Event()
    setting.world.handlers["read"] = lambda _: {"n": "right"}
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, TEXT)
    await until(worker, started.id, lambda r: "a" in r.nodes and r.node("a").calls)
    stale = Outcome(CallTool("a", "0.1", 0, 7), ToolReturned("a", "0.1", 7, {"n": "wrong"}))
    worker.roster.live[started.id].put(stale)
    await until(worker, started.id, lambda r: r.seq > 3)
    setting.world.gates["read"].set()
    run = await until(worker, started.id, lambda r: r.ended)
    assert run.outputs == {"n": "right"}
    late = [f.event for f in setting.journal.facts(started.id) if isinstance(f.event, LateOutcome)]
    assert [event.attempt for event in late] == [7]
    await worker.close()


async def test_the_same_outcome_delivered_twice_counts_once(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    setting.world.gates["read"] = asyncio.Event()
    worker = setting.worker()
    await worker.adopt()
    text = TEXT.replace("outputs", "  b: {wait: {for: 1m}, needs: [a]}\noutputs")
    started = await setting.started(worker, text)
    await until(worker, started.id, lambda r: "a" in r.nodes and r.node("a").calls)
    for _ in range(2):
        worker.roster.live[started.id].put(Outcome(CallTool("a", "0.1", 0, 1), ToolReturned("a", "0.1", 1, {"n": 1})))
    await until(worker, started.id, lambda r: r.timers)
    kinds = [type(f.event).__name__ for f in setting.journal.facts(started.id)]
    assert (kinds.count("ToolReturned"), kinds.count("LateOutcome")) == (1, 1)
    await worker.close()


async def test_a_request_that_comes_just_as_a_run_ends_is_answered(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    setting.world.gates["read"] = asyncio.Event()
    setting.world.handlers["read"] = lambda _: {"n": 1}
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, TEXT)
    live = worker.roster.live[started.id]
    serving = next(task for task in asyncio.all_tasks() if task.get_name() == f"run {started.id}")
    reply: asyncio.Future[Accepted | Denied] = asyncio.get_running_loop().create_future()

    async def ask() -> None:
        while not serving.done():
            await asyncio.sleep(0)
        # The worker itself is told of the end a moment later, so the request lies where nobody would take it out.
        live.put(Asked(Cancel("too late"), "person:ada", reply))

    asking = asyncio.ensure_future(ask())
    setting.world.gates["read"].set()
    assert isinstance(await asyncio.wait_for(reply, 10), Denied)
    await asking
    await worker.close()
