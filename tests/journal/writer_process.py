"""A process that appends until it is killed: prints `id payload` for each batch once it was acknowledged.

Started as: python writer_process.py FOLDER NAME COUNT CRASH_POINTS
"""

import asyncio
import sys
from pathlib import Path

from mntui.crash import CrashPoints
from mntui.journal.log import Log

PRODUCERS = 4


async def produce(log: Log, name: str, count: int) -> None:
    for number in range(count):
        payload = f"{name}-{number}"
        batch = await log.commit(payload.encode())
        print(batch, payload, flush=True)  # noqa: T201 - the pipe is how it tells what was acknowledged


async def write(folder: Path, name: str, count: int, crash: CrashPoints) -> None:
    with Log.open(folder, segment_bytes=2000, crash=crash) as log:
        await asyncio.gather(*(produce(log, f"{name}-{producer}", count) for producer in range(PRODUCERS)))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), CrashPoints.parse(sys.argv[4])))
