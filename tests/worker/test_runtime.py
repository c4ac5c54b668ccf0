"""The worker in this process: starts, requests, watches, limits, a full disk, and a lost one."""

import asyncio
from pathlib import Path

import pytest
from world import Setting, World, boom, denied, ended, until, watched

from mntui.core.events import StepSucceeded, ToolCallStarted
from mntui.core.messages import (
    Accepted,
    AllWaiting,
    AskPayload,
    AskSees,
    AskStatus,
    AskWaiting,
    Opened,
    Payload,
    Pulsed,
    RunFilter,
    Sees,
    Start,
    WorkerStatus,
)
from mntui.core.requests import Approve, Cancel, Pause, Resume, Signal
from mntui.core.values import Ref
from mntui.journal.base import Batch, JournalFull, JournalLost, MemoryJournal
from mntui.worker.admission import TOOL_CALLS_AT_ONCE
from mntui.worker.runtime import Worker

HEAD = (
    "tools: {read: {use: python.read, effect: none}, pay: {use: python.pay, effect: keyed}, log: {use: files.append}}\n"
)
SIMPLE = (
    HEAD
    + "steps:\n  a: {tool: read, with: {n: 1}}\n  b: {tool: pay, with: {n: '{{ a.n }}'}}\noutputs: {n: '{{ b.n }}'}\n"
)
APPROVE = HEAD + "steps:\n  ok: {approve: 'Pay?', show: {n: 1}}\n  b: {tool: pay, with: {n: '{{ ok.n }}'}}\n"


@pytest.fixture
async def setting(tmp_path: Path):
    return Setting(tmp_path)


@pytest.fixture
async def worker(setting: Setting):
    worker = setting.worker()
    await worker.adopt()
    yield worker
    await worker.close()
    assert not setting.fatal


async def test_a_run_goes_from_its_start_to_its_outputs(setting: Setting, worker: Worker) -> None:
    started = await setting.started(worker, SIMPLE)
    run = await ended(worker, started.id)
    assert (run.ended, run.outputs) == ("succeeded", {"n": 1})
    assert setting.world.order == ["read", "pay"]


async def test_one_sequential_step_costs_one_commit(setting: Setting, worker: Worker) -> None:
    commits = 0
    commit = setting.journal.commit

    class Counting(MemoryJournal):
        async def commit(self, batch: Batch) -> None:
            nonlocal commits
            commits += 1
            await commit(batch)

    counted = Setting(setting.home / "counted", journal=Counting())
    other = counted.worker()
    await other.adopt()
    started = await counted.started(other, SIMPLE)
    await asyncio.wait_for(until_rows(other, started.id), 10)
    assert commits == 3
    await other.close()


async def until_rows(worker: Worker, run_id: str) -> None:
    while not any(row.id == run_id and row.ended_at for row in await worker.runs(RunFilter())):
        await asyncio.sleep(0.001)


async def test_of_two_approvals_at_once_one_wins_and_the_other_is_told(setting: Setting, worker: Worker) -> None:
    started = await setting.started(worker, APPROVE)
    run = await until(worker, started.id, lambda r: r.asks)
    (ask,) = run.asks.values()
    answers = await asyncio.gather(
        worker.send(started.run, Approve(ask.id, ask.digest), "person:ann"),
        worker.send(started.run, Approve(ask.id, ask.digest), "person:bob"),
    )
    won = [a for a in answers if isinstance(a, Accepted)]
    lost = [a for a in answers if not isinstance(a, Accepted)]
    assert len(won) == 1
    assert "was already approved by person:ann" in denied(lost[0]).message
    await ended(worker, started.id)
    assert setting.world.count("pay") == 1


async def test_what_waits_is_listed_over_all_runs_oldest_first(setting: Setting, worker: Worker) -> None:
    first = await setting.started(worker, APPROVE)
    second = await setting.started(worker, APPROVE)
    await until(worker, first.id, lambda r: r.asks)
    await until(worker, second.id, lambda r: r.asks)
    waiting = await worker.query(AskWaiting())
    assert isinstance(waiting, AllWaiting)
    assert [w.run for w in waiting.waiting] == [first.run, second.run]


async def test_a_watch_tells_every_fact_once_from_any_number_on(setting: Setting, worker: Worker) -> None:
    started = await setting.started(worker, APPROVE)
    run = await until(worker, started.id, lambda r: r.asks)
    early = asyncio.create_task(watched(worker, started.run))
    late = asyncio.create_task(watched(worker, started.run, after=run.seq))
    await asyncio.sleep(0.01)
    (ask,) = run.asks.values()
    await worker.send(started.run, Approve(ask.id, ask.digest), "person:ann")
    facts = await asyncio.wait_for(early, 10)
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert await asyncio.wait_for(late, 10) == facts[run.seq :]
    assert await watched(worker, started.run) == facts


async def test_watching_an_unknown_run_says_so(worker: Worker) -> None:
    with pytest.raises(LookupError, match="there is no run 'nobody'"):
        await watched(worker, "nobody")


async def test_pulses_of_a_model_reach_a_watcher_and_no_journal(setting: Setting, worker: Worker) -> None:
    script = setting.home / "script.json"
    script.write_text(
        '{"answers": {"a": [{"answer": "one two three", "pulses": ["one ", "two ", "three"], "delay_seconds": 0.2}]}}'
    )
    text = (
        "models: {m: {}}\nagents: {w: {role: executor, model: m, instructions: Go.}}\n"
        "steps:\n  ok: {approve: 'go?', show: {n: 1}}\n  a: {agent: w, with: {x: 1}, needs: [ok]}\noutputs: {t: '{{ a.text }}'}\n"
    )
    start = Start(setting.blueprint(text), str(setting.home), models={"": f"builtin/scripted:{script}"})
    started = await worker.start(start)
    run = await until(worker, started.id, lambda r: r.asks)
    heard: list[str] = []

    async def listen() -> None:
        updates = [update async for update in worker.watch(started.run)]
        heard.extend(update.text for update in updates if isinstance(update, Pulsed))

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.01)
    (ask,) = run.asks.values()
    await worker.send(started.run, Approve(ask.id, ask.digest), "p")
    await asyncio.wait_for(listening, 10)
    assert "".join(heard) == "one two three"
    kinds = {type(f.event).__name__ for f in setting.journal.facts(started.id)}
    assert "Pulsed" not in kinds


async def test_large_values_are_kept_once_by_digest(setting: Setting, worker: Worker) -> None:
    setting.world.handlers["read"] = lambda _: {"text": "x" * 10_000}
    text = (
        HEAD
        + "steps:\n  a: {tool: read}\n  b: {set: {t: '{{ a.text | length }}', all: '{{ a }}'}}\noutputs: {n: '{{ b.t }}'}\n"
    )
    started = await setting.started(worker, text)
    run = await ended(worker, started.id)
    assert run.outputs == {"n": 10_000}
    ref = run.node("a").output
    assert isinstance(ref, Ref)
    assert ref.size > 10_000
    answer = await worker.query(AskPayload(ref.digest))
    assert isinstance(answer, Payload)
    assert answer.value == {"text": "x" * 10_000}


async def test_a_result_is_written_once_and_is_the_output_word_for_word(setting: Setting, worker: Worker) -> None:
    setting.world.handlers["read"] = lambda _: {"text": "said once"}
    setting.world.handlers["pay"] = lambda _: "no map"
    started = await setting.started(worker, HEAD + "steps:\n  a: {tool: read}\n  b: {tool: pay, needs: [a]}\n")
    run = await ended(worker, started.id)
    assert run.node("a").output == {"text": "said once"}
    assert run.node("b").output == {"value": "no map"}
    facts = setting.journal.facts(started.id)
    given = [fact.event for fact in facts if isinstance(fact.event, StepSucceeded)]
    assert [(event.output_of, event.output) for event in given] == [("0.1", None), ("", {"value": "no map"})]


async def test_more_runs_than_places_all_come_to_their_end(setting: Setting, worker: Worker) -> None:
    setting.world.gates["read"] = asyncio.Event()
    started = [await setting.started(worker, SIMPLE) for _ in range(TOOL_CALLS_AT_ONCE + 20)]
    await until(worker, started[-1].id, lambda run: run.node("a").status == "running")
    assert setting.world.order == []
    setting.world.gates["read"].set()
    for each in started:
        assert (await ended(worker, each.id)).ended == "succeeded"
    assert setting.world.order.count("pay") == len(started)


async def test_two_appends_to_one_file_never_overlap(setting: Setting, worker: Worker) -> None:
    setting.world.gates["append"] = asyncio.Event()
    text = (
        HEAD
        + "steps:\n  a: {tool: log, with: {path: x.log, text: a}}\n  b: {tool: log, with: {path: ./x.log, text: b}}\n"
    )
    started = await setting.started(worker, text)
    run = await until(worker, started.id, lambda r: "a" in r.nodes and r.node("a").calls)
    running = [p for p in ("a", "b") if run.node(p).calls["0.1"].status == "running"]
    assert len(running) == 1
    setting.world.gates["append"].set()
    assert (await ended(worker, started.id)).ended == "succeeded"


async def test_pause_and_resume_reach_a_live_run(setting: Setting, worker: Worker) -> None:
    setting.world.gates["read"] = asyncio.Event()
    started = await setting.started(worker, SIMPLE)
    await until(worker, started.id, lambda r: "a" in r.nodes and r.node("a").calls)
    assert isinstance(await worker.send(started.run, Pause(), "p"), Accepted)
    setting.world.gates["read"].set()
    run = await until(worker, started.id, lambda r: r.node("a").status == "succeeded")
    assert run.node("b").status == "pending"
    (row,) = await worker.runs(RunFilter(status="paused"))
    assert row.run == started.run
    await worker.send(started.run, Resume(), "p")
    assert (await ended(worker, started.id)).ended == "succeeded"


async def test_cancel_gives_up_a_read_in_flight(setting: Setting, worker: Worker) -> None:
    setting.world.gates["read"] = asyncio.Event()
    started = await setting.started(worker, SIMPLE)
    await until(worker, started.id, lambda r: "a" in r.nodes and r.node("a").calls)
    await worker.send(started.run, Cancel(), "p")
    assert (await ended(worker, started.id)).ended == "cancelled"


async def test_retries_wait_for_the_clock(setting: Setting, worker: Worker) -> None:
    setting.world.handlers["read"] = boom("Down", retryable=True)
    started = await setting.started(worker, SIMPLE)
    await until(worker, started.id, lambda r: r.timers)
    del setting.world.handlers["read"]
    setting.clock.pass_time(2)
    assert (await ended(worker, started.id)).ended == "succeeded"


async def test_a_signal_reaches_a_waiting_step(setting: Setting, worker: Worker) -> None:
    started = await setting.started(worker, "steps:\n  w: {wait: {signal: go}}\noutputs: {n: '{{ w.n }}'}\n")
    await until(worker, started.id, lambda r: r.listeners)
    await worker.send(started.run, Signal("go", {"n": 4}), "p")
    assert (await ended(worker, started.id)).outputs == {"n": 4}


async def test_everything_wrong_with_a_start_is_told_at_once(setting: Setting, worker: Worker) -> None:
    text = (
        "inputs: {n: {type: integer}, kind: {type: string, enum: [a, b]}}\nsteps:\n  a: {set: {n: '{{ inputs.n }}'}}\n"
    )
    answer = await worker.start(Start(setting.blueprint(text), "/tmp", {"n": "x", "kid": "a"}, {"": "ollama/none"}))
    wrong = denied(answer)
    assert {each.code for each in wrong.more} == {"unknown_input", "wrong_input", "missing_input"}
    assert all(each.remedy for each in wrong.more)


async def test_a_broken_blueprint_is_refused_with_its_lines(setting: Setting, worker: Worker) -> None:
    wrong = denied(await worker.start(Start(setting.blueprint("steps:\n  a: {tol: read}\n"), "/tmp")))
    assert wrong.code == "invalid_blueprint"
    assert wrong.more[0].line == 3
    assert wrong.more[0].file.endswith("blueprint.yaml")


async def test_a_blueprint_from_elsewhere_runs_nothing_until_it_is_trusted(
    setting: Setting, worker: Worker, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "blueprint.yaml").write_text("blueprint: other\nsteps:\n  a: {set: {n: 1}}\n")
    wrong = denied(await worker.start(Start(str(folder), str(tmp_path))))
    assert wrong.code == "untrusted"
    assert "mntui blueprint trust" in wrong.remedy


async def test_a_model_that_cannot_be_had_is_named_before_the_run(setting: Setting, worker: Worker) -> None:
    text = "models: {m: {}}\nagents: {w: {role: executor, model: m, instructions: Go.}}\nsteps:\n  a: {agent: w, with: {x: 1}}\n"
    wrong = denied(await worker.start(Start(setting.blueprint(text), "/tmp", models={"m": "openai/gpt-5.4"})))
    assert wrong.code == "model"
    assert wrong.remedy


async def test_what_an_agent_sees_is_its_instructions_and_what_with_names(setting: Setting, worker: Worker) -> None:
    text = (
        "models: {m: {}}\nagents: {w: {role: executor, model: m, instructions: Be brief.}}\n"
        "steps:\n  s: {set: {secret: hidden, seen: shown}}\n  a: {agent: w, with: {note: '{{ s.seen }}'}}\n"
    )
    started = await setting.started(worker, text)
    await ended(worker, started.id)
    sees = await worker.query(AskSees(started.run, "a"))
    assert isinstance(sees, Sees)
    assert [(m.role, m.text) for m in sees.messages] == [
        ("system", "Be brief."),
        ("user", "## note\nshown"),
    ]
    assert "hidden" not in str(sees)
    assert sees.tokens > 0
    assert denied(await worker.query(AskSees(started.run, "s"))).code == "no_agent"


async def test_the_worker_tells_of_itself(setting: Setting, worker: Worker) -> None:
    status = await worker.query(AskStatus())
    assert isinstance(status, WorkerStatus)
    assert (status.runs_live, status.opening) == (0, ())


async def test_an_ended_run_still_answers(setting: Setting, worker: Worker) -> None:
    started = await setting.started(worker, SIMPLE)
    await ended(worker, started.id)
    await asyncio.sleep(0.01)
    assert denied(await worker.send(started.run, Cancel(), "p")).code == "ended"
    assert denied(await worker.send("nope", Cancel(), "p")).code == "unknown_run"
    updates = [u async for u in worker.watch(started.run)]
    assert isinstance(updates[0], Opened)
    assert len(updates) == 1


class FullDisk(MemoryJournal):
    """Refuses every commit while `full`; has no room to begin anything while `tight`."""

    full = False
    tight = False

    async def commit(self, batch: Batch) -> None:
        if self.full:
            raise JournalFull("no space left on the disk")
        await super().commit(batch)

    def room(self) -> bool:
        return not (self.full or self.tight)


async def test_a_full_disk_refuses_before_calling_and_goes_on_by_itself(tmp_path: Path) -> None:
    journal = FullDisk()
    setting = Setting(tmp_path, World(), journal)
    setting.world.gates["read"] = asyncio.Event()
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, SIMPLE)
    await until(worker, started.id, lambda r: "a" in r.nodes and r.node("a").calls)
    journal.full = True
    setting.world.gates["read"].set()
    await asyncio.sleep(0.1)
    assert denied(await worker.start(Start(setting.blueprint(SIMPLE), "/tmp"))).code == "disk_full"
    assert setting.world.count("pay") == 0
    journal.full = False
    assert (await ended(worker, started.id)).ended == "succeeded"
    assert setting.world.order == ["read", "pay"]
    await worker.close()


async def test_without_room_nothing_new_is_begun_until_there_is_room(tmp_path: Path) -> None:
    journal = FullDisk()
    setting = Setting(tmp_path, World(), journal)
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, APPROVE)
    run = await until(worker, started.id, lambda r: r.asks)
    journal.tight = True
    (ask,) = run.asks.values()
    assert isinstance(await worker.send(started.run, Approve(ask.id, ask.digest), "p"), Accepted)
    await asyncio.sleep(0.05)
    assert setting.world.count("pay") == 0
    assert "disk" in next(iter(worker.roster.live[started.id].feed.waiting.values()))
    journal.tight = False
    assert (await ended(worker, started.id)).ended == "succeeded"
    await worker.close()


async def test_a_lost_journal_ends_the_worker_and_nothing_is_acknowledged(tmp_path: Path) -> None:
    class Lost(MemoryJournal):
        broken = False

        async def commit(self, batch: Batch) -> None:
            if self.broken:
                raise JournalLost("fsync failed")
            await super().commit(batch)

    journal = Lost()
    setting = Setting(tmp_path, World(), journal)
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, APPROVE)
    run = await until(worker, started.id, lambda r: r.asks)
    journal.broken = True
    (ask,) = run.asks.values()
    sending = asyncio.create_task(worker.send(started.run, Approve(ask.id, ask.digest), "p"))
    while not setting.fatal:
        await asyncio.sleep(0.001)
    assert not sending.done()
    assert isinstance(setting.fatal[0], JournalLost)
    sending.cancel()
    await worker.close()


async def test_a_drained_worker_begins_no_call_and_the_next_one_does(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    setting.world.gates["read"] = asyncio.Event()
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, SIMPLE)
    await until(worker, started.id, lambda r: "a" in r.nodes and r.node("a").calls)
    draining = asyncio.create_task(worker.drain(5))
    await asyncio.sleep(0.01)
    setting.world.gates["read"].set()
    await draining
    assert setting.world.order == ["read"]
    assert denied(await worker.start(Start(setting.blueprint(SIMPLE), "/tmp"))).code == "draining"
    await worker.close()
    again = setting.worker()
    await again.adopt()
    assert (await ended(again, started.id)).ended == "succeeded"
    assert setting.world.order == ["read", "pay"]
    started_calls = [f for f in setting.journal.facts(started.id) if isinstance(f.event, ToolCallStarted)]
    assert len(started_calls) == 2
    await again.close()
