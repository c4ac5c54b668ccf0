"""Where each batch begins, so that one batch is read without walking to it: eight bytes a batch, in memory only.

It is filled while the log is read on opening and while it is written. Absent: a file of its own; the segments know.
"""

import threading
from array import array
from collections.abc import Mapping
from pathlib import Path

from mntui.journal.frames import next_chain
from mntui.journal.refusals import LogDamaged
from mntui.journal.segments import SegmentReader, segment_path
from mntui.journal.walk import Damage

_OFFSET_BITS = 40
_CHUNK_BYTES = 8192


class Places:
    """The segment number and offset of each batch."""

    def __init__(self) -> None:
        # No batch begins at offset 0, where a segment's opening mark is, so 0 means that there is none.
        self._packed = array("Q", [0])
        self.guard = threading.Lock()
        """Held while a segment that was written anew takes its name and its batches their new places."""

    def note(self, batch: int, segment: int, offset: int) -> None:
        """Batches come in order; numbers left out are lost ones."""
        self._packed.extend([0] * (batch - len(self._packed)))
        self._packed.append(segment << _OFFSET_BITS | offset)

    def find(self, batch: int) -> tuple[int, int] | None:
        packed = self._packed[batch] if 0 < batch < len(self._packed) else 0
        return (packed >> _OFFSET_BITS, packed & (1 << _OFFSET_BITS) - 1) if packed else None

    def move(self, segment: int, offsets: Mapping[int, int]) -> None:
        """Batches of a segment that was written anew. The caller holds the guard."""
        for batch, offset in offsets.items():
            self._packed[batch] = segment << _OFFSET_BITS | offset


def read_batch(folder: Path, places: Places, batch: int) -> bytes:
    """One batch, checked against the chain. Raises LookupError where there is none, LogDamaged where it has changed."""
    with places.guard:
        place = places.find(batch)
        if place is None:
            raise LookupError(f"there is no batch {batch} in {folder}")
        path, offset = segment_path(folder, place[0]), place[1]
        reader = SegmentReader(path, chunk_bytes=_CHUNK_BYTES)
        before_place = places.find(batch - 1)
    with reader:
        frame = reader.frame(offset)
        payload = reader.payload(offset, frame) if frame is not None else b""
        before = _chain_in_front(reader, batch, place, before_place)
    # Where the batch before was lost there is no chain to check against.
    fits = before is None or (frame is not None and next_chain(before, batch, payload) == frame.chain)
    if frame is None or frame.id != batch or not fits:
        stop = offset + (frame.size if frame is not None else 0)
        raise LogDamaged((Damage(path, offset, stop, batch, batch, before or 0),))
    return payload


def _chain_in_front(
    reader: SegmentReader, batch: int, place: tuple[int, int], before: tuple[int, int] | None
) -> int | None:
    """The chain behind the batch before, None where that one is lost: a segment's first batch follows its mark."""
    if batch == 1:
        return 0
    if before is None:
        return None
    frame = reader.frame(before[1] if before[0] == place[0] else 0)
    return frame.chain if frame is not None and frame.id == batch - 1 else None
