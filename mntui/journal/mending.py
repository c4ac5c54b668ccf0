"""Put back what a damaged log lost: from its own bytes, from an index that has the batches, or not at all.

A broken header is rebuilt from what stands around it, a lost batch is asked of `restore`; both count only if the chain
behind the gap agrees. The mended segment replaces the damaged one in one rename, and the damaged bytes are kept beside
it. What can't be put back stays refused until a person accepts the loss: then its range is written to `lost`, the
segment stays as it is, and every opening says so again.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from mntui.journal.disk import Disk, write_all
from mntui.journal.frames import HEADER_BYTES, batch_header, mark, next_chain
from mntui.journal.segments import CHUNK_BYTES, SegmentReader, aside_path
from mntui.journal.walk import Damage

Restore = Callable[[int], bytes | None]
"""The payload of a batch as the index has it, or None. Given what was appended, byte for byte."""


def put_back(damage: Damage, restore: Restore | None) -> list[bytes] | None:
    """The payloads that belong in the gap, proven by the chain wherever something follows; None if they are lost."""
    inside = _payload_in_place(damage)
    if inside is not None and damage.last == damage.first and _agrees(damage, [inside]):
        return [inside]
    payloads: list[bytes] = []
    for batch in range(damage.first, damage.last + 1):
        payload = restore(batch) if restore is not None else None
        if not payload:
            return None
        payloads.append(payload)
    return payloads if _agrees(damage, payloads) or not _is_followed(damage) else None


def mend(disk: Disk, path: Path, gaps: Iterable[tuple[Damage, list[bytes]]]) -> Path:
    """Replace a segment by one whose gaps are filled, given in order. Returns where the damaged bytes are kept."""
    mended = path.with_name(path.name + ".mended")
    mended.unlink(missing_ok=True)
    descriptor = disk.open(mended)
    try:
        end = 0
        copied = 0
        for damage, payloads in gaps:
            end += _copy(disk, path, (copied, damage.start), descriptor, end)
            end += write_all(disk, descriptor, _filling(damage, payloads), end)
            copied = damage.stop
        _copy(disk, path, (copied, segment_bytes(path)), descriptor, end)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    kept = keep_copy(disk, path, "damaged")
    disk.rename(mended, path)
    disk.sync_folder(path.parent)
    return kept


def unpack(disk: Disk, path: Path) -> None:
    """Replace a packed segment by its own bytes, so that it can be written behind."""
    plain = path.with_name(path.name + ".mended")
    plain.unlink(missing_ok=True)
    descriptor = disk.open(plain)
    try:
        _copy(disk, path, (0, segment_bytes(path)), descriptor, 0)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    disk.rename(plain, path)
    disk.sync_folder(path.parent)


def segment_bytes(path: Path) -> int:
    """How many bytes a segment has, unpacked; 0 where it is gone."""
    if not path.exists():
        return 0
    with SegmentReader(path) as reader:
        return reader.size


def keep_copy(disk: Disk, path: Path, ending: str, start: int = 0, stop: int | None = None) -> Path:
    """Copy a range of a segment's file, as it lies on the disk, to a durable file beside it."""
    kept = aside_path(path, ending)
    if not path.exists():
        return kept
    descriptor = disk.open(kept)
    try:
        with path.open("rb") as file:
            file.seek(start)
            left, end = (path.stat().st_size if stop is None else stop) - start, 0
            while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
                end += write_all(disk, descriptor, chunk, end)
                left -= len(chunk)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    shutil.copystat(path, kept)
    disk.sync_folder(path.parent)
    return kept


def accept(disk: Disk, folder: Path, damage: Iterable[Damage]) -> None:
    """Write down that these batches are lost, durably."""
    descriptor = disk.open(folder / "lost")
    try:
        lines = "".join(f"{each.first} {each.last}\n" for each in damage)
        write_all(disk, descriptor, lines.encode("ascii"), os.fstat(descriptor).st_size)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    disk.sync_folder(folder)


def _payload_in_place(damage: Damage) -> bytes | None:
    """The batch as it stands there if only its header is broken: then the next frame gives its length."""
    length = damage.stop - damage.start - HEADER_BYTES
    if length <= 0:
        return None
    with SegmentReader(damage.path) as reader:
        return reader.bytes_at(damage.start + HEADER_BYTES, length)


def _agrees(damage: Damage, payloads: list[bytes]) -> bool:
    chain = damage.before
    for batch, payload in enumerate(payloads, damage.first):
        chain = next_chain(chain, batch, payload)
    if damage.after is not None:
        return chain == damage.after
    if damage.follower is not None:
        batch_behind, chain_behind = damage.follower
        return next_chain(chain, batch_behind.id, batch_behind.payload) == chain_behind
    return False


def _is_followed(damage: Damage) -> bool:
    return damage.after is not None or damage.follower is not None


def _filling(damage: Damage, payloads: list[bytes]) -> bytes:
    parts = [mark(damage.first - 1, damage.before)] if damage.start == 0 else []
    chain = damage.before
    for batch, payload in enumerate(payloads, damage.first):
        chain = next_chain(chain, batch, payload)
        parts += (batch_header(batch, batch - 1, chain, len(payload)), payload)
    return b"".join(parts)


def _copy(disk: Disk, path: Path, span: tuple[int, int], descriptor: int, end: int) -> int:
    start, stop = span
    if start >= stop:
        return 0
    with SegmentReader(path) as reader:
        for offset in range(start, stop, CHUNK_BYTES):
            chunk = reader.bytes_at(offset, min(CHUNK_BYTES, stop - offset))
            write_all(disk, descriptor, chunk, end + offset - start)
    return stop - start
