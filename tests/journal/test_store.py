"""The index behind the log: what is committed can be asked for, and whatever happens to its file, it comes back whole."""

import asyncio
import os
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mntui.core.messages import AskSql, Denied, RunFilter, SqlRows
from mntui.core.rows import row_of
from mntui.journal.base import Batch
from mntui.journal.log import read_log
from mntui.journal.remembered import INDEX_FILE, LogJournal
from mntui.journal.segments import segment_paths
from mntui.journal.squeezing import squeezed
from mntui.wire.codec import encode
from tests.journal.draws import Draws
from tests.journal.lives import Life, batches

COUNT = "SELECT count(*) FROM events"


def lives(count: int, *, ended: bool = True) -> list[Life]:
    found = []
    for number in range(1, count + 1):
        life = Life(["line", "branches", "items", "people"][number % 4], number)
        life.goes_on(Draws(random.Random(number)), 12)
        if ended:
            life.ends()
        found.append(life)
    return found


def turns(of: Sequence[Life]) -> list[Batch]:
    """The batches of several runs, mixed."""
    draw = Draws(random.Random(0))
    waiting = [batches(life.facts, draw) for life in of]
    found = []
    while any(waiting):
        found.append(draw.random.choice([each for each in waiting if each]).pop(0))
    return found


async def commit(journal: LogJournal, found: Sequence[Batch]) -> None:
    for batch in found:
        await journal.commit(batch)


async def rows(journal: LogJournal, query: str) -> tuple[tuple[Any, ...], ...]:
    """The answer, asked for again while the index is away."""
    while True:
        answer = await journal.sql(AskSql(query))
        if isinstance(answer, SqlRows):
            return answer.rows
        assert answer.code == "index_away", answer
        await asyncio.sleep(0.01)


async def check_equal(journal: LogJournal, of: Sequence[Life]) -> None:
    """Index, lists and log tell the same."""
    assert await rows(journal, COUNT) == ((sum(len(life.facts) for life in of),),)
    told = {row.id: row for row in await journal.ended(RunFilter(limit=1000))}
    assert told == {life.run_id: row_of(life.run) for life in of if life.run.ended}
    states = await rows(journal, "SELECT run_id, status, seq FROM runs")
    assert set(states) == {(life.run_id, row_of(life.run).status, life.run.seq) for life in of}
    steps = await rows(journal, "SELECT run_id, step, status FROM steps")
    assert set(steps) == {(life.run_id, node.path, node.status) for life in of for node in life.run.nodes.values()}
    for life in of:
        assert list(journal.facts(life.run_id)) == life.facts


async def written(folder: Path, of: Sequence[Life]) -> None:
    with closing(LogJournal(folder)) as journal:
        await commit(journal, turns(of))
        await check_equal(journal, of)


async def test_what_was_committed_can_be_asked_for_at_once(tmp_path: Path) -> None:
    with closing(LogJournal(tmp_path)) as journal:
        for number, batch in enumerate(turns(lives(2)), 1):
            await journal.commit(batch)
            if number % 5 == 0:
                assert await rows(journal, "SELECT max(batch) FROM events") == ((number,),)


async def test_index_lists_and_log_tell_the_same_and_still_do_after_reopening(tmp_path: Path) -> None:
    of = lives(8)
    await written(tmp_path, of)
    with closing(LogJournal(tmp_path)) as journal:
        assert journal.opening == ()
        assert journal.unfinished() == ()
        await check_equal(journal, of)


async def test_runs_that_go_on_are_known_after_reopening(tmp_path: Path) -> None:
    of = lives(6, ended=False)
    await written(tmp_path, of)
    with closing(LogJournal(tmp_path)) as journal:
        assert set(journal.unfinished()) == {life.run_id for life in of if not life.run.ended}
        assert journal.names() == {life.name: life.run_id for life in of}
        for life in of:
            before = len(life.facts)
            life.ends()
            await commit(journal, [Batch(tuple(life.facts[before:]))] if life.facts[before:] else [])
        await check_equal(journal, of)


async def test_lists_are_filtered_newest_first_and_limited(tmp_path: Path) -> None:
    of = lives(8)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, turns(of))
        for status in ("succeeded", "failed", ""):
            listed = await journal.ended(RunFilter(status, "bench", limit=3))
            wanted = [row_of(life.run) for life in of if status in {"", row_of(life.run).status}]
            wanted.sort(key=lambda row: (row.started_at, row.id), reverse=True)
            assert list(listed) == wanted[:3]
        assert await journal.ended(RunFilter(blueprint="another")) == ()


async def test_a_commit_whose_waiter_went_away_is_indexed_too(tmp_path: Path) -> None:
    (life,) = lives(1)
    with closing(LogJournal(tmp_path)) as journal:
        for batch in turns([life]):
            task = asyncio.create_task(journal.commit(batch))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        last = len(turns([life]))
        while journal._log.last < last:
            await asyncio.sleep(0.001)
        assert await rows(journal, COUNT) == ((len(life.facts),),)


# What can happen to the file


def deleted(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for offset in range(0, len(data), 1000):
        data[offset] ^= 0xFF
    path.write_bytes(data)


def no_database(path: Path) -> None:
    path.write_bytes(b"something else" * 1000)


def of_another_version(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE about SET mark = 'old'")


def without_tables(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE step_states CASCADE")


HARMS = [deleted, emptied, truncated, flipped, no_database, of_another_version, without_tables]


@pytest.mark.parametrize("harm", HARMS)
async def test_a_harmed_index_comes_back_while_runs_go_on(tmp_path: Path, harm: Any) -> None:
    of = lives(5)
    found = turns(of)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, found[: len(found) // 2])
        await rows(journal, COUNT)
    harm(tmp_path / INDEX_FILE)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, found[len(found) // 2 :])
        await check_equal(journal, of)
        assert not any("index" in sentence for sentence in journal.opening)
    assert not [path for path in tmp_path.iterdir() if ".new" in path.name or ".old" in path.name]


async def test_runs_that_go_on_are_known_without_an_index_too(tmp_path: Path) -> None:
    of = lives(6, ended=False)
    await written(tmp_path, of)
    deleted(tmp_path / INDEX_FILE)
    with closing(LogJournal(tmp_path)) as journal:
        assert set(journal.unfinished()) == {life.run_id for life in of if not life.run.ended}
        assert journal.names() == {life.name: life.run_id for life in of}
        await check_equal(journal, of)


async def test_while_the_index_is_away_lists_and_runs_are_read_from_the_log(tmp_path: Path) -> None:
    of = lives(5)
    await written(tmp_path, of)
    deleted(tmp_path / INDEX_FILE)
    go_on = threading.Event()
    journal = LogJournal(tmp_path, crash=hold_at("index.before_commit", go_on))
    try:
        assert "built again" in " ".join(journal.opening)
        refused = await journal.sql(AskSql(COUNT))
        assert isinstance(refused, Denied)
        assert refused.code == "index_away"
        listed = await journal.ended(RunFilter(limit=2))
        assert [row.run for row in listed] == ["bench-5", "bench-4"]
        assert list(journal.facts(of[0].run_id)) == of[0].facts
    finally:
        go_on.set()
        journal.close()


def hold_at(point: str, go_on: threading.Event) -> Any:
    """A crash point that doesn't kill but holds its thread until the test lets it go."""

    def crash(name: str) -> None:
        if name == point:
            go_on.wait(30)

    return crash


async def test_an_index_that_another_program_holds_is_built_anew_beside_it(tmp_path: Path) -> None:
    of = lives(3)
    await written(tmp_path, of)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; c = duckdb.connect({str(tmp_path / INDEX_FILE)!r}); print('has it', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == b"has it\n"
    try:
        with closing(LogJournal(tmp_path)) as journal:
            await check_equal(journal, of)
    finally:
        holder.communicate(b"\n")


async def test_an_index_that_breaks_while_it_is_open_is_built_again(tmp_path: Path) -> None:
    of = lives(3)
    found = turns(of)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, found[:10])
        await rows(journal, COUNT)
        with journal._index.file.cursor() as cursor:
            cursor.execute("DROP TABLE step_states CASCADE")
        await commit(journal, found[10:])
        await check_equal(journal, of)


# What the index gives back


async def test_every_batch_comes_back_byte_for_byte(tmp_path: Path) -> None:
    of = lives(6)
    with closing(LogJournal(tmp_path)) as journal:
        payloads = {"a" * 64: {"text": 'x"\\\n' * 3000, "n": 1e-9}, "b" * 64: [None, True, "é"]}
        for number, batch in enumerate(turns(of)):
            await journal.commit(Batch(batch.facts, payloads if number == 3 else {}))
        await rows(journal, COUNT)
        for number, data in read_log(tmp_path):
            assert journal._index.restored(number) == data
        assert await rows(journal, "SELECT count(*) FROM kept") == ((0,),)


@pytest.mark.parametrize("lost", ["flipped", "cut"])
async def test_what_the_log_lost_is_put_back_from_the_index(tmp_path: Path, lost: str) -> None:
    of = lives(4)
    await written(tmp_path, of)
    (segment,) = segment_paths(tmp_path)
    whole = dict(read_log(tmp_path))
    data = segment.read_bytes()
    middle = data.index(squeezed(whole[len(whole) // 2]))
    segment.write_bytes(data[:middle] + b"?" * 20 + data[middle + 20 :] if lost == "flipped" else data[:middle])
    with closing(LogJournal(tmp_path)) as journal:
        assert "was put back" in " ".join(journal.opening)
        await check_equal(journal, of)
    assert dict(read_log(tmp_path)) == whole


async def test_a_log_that_is_gone_is_written_again_from_the_index(tmp_path: Path) -> None:
    of = lives(3)
    await written(tmp_path, of)
    whole = dict(read_log(tmp_path))
    for path in segment_paths(tmp_path):
        path.unlink()
    with closing(LogJournal(tmp_path)) as journal:
        await check_equal(journal, of)
    assert dict(read_log(tmp_path)) == whole


async def test_an_index_of_another_journal_gives_nothing_to_this_one(tmp_path: Path) -> None:
    ours, theirs = lives(3), [Life("line", 77), Life("people", 78)]
    for life in theirs:
        life.ends()
    await written(tmp_path / "ours", ours)
    await written(tmp_path / "theirs", theirs)
    (tmp_path / "theirs" / INDEX_FILE).replace(tmp_path / "ours" / INDEX_FILE)
    with closing(LogJournal(tmp_path / "ours")) as journal:
        await check_equal(journal, ours)


async def test_a_batch_that_no_column_holds_is_kept_whole_and_the_others_go_on(tmp_path: Path) -> None:
    (life,) = lives(1)
    found = turns([life])
    strange = Batch((replace(found[0].facts[0], run="r-2", at=2**70),))
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, [*found[:2], strange, *found[2:]])
        assert await rows(journal, COUNT) == ((len(life.facts),),)
        assert journal._index.restored(3) == encode(strange)
