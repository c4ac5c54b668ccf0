"""Deleted runs: gone at one moment, from log, index and disk, with nothing of any other run."""

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mntui.core.events import Fact, RunStarted
from mntui.core.messages import Denied, Kept, RunFilter
from mntui.core.values import Ref, canonical, digest_of
from mntui.crash import CrashPoint, no_crash
from mntui.journal.base import Batch
from mntui.journal.log import read_log
from mntui.journal.remembered import INDEX_FILE, LogJournal
from mntui.wire.codec import to_plain
from tests.journal.disks import Died, SmallDisk
from tests.journal.draws import Draws
from tests.journal.lives import PLAIN_PLANS, Life, batches
from tests.journal.test_keeping import kept
from tests.journal.test_store import check_equal, commit, lives, rows, turns

SECRET = "the-secret-of-"


def own(life: Life) -> dict[str, Any]:
    """A large value that only this run names."""
    return {"text": f"{SECRET}{life.name} " * 500}


def shared() -> dict[str, Any]:
    return {"text": "what all of them know " * 500}


def ref(value: Any) -> Ref:
    data = canonical(value)
    return Ref(digest_of(value), len(data), data[:50].decode())


def with_payloads(of: Sequence[Life], home: Path) -> list[Batch]:
    """The lives' batches, mixed; each names a large value of its own and one that the first brought for all."""
    found, brought = [], False
    for batch in turns(of):
        payloads: dict[str, Any] = {}
        facts = []
        for fact in batch.facts:
            event = fact.event
            if isinstance(event, RunStarted):
                life = next(each for each in of if each.run_id == fact.run)
                inputs = {"list": [1, 2, 3], "own": to_plain(ref(own(life))), "all": to_plain(ref(shared()))}
                event = replace(event, inputs=inputs, folder=str(home / "runs" / event.name))
                payloads[ref(own(life)).digest] = own(life)
                if not brought:
                    payloads[ref(shared()).digest], brought = shared(), True
            facts.append(replace(fact, event=event))
        found.append(Batch(tuple(facts), payloads))
    return found


def folders(of: Sequence[Life], home: Path) -> None:
    for life in of:
        (home / "runs" / life.name).mkdir(parents=True)
        (home / "runs" / life.name / "report.md").write_text(SECRET + life.name)


def traces(home: Path, life: Life) -> list[str]:
    """Where anything of a run's own can still be read, in plain or packed."""
    needle = (SECRET + life.name).encode()
    found = [path.name for path in home.rglob("*") if path.is_file() and needle in path.read_bytes()]
    return found + [
        f"batch {n}"
        for n, data in read_log(home / "journal")
        if needle in data or f'"run":"{life.run_id}"'.encode() in data
    ]


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(name="of")
def _of() -> list[Life]:
    return lives(6)


def journal_of(home: Path, crash: CrashPoint = no_crash) -> LogJournal:
    return LogJournal(home / "journal", crash=crash)


async def deleted(journal: LogJournal, of: Sequence[Life]) -> Kept:
    told = await journal.delete([life.run_id for life in of], 1, "person:ada")
    assert isinstance(told, Kept), told
    return told


async def check_left(journal: LogJournal, of: Sequence[Life], gone: Sequence[Life]) -> None:
    """Everything of the others is there, and nothing of the deleted ones."""
    ids = {life.run_id for life in of} - {life.run_id for life in gone}
    assert set(journal.run_ids()) == ids
    assert {row.id for row in await journal.ended(RunFilter(limit=100))} == ids
    for view in ("runs", "steps", "events", "spans"):
        assert {row[0] for row in await rows(journal, f"SELECT DISTINCT run_id FROM {view}")} == ids
    for life in of:
        assert len(journal.facts(life.run_id)) == (len(life.facts) if life.run_id in ids else 0)
        assert journal.holds(ref(own(life)).digest) == (life.run_id in ids)
    assert journal.payload(ref(shared()).digest) == shared()
    told = await kept(journal, "check")
    assert isinstance(told, Kept)
    assert told.sound, told


async def test_a_deleted_run_is_gone_from_log_index_and_disk_and_the_others_are_whole(
    home: Path, of: list[Life]
) -> None:
    folders(of, home)
    gone = [of[0], of[3]]
    with closing(journal_of(home)) as journal:
        await commit(journal, with_payloads(of, home))
        told = await deleted(journal, gone)
        assert told.sentences[0].startswith("2 runs are deleted")
        await check_left(journal, of, gone)
        assert not any(traces(home, life) for life in gone)
        assert all(traces(home, life) for life in of if life not in gone)
        assert {path.name for path in (home / "runs").iterdir()} == {life.name for life in of if life not in gone}
    with closing(journal_of(home)) as journal:
        assert not journal.opening
        await check_left(journal, of, gone)


async def test_an_index_built_anew_does_not_bring_a_run_back(home: Path, of: list[Life]) -> None:
    with closing(journal_of(home)) as journal:
        await commit(journal, with_payloads(of, home))
        await deleted(journal, of[:2])
    (home / "journal" / INDEX_FILE).unlink()
    with closing(journal_of(home)) as journal:
        await check_left(journal, of, of[:2])
        assert isinstance(await kept(journal, "rebuild"), Kept)
        await check_left(journal, of, of[:2])


async def test_runs_go_on_while_others_are_deleted(home: Path) -> None:
    of = lives(8)
    found = with_payloads(of, home)
    half = len(found) // 2
    ended = [life for life in of if all(f.run != life.run_id for b in found[half:] for f in b.facts)]
    more = [Life("line", 20 + number) for number in range(4)]
    for life in more:
        life.goes_on(Draws(random.Random(life.name)), 12)
        life.ends()
    with closing(journal_of(home)) as journal:
        await commit(journal, found)
        going_on = asyncio.create_task(commit(journal, turns(more)))
        await deleted(journal, of[:5])
        await going_on
        ids = {life.run_id for life in [*of[5:], *more]}
        assert {row[0] for row in await rows(journal, "SELECT run_id FROM runs")} == ids
        assert all(list(journal.facts(life.run_id)) == life.facts for life in more)
    assert ended is not None


async def test_what_has_not_ended_is_not_deleted(home: Path) -> None:
    of = lives(3, ended=False)
    open_one = next(life for life in of if not life.run.ended)
    with closing(journal_of(home)) as journal:
        await commit(journal, turns(of))
        refused = await journal.delete([open_one.run_id], 1, "person")
        assert isinstance(refused, Denied)
        assert refused.code == "not_ended"
        assert list(journal.facts(open_one.run_id)) == open_one.facts


async def test_deleting_again_changes_nothing(home: Path, of: list[Life]) -> None:
    with closing(journal_of(home)) as journal:
        await commit(journal, with_payloads(of, home))
        await deleted(journal, of[:1])
        before = journal._log.last
        await deleted(journal, of[:1])
        assert journal._log.last == before
        await check_left(journal, of, of[:1])


async def test_a_value_that_somebody_is_about_to_name_stays(home: Path, of: list[Life]) -> None:
    with closing(journal_of(home)) as journal:
        await commit(journal, with_payloads(of, home))
        value = own(of[0])
        assert journal.holds(ref(value).digest)
        await deleted(journal, of[:1])
        assert journal.payload(ref(value).digest) == value
    with closing(journal_of(home)) as journal:
        assert journal.payload(ref(value).digest) == value
        assert isinstance(await kept(journal, "prune"), Kept)
        assert not journal.holds(ref(value).digest)


async def test_a_value_that_went_can_come_again(home: Path, of: list[Life]) -> None:
    again = Life("line", 50)
    again.ends()
    with closing(journal_of(home)) as journal:
        await commit(journal, with_payloads(of, home))
        await deleted(journal, of[:1])
        value = own(of[0])
        first, *rest = batches(again.facts, Draws(random.Random(1)))
        await commit(journal, [Batch(first.facts, {ref(value).digest: value}), *rest])
        assert journal.holds(ref(value).digest)
        assert journal.payload(ref(value).digest) == value


POINTS = ("delete.said", "delete.thin", "delete.purged", "index.replace", "log.before_sync")


class Dying:
    """Dies at a point, in whichever thread comes there, and in all others from then on."""

    def __init__(self, point: str, hit: int) -> None:
        self.point, self.left, self.armed, self.died = point, hit, False, False

    def __call__(self, point: str) -> None:
        if not self.armed:
            return
        self.left -= point == self.point
        if self.left < 0:
            self.died = True
            raise Died


@pytest.mark.parametrize("hit", [0, 1])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_wherever_it_dies_the_runs_are_deleted_or_not_and_the_rest_is_whole(
    home: Path, of: list[Life], point: str, hit: int
) -> None:
    folders(of, home)
    gone, crash = [of[0], of[3]], Dying(point, hit)
    journal = journal_of(home, crash)
    await commit(journal, with_payloads(of, home))
    crash.armed = True
    with suppress(Died, TimeoutError):
        async with asyncio.timeout(5):
            told = await journal.delete([life.run_id for life in gone], 1, "person")
            assert isinstance(told, Kept | Denied)
    with suppress(Died):
        journal.close()
    assert crash.died or hit or not point.startswith("delete.")
    with closing(journal_of(home)) as journal:
        was = [life for life in gone if life.run_id in journal.gone()]
        assert len(was) in {0, len(gone)}
        await check_left(journal, of, was)
        assert not any(traces(home, life) for life in was)


def word(journal: LogJournal) -> Iterator[dict[str, Any]]:
    return (json.loads(data) for _, data in read_log(journal._log.folder) if b'"deleted":[' in data)


async def test_the_journal_says_who_deleted_what_and_when(home: Path, of: list[Life]) -> None:
    with closing(journal_of(home)) as journal:
        await commit(journal, with_payloads(of, home))
        await deleted(journal, of[:1])
        (said,) = word(journal)
        assert (said["at"], said["actor"]) == (1, "person:ada")
        assert said["deleted"][0]["run"] == of[0].name


def test_a_folder_that_is_not_this_homes_is_left_alone(tmp_path: Path) -> None:
    of = lives(1)
    (tmp_path / "mine").mkdir()
    facts: list[Fact] = of[0].facts
    started = facts[0].event
    assert isinstance(started, RunStarted)
    facts[0] = replace(facts[0], event=replace(started, folder=str(tmp_path / "mine"), plan=PLAIN_PLANS[of[0].plan]))

    async def go() -> None:
        with closing(LogJournal(tmp_path / "home" / "journal")) as journal:
            await commit(journal, [Batch(tuple(facts))])
            await deleted(journal, of)

    asyncio.run(go())
    assert (tmp_path / "mine").is_dir()


async def test_pruning_packs_and_removes_what_was_set_aside(home: Path, of: list[Life]) -> None:
    with closing(journal_of(home)) as journal:
        await commit(journal, turns(of))
        (home / "journal" / "00000001.log.torn").write_bytes(b"?" * 5000)
        (home / "journal" / "notes.txt").write_text("mine")
        told = await kept(journal, "prune")
        assert isinstance(told, Kept)
        assert "00000001.log.torn" in " ".join(told.sentences)
        assert (home / "journal" / "notes.txt").exists()
        await check_equal(journal, of)


async def test_without_room_for_a_new_segment_nothing_is_lost_and_the_deletion_ends_when_there_is_room(
    home: Path, of: list[Life]
) -> None:
    disk = SmallDisk(2 * 1024 * 1024)
    with closing(LogJournal(home / "journal", disk=disk)) as journal:
        await commit(journal, with_payloads(of, home))
        await rows(journal, "SELECT 1")
        disk.room = 5000
        refused = await journal.delete([of[0].run_id], 1, "person")
        assert isinstance(refused, Denied)
        assert refused.code == "disk"
        more = Life("line", 60)
        more.ends()
        await commit(journal, [Batch(tuple(more.facts))])
        assert list(journal.facts(more.run_id)) == more.facts
        disk.room = 10**9
        await deleted(journal, of[:1])
        assert (of[0].run_id,) not in await rows(journal, "SELECT run_id FROM runs")
        assert not traces(home, of[0])
        assert list(journal.facts(of[1].run_id)) != []
