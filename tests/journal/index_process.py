"""A process that commits batches into a journal until it is killed: prints the number of each that was acknowledged.

Started as: python index_process.py FOLDER FILE_OF_BATCHES CRASH_POINTS
"""

import asyncio
import sys
from contextlib import closing
from pathlib import Path

from mntui.core.messages import AskSql
from mntui.crash import CrashPoints
from mntui.journal.base import Batch
from mntui.journal.remembered import LogJournal
from mntui.wire.codec import decode

ASK_EVERY = 7


async def write(folder: Path, batches: Path, crash: CrashPoints) -> None:
    with closing(LogJournal(folder, crash=crash)) as journal:
        for number, line in enumerate(batches.read_bytes().splitlines(), 1):
            batch = decode(Batch, line)
            known = journal.facts(batch.facts[0].run)
            if known and known[-1].seq >= batch.facts[-1].seq:
                continue
            await journal.commit(batch)
            print(number, flush=True)  # noqa: T201 - the pipe is how it tells what was acknowledged
            if number % ASK_EVERY == 0:
                await journal.sql(AskSql("SELECT count(*) FROM events"))
        await journal.sql(AskSql("SELECT 1"))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), Path(sys.argv[2]), CrashPoints.parse(sys.argv[3])))
