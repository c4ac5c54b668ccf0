"""One connection to the worker, seen from the client: who is there, a question, its answer.

A link that hears nothing for a while asks whether anybody is there; a worker that hangs is told from one that is busy.
"""

import asyncio
import os
from pathlib import Path

from mntui import __version__
from mntui.core.frozen import frozen
from mntui.engines.base import EngineGone
from mntui.wire.codec import WireProblem, encode
from mntui.wire.frames import STREAM_BYTES, FrameReader, write_frame
from mntui.wire.peers import peer_uid
from mntui.wire.protocol import (
    CONNECTION,
    DRAINING,
    PROTOCOL,
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
    ServerFrame,
    Welcome,
    Why,
    decode_server_frame,
    joined,
)

UPDATE = "update mntui here, or use the version that started this worker"


@frozen
class Patience:
    """How long a client waits, in seconds: for a greeting, in silence before it asks, for a worker to start.

    A start that fails is told at once; the last number is only for one that hangs, on a machine that may be busy.
    """

    hello: float = 5.0
    silence: float = 5.0
    start: float = 30.0


class LinkLostError(ConnectionError):
    """The worker went without a word: what it was asked may or may not have been taken."""


class NotTakenError(Exception):
    """The worker goes, and hasn't taken what it was asked."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class HungError(Exception):
    """The worker's process is there and doesn't answer."""


class Link:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silence: float) -> None:
        self.welcome = Welcome(0, "", 0)
        self._frames = FrameReader(reader)
        self._writer = writer
        self._silence = silence
        self._last_id = CONNECTION

    @classmethod
    async def open(cls, path: Path, patience: Patience) -> "Link":
        """Connect and greet.

        Raises OSError where nobody listens, LinkLostError or NotTakenError where the worker just goes, HungError, and
        EngineGone where it can't be talked to.
        """
        try:
            # Also connecting takes patience: a worker that hangs long enough has no room for one more caller.
            async with asyncio.timeout(patience.hello):
                reader, writer = await asyncio.open_unix_connection(path, limit=STREAM_BYTES)
        except TimeoutError as error:
            raise HungError from error
        link = cls(reader, writer, patience.silence)
        try:
            _refuse_strangers(writer, path)
            await link._greet(patience.hello)
        finally:
            if not link.welcome.pid:
                link.close()
        return link

    async def _greet(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.say(Hello(PROTOCOL, __version__, os.getpid()))
                frame = await self._read()
        except TimeoutError as error:
            raise HungError from error
        match frame:
            case Welcome():
                self.welcome = frame
            case Closing(why=why):
                raise NotTakenError(why)
            case Failure(message=message, remedy=remedy):
                raise EngineGone(message, remedy or UPDATE)
            case _:
                raise EngineGone("the worker doesn't greet as this version expects", UPDATE)

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    async def say(self, frame: ClientFrame) -> None:
        """Raises LinkLostError; WireProblem where the frame can't be encoded, FrameProblem where it is too large."""
        payload = encode(frame)
        try:
            await write_frame(self._writer, payload)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise LinkLostError from error

    async def prove(self) -> None:
        """Make sure that the worker still listens on this link. Raises LinkLostError, NotTakenError, HungError."""
        await self.say(Ping(self.next_id()))
        try:
            async with asyncio.timeout(self._silence):
                while not isinstance(frame := await self._read(), Pong):
                    if isinstance(frame, Closing):
                        raise NotTakenError(frame.why)
        except TimeoutError as error:
            raise HungError from error

    async def answer(self) -> Answer | Denial | Failure:
        """The one answer to the one question that is open. Raises LinkLostError, NotTakenError, HungError."""
        parts: list[Answer] = []
        while True:
            match await self._hear():
                case Answer() as frame:
                    parts.append(frame)
                    if not frame.more:
                        return joined(parts)
                case Denial() | Failure() as frame:
                    return frame
                case _:
                    pass

    async def update(self) -> News | None:
        """The next update of the one watch that is open; None at its end.

        Raises LookupError (unknown run), LinkLostError, NotTakenError, HungError, EngineGone.
        """
        parts: list[News] = []
        while True:
            match await self._hear():
                case News() as frame:
                    parts.append(frame)
                    if not frame.more:
                        return joined(parts)
                case End():
                    return None
                case Failure() as failure:
                    raise failed_watch(failure)
                case _:
                    pass

    async def drain(self, why: Why, seconds: float) -> None:
        """Ask the worker to go, and wait until it has let go of everything. Raises HungError."""
        try:
            async with asyncio.timeout(seconds):
                await self.say(Drain(why))
                while await self._frames.read() is not None:
                    pass
        except TimeoutError as error:
            raise HungError from error
        except ConnectionError:
            return

    def close(self) -> None:
        self._writer.close()

    async def _hear(self) -> ServerFrame:
        """The next frame that says something; silence is asked about once, then taken for a worker that hangs."""
        asked = False
        while True:
            try:
                async with asyncio.timeout(self._silence):
                    frame = await self._read()
            except TimeoutError as error:
                if asked:
                    raise HungError from error
                asked = True
                await self.say(Ping(self.next_id()))
                continue
            if isinstance(frame, Closing):
                raise NotTakenError(frame.why)
            if isinstance(frame, Failure) and frame.code == DRAINING:
                raise NotTakenError("ended")
            if not isinstance(frame, Pong):
                return frame
            asked = False

    async def _read(self) -> ServerFrame:
        try:
            data = await self._frames.read()
        except ConnectionError as error:
            raise LinkLostError from error
        if data is None:
            raise LinkLostError
        try:
            return decode_server_frame(data)
        except WireProblem as problem:
            raise EngineGone(f"this version can't read what the worker says: {problem}", UPDATE) from problem


def failed_watch(failure: Failure) -> LookupError | EngineGone:
    """What a watch that failed raises."""
    if failure.code == UNKNOWN_RUN:
        return LookupError(failure.message)
    return EngineGone(failure.message, failure.remedy)


def _refuse_strangers(writer: asyncio.StreamWriter, path: Path) -> None:
    if peer_uid(writer.get_extra_info("socket")) != os.getuid():
        raise EngineGone(f"the worker at {path} belongs to another user", "set MNTUI_HOME to a home of your own")
