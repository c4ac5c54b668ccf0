"""One client of the worker: its questions are answered as they come, each under its own id, in any order.

A watch is pulled as fast as its client reads, so a client that stops reading costs one update and a socket's buffer.
A request that was taken is carried to its end even when its client has gone: what it asked for may be half done.

Deliberately absent: any knowledge of runs. Every frame goes to the engine and every answer comes from it.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import assert_never

from mntui.core.frozen import frozen
from mntui.core.messages import Accepted, Denied, Reply, Started
from mntui.wire.codec import WireProblem
from mntui.wire.frames import FrameProblem, FrameReader, write_frame
from mntui.wire.peers import peer_uid
from mntui.wire.protocol import (
    CONNECTION,
    DRAINING,
    FOREIGN,
    INTERNAL,
    MALFORMED,
    TOO_MANY,
    UNKNOWN_RUN,
    Answer,
    ClientFrame,
    Closing,
    Denial,
    Drain,
    End,
    Failure,
    Hello,
    News,
    Ping,
    Pong,
    QueryFrame,
    RequestFrame,
    Rows,
    RunsFrame,
    SendFrame,
    ServerFrame,
    StartFrame,
    StopWatch,
    WatchFrame,
    Welcome,
    Why,
    decode_client_frame,
    id_of,
    pieces,
)
from mntui.worker.hosting import Served

TASKS_PER_CLIENT = 1024
HELLO_SECONDS = 5.0
FAREWELL_SECONDS = 1.0

logger = logging.getLogger(__name__)


@frozen
class Desk:
    """What all connections share: the engine, who we are, and where a request to drain goes."""

    engine: Served
    welcome: Welcome
    on_drain: Callable[[Why], None]


class ClientLeftError(Exception):
    """Nobody reads any more what we write."""


class Connection:
    def __init__(self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.draining = False
        self._desk = desk
        self._frames = FrameReader(reader)
        self._writer = writer
        self._writing = asyncio.Lock()
        self._watches: dict[int, asyncio.Task[None]] = {}
        self._requests: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Answer until the client leaves, or says what is no frame. Whatever it still watches is let go."""
        try:
            if await self._is_ours() and await self._is_greeted():
                while (data := await self._frames.read()) is not None:
                    await self._take(data)
        except FrameProblem as problem:
            with suppress(ClientLeftError):
                await self._say(Failure(CONNECTION, MALFORMED, str(problem)))
        except (ClientLeftError, ConnectionError):
            logger.debug("a client left")
        await _end(self._watches.values())
        self._writer.close()

    async def finish(self, why: Why) -> None:
        """Answer what was taken, end the watches, say Closing. Nothing is read any more when this is called.

        Where a taken request can't be answered in time Closing isn't said: its client must know that it doesn't know.
        """
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                if self._requests:
                    await asyncio.wait(self._requests)
                await _end(self._watches.values())
                await self._say(Closing(why))
        except (TimeoutError, ClientLeftError):
            logger.debug("a client couldn't be told that this worker goes")
            await _end([*self._requests, *self._watches.values()])
            self._writer.transport.abort()

    def hang_up(self) -> None:
        self._writer.close()

    # Who is there

    async def _is_ours(self) -> bool:
        uid = peer_uid(self._writer.get_extra_info("socket"))
        if uid == os.getuid():
            return True
        logger.warning("a process of user %d was refused", uid)
        await self._say(Failure(CONNECTION, FOREIGN, "this worker belongs to another user"))
        return False

    async def _is_greeted(self) -> bool:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                data = await self._frames.read()
        except TimeoutError:
            return False
        frame = None if data is None else await self._understood(data)
        if not isinstance(frame, Hello):
            await self._say(Failure(CONNECTION, MALFORMED, "a conversation begins with hello"))
            return False
        await self._say(self._desk.welcome)
        return True

    # What it says

    async def _take(self, data: bytes) -> None:
        frame = await self._understood(data)
        match frame:
            case None:
                pass
            case Ping(id=number):
                await self._say(Pong(number))
            case Drain(why=why):
                self._desk.on_drain(why)
            case Hello():
                await self._say(Failure(CONNECTION, MALFORMED, "hello is said once"))
            case StopWatch(id=number):
                await self._stop_watch(number)
            case _:
                await self._admit(frame)

    async def _understood(self, data: bytes) -> ClientFrame | None:
        try:
            return decode_client_frame(data)
        except WireProblem as problem:
            await self._say(Failure(id_of(data), MALFORMED, f"the worker can't read this: {problem}"))
            return None

    async def _admit(self, frame: RequestFrame | WatchFrame) -> None:
        if self.draining:
            await self._say(Failure(frame.id, DRAINING, "this worker is about to end", "ask again in a moment"))
        elif len(self._requests) + len(self._watches) >= TASKS_PER_CLIENT:
            message = f"{TASKS_PER_CLIENT} questions of this client are still open"
            await self._say(Failure(frame.id, TOO_MANY, message, "wait for the answers to some of them"))
        elif frame.id in self._watches:
            await self._say(Failure(CONNECTION, MALFORMED, f"the id {frame.id} is that of a watch"))
        elif isinstance(frame, WatchFrame):
            task = asyncio.create_task(self._guarded(frame.id, self._watch(frame)))
            self._watches[frame.id] = task
            task.add_done_callback(lambda _done: self._watches.pop(frame.id, None))
        else:
            task = asyncio.create_task(self._guarded(frame.id, self._answer(frame)))
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)

    async def _stop_watch(self, number: int) -> None:
        watch = self._watches.get(number)
        if watch is not None:
            await _end([watch])
            await self._say(End(number))

    async def _guarded(self, number: int, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except ClientLeftError:
            logger.debug("a client left before its answer")
        # The one catch of everything: a bug in answering one client mustn't end the runs of all. It is told twice,
        # with its traceback in the log and as a failure to whoever asked.
        except Exception:
            logger.exception("a bug, while answering a client")
            with suppress(ClientLeftError):
                await self._say(
                    Failure(number, INTERNAL, "the worker failed on this request", "the reason is in worker.log")
                )

    # What it is told

    async def _answer(self, frame: RequestFrame) -> None:
        reply = await ask(self._desk.engine, frame)
        answer = Denial(frame.id, reply) if isinstance(reply, Denied) else Answer(frame.id, reply)
        try:
            await self._say(answer)
        except WireProblem as problem:
            await self._say(Failure(frame.id, INTERNAL, f"the answer can't be sent: {problem}"))

    async def _watch(self, frame: WatchFrame) -> None:
        updates = self._desk.engine.watch(frame.run, frame.after)
        try:
            async for update in updates:
                await self._say(News(frame.id, update))
            await self._say(End(frame.id))
        except LookupError as error:
            if isinstance(error, KeyError | IndexError):
                raise  # a bug, not the engine's word for an unknown run
            await self._say(Failure(frame.id, UNKNOWN_RUN, str(error), "mntui runs lists them"))
        finally:
            if isinstance(updates, AsyncGenerator):
                await updates.aclose()

    async def _say(self, frame: ServerFrame) -> None:
        """Raises ClientLeftError, and WireProblem where even a part of the frame is too large."""
        for payload in pieces(frame):
            try:
                async with self._writing:
                    await write_frame(self._writer, payload)
            except ConnectionError as error:
                raise ClientLeftError from error


async def ask(engine: Served, frame: RequestFrame) -> Started | Accepted | Rows | Reply | Denied:
    """Hand a request to the engine."""
    match frame:
        case StartFrame(body=start):
            return await engine.start(start)
        case SendFrame(run=run, body=request, actor=actor):
            return await engine.send(run, request, actor)
        case RunsFrame(body=wanted):
            return Rows(await engine.runs(wanted))
        case QueryFrame(body=question):
            return await engine.query(question)
        case _:
            assert_never(frame)


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
