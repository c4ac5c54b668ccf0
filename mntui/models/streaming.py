"""What all streamed answers share: silence is noticed, and what a server asks to wait for is read."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from email.utils import parsedate_to_datetime
from typing import TypeVar

Part = TypeVar("Part")


class Silent(Exception):
    """Nothing came for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"nothing came for {seconds:g} s")
        self.seconds = seconds


async def heard(parts: AsyncGenerator[Part], first_seconds: float, idle_seconds: float) -> AsyncIterator[Part]:
    """The parts of a stream. Raises Silent where the first or the next one takes too long; each one starts anew."""
    limit = first_seconds
    async with aclosing(parts):
        while True:
            try:
                async with asyncio.timeout(limit):
                    part = await anext(parts)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise Silent(limit) from error
            yield part
            limit = idle_seconds


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection that was only a knock; that the other side did so first is no news."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def retry_after_seconds(stated: str | None) -> float | None:
    """Seconds of a Retry-After header (RFC 9110): a number of them, or a date. None where it says neither."""
    if not stated:
        return None
    try:
        seconds = float(stated)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(stated).timestamp() - time.time()
        except ValueError:
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
