"""The engine of this machine: the worker behind its socket, started when it is needed.

Each question takes a link of its own from a few that are kept; each watch keeps one. A watch outlives its worker: it
comes back with the last number it saw, and neither loses nor repeats a fact. A request is sent once: where nobody can
say whether it was taken, that is what is said.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from mntui.core.messages import (
    Accepted,
    Denied,
    Happened,
    Opened,
    Question,
    Reply,
    RunFilter,
    RunRow,
    Start,
    Started,
    Update,
)
from mntui.core.requests import Request
from mntui.engines.base import EngineGone
from mntui.engines.launch import ATTEMPTS, Launch, OpenLink, hung, launch_of, look_into, open_only, open_or_start
from mntui.engines.link import HungError, Link, LinkLostError, NotTakenError
from mntui.settings import Settings
from mntui.wire.codec import WireProblem
from mntui.wire.frames import FrameProblem
from mntui.wire.protocol import (
    Body,
    Failure,
    QueryFrame,
    RequestFrame,
    Rows,
    RunsFrame,
    SendFrame,
    StartFrame,
    WatchFrame,
)

logger = logging.getLogger(__name__)

LINKS_KEPT = 4
SHORT_LIFE_SECONDS = 5.0

Numbered = Callable[[int], RequestFrame]
"""A question that waits for its id."""


class LocalEngine:
    """Implements `Engine`. Use it within one event loop, and close it."""

    def __init__(self, settings: Settings, launch: Launch | None = None) -> None:
        self._launch = launch or launch_of(settings)
        self._open: OpenLink = lambda: open_or_start(self._launch)
        self._opening = asyncio.Lock()
        self._kept: list[Link] = []

    @classmethod
    def connect_only(cls, settings: Settings, launch: Launch | None = None) -> Self:
        """An engine that never starts a worker: where none runs, every method raises EngineGone."""
        engine = cls(settings, launch)
        engine._open = lambda: open_only(engine._launch)
        return engine

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for link in self._kept:
            link.close()
        self._kept.clear()

    # The engine's contract

    async def start(self, start: Start) -> Started | Denied:
        reply = await self._ask_once(lambda number: StartFrame(number, start), "mntui runs shows whether it began")
        assert isinstance(reply, Started | Denied)
        return reply

    async def send(self, run: str, request: Request, actor: str) -> Accepted | Denied:
        look = f"mntui events {run} shows whether it was taken"
        reply = await self._ask_once(lambda number: SendFrame(number, run, request, actor), look)
        assert isinstance(reply, Accepted | Denied)
        return reply

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        reply = await self._ask(lambda number: RunsFrame(number, wanted))
        if isinstance(reply, Denied):
            raise EngineGone(reply.message, reply.remedy)
        assert isinstance(reply, Rows)
        return reply.rows

    async def query(self, question: Question) -> Reply | Denied:
        reply = await self._ask(lambda number: QueryFrame(number, question))
        assert isinstance(reply, Reply | Denied)
        return reply

    async def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]:
        clock = asyncio.get_running_loop().time
        follower = Follower(after)
        short_lives = 0
        while short_lives < ATTEMPTS:
            link = await self._fresh()
            began = clock()
            try:
                await link.say(WatchFrame(link.next_id(), run, follower.seen))
                while (news := await link.update()) is not None:
                    fresh = follower.take(news.body)
                    if fresh is not None:
                        yield fresh
            except HungError as error:
                raise hung(self._launch) from error
            except NotTakenError as going:
                if going.why == "stopped":
                    raise EngineGone("the worker was stopped", f"go on with: mntui watch {run}") from going
            except LinkLostError:
                logger.debug("the worker died under a watch")
            else:
                return
            finally:
                link.close()
            short_lives = short_lives + 1 if clock() - began < SHORT_LIFE_SECONDS else 0
        raise EngineGone("workers die again and again while this run is watched", look_into(self._launch))

    # Questions

    async def _ask(self, question: Numbered) -> Body | Denied:
        """Ask what changes nothing: again, where the worker went away."""
        for _ in range(ATTEMPTS):
            try:
                return await self._exchange(question)
            except (LinkLostError, NotTakenError):
                continue
            except HungError as error:
                raise hung(self._launch) from error
        raise EngineGone("workers die again and again while they are asked", look_into(self._launch))

    async def _ask_once(self, question: Numbered, look: str) -> Body | Denied:
        """Ask for a change: again only where it is certain that it wasn't taken."""
        for _ in range(ATTEMPTS):
            try:
                return await self._exchange(question)
            except NotTakenError:
                continue
            except LinkLostError as error:
                message = "the worker went away before it answered, so nobody knows whether it took this"
                raise EngineGone(message, look) from error
            except HungError as error:
                gone = hung(self._launch)
                raise EngineGone(f"{gone.message}, so nobody knows whether it took this", look) from error
        raise EngineGone("workers end again and again before they take this", look_into(self._launch))

    async def _exchange(self, question: Numbered) -> Body | Denied:
        link = await self._proven()
        reply = None
        try:
            await link.say(question(link.next_id()))
            reply = await link.answer()
        except (WireProblem, FrameProblem) as problem:
            return Denied("invalid", f"this can't be sent to the worker: {problem}", "large values belong in files")
        finally:
            # Without an answer the link is of no more use: it may still come, and mustn't meet the next question.
            self._keep(link) if reply is not None else link.close()
        match reply:
            case Failure(code=code, message=message, remedy=remedy):
                return Denied(code, message, remedy)
            case _:
                return reply.body

    async def _proven(self) -> Link:
        """A kept link whose worker is still there, or a new one. Nothing was sent where this raises."""
        while self._kept:
            link = self._kept.pop()
            proven = False
            try:
                await link.prove()
                proven = True
            except (LinkLostError, NotTakenError):
                continue
            except HungError as error:
                raise hung(self._launch) from error
            finally:
                if not proven:
                    link.close()
            return link
        return await self._fresh()

    async def _fresh(self) -> Link:
        async with self._opening:
            return await self._open()

    def _keep(self, link: Link) -> None:
        if len(self._kept) < LINKS_KEPT:
            self._kept.append(link)
        else:
            link.close()


class Follower:
    """What one watch has seen, over all the workers that told it: nothing twice, and only one Opened."""

    def __init__(self, after: int) -> None:
        self.seen = after
        self._opened = False

    def take(self, update: Update) -> Update | None:
        """The update as its watcher should see it; None where it holds nothing new."""
        if not isinstance(update, Opened | Happened):
            return update
        facts = tuple(fact for fact in update.facts if fact.seq > self.seen)
        if facts:
            self.seen = facts[-1].seq
        if isinstance(update, Opened) and not self._opened:
            self._opened = True
            return replace(update, facts=facts)
        return Happened(facts) if facts else None
