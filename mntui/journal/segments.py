"""The files of a log folder and how they are read: numbered segments, and the watermark beside them.

    00000001.log  00000002.log  …   frames; the last one is zero-filled ahead of its end
    watermark                       the last acknowledged batch, written after each sync: it never lies upward
    lost                            batches whose loss a person accepted, one `first last` a line
    lock                            held while a writer has the folder open
    *.torn  *.damaged               bytes set aside, never read again
    *.new  *.mended  *.packed       being written; they mean nothing before their rename

A full segment is packed (see `packing`) under its own name; whoever reads it here sees the same bytes as before.
Reading takes a chunk at a time and never maps a file: a live writer may cut its zeros off at any moment.
"""

import os
import re
import struct
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

from mntui.journal.frames import HANDS_OVER, HEADER_BYTES, MAGIC, Frame, parse_header
from mntui.journal.packing import open_packed

CHUNK_BYTES = 256 * 1024

_WATERMARK = struct.Struct("<QI")
_MAGIC = re.compile(b"%s|%s" % (re.escape(MAGIC), re.escape(HANDS_OVER)))


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:08d}.log"


def segment_paths(folder: Path) -> list[Path]:
    """The segments of a log, oldest first."""
    return sorted((path for path in folder.glob("*.log") if path.stem.isdigit()), key=lambda path: int(path.stem))


def aside_path(path: Path, ending: str) -> Path:
    """A name that is still free, for bytes that are set aside: `00000002.log.torn`, `00000002.log.torn-2`."""
    free, count = path.with_name(f"{path.name}.{ending}"), 1
    while free.exists():
        count += 1
        free = path.with_name(f"{path.name}.{ending}-{count}")
    return free


def pack_watermark(last: int) -> bytes:
    number = last.to_bytes(8, "little")
    return _WATERMARK.pack(last, crc32(number))


def read_watermark(folder: Path) -> int | None:
    """The last acknowledged batch, or None where the file is missing or unreadable."""
    try:
        data = (folder / "watermark").read_bytes()
    except FileNotFoundError:
        return None
    if len(data) < _WATERMARK.size:
        return None
    last, check = _WATERMARK.unpack_from(data)
    return int(last) if check == crc32(data[:8]) else None


def read_accepted(folder: Path) -> frozenset[tuple[int, int]]:
    """The ranges of batches (first, last) whose loss was accepted. A half-written line doesn't count."""
    try:
        text = (folder / "lost").read_text(encoding="ascii")
    except FileNotFoundError:
        return frozenset()
    lines = (line.split() for line in text.split("\n")[:-1])
    return frozenset((int(words[0]), int(words[1])) for words in lines if len(words) == 2)


class SegmentReader:
    """Frames of one segment by offset. Memory stays at one chunk, or one payload if that is larger.

    `size` and every offset are those of the segment as it was written, packed or not; `file_bytes` is what lies on the
    disk. `flawed` where something of the packing is damaged that holds no byte of the segment.
    """

    def __init__(self, path: Path, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.path = path
        self._chunk_bytes = chunk_bytes
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.file_bytes = os.fstat(self._descriptor).st_size
        self._packed = open_packed(self._descriptor, self.file_bytes)
        self.size = self.file_bytes if self._packed is None else self._packed.size
        self._chunk = b""
        self._base = 0

    @property
    def is_packed(self) -> bool:
        return self._packed is not None

    @property
    def flawed(self) -> bool:
        return self._packed is not None and self._packed.flawed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)

    def frame(self, offset: int) -> Frame | None:
        """The frame at an offset if its header is sound and the file is long enough to hold it."""
        found = parse_header(self.bytes_at(offset, HEADER_BYTES))
        return found if found is not None and offset + found.size <= self.size else None

    def payload(self, offset: int, frame: Frame) -> bytes:
        return self.bytes_at(offset + HEADER_BYTES, frame.length)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes; fewer at the end of the file."""
        start = offset - self._base
        if start < 0 or start + length > len(self._chunk):
            self._chunk = self._read(offset, max(length, self._chunk_bytes))
            self._base, start = offset, 0
        return self._chunk[start : start + length]

    def next_frame(self, offset: int, last: int) -> tuple[int, Frame] | None:
        """The first sound header at or after `offset` that can follow batch `last`, and where it is."""
        while True:
            if not self.bytes_at(offset, HEADER_BYTES):
                return None
            hit = _MAGIC.search(self._chunk, offset - self._base)
            if hit is None:
                # The magic may lie across the edge of two chunks.
                offset = max(self._base + len(self._chunk) - len(MAGIC) + 1, offset + 1)
                continue
            offset = self._base + hit.start()
            frame = self.frame(offset)
            if frame is not None and (frame.id >= last if frame.is_mark else frame.id > last):
                return offset, frame
            offset += 1

    def proves(self, offset: int, batch: int) -> bool:
        """True if a frame at or after `offset` was written when `batch` had been synced already."""
        found = self.next_frame(offset, 0)
        while found is not None:
            at, frame = found
            if frame.synced >= batch:
                return True
            found = self.next_frame(at + HEADER_BYTES, 0)
        return False

    def end_of_bytes(self, offset: int) -> int:
        """Where the zeros begin that reach to the end of the file; `offset` itself if nothing else is left."""
        end = offset
        for start in range(offset, self.size, CHUNK_BYTES):
            chunk = self.bytes_at(start, min(CHUNK_BYTES, self.size - start))
            if chunk.count(0) != len(chunk):
                end = start + len(chunk.rstrip(b"\0"))
        return end

    def _read(self, offset: int, length: int) -> bytes:
        if self._packed is not None:
            return self._packed.bytes_at(offset, length)
        return os.pread(self._descriptor, length, offset)
