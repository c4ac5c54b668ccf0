"""The journal of a real worker: its index harmed in every way, hostile questions, deletions cut off, a copy elsewhere."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from drill import start_worker, until_dead
from sizes import FULL

from mntui.core.evolve import replay
from mntui.core.messages import (
    AllWaiting,
    AskEvents,
    AskKeeping,
    AskSql,
    AskStatus,
    AskWaiting,
    DeleteRuns,
    Denied,
    Facts,
    Kept,
    Opened,
    RunFilter,
    SqlRows,
    Start,
    Started,
    WorkerStatus,
)
from mntui.core.requests import Approve
from mntui.core.rows import row_of
from mntui.core.run import Run, new_run
from mntui.engines.base import EngineGone
from mntui.engines.local import LocalEngine
from mntui.settings import Settings
from tests.homes import home_below

QUICK = """\
blueprint: quick
inputs: {n: {type: number, default: 1}}
steps:
  a: {set: {n: "{{ inputs.n }}"}}
  each:
    for_each: [1, 2, 3]
    steps:
      b: {set: {n: "{{ item + a.n }}"}}
outputs: {n: "{{ a.n }}"}
"""
ENDLESS = "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c"
HOSTILE = (
    "DELETE FROM facts",
    "DROP TABLE facts",
    "ATTACH '/tmp/other.duckdb'",
    "COPY facts TO '/tmp/stolen.csv'",
    "COPY (SELECT 1) TO '/tmp/stolen.csv'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '100GB'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT content FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT 1; DELETE FROM facts",
    "WITH gone AS (DELETE FROM facts RETURNING *) SELECT * FROM gone",
    "SELECT list(a.range) FROM range(100000000) a, range(100000000) b",
)
UNTIL_BUILT_SECONDS = 30


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Iterator[Settings]:
    with home_below(tmp_path) as settings:
        quick = settings.blueprints / "quick"
        quick.mkdir()
        (quick / "blueprint.yaml").write_text(QUICK)
        yield settings


async def runs_of(engine: LocalEngine, count: int) -> list[str]:
    """So many runs, from their start to their end."""
    names = []
    for number in range(count):
        started = await engine.start(Start("quick", "/", {"n": number}))
        assert isinstance(started, Started), started
        names.append(started.run)
    for name in names:
        async for _ in engine.watch(name):
            continue
    return names


async def folded(engine: LocalEngine, name: str) -> Run:
    """The run as its facts say."""
    told = await engine.query(AskEvents(name))
    assert isinstance(told, Facts)
    async for opened in engine.watch(name):
        assert isinstance(opened, Opened)
        return replay(new_run(told.id, opened.plan), list(told.facts))
    raise AssertionError(name)


async def rows(engine: LocalEngine, query: str) -> tuple[tuple[Any, ...], ...]:
    """The answer, waited for while the index is away."""
    async with asyncio.timeout(UNTIL_BUILT_SECONDS):
        while True:
            told = await engine.query(AskSql(query))
            if isinstance(told, SqlRows):
                return told.rows
            assert isinstance(told, Denied)
            assert told.code == "index_away", told
            await asyncio.sleep(0.02)


async def check_equal(engine: LocalEngine, names: list[str]) -> None:
    """The index says of each run and each step what the fold of its facts says, and the worker's own check agrees."""
    listed = {row[0]: row[1:] for row in await rows(engine, "SELECT run, status, steps_ended, seq, success FROM runs")}
    steps = await rows(engine, "SELECT run, step, status FROM steps")
    events = await rows(engine, "SELECT run, count(*) FROM events GROUP BY run")
    assert listed.keys() == set(names)
    for name in names:
        run = await folded(engine, name)
        row = row_of(run)
        assert listed[name] == (row.status, row.steps_ended, run.seq, row.success)
        assert {(s, status) for r, s, status in steps if r == name} == {(n.path, n.status) for n in run.nodes.values()}
        assert (name, run.seq) in events
    kept = await engine.query(AskKeeping("check"))
    assert isinstance(kept, Kept), kept
    assert kept.sound, kept.sentences


async def kill(settings: Settings) -> None:
    async with LocalEngine.connect_only(settings) as engine:
        status = await engine.query(AskStatus())
        assert isinstance(status, WorkerStatus)
        with suppress(ProcessLookupError):
            os.kill(status.pid, signal.SIGKILL)
    await until_dead(settings)


# What can happen to the index


def deleted(path: Path) -> None:
    path.unlink()


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for offset in range(0, len(data), 500):
        data[offset] ^= 0xFF
    path.write_bytes(data)


HARMS = [(harm, live) for live in (False, True) for harm in (deleted, truncated, flipped)]


@pytest.mark.parametrize(("harm", "live"), HARMS if FULL else [HARMS[0], HARMS[2], HARMS[4]])
async def test_whatever_becomes_of_the_index_runs_go_on_and_it_comes_back(
    settings: Settings, harm: Callable[[Path], None], live: bool
) -> None:
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        names = await runs_of(engine, 3)
        await check_equal(engine, names)
        if live:
            harm(settings.journal / "index.duckdb")
            names += await runs_of(engine, 2)
    await kill(settings)
    if not live:
        harm(settings.journal / "index.duckdb")
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        names += await runs_of(engine, 2)
        await check_equal(engine, names)


async def test_an_index_that_another_program_holds_holds_up_no_run(settings: Settings) -> None:
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        names = await runs_of(engine, 2)
        await check_equal(engine, names)
    await kill(settings)
    code = (
        f"import duckdb; c = duckdb.connect({str(settings.journal / 'index.duckdb')!r}); print(1, flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        start_worker(settings)
        async with LocalEngine.connect_only(settings) as engine:
            names += await runs_of(engine, 2)
            await check_equal(engine, names)
        holder.communicate(b"\n")


@pytest.mark.parametrize("point", ["index.checkpoint:1", *(("index.checkpoint:2", "index.replace:2") if FULL else ())])
async def test_a_worker_killed_in_a_checkpoint_loses_nothing(settings: Settings, point: str) -> None:
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        names = await runs_of(engine, 3)
        await check_equal(engine, names)
    await kill(settings)
    deleted(settings.journal / "index.duckdb")
    start_worker(settings, point)
    await until_dead(settings)
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        names += await runs_of(engine, 1)
        await check_equal(engine, names)


# Questions


async def test_hostile_questions_are_refused_and_change_nothing(settings: Settings) -> None:
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        names = await runs_of(engine, 2)
        for query in HOSTILE:
            told = await engine.query(AskSql(query))
            assert isinstance(told, Denied), query
            assert told.code.startswith("sql_"), told
        assert not Path("/tmp/stolen.csv").exists()
        await check_equal(engine, names)


async def test_a_question_without_end_holds_up_neither_runs_nor_the_workers_end(settings: Settings) -> None:
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine, LocalEngine.connect_only(settings) as asking:
        await rows(engine, "SELECT 1")
        asked = asyncio.create_task(asking.query(AskSql(ENDLESS)))
        names = await runs_of(engine, 3)
        assert await rows(engine, "SELECT count(*) FROM runs") == ((3,),)
        assert not asked.done()
        if FULL:
            stopped = await asked
            assert isinstance(stopped, Denied)
            assert stopped.code == "sql_timeout"
            await check_equal(engine, names)
        asked.cancel()
    await kill(settings)


# Deleting


DELETING = ["delete.said:1", "delete.thin:1", "delete.purged:1", "log.rollover:1", "index.replace:1", ""]


@pytest.mark.parametrize("point", DELETING if FULL else DELETING[:2])
async def test_a_deletion_cut_off_anywhere_can_be_asked_again_and_is_whole(settings: Settings, point: str) -> None:
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        names = await runs_of(engine, 5)
        await check_equal(engine, names)
        ids = {name: (await folded(engine, name)).id for name in names}
    await kill(settings)
    gone, left = names[:3], names[3:]
    question = DeleteRuns(tuple(ids[name] for name in gone), "person:drill")
    start_worker(settings, point)
    async with LocalEngine.connect_only(settings) as engine:
        with suppress(EngineGone):
            await engine.query(question)
    if point:
        await until_dead(settings)
        start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        listed = {row.run for row in await engine.runs(RunFilter())}
        assert listed in ({*left}, {*names}), "some of them went, and some didn't"
        kept = await engine.query(question)
        assert isinstance(kept, Kept), kept
        await check_equal(engine, left)
        names = [*left, *await runs_of(engine, 1)]
        await check_equal(engine, names)
        assert {row.run for row in await engine.runs(RunFilter())} == set(names)
        unknown = await engine.query(AskEvents(gone[0]))
        assert isinstance(unknown, Denied)
        assert unknown.code == "unknown_run"
    assert {path.name for path in settings.runs.iterdir()} == set(names)


async def test_a_run_that_waits_is_not_deleted(settings: Settings) -> None:
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine:
        started = await engine.start(Start("asks", "/"))
        assert isinstance(started, Started)
        refused = await engine.query(DeleteRuns((started.run,)))
        assert isinstance(refused, Denied)
        assert refused.code == "not_ended"
        assert [row.run for row in await engine.runs(RunFilter())] == [started.run]


# A copy


async def facts_by_run(engine: LocalEngine, names: list[str]) -> Mapping[str, Facts | Denied]:
    told = {name: await engine.query(AskEvents(name)) for name in names}
    assert all(isinstance(each, Facts) for each in told.values())
    return told  # type: ignore[return-value]  # looked at in the line above


async def test_a_copy_made_while_runs_go_on_is_another_home_with_all_of_them(
    settings: Settings, tmp_path: Path
) -> None:
    start_worker(settings)
    async with LocalEngine.connect_only(settings) as engine, LocalEngine.connect_only(settings) as other:
        names = await runs_of(engine, 5)
        waits = await engine.start(Start("asks", "/"))
        assert isinstance(waits, Started)
        going_on = asyncio.create_task(runs_of(other, 10))
        kept = await engine.query(AskKeeping("backup", str(tmp_path / "copy")))
        assert isinstance(kept, Kept), kept
        await going_on
        before = await facts_by_run(engine, [*names, waits.run])
        here = [await folded(engine, name) for name in names]
    await kill(settings)
    shutil.move(settings.home, tmp_path / "lost")
    with home_below(tmp_path / "elsewhere") as there:
        shutil.copytree(tmp_path / "copy", there.journal)
        start_worker(there)
        async with LocalEngine.connect_only(there) as engine:
            assert await facts_by_run(engine, [*names, waits.run]) == before
            assert [await folded(engine, name) for name in names] == here
            waiting = await engine.query(AskWaiting())
            assert isinstance(waiting, AllWaiting)
            (ask,) = [each.ask for each in waiting.waiting if each.run == waits.run]
            await engine.send(waits.run, Approve(ask.id, ask.digest), "person:drill")
            async for _ in engine.watch(waits.run):
                continue
            listed = [row.run for row in await engine.runs(RunFilter(limit=100))]
            assert set(listed) >= {*names, waits.run}
            await check_equal(engine, listed)
        await kill(there)
