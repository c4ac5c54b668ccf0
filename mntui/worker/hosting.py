"""What a worker is to the process that hosts it: an engine, and how its life begins and ends.

`Served` is the contract of `engines.base.Engine`, told again from below: a worker doesn't import the engines.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from mntui.core.messages import Accepted, Denied, Question, Reply, RunFilter, RunRow, Start, Started, Update
from mntui.core.requests import Request


class Served(Protocol):
    """What the socket offers. A watch is pulled as fast as its client reads: how far it may fall behind is bounded
    inside, by whoever implements it."""

    async def start(self, start: Start) -> Started | Denied: ...

    async def send(self, run: str, request: Request, actor: str) -> Accepted | Denied: ...

    def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]: ...

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]: ...

    async def query(self, question: Question) -> Reply | Denied: ...


class Hosted(Served, Protocol):
    """What the daemon runs: `adopt` before the socket opens, `drain` and `close` before the process ends."""

    async def adopt(self) -> None: ...

    def busy(self) -> bool: ...

    async def drain(self, seconds: float) -> None: ...

    async def close(self) -> None: ...
