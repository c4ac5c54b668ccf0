"""Whether a slow question holds up those who commit: the same commits beside none, and beside a SELECT over everything.

Both are measured in turns in one process, as in a worker: the SELECT runs in threads of the database, the commits on
the event loop and the log's own thread.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Aim, Figure, Limit, Spread, spread_of
from benchmarks.history import STEPS, write_history
from benchmarks.homes import home_in
from benchmarks.limits import disk_limit
from benchmarks.sizes import Size
from mntui.core.events import Fact
from mntui.core.messages import AskSql, SqlRows
from mntui.journal.base import Batch
from mntui.journal.remembered import LogJournal

EVENTS_OF_A_FINISHED = 100
FACTS_OF_A_STEP = 4
COMMIT_PAUSE_SECONDS = 0.001
SLOWER_AT_MOST = 2.0
SLOW = """
SELECT kind, count(*), count(DISTINCT body->>'$.path'), max(length(body::VARCHAR)), quantile_cont(seq, 0.99)
FROM (SELECT *, row_number() OVER (PARTITION BY run_id ORDER BY happened_at) AS place FROM events)
WHERE place % 2 = 0 OR regexp_matches(body::VARCHAR, 'n[a-z]+x') GROUP BY kind
"""

Measured = Callable[[], Coroutine[None, None, list[float]]]


def questions(size: Size, folder: Path) -> list[Figure]:
    """Commits beside a slow SELECT, and beside none."""
    return asyncio.run(_questions(size, folder))


async def _questions(size: Size, folder: Path) -> list[Figure]:
    events = size.finished * EVENTS_OF_A_FINISHED
    with home_in(folder) as settings:
        written = await write_history(settings, max(2, events // (STEPS * FACTS_OF_A_STEP)))
        with closing(LogJournal(settings.journal)) as journal:
            select_seconds = await _asked(journal)
            fact = journal.facts(journal.run_ids()[0])[-1]
            alone, beside = list[float](), list[float]()
            for _ in range(size.rounds):
                alone += await _commits(journal, fact, size.syncs)
                beside += await _beside(journal, lambda: _commits(journal, fact, size.syncs))
        limit = disk_limit(folder, size.syncs)
    none, some = spread_of(alone), spread_of(beside)
    note = f"the SELECT takes {select_seconds:.1f} s by itself, and is asked again and again meanwhile"
    return [
        _figure("one commit, while nobody asks: p99", none, limit=limit),
        replace(
            _figure(f"one commit, beside a slow SELECT over {written:,} events: p99", some, limit=limit),
            aim=Aim(none.p99_ms * SLOWER_AT_MOST),
            note=note,
        ),
    ]


def _figure(name: str, spread: Spread, limit: Limit) -> Figure:
    return Figure(name, spread.p99_ms, "ms", spread=spread, limit=limit)


async def _beside(journal: LogJournal, measured: Measured) -> list[float]:
    """The same measurement while the question is at work from its beginning to its end."""
    done = asyncio.Event()

    async def ask() -> None:
        while not done.is_set():
            await _asked(journal)

    asking = asyncio.create_task(ask())
    try:
        return await measured()
    finally:
        done.set()
        await asking


async def _asked(journal: LogJournal) -> float:
    """The seconds that the question takes, once the index is there."""
    while True:
        begun = time.perf_counter()
        if isinstance(await journal.sql(AskSql(SLOW)), SqlRows):
            return time.perf_counter() - begun


async def _commits(journal: LogJournal, fact: Fact, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        await journal.commit(Batch((fact,)))
        taken.append(time.perf_counter() - begun)
        await asyncio.sleep(COMMIT_PAUSE_SECONDS)
    return taken
