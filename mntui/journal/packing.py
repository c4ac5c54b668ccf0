"""How a full segment lies on the disk once it is packed: compressed blocks that keep the places of what is in them.

    block   magic 4 · place 8 · length 4 · packed 4 · crc 4 · check 4 · zlib data      (little-endian), many
    table   the offset of each block in the file, 8 bytes each, and a copy of the segment's last 32 bytes
    end     28 bytes as in front of a block: `place` is the size of the segment, and its data is the table before it

Every block holds BLOCK_BYTES of the segment, the last one fewer, so a place leads to its block without reading others.
Every byte is covered by a checksum. What a damaged block held reads as bytes that are no frame, so whoever walks the
frames names it like any other damage; a damaged table or end costs nothing, since blocks are found by their headers.
The last bytes are there twice since a hand-over may stand there, which nothing else could give back.

Absent: frames. A packed segment holds the same bytes as before, whatever they mean.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

BLOCK_BYTES = 64 * 1024
LAST_BYTES = 32
LEVEL = 3

_BLOCK = b"\xffMZ\xfe"
_END = b"\xffME\xfe"
_HEADER = struct.Struct("<4sQIIII")
_CHECKED = struct.Struct("<4sQIII")
_CHECK = struct.Struct("<I")
_OFFSET = struct.Struct("<Q")
_GARBAGE = b"\xff"


class _Header(NamedTuple):
    magic: bytes
    place: int
    length: int
    packed: int
    crc: int


def packed(data: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of a packed segment. `data` gives the segment in pieces of BLOCK_BYTES; the last one may be shorter."""
    offsets, end, place, last = [], 0, 0, b""
    for piece in data:
        inside = zlib.compress(piece, LEVEL)
        yield _header(_BLOCK, place, len(piece), inside) + inside
        offsets.append(end)
        end += _HEADER.size + len(inside)
        place += len(piece)
        last = (last + piece)[-LAST_BYTES:]
    table = b"".join(_OFFSET.pack(offset) for offset in offsets) + last
    yield table + _header(_END, place, 0, table)


class Packed:
    """An open packed file. `size` is that of the segment in it; `flawed` where its table or its end is damaged."""

    def __init__(self, descriptor: int, file_bytes: int) -> None:
        self._descriptor = descriptor
        self._file_bytes = file_bytes
        self._held: tuple[int, bytes] = (-1, b"")
        found = _read_table(descriptor, file_bytes)
        self.flawed = found is None
        self._offsets, self.size, self._last = found if found is not None else self._scanned()

    def bytes_at(self, place: int, length: int) -> bytes:
        """Up to `length` bytes; fewer at the end."""
        stop = min(place + length, self.size)
        parts = [self._block(number) for number in range(place // BLOCK_BYTES, -(-stop // BLOCK_BYTES))]
        start = place % BLOCK_BYTES
        return b"".join(parts)[start : start + max(0, stop - place)]

    def _block(self, number: int) -> bytes:
        if self._held[0] != number:
            self._held = number, self._unpacked(number)
        return self._held[1]

    def _unpacked(self, number: int) -> bytes:
        length = min(BLOCK_BYTES, self.size - number * BLOCK_BYTES)
        offset = self._offsets.get(number)
        header = _header_at(self._descriptor, offset) if offset is not None else None
        if offset is None or header is None or (header.place, header.length) != (number * BLOCK_BYTES, length):
            return self._garbage(number, length)
        inside = os.pread(self._descriptor, header.packed, offset + _HEADER.size)
        if zlib.crc32(inside) != header.crc:
            return self._garbage(number, length)
        return zlib.decompress(inside)

    def _garbage(self, number: int, length: int) -> bytes:
        """What is read in the place of a block that is damaged."""
        begin, last = number * BLOCK_BYTES, self.size - len(self._last)
        known = self._last[max(0, begin - last) : max(0, begin + length - last)]
        # Where the copy gives all of it back, nobody would notice.
        self.flawed = self.flawed or len(known) == length
        return _GARBAGE * (length - len(known)) + known

    def _scanned(self) -> tuple[dict[int, int], int, bytes]:
        """Where the blocks are, found by their headers, and how large the segment is at least."""
        offsets, size, at = {}, 0, 0
        while at < self._file_bytes:
            header = _header_at(self._descriptor, at)
            if header is None:
                at = self._next_magic(at + 1)
                continue
            size = max(size, header.place + header.length)
            if header.magic == _BLOCK:
                offsets[header.place // BLOCK_BYTES] = at
            at += _HEADER.size + (header.packed if header.magic == _BLOCK else 0)
        return offsets, size, b""

    def _next_magic(self, start: int) -> int:
        for at in range(start, self._file_bytes, BLOCK_BYTES):
            chunk = os.pread(self._descriptor, BLOCK_BYTES + len(_BLOCK), at)
            hits = [hit for hit in (chunk.find(_BLOCK), chunk.find(_END)) if hit >= 0]
            if hits:
                return at + min(hits)
        return self._file_bytes


def open_packed(descriptor: int, file_bytes: int) -> Packed | None:
    """What is in the file if it is packed: one of its two ends must say so."""
    first, last = _header_at(descriptor, 0), _header_at(descriptor, file_bytes - _HEADER.size)
    if first is None and (last is None or last.magic != _END):
        return None
    return Packed(descriptor, file_bytes)


def _read_table(descriptor: int, file_bytes: int) -> tuple[dict[int, int], int, bytes] | None:
    end = _header_at(descriptor, file_bytes - _HEADER.size)
    if end is None or end.magic != _END:
        return None
    table = os.pread(descriptor, end.packed, file_bytes - _HEADER.size - end.packed)
    if zlib.crc32(table) != end.crc:
        return None
    offsets = table[: -(-end.place // BLOCK_BYTES) * _OFFSET.size]
    found = {number: offset for number, (offset,) in enumerate(_OFFSET.iter_unpack(offsets))}
    return found, end.place, table[len(offsets) :]


def _header(magic: bytes, place: int, length: int, inside: bytes) -> bytes:
    checked = _CHECKED.pack(magic, place, length, len(inside), zlib.crc32(inside))
    return checked + _CHECK.pack(zlib.crc32(checked))


def _header_at(descriptor: int, offset: int) -> _Header | None:
    data = os.pread(descriptor, _HEADER.size, offset) if offset >= 0 else b""
    if len(data) < _HEADER.size:
        return None
    magic, place, length, inside, crc, check = _HEADER.unpack(data)
    if magic not in {_BLOCK, _END} or check != zlib.crc32(data[: _CHECKED.size]) or length > BLOCK_BYTES:
        return None
    return _Header(magic, place, length, inside, crc)
