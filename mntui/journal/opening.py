"""Open a log folder: take the lock, read every frame, mend or name what is damaged, set a torn tail aside.

What is read here is treated as durable from now on, so the last write is written and synced once more before anyone
acts on it: the process that wrote it may have died between its write and its sync.

Absent: silence. Everything that was found stands in the report, as sentences for people.
"""

import contextlib
import fcntl
import os
from dataclasses import replace
from pathlib import Path

from mntui.core.frozen import frozen
from mntui.crash import CrashPoint
from mntui.journal.disk import Disk
from mntui.journal.mending import Restore, accept, keep_copy, mend, put_back, unpack
from mntui.journal.places import Places
from mntui.journal.refusals import LogBusy, LogDamaged
from mntui.journal.segments import SegmentReader, read_accepted, read_watermark, segment_paths
from mntui.journal.tail import Tail
from mntui.journal.walk import Batch, Damage, TornTail, Walk


@frozen
class Opening:
    """What was found on opening. `last` is the last batch, `mended` was put back, `lost` is a loss accepted earlier.

    `kept` are the files that hold bytes set aside by this opening.
    """

    segments: int = 0
    batches: int = 0
    last: int = 0
    torn: tuple[TornTail, ...] = ()
    mended: tuple[Damage, ...] = ()
    lost: tuple[Damage, ...] = ()
    kept: tuple[Path, ...] = ()
    watermark_missing: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a person should know, with what was done about it; empty after a clean opening."""
        said = [f"{each.sentence} It was set aside; nothing in it had been acknowledged." for each in self.torn]
        said += [f"{each.sentence} It was put back as it had been." for each in self.mended]
        said += [f"{each.sentence} This loss was accepted; the log goes on without it." for each in self.lost]
        said += [f"The bytes set aside are in {path.name}." for path in self.kept]
        if self.watermark_missing:
            said.append("The watermark was missing or unreadable: a lost last batch could not be noticed this time.")
        return tuple(said)


@frozen
class Survey:
    """One pass over everything. `damage` comes with the payloads that belong there, None where they are lost."""

    walk: Walk
    places: Places
    batches: int
    damage: tuple[tuple[Damage, list[bytes] | None], ...]
    torn: tuple[TornTail, ...]

    @property
    def unmended(self) -> tuple[Damage, ...]:
        return tuple(damage for damage, payloads in self.damage if payloads is None)


def lock(folder: Path) -> int:
    """The descriptor that holds the folder. Raises LogBusy. The system lets go when the process ends, however."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise LogBusy(folder, int(text) if text.isdecimal() else None) from None
    os.ftruncate(descriptor, 0)
    with contextlib.suppress(OSError):
        # On a full disk the lock holds as well; only its owner's number is missing.
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def make_folder(disk: Disk, folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk.sync_folder(folder.parent)


def survey(folder: Path, applied: int, restore: Restore | None) -> Survey:
    """Read every frame. `applied` is the last batch that an index has, `restore` what that index can give back."""
    walk = Walk(folder, max(applied, read_watermark(folder) or 0))
    places, batches = Places(), 0
    torn: list[TornTail] = []
    damage: list[tuple[Damage, list[bytes] | None]] = []
    for found in walk:
        match found:
            case Batch():
                batches += 1
                assert walk.path is not None
                places.note(found.id, int(walk.path.stem), walk.batch_start)
            case TornTail():
                torn.append(found)
            case Damage():
                damage.append((found, put_back(found, restore)))
    return Survey(walk, places, batches, tuple(damage), tuple(torn))


def mended_survey(disk: Disk, folder: Path, applied: int, restore: Restore | None) -> tuple[Survey, Opening]:
    """Survey, mend what can be mended, and survey again until nothing is left but accepted losses."""
    report = Opening(watermark_missing=read_watermark(folder) is None and bool(segment_paths(folder)))
    accepted = read_accepted(folder)
    while True:
        seen = survey(folder, applied, restore)
        refused = tuple(each for each in seen.unmended if (each.first, each.last) not in accepted)
        gaps = [(damage, payloads) for damage, payloads in seen.damage if payloads is not None]
        # Damage that comes back after it was mended would come back for ever.
        again = tuple(damage for damage, _ in gaps if damage in report.mended)
        if refused or again:
            raise LogDamaged(refused + again)
        if not gaps:
            return seen, replace(report, lost=seen.unmended)
        for path in dict.fromkeys(damage.path for damage, _ in gaps):
            kept = mend(disk, path, [gap for gap in gaps if gap[0].path == path])
            report = replace(report, kept=(*report.kept, kept) if kept.exists() else report.kept)
        report = replace(report, mended=report.mended + tuple(damage for damage, _ in gaps))


def open_tail(
    disk: Disk, folder: Path, applied: int, restore: Restore | None, *, segment_bytes: int, crash: CrashPoint
) -> tuple[Tail, Places, Opening]:
    """The write position behind the last good batch, where each batch is, and what was found.

    The caller holds the lock.
    """
    crash("log.open")
    seen, report = mended_survey(disk, folder, applied, restore)
    _unpack_last(disk, seen.walk)
    kept = _set_aside(disk, seen.walk, "torn" if seen.torn else "damaged")
    crash("log.open")
    tail = _tail_behind(seen, disk, folder, segment_bytes=segment_bytes, crash=crash)
    try:
        _settle(tail, seen.walk)
        disk.sync_folder(folder)
    except BaseException:
        tail.close()
        raise
    crash("log.open")
    report = replace(
        report,
        segments=len(segment_paths(folder)),
        batches=seen.batches,
        last=tail.last,
        torn=seen.torn,
        kept=(*report.kept, *kept),
    )
    return tail, seen.places, report


def accept_loss(disk: Disk, folder: Path, applied: int, restore: Restore | None) -> tuple[Damage, ...]:
    """Accept that what can't be put back is lost, for good. Returns it. The caller holds the lock."""
    accepted = read_accepted(folder)
    lost = survey(folder, applied, restore).unmended
    accept(disk, folder, [each for each in lost if (each.first, each.last) not in accepted])
    return lost


def _tail_behind(seen: Survey, disk: Disk, folder: Path, *, segment_bytes: int, crash: CrashPoint) -> Tail:
    walk = seen.walk
    return Tail(
        disk,
        folder,
        int(walk.path.stem) if walk.path is not None else 1,
        last=max(walk.last, walk.floor),
        chain=walk.chain if walk.chain is not None else 0,
        offset=walk.offset,
        size=walk.path.stat().st_size if walk.path is not None else 0,
        segment_bytes=segment_bytes,
        places=seen.places,
        crash=crash,
    )


def _settle(tail: Tail, walk: Walk) -> None:
    """Make durable what was read: its last write may never have been synced, or its sync may have failed."""
    if walk.path is not None and walk.write_start < walk.offset:
        with SegmentReader(walk.path) as reader:
            tail.rewrite(reader.bytes_at(walk.write_start, walk.offset - walk.write_start), walk.write_start)
    tail.seal()


def _unpack_last(disk: Disk, walk: Walk) -> None:
    """Where the segments behind it are gone, a packed one is written on."""
    if walk.path is not None:
        with SegmentReader(walk.path) as reader:
            packed = reader.is_packed
        if packed:
            unpack(disk, walk.path)


def _set_aside(disk: Disk, walk: Walk, ending: str) -> tuple[Path, ...]:
    """Cut off what stands behind the last good frame, keeping a copy."""
    if walk.path is None:
        return ()
    with SegmentReader(walk.path) as reader:
        end = reader.end_of_bytes(walk.offset)
    if end == walk.offset:
        return ()
    kept = keep_copy(disk, walk.path, ending, walk.offset, end)
    descriptor = disk.open(walk.path)
    try:
        disk.truncate(descriptor, walk.offset)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    return (kept,)
