"""The contract of an Engine, held against every engine there is. A new one is one more line in ENGINES.

Each has a home with the blueprint `asks`, whose only step waits for an approval.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mntui.core.events import Fact, RunEnded
from mntui.core.messages import (
    Accepted,
    AllWaiting,
    AskEvents,
    AskPayload,
    AskStatus,
    AskWaiting,
    Denied,
    Facts,
    Happened,
    Opened,
    RunFilter,
    Start,
    Started,
    WorkerStatus,
)
from mntui.core.requests import Approve, Pause, Resume
from mntui.crash import no_crash
from mntui.engines.base import Engine
from mntui.engines.launch import Launch, stop_worker
from mntui.engines.local import LocalEngine
from mntui.settings import Settings
from mntui.worker.build import build_worker
from tests.engines.toy_engine import ToyEngine

TOY = (sys.executable, str(Path(__file__).with_name("toy_engine.py")))
OpenEngine = Callable[[Settings], AbstractAsyncContextManager[Engine]]


@asynccontextmanager
async def toy(settings: Settings) -> AsyncIterator[Engine]:
    yield ToyEngine(settings.home)


@asynccontextmanager
async def toy_behind_a_socket(settings: Settings) -> AsyncIterator[Engine]:
    async with served(settings, TOY) as engine:
        yield engine


@asynccontextmanager
async def worker_in_this_process(settings: Settings) -> AsyncIterator[Engine]:
    def fail(error: BaseException) -> None:
        raise error

    worker = build_worker(settings, no_crash, fail)
    await worker.adopt()
    yield worker
    await worker.drain(5)
    await worker.close()


@asynccontextmanager
async def worker_behind_its_socket(settings: Settings) -> AsyncIterator[Engine]:
    async with served(settings, (sys.executable, "-m", "mntui.worker.daemon")) as engine:
        yield engine


@asynccontextmanager
async def served(settings: Settings, command: tuple[str, ...]) -> AsyncIterator[Engine]:
    launch = Launch(settings, command)
    async with LocalEngine(settings, launch) as engine:
        yield engine
    await stop_worker(launch)


ENGINES = [toy, toy_behind_a_socket, worker_in_this_process, worker_behind_its_socket]


@pytest.fixture(params=ENGINES, ids=lambda open_engine: open_engine.__name__)
async def engine(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Engine]:
    async with request.param(settings) as engine:
        yield engine


async def started(engine: Engine) -> Started:
    answer = await engine.start(Start("asks", "/"))
    assert isinstance(answer, Started), answer
    return answer


async def approve(engine: Engine, run: str) -> Accepted | Denied:
    waiting = await engine.query(AskWaiting())
    assert isinstance(waiting, AllWaiting)
    ask = next(each.ask for each in waiting.waiting if run in {each.run, each.run_id})
    return await engine.send(run, Approve(ask.id, ask.digest), "tester")


async def facts_of(engine: Engine, run: str, after: int = 0) -> list[Fact]:
    """Every fact of a watch, to its end."""
    facts: list[Fact] = []
    async for update in engine.watch(run, after):
        if isinstance(update, Opened | Happened):
            facts.extend(update.facts)
    return facts


async def waits(engine: Engine, run: str) -> int:
    """Wait until the run asks; the number of its last fact then."""
    async with aclosing(engine.watch(run)) as updates:  # type: ignore[type-var]  # every engine's watch is a generator
        async for update in updates:
            facts = update.facts if isinstance(update, Opened | Happened) else ()
            if any(fact.event.kind == "ApprovalRequested" for fact in facts):
                return facts[-1].seq
    raise AssertionError("it ended without asking")


async def test_a_started_run_is_durable_and_listed(engine: Engine):
    run = await started(engine)
    rows = await engine.runs(RunFilter())
    assert [(row.run, row.id, row.blueprint) for row in rows] == [(run.run, run.id, "asks")]


async def test_an_unknown_blueprint_is_denied_with_a_remedy(engine: Engine):
    answer = await engine.start(Start("nothing", "/"))
    assert isinstance(answer, Denied)
    assert answer.code == "unknown_blueprint"
    assert answer.remedy


async def test_a_watch_opens_with_every_fact_and_ends_with_the_run(engine: Engine):
    run = await started(engine)
    await waits(engine, run.run)
    updates = engine.watch(run.run)
    first = await anext(updates)
    assert isinstance(first, Opened)
    assert (first.id, first.run) == (run.id, run.run)
    assert [fact.seq for fact in first.facts] == list(range(1, len(first.facts) + 1))
    assert isinstance(await approve(engine, run.run), Accepted)
    rest = [fact async for update in updates if isinstance(update, Happened) for fact in update.facts]
    assert [fact.seq for fact in rest] == list(range(len(first.facts) + 1, len(first.facts) + len(rest) + 1))
    assert isinstance(rest[-1].event, RunEnded)


async def test_a_watch_may_leave_out_what_was_seen(engine: Engine):
    run = await started(engine)
    seen = await waits(engine, run.run)
    await approve(engine, run.run)
    every, later = await facts_of(engine, run.run), await facts_of(engine, run.run, after=seen)
    assert every[seen:] == later


async def test_a_run_that_has_ended_is_opened_whole_and_the_watch_ends(engine: Engine):
    run = await started(engine)
    await waits(engine, run.run)
    await approve(engine, run.run)
    live = await facts_of(engine, run.run)
    assert await facts_of(engine, run.run) == live
    assert live[-1].event == RunEnded("succeeded", live[-1].event.outputs, live[-1].event.success)


async def test_two_watchers_see_the_same_facts(engine: Engine):
    run = await started(engine)
    await waits(engine, run.run)
    first = asyncio.create_task(facts_of(engine, run.run))
    second = asyncio.create_task(facts_of(engine, run.id))
    await approve(engine, run.run)
    assert await first == await second


async def test_a_watcher_that_leaves_takes_nothing_with_it(engine: Engine):
    run = await started(engine)
    await waits(engine, run.run)
    await waits(engine, run.run)
    await approve(engine, run.run)
    assert isinstance((await facts_of(engine, run.run))[-1].event, RunEnded)


async def test_a_watcher_that_does_not_keep_up_misses_nothing(engine: Engine):
    run = await started(engine)
    await waits(engine, run.run)
    updates = engine.watch(run.run)
    first = await anext(updates)
    for _ in range(150):
        await engine.send(run.run, Pause(), "tester")
        await engine.send(run.run, Resume(), "tester")
    await approve(engine, run.run)
    facts = [*first.facts, *[fact async for u in updates if isinstance(u, Happened) for fact in u.facts]]
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert len(facts) > 300


async def test_watching_an_unknown_run_is_a_lookup_error_that_names_it(engine: Engine):
    with pytest.raises(LookupError, match="nobody-0000"):
        await anext(engine.watch("nobody-0000"))


async def test_an_accepted_request_is_a_durable_fact(engine: Engine):
    run = await started(engine)
    await waits(engine, run.run)
    accepted = await approve(engine, run.id)
    assert isinstance(accepted, Accepted)
    assert accepted.run in {run.run, run.id}
    facts = await facts_of(engine, run.run)
    granted = next(fact for fact in facts if fact.event.kind == "ApprovalGranted")
    assert granted.seq <= accepted.seq
    assert granted.actor == "tester"


async def test_the_second_answer_to_an_ask_is_denied(engine: Engine):
    run = await started(engine)
    await waits(engine, run.run)
    waiting = await engine.query(AskWaiting())
    assert isinstance(waiting, AllWaiting)
    request = Approve(waiting.waiting[0].ask.id, waiting.waiting[0].ask.digest)
    answers = await asyncio.gather(*(engine.send(run.run, request, who) for who in ("first", "second")))
    assert sorted(type(answer).__name__ for answer in answers) == ["Accepted", "Denied"]


async def test_a_request_to_an_unknown_run_is_denied(engine: Engine):
    answer = await engine.send("nobody-0000", Pause(), "tester")
    assert isinstance(answer, Denied)
    assert "nobody-0000" in answer.message


async def test_runs_are_filtered_and_the_newest_come_first(engine: Engine):
    first, second = await started(engine), await started(engine)
    await waits(engine, first.run)
    await waits(engine, second.run)
    await approve(engine, first.run)
    await facts_of(engine, first.run)

    async def names(wanted: RunFilter) -> list[str]:
        return [row.run for row in await engine.runs(wanted)]

    assert await names(RunFilter()) == [second.run, first.run]
    assert await names(RunFilter(limit=1)) == [second.run]
    assert await names(RunFilter(status="succeeded")) == [first.run]
    assert await names(RunFilter(status="waiting", blueprint="asks")) == [second.run]
    assert await names(replace(RunFilter(), blueprint="other")) == []


async def test_questions_are_answered_and_change_nothing(engine: Engine, settings: Settings):
    run = await started(engine)
    seq = await waits(engine, run.run)
    events = await engine.query(AskEvents(run.run, after=1))
    assert isinstance(events, Facts)
    assert [fact.seq for fact in events.facts] == list(range(2, seq + 1))
    status = await engine.query(AskStatus())
    assert isinstance(status, WorkerStatus)
    assert status.home == str(settings.home)
    assert status.runs_live == 1
    assert isinstance(await engine.query(AskPayload("0" * 64)), Denied)
    assert isinstance(await engine.query(AskEvents("nobody-0000")), Denied)
