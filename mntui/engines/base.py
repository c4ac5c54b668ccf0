"""Where runs live. Command line and screens reach runs through this protocol and nothing else.

A worker in this process, the worker behind its socket, and later an engine of many machines keep the same contract;
one test suite holds each of them to it.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from mntui.core.messages import Accepted, Denied, Question, Reply, RunFilter, RunRow, Start, Started, Update
from mntui.core.requests import Request


class EngineGone(ConnectionError):
    """No worker could be reached, or it is newer than this client. `remedy` is a sentence for people (exit code 4)."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Engine(Protocol):
    """Runs are named by their speakable name or their id. Every method may raise EngineGone."""

    async def start(self, start: Start) -> Started | Denied:
        """Start a run; it is durable when this returns."""
        ...

    async def send(self, run: str, request: Request, actor: str) -> Accepted | Denied:
        """Hand a person's request to a run; its facts are durable when this returns Accepted."""
        ...

    def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]:
        """Opened first, then facts, pulses and queues as they come; it ends when the run has ended.

        `after` leaves out the facts up to that number, for a client that was cut off. Raises LookupError (unknown run).
        """
        ...

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]: ...

    async def query(self, question: Question) -> Reply | Denied: ...
