"""How a batch lies in its frame: as it is, or squeezed where that makes it smaller.

A step's facts name the same run, keys and kinds again and again: level 1 of zlib leaves 2.0 of 3.2 KB, in 45 µs on the
log's own thread, which lets the event loop go on meanwhile. A payload that is squeezed begins with a byte that no JSON
begins with; one that begins so by itself is always squeezed, so that the two can't be confused.

Absent: checks. What lies in a frame is covered by its chain before anybody asks what it means.
"""

import zlib
from typing import Final

MARK: Final = b"\x00"
LEVEL: Final = 1
SMALLEST_BYTES: Final = 256
"""What is shorter stays as it is: nothing would be gained."""


def squeezed(payload: bytes) -> bytes:
    """A payload as it is stored. The same payload always becomes the same bytes."""
    if len(payload) < SMALLEST_BYTES and not payload.startswith(MARK):
        return payload
    small = MARK + zlib.compress(payload, LEVEL)
    return small if len(small) < len(payload) or payload.startswith(MARK) else payload


def unsqueezed(stored: bytes) -> bytes:
    """The payload that was stored. Raises zlib.error for what `squeezed` never made."""
    return zlib.decompress(memoryview(stored)[1:]) if stored.startswith(MARK) else stored
