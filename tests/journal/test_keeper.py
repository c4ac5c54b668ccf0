"""The keeper at work behind a journal that is written: full segments are packed, and nobody notices."""

import asyncio
import random
from contextlib import closing
from pathlib import Path

from mntui.core.messages import Kept
from mntui.journal.base import Batch
from mntui.journal.remembered import LogJournal
from mntui.journal.segments import SegmentReader, segment_paths
from tests.journal.test_keeping import kept
from tests.journal.test_store import check_equal, commit, lives, turns

MEGABYTE = 1024 * 1024


def is_packed(path: Path) -> bool:
    with SegmentReader(path) as reader:
        return reader.is_packed


def large(number: int) -> str:
    return random.Random(number).randbytes(MEGABYTE).hex()


async def until_packed(folder: Path) -> None:
    async with asyncio.timeout(20):
        while not all(is_packed(path) for path in segment_paths(folder)[:-1]):
            await asyncio.sleep(0.01)


async def test_segments_are_packed_when_they_are_full_and_everything_reads_as_before(tmp_path: Path) -> None:
    of = lives(4)
    found = turns(of)
    with closing(LogJournal(tmp_path)) as journal:
        for number, batch in enumerate(found):
            payloads = {f"{number:064x}": large(number)} if number < 40 else {}
            await journal.commit(Batch(batch.facts, payloads))
        assert len(segment_paths(tmp_path)) >= 3
        await until_packed(tmp_path)
        assert all(journal.payload(f"{number:064x}") == large(number) for number in range(40))
        await check_equal(journal, of)
        told = await kept(journal, "check")
        assert isinstance(told, Kept)
        assert told.sound
    with closing(LogJournal(tmp_path)) as journal:
        assert not journal.opening
        assert all(journal.payload(f"{number:064x}") == large(number) for number in range(40))
        await check_equal(journal, of)


async def test_segments_that_nobody_packed_are_packed_by_the_next_journal(tmp_path: Path) -> None:
    of = lives(3)
    with closing(LogJournal(tmp_path)) as journal:
        journal._keeper.close()
        half = len(turns(of)) // 2
        await commit(journal, turns(of)[:half])
        journal._log.fill_segment()
        await commit(journal, turns(of)[half:])
    first, _ = segment_paths(tmp_path)
    assert not is_packed(first)
    with closing(LogJournal(tmp_path)) as journal:
        await until_packed(tmp_path)
        await check_equal(journal, of)
