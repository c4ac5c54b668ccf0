import asyncio
import contextlib

import pytest

from mntui.wire.frames import FRAME_BYTES, HEADER, FrameProblem, FrameReader, framed


def stream_of(data: bytes, *, ended: bool = True) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    if ended:
        stream.feed_eof()
    return stream


async def test_frames_come_out_as_they_went_in():
    payloads = [b"", b"a", b"x" * 100_000]
    reader = FrameReader(stream_of(b"".join(framed(payload) for payload in payloads)))
    assert [await reader.read() for _ in payloads] == payloads
    assert await reader.read() is None


@pytest.mark.parametrize("kept", range(1, 8))
async def test_an_end_within_a_frame_is_a_problem(kept: int):
    with pytest.raises(FrameProblem, match="in the middle"):
        await FrameReader(stream_of(framed(b"abcd")[:kept])).read()


async def test_a_length_over_the_limit_is_refused_before_anything_is_read_for_it():
    reader = FrameReader(stream_of(HEADER.pack(FRAME_BYTES + 1), ended=False))
    with pytest.raises(FrameProblem, match="16777217 bytes"):
        await reader.read()


async def test_text_that_is_no_frame_is_a_problem():
    with pytest.raises(FrameProblem, match="a frame says it has"):
        await FrameReader(stream_of(b"GET / HTTP/1.1\r\n\r\n")).read()


async def test_a_read_that_was_cancelled_anywhere_loses_nothing():
    frame = framed(b"hello")
    for cut in range(len(frame)):
        stream = stream_of(frame[:cut], ended=False)
        reader = FrameReader(stream)
        reading = asyncio.create_task(reader.read())
        await asyncio.sleep(0)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        stream.feed_data(frame[cut:])
        assert await reader.read() == b"hello"


def test_a_payload_over_the_limit_is_not_framed():
    assert len(framed(bytes(FRAME_BYTES))) == FRAME_BYTES + HEADER.size
    with pytest.raises(FrameProblem, match="too large"):
        framed(bytes(FRAME_BYTES + 1))
