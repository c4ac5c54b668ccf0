"""A client that says whatever a test wants said, byte by byte if need be."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mntui.wire.codec import encode
from mntui.wire.frames import FrameReader, framed
from mntui.wire.protocol import PROTOCOL, ClientFrame, Hello, ServerFrame, decode_server_frame


class Talker:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.frames = FrameReader(reader)
        self.writer = writer

    async def say(self, *frames: ClientFrame) -> None:
        await self.say_bytes(b"".join(framed(encode(frame)) for frame in frames))

    async def say_bytes(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self) -> ServerFrame | None:
        """The next frame; None at the end."""
        data = await self.frames.read()
        return None if data is None else decode_server_frame(data)

    async def greet(self) -> ServerFrame | None:
        await self.say(Hello(PROTOCOL, "0.1.0", os.getpid()))
        return await self.hear()


@asynccontextmanager
async def talker(path: Path) -> AsyncIterator[Talker]:
    reader, writer = await asyncio.open_unix_connection(path)
    yield Talker(reader, writer)
    writer.close()


@asynccontextmanager
async def greeted(path: Path) -> AsyncIterator[Talker]:
    async with talker(path) as client:
        await client.greet()
        yield client
