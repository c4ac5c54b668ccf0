"""A recording plays by its own clock, tells what a worker would tell, and does nothing that it is asked to do."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from mntui.cli.demo import names, read_recording
from mntui.core import requests as r
from mntui.core.events import Fact, RunPaused
from mntui.core.evolve import evolve
from mntui.core.messages import (
    Accepted,
    AllWaiting,
    AskPayload,
    AskSees,
    AskSql,
    AskWaiting,
    Denied,
    Happened,
    Opened,
    Payload,
    RunFilter,
    Sees,
    Start,
)
from mntui.core.run import new_run
from mntui.core.state_digest import state_digest
from mntui.engines.playing import MICROS, Playing
from mntui.engines.recorded import RecordedEngine
from mntui.engines.recording import LONGEST_GAP_MICROS, READING_MICROS, is_answer

RECORDING = read_recording("invoice-reconcile")


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def playing(clock: Clock) -> Playing:
    return Playing(RECORDING, clock)


@pytest.fixture
def engine(playing: Playing) -> RecordedEngine:
    return RecordedEngine(RECORDING, playing)


def test_every_recording_reads_and_ends_well() -> None:
    for name in names():
        recording = read_recording(name)
        played = Playing(recording, Clock())
        played.skip_to(lambda _: False)
        assert played.run.ended == "succeeded"
        assert all(played.run.success.values())


def test_a_recording_tells_the_same_run_only_sooner() -> None:
    recorded, told = RECORDING.bundle.facts, RECORDING.facts
    assert [fact.event for fact in told] == [fact.event for fact in recorded]
    gaps = [b.at - a.at for a, b in pairwise(told)]
    assert all(0 <= gap <= max(LONGEST_GAP_MICROS, READING_MICROS) for gap in gaps)
    run = new_run(RECORDING.bundle.run_id, RECORDING.bundle.plan)
    for fact in recorded:
        run = evolve(run, fact)
    assert state_digest(run) == RECORDING.bundle.state


async def test_each_fact_comes_at_its_time_and_whoever_watches_gets_all_of_them(
    engine: RecordedEngine, playing: Playing, clock: Clock
) -> None:
    async def watch() -> list[Fact]:
        facts: list[Fact] = []
        async for update in engine.watch(playing.run.name):
            assert isinstance(update, Opened | Happened)
            assert all(fact.at <= playing.now() for fact in update.facts)
            facts.extend(update.facts)
        return facts

    watching = asyncio.ensure_future(watch())
    for fact in RECORDING.facts:
        clock.seconds = (fact.at - RECORDING.facts[0].at) / MICROS + 0.001
        await asyncio.wait_for(played_so_far(playing), 5)
        assert playing.run.at <= playing.now()
    assert await watching == list(RECORDING.facts)


async def played_so_far(playing: Playing) -> None:
    """Play until the clock, which stands still, holds back the next fact."""
    playing_on = asyncio.ensure_future(playing.play())
    await asyncio.sleep(0)
    playing_on.cancel()


def test_time_stands_still_while_it_is_held_and_goes_faster_when_asked(playing: Playing, clock: Clock) -> None:
    begun = playing.now()
    clock.seconds += 1
    assert playing.now() == begun + MICROS
    playing.hold("person:ada")
    clock.seconds += 100
    assert playing.now() == begun + MICROS
    playing.let_go("person:ada")
    assert playing.faster(1) == 2.0
    clock.seconds += 1
    assert playing.now() == begun + 3 * MICROS
    assert [playing.faster(-1) for _ in range(9)][-1] == 0.25


async def test_pause_and_resume_are_told_as_facts(engine: RecordedEngine, playing: Playing) -> None:
    assert isinstance(await engine.send(playing.run.name, r.Pause(), "person:ada"), Accepted)
    assert playing.run.paused
    assert isinstance(playing.facts[-1].event, RunPaused)
    assert isinstance(await engine.send(playing.run.name, r.Pause(), "person:ada"), Denied)
    assert isinstance(await engine.send(playing.run.name, r.Resume(), "person:ada"), Accepted)
    assert not playing.run.paused
    assert [fact.seq for fact in playing.facts] == [1, 2, 3]


async def test_an_answer_is_refused_and_the_recorded_one_comes_at_once(
    engine: RecordedEngine, playing: Playing
) -> None:
    playing.skip_to(is_answer)
    asked = await engine.query(AskWaiting())
    assert isinstance(asked, AllWaiting)
    ask = asked.waiting[0].ask
    reply = await engine.send(playing.run.name, r.Reject(ask.id, "no", ask.digest), "person:ada")
    assert isinstance(reply, Denied)
    assert "recording" in reply.message
    player = asyncio.ensure_future(playing.play())
    while ask.id in playing.run.asks:
        await playing.changed.wait()
    player.cancel()
    assert playing.run.decided[ask.id].what == "approved with edits"


@pytest.mark.parametrize("request_", [r.Cancel(), r.Retry(), r.Signal("go")])
async def test_nothing_else_can_be_asked_of_it(engine: RecordedEngine, playing: Playing, request_: Any) -> None:
    before = len(playing.facts)
    assert isinstance(await engine.send(playing.run.name, request_, "person"), Denied)
    assert isinstance(await engine.start(Start("invoice-reconcile", "/")), Denied)
    assert isinstance(await engine.query(AskSql("SELECT 1")), Denied)
    assert len(playing.facts) == before


async def test_what_was_recorded_can_be_looked_at(engine: RecordedEngine, playing: Playing) -> None:
    playing.skip_to(lambda _: False)
    sees = await engine.query(AskSees(playing.run.name, "explained[0]/explain"))
    assert isinstance(sees, Sees)
    assert sees.messages
    digest = next(iter(RECORDING.payloads))
    assert isinstance(await engine.query(AskPayload(digest)), Payload)
    (row,) = await engine.runs(RunFilter(status="succeeded"))
    assert row.steps == row.steps_ended
    assert await engine.runs(RunFilter(status="running")) == ()
    with pytest.raises(LookupError):
        await anext(aiter(engine.watch("another")))
