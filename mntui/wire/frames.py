"""Frames: four bytes of length, big-endian, then that many bytes. The whole framing of the worker's socket.

A length over the limit is refused before anything is read for it, so no peer can make us hold more than one frame.
"""

import asyncio
import struct

HEADER = struct.Struct(">I")
FRAME_BYTES = 16 * 1024 * 1024
STREAM_BYTES = 1024 * 1024
"""How much a stream buffers before it stops reading its socket."""


class FrameProblem(ConnectionError):
    """The other side doesn't speak in frames, or stopped in the middle of one. The connection is of no more use."""


class FrameReader:
    """Reads frames off a stream. A read that is cancelled (a timeout) loses nothing: the next one goes on with it."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self._length: int | None = None

    async def read(self) -> bytes | None:
        """The next frame; None at the end of the stream. Raises FrameProblem, and ConnectionError from the socket."""
        try:
            if self._length is None:
                (self._length,) = HEADER.unpack(await self._stream.readexactly(HEADER.size))
            if self._length > FRAME_BYTES:
                raise FrameProblem(f"a frame says it has {self._length} bytes; the most is {FRAME_BYTES}")
            payload = await self._stream.readexactly(self._length)
        except asyncio.IncompleteReadError as error:
            if self._length is None and not error.partial:
                return None
            raise FrameProblem("the connection ended in the middle of a frame") from error
        self._length = None
        return payload


def framed(payload: bytes) -> bytes:
    """A payload with its length before it. Raises FrameProblem where it is too large."""
    if len(payload) > FRAME_BYTES:
        raise FrameProblem(f"a frame of {len(payload)} bytes is too large; the most is {FRAME_BYTES}")
    return HEADER.pack(len(payload)) + payload


async def write_frame(writer: asyncio.StreamWriter, payload: bytes) -> None:
    """Write one frame and wait until the other side has taken enough. Raises FrameProblem, ConnectionError."""
    writer.write(framed(payload))
    await writer.drain()
