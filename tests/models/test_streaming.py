"""Silence in a stream, and what a server asks to wait for."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from email.utils import formatdate
from time import time

import pytest

from mntui.models.streaming import Silent, heard, retry_after_seconds


async def parts(closed: list[bool], *, stops_after: int) -> AsyncGenerator[int]:
    try:
        for number in range(4):
            if number == stops_after:
                await asyncio.Event().wait()
            yield number
    finally:
        closed.append(True)


async def test_every_part_starts_the_time_anew_and_a_whole_stream_ends() -> None:
    closed: list[bool] = []
    assert [part async for part in heard(parts(closed, stops_after=9), 5, 5)] == [0, 1, 2, 3]
    assert closed == [True]


async def told(stream: AsyncIterator[int], take: Callable[[int], None]) -> None:
    async for part in stream:
        take(part)


@pytest.mark.parametrize(("stops_after", "seconds"), [(0, 0.02), (2, 0.01)])
async def test_silence_ends_a_stream_and_closes_it(stops_after: int, seconds: float) -> None:
    closed: list[bool] = []
    came: list[int] = []
    with pytest.raises(Silent) as raised:
        await told(heard(parts(closed, stops_after=stops_after), 0.02, 0.01), came.append)
    assert (came, raised.value.seconds, closed) == (list(range(stops_after)), seconds, [True])


@pytest.mark.parametrize(
    ("stated", "seconds"), [("7", 7), ("0.5", 0.5), ("-3", 0), ("", None), (None, None), ("soon", None), ("inf", None)]
)
def test_seconds_to_wait_are_read(stated: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(stated) == seconds


def test_a_date_to_wait_until_is_read_and_one_in_the_past_is_now() -> None:
    later = retry_after_seconds(formatdate(time() + 100, usegmt=True))
    assert later is not None
    assert 90 < later <= 100
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
