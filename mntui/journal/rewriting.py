"""Full segments written anew, behind the commits: packed, or with less in some of their batches.

A segment is written beside itself, synced, and takes its name by one rename, so it is at any moment the old one or the
new one. Batches keep their numbers, and every one stays: one whose content goes becomes a small one. Where contents
change, the chain is another one from there on, and a hand-over at the end of the segment leads back to the old one; so
nothing behind it changes, and each byte is still vouched for.

Absent: the segment that is being written, segments that hold accepted losses (they stay as they are), and any choice of
what is left out.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from mntui.journal.disk import Disk, write_all
from mntui.journal.frames import Frame, batch_header, hand_over, mark, next_chain
from mntui.journal.packing import BLOCK_BYTES, packed
from mntui.journal.places import Places
from mntui.journal.segments import SegmentReader

Thinned = Callable[[int, bytes], bytes]
"""What stays of a batch, given its number and its payload: the same bytes where nothing goes."""


class NotWhole(Exception):
    """A segment whose frames don't follow each other: nothing is written over it."""


class _Standing(NamedTuple):
    offset: int
    frame: Frame
    payload: bytes


def pack(disk: Disk, path: Path) -> int:
    """Compress a full segment. Returns how many bytes that freed, 0 for one that is packed already.

    Raises NotWhole, OSError.
    """
    with SegmentReader(path) as reader:
        if reader.is_packed:
            return 0
        size = max((each.offset + each.frame.size for each in _standing(reader)), default=0)
        fresh, written = _written(disk, path, packed(_spans(reader, size)))
        disk.rename(fresh, path)
        disk.sync_folder(path.parent)
        return reader.file_bytes - written


def thin(disk: Disk, path: Path, places: Places, thinned: Thinned) -> int:
    """Leave out what `thinned` leaves out. Returns how many bytes that freed, 0 where nothing goes.

    Raises NotWhole, OSError.
    """
    with SegmentReader(path) as reader:
        going = any(thinned(each.frame.id, each.payload) != each.payload for each in _batches(reader))
        if not going:
            return 0
        offsets: dict[int, int] = {}
        fresh, written = _written(disk, path, packed(_pieces(_rewritten(reader, thinned, offsets))))
        with places.guard:
            disk.rename(fresh, path)
            places.move(int(path.stem), offsets)
        disk.sync_folder(path.parent)
        return reader.file_bytes - written


def _rewritten(reader: SegmentReader, thinned: Thinned, offsets: dict[int, int]) -> Iterator[bytes]:
    """The segment with its batches thinned and chained anew; `offsets` hears where each of them begins."""
    end, last, old, chain = 0, 0, 0, 0
    for each in _standing(reader):
        frame = each.frame
        if end == 0:
            last, old, chain = frame.id, frame.chain, frame.chain
            data = mark(last, chain)
        elif frame.is_mark:
            # Seals and an earlier hand-over give way to the one at the end.
            old = frame.chain
            continue
        else:
            payload = thinned(frame.id, each.payload)
            last, old, chain = frame.id, frame.chain, next_chain(chain, frame.id, payload)
            offsets[last] = end
            data = batch_header(last, frame.synced, chain, len(payload)) + payload
        yield data
        end += len(data)
    yield hand_over(last, chain, old) if chain != old else mark(last, chain)


def _batches(reader: SegmentReader) -> Iterator[_Standing]:
    return (each for each in _standing(reader) if not each.frame.is_mark)


def _standing(reader: SegmentReader) -> Iterator[_Standing]:
    """Every frame in order, each checked as on opening. Raises NotWhole where anything else stands there."""
    offset, last, chain = 0, -1, 0
    while (frame := reader.frame(offset)) is not None:
        payload = reader.payload(offset, frame)
        if offset == 0:
            follows = frame.is_mark and frame.replaced is None
        elif frame.is_mark:
            follows = (frame.id, frame.in_front) == (last, chain)
        else:
            follows = frame.id == last + 1 and next_chain(chain, frame.id, payload) == frame.chain
        if not follows:
            break
        yield _Standing(offset, frame, payload)
        offset, last, chain = offset + frame.size, frame.id, frame.chain
    if reader.end_of_bytes(offset) != offset:
        raise NotWhole(f"{reader.path.name} isn't whole at byte {offset}")


def _spans(reader: SegmentReader, size: int) -> Iterator[bytes]:
    return (reader.bytes_at(start, min(BLOCK_BYTES, size - start)) for start in range(0, size, BLOCK_BYTES))


def _pieces(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of BLOCK_BYTES."""
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= BLOCK_BYTES:
            yield bytes(held[:BLOCK_BYTES])
            del held[:BLOCK_BYTES]
    if held:
        yield bytes(held)


def _written(disk: Disk, path: Path, data: Iterator[bytes]) -> tuple[Path, int]:
    """A durable file beside a segment that has no name of its own yet, and its bytes."""
    fresh = path.with_name(path.name + ".packed")
    fresh.unlink(missing_ok=True)
    descriptor = disk.open(fresh)
    try:
        end = 0
        for part in data:
            end += write_all(disk, descriptor, part, end)
        disk.sync(descriptor)
    except (OSError, NotWhole):
        fresh.unlink(missing_ok=True)
        raise
    finally:
        disk.close(descriptor)
    return fresh, end
