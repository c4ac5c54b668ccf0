"""One frame of the log: 32 bytes of header, then the payload of one batch.

    magic 4 · length 4 · id 8 · synced 8 · chain 4 · check 4 · payload          (little-endian)

`chain` is a CRC-32 over every id and payload so far: a frame vouches for all frames before it. `check` covers the
header, so a flipped length is never followed. `synced` names the last batch that was durable when this frame was
written: a later frame proves which earlier ones had been acknowledged, even where one write carried several batches.
A frame without payload is a **mark**: it repeats id and chain, seals a quiet moment and opens every segment.
A mark of another magic is a **hand-over**: it ends a segment that was written anew with less in it. Its chain is
another one there; the hand-over says which one stands in front of it, and with which one the next segment goes on.
The magic is no UTF-8, so a payload of JSON never holds something that looks like a frame; in one that was squeezed it
would be a chance of 2^-64, and its chain would disagree.

Absent: any file, and any idea of what a payload means.
"""

import struct
from typing import NamedTuple
from zlib import crc32

MAGIC = b"\xffMN\xfe"
HANDS_OVER = b"\xffMH\xfe"
HEADER_BYTES = 32
LARGEST_PAYLOAD_BYTES = 256 * 1024 * 1024

_MAGICS = (MAGIC, HANDS_OVER)
_FIELDS = struct.Struct("<4sIQQI")
_HEADER = struct.Struct("<4sIQQII")
_CHECK = struct.Struct("<I")
_IDENTITY = struct.Struct("<QI")


class Frame(NamedTuple):
    """A header that passed its check. `length` counts the bytes of the payload; 0 makes it a mark.

    `replaced` is the chain in front of a hand-over, None in every other frame.
    """

    length: int
    id: int
    synced: int
    chain: int
    replaced: int | None = None

    @property
    def is_mark(self) -> bool:
        return self.length == 0

    @property
    def in_front(self) -> int:
        """The chain that must stand in front of a mark."""
        return self.chain if self.replaced is None else self.replaced

    @property
    def size(self) -> int:
        return HEADER_BYTES + self.length


def next_chain(chain: int, batch: int, payload: bytes) -> int:
    """The chain after one more batch."""
    return crc32(payload, crc32(_IDENTITY.pack(batch, len(payload)), chain))


def batch_header(batch: int, synced: int, chain: int, length: int) -> bytes:
    """The header of a batch whose chain, itself included, is `chain`."""
    return _checked(_FIELDS.pack(MAGIC, length, batch, synced, chain))


def mark(last: int, chain: int) -> bytes:
    """A frame that says: everything up to batch `last` is durable, and this is the chain."""
    return batch_header(last, last, chain, 0)


def hand_over(last: int, replaced: int, chain: int) -> bytes:
    """A frame that says: behind batch `last` the chain is `replaced` here, and `chain` for whatever follows."""
    return _checked(_FIELDS.pack(HANDS_OVER, 0, last, replaced, chain))


def parse_header(data: bytes) -> Frame | None:
    """The header at the start of `data`, or None where there is none or it is damaged."""
    if len(data) < HEADER_BYTES:
        return None
    magic, length, batch, synced, chain, check = _HEADER.unpack_from(data)
    if magic not in _MAGICS or length > LARGEST_PAYLOAD_BYTES or check != crc32(data[: _FIELDS.size]):
        return None
    if magic == HANDS_OVER:
        return Frame(0, batch, batch, chain, synced)
    return Frame(length, batch, synced, chain)


def _checked(fields: bytes) -> bytes:
    return fields + _CHECK.pack(crc32(fields))
