"""Lives and deaths of a worker, simulated: the whole worker on a virtual clock, killed at every point of its way.

The journal keeps what was committed, the world counts what was done; everything else dies with the worker.
"""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sizes import sized
from world import Setting, World, until

from mntui.core.decide import decide
from mntui.core.events import ToolCallStarted
from mntui.core.messages import Accepted, Started
from mntui.core.requests import Approve, Settle
from mntui.core.run import Run
from mntui.journal.base import Batch, MemoryJournal
from mntui.worker.runtime import Worker

FOUR_CLASSES = """
models: {fast: {max_tokens: 50}}
tools:
  read: {use: python.read, effect: none}
  pay: {use: python.pay, effect: keyed}
  post: {use: python.post, effect: reconcilable}
  send: {use: python.send, effect: unsafe}
agents: {w: {role: executor, model: fast, instructions: "Say it."}}
steps:
  r: {tool: read, with: {n: 1}}
  say: {agent: w, with: {text: "There are {{ r.n }} of them."}}
  ok: {approve: "Pay?", show: {text: "{{ say.text }}"}}
  pay: {tool: pay, with: {n: "{{ ok.text }}"}}
  post: {tool: post, with: {n: 2}, needs: [pay]}
  send: {tool: send, with: {n: 3}, needs: [post]}
  each:
    for_each: "{{ [1, 2, 3] }}"
    needs: [send]
    max_parallel: 2
    steps:
      one: {tool: post, with: {n: "{{ item }}"}}
outputs: {text: "{{ ok.text }}", all: "{{ each.results }}"}
success: {sent: "send.ok"}
"""
EXPECTED_CALLS = {"read": 1, "pay": 1, "post": 4, "send": 1}


class Killed(BaseException):
    """SIGKILL, as far as one process can play it."""


class Hits:
    """Counts every crash point; kills at the chosen hits, counted over all lives."""

    def __init__(self, *kill_at: int) -> None:
        self.count = 0
        self.kill_at = set(kill_at)
        self.dead = False

    def __call__(self, _point: str) -> None:
        if self.dead:
            raise Killed
        self.count += 1
        if self.count in self.kill_at:
            self.dead = True
            raise Killed


class MortalJournal(MemoryJournal):
    """What wasn't durable when its process was killed is gone."""

    hits: Hits | None = None

    async def commit(self, batch: Batch) -> None:
        await asyncio.sleep(0)
        if self.hits is not None and self.hits.dead:
            raise Killed
        await super().commit(batch)


async def live_through(setting: Setting, text: str, hits: Hits) -> Run:
    """Start a run and bring it to its end through as many workers as it takes."""
    journal = setting.journal
    assert isinstance(journal, MortalJournal)
    journal.hits = hits
    started: Started | None = None
    folder = setting.blueprint(text)
    for _ in range(80):
        hits.dead = False
        worker = setting.worker(hits)
        life = asyncio.create_task(one_life(worker, setting, folder, started))
        while not life.done() and not setting.fatal and not hits.dead:
            await asyncio.sleep(0)
        if hits.dead or not life.done():
            await bury(worker, life)
            setting.fatal.clear()
            started = started or await born(setting)
            continue
        return await life
    raise AssertionError("eighty workers could not bring the run to its end")


async def one_life(worker: Worker, setting: Setting, folder: str, started: Started | None) -> Run:
    await worker.adopt()
    if started is None:
        from mntui.core.messages import Start

        answer = await worker.start(Start(folder, str(setting.home)))
        assert isinstance(answer, Started), answer
        started = answer
    while True:
        run = await until(worker, started.id, lambda r: r.ended or (r.asks and not decide(r)))
        if run.ended:
            return run
        await answer_all(worker, setting, run)


async def answer_all(worker: Worker, setting: Setting, run: Run) -> None:
    for ask in run.asks.values():
        if ask.kind == "approval":
            await worker.send(run.id, Approve(ask.id, ask.digest), "person:test")
        else:
            key = run.node(ask.path).calls[ask.call].effect_key
            happened = setting.world.done["send", key] > 0
            reply = await worker.send(
                run.id,
                Settle(ask.id, "happened" if happened else "not-happened", {"ok": True} if happened else None),
                "p",
            )
            assert isinstance(reply, Accepted) or "already" in reply.message


async def bury(worker: Worker, life: "asyncio.Task[Run]") -> None:
    """Nothing of a killed worker goes on; nothing more of it is written down."""
    life.cancel()
    for live in worker.roster.live.values():
        await live.stop()
    for task in (life, *worker._tasks, *([worker._alarm] if worker._alarm else [])):
        task.cancel()
    await asyncio.gather(life, *worker._tasks, return_exceptions=True)


async def born(setting: Setting) -> Started | None:
    """The run, if its first fact was committed before the worker died."""
    ids = setting.journal.run_ids()
    if not ids:
        return None
    first = setting.journal.facts(ids[0])[0].event
    return Started(first.name, ids[0], first.folder)  # type: ignore[union-attr]


def check(setting: Setting, run: Run, outputs: object) -> None:
    """What must hold after every case, told from the world and the journal."""
    assert run.ended == "succeeded"
    assert run.outputs == outputs
    calls: Counter[str] = Counter()
    for (tool, _), times in setting.world.done.items():
        calls[tool] += 1
        assert tool in {"read", "pay"} or times == 1, f"{tool} was done {times} times under one key"
    assert dict(calls) == EXPECTED_CALLS, dict(calls)
    facts = setting.journal.facts(run.id)
    digests: dict[str, str] = {}
    for fact in facts:
        if isinstance(fact.event, ToolCallStarted):
            assert digests.setdefault(fact.event.effect_key, fact.event.digest) == fact.event.digest
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert len(setting.journal.run_ids()) == 1


async def baseline(home: Path) -> tuple[int, object]:
    setting, hits = Setting(home / "baseline", journal=MortalJournal()), Hits()
    run = await live_through(setting, FOUR_CLASSES, hits)
    check(setting, run, run.outputs)
    return hits.count, run.outputs


async def test_killed_once_at_every_point_the_run_ends_the_same_and_every_effect_happens_once(tmp_path: Path) -> None:
    points, outputs = await baseline(tmp_path)
    assert points > 30
    for point in range(1, points + 1):
        setting = Setting(tmp_path / str(point), journal=MortalJournal())
        run = await live_through(setting, FOUR_CLASSES, Hits(point))
        check(setting, run, outputs)


async def test_killed_again_and_again_while_recovering_it_still_ends_the_same(tmp_path: Path) -> None:
    points, outputs = await baseline(tmp_path)
    step = sized(5, 1)
    for point in range(1, points + 1, step):
        setting = Setting(tmp_path / f"thrice{point}", journal=MortalJournal())
        run = await live_through(setting, FOUR_CLASSES, Hits(point, point + 2, point + 3, point + 5))
        check(setting, run, outputs)


@pytest.mark.parametrize("every", [2, 3, 7])
async def test_a_worker_that_dies_every_few_steps_still_brings_the_run_to_its_end(tmp_path: Path, every: int) -> None:
    _, outputs = await baseline(tmp_path)
    setting = Setting(tmp_path / "often", journal=MortalJournal())
    run = await live_through(setting, FOUR_CLASSES, Hits(*range(4, 60, every)))
    check(setting, run, outputs)


async def test_an_unsafe_effect_that_was_sent_before_the_kill_waits_for_a_person(tmp_path: Path) -> None:
    setting = Setting(tmp_path, World())
    text = "tools: {send: {use: python.send, effect: unsafe}}\nsteps:\n  s: {tool: send, with: {n: 1}}\n"
    setting.world.gates["send"] = asyncio.Event()
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, text)
    await until(worker, started.id, lambda r: "s" in r.nodes and r.node("s").calls)
    await asyncio.sleep(0)
    await bury(worker, asyncio.create_task(until(worker, started.id, lambda _: True)))
    again = setting.worker()
    await again.adopt()
    run = await until(again, started.id, lambda r: r.asks)
    assert [ask.kind for ask in run.asks.values()] == ["in_doubt"]
    assert setting.world.count("send") == 0
    await again.close()
