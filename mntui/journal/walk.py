"""Walk the frames of a log in order and say of every byte what it is: a batch, damage, or a torn tail.

One rule tells the last two apart. The next batch is due; what stands there is broken. If that batch had been durable,
by the watermark, by the index (`floor`), by a later frame or because a later segment was begun, this is **damage**.
Otherwise nobody was told that it is here: the end of the log is a **torn tail**.

What this cannot prove: that the last write had been acknowledged, once a power loss also took its watermark, which
is synced only by the seal 50 ms after it. If a drive loses that write although it reported it as synced, what is left
of it reads as a torn tail, and nothing is said if nothing is left. Every earlier write is proven by the next one.

Absent: any change of a file. What follows from damage is decided in `opening` and done in `mending`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mntui.core.frozen import frozen
from mntui.journal.frames import Frame, next_chain
from mntui.journal.segments import SegmentReader, segment_path, segment_paths


class Batch(NamedTuple):
    id: int
    payload: bytes


@frozen
class TornTail:
    """The last write never ended: bytes `start` to `stop` of a segment, none of them acknowledged."""

    path: Path
    start: int
    stop: int

    @property
    def sentence(self) -> str:
        return f"{self.path.name}: {self.stop - self.start} bytes of an unfinished write at byte {self.start}."


@frozen
class Damage:
    """Bytes `start` to `stop` of a segment are not what was acknowledged; batches `first` to `last` stood there.

    `last` is `first - 1` where no batch is touched. `before` is the chain in front of the gap. What must hold behind
    it is known by `after`, the chain there, or else by `follower`, the next batch with its chain, or not at all.
    """

    path: Path
    start: int
    stop: int
    first: int
    last: int
    before: int
    after: int | None = None
    follower: tuple[Batch, int] | None = None

    @property
    def sentence(self) -> str:
        match self.last - self.first:
            case -1:
                what = "no batch is touched"
            case 0:
                what = f"batch {self.first}"
            case _:
                what = f"batches {self.first} to {self.last}"
        return f"{self.path.name} is damaged at byte {self.start}: {what}."


class Walk:
    """One pass over a log. Iterating yields what is found; afterwards the fields tell where the log ends.

    `floor` is the highest batch known to be durable from elsewhere. Batches up to `after` are left out, and with them
    the segments that end before it. After damage the next batch is believed by its header alone: only who mends the
    damage can check it.
    """

    def __init__(self, folder: Path, floor: int, *, after: int = 0) -> None:
        self.floor = floor
        self.after = after
        self.last = 0
        self.chain: int | None = 0
        self.path: Path | None = None
        self.offset = 0
        self.batch_start = 0
        """Where the batch begins that was yielded last."""
        self.write_start = 0
        """Where the last write began: only its bytes may still be on their way to the disk."""
        self._synced = 0
        self._unread: tuple[Path, int, int] | None = None
        self._paths = segment_paths(folder)
        self._first = segment_path(folder, 1)

    def __iter__(self) -> Iterator[Batch | Damage | TornTail]:
        self._skip()
        for path in self._paths:
            with SegmentReader(path) as reader:
                self.path, self.offset, self.write_start = path, 0, 0
                yield from self._segment(reader)
        if self.last < self.floor or self._unread is not None:
            where = self._unread or (self.path or self._first, self.offset, self.offset)
            yield self._lost(where, max(self.last, self.floor), None)

    def _segment(self, reader: SegmentReader) -> Iterator[Batch | Damage | TornTail]:
        while True:
            frame = reader.frame(self.offset)
            payload = reader.payload(self.offset, frame) if frame is not None else b""
            if frame is not None and self._follows(frame, payload):
                self._pass(frame)
                if not frame.is_mark and frame.id > self.after:
                    yield Batch(frame.id, payload)
                continue
            found = self._broken(reader, frame)
            if found is not None:
                yield found
            if not isinstance(found, Damage):
                break
        if found is None and reader.flawed and self._unread is None and self.chain is not None:
            # Nothing of the segment itself is touched, but what is read of it hangs on a second chance.
            yield Damage(reader.path, self.offset, self.offset, self.last + 1, self.last, self.chain, after=self.chain)

    def _follows(self, frame: Frame, payload: bytes) -> bool:
        if frame.is_mark:
            return frame.id == self.last and self.chain in (None, frame.in_front) and self._unread is None
        if frame.id != self.last + 1 or len(payload) != frame.length:
            return False
        return self.chain is None or next_chain(self.chain, frame.id, payload) == frame.chain

    def _pass(self, frame: Frame) -> None:
        if frame.is_mark:
            self.write_start = self.offset + frame.size
        elif frame.synced != self._synced:
            self.write_start = self.offset
        self.batch_start = self.offset
        self._synced, self.last, self.chain = frame.synced, frame.id, frame.chain
        self.offset += frame.size

    def _broken(self, reader: SegmentReader, frame: Frame | None) -> Damage | TornTail | None:
        """What stands at the offset; None at the end of what a segment holds."""
        end = reader.end_of_bytes(self.offset)
        if end == self.offset:
            return None
        if self._is_torn(reader, frame):
            return TornTail(reader.path, self.offset, end)
        if frame is not None and not frame.is_mark and frame.id == self.last + 1:
            return self._spoiled_payload(reader.path, frame)
        found = reader.next_frame(self.offset, self.last)
        if found is None:
            self._unread = (reader.path, self.offset, reader.size)
            return None
        return self._gap(reader, *found)

    def _is_torn(self, reader: SegmentReader, frame: Frame | None) -> bool:
        due = self.last + 1
        if due <= self.floor or reader.path != self._paths[-1] or self._unread is not None:
            return False
        contradicts = frame is not None and frame.is_mark and frame.id == self.last
        return not contradicts and not reader.proves(self.offset, due)

    def _spoiled_payload(self, path: Path, frame: Frame) -> Damage:
        assert self.chain is not None, "the batch behind a gap is believed"
        start, before = self.offset, self.chain
        self._pass(frame)
        return Damage(path, start, self.offset, frame.id, frame.id, before, after=frame.chain)

    def _gap(self, reader: SegmentReader, stop: int, frame: Frame) -> Damage:
        """The frames between the offset and the sound frame at `stop` are missing."""
        where = self._unread or (reader.path, self.offset, stop)
        self._unread = None
        if frame.is_mark:
            damage = self._lost(where, frame.id, frame.in_front)
            self.last, self.chain = frame.id, frame.in_front
        else:
            batch = Batch(frame.id, reader.payload(stop, frame))
            damage = self._lost(where, frame.id - 1, None, (batch, frame.chain))
            self.last, self.chain = frame.id - 1, None
        self.offset = stop
        return damage

    def _lost(
        self,
        where: tuple[Path, int, int],
        last: int,
        after: int | None,
        follower: tuple[Batch, int] | None = None,
    ) -> Damage:
        assert self.chain is not None, "the batch behind a gap is believed"
        return Damage(*where, first=self.last + 1, last=last, before=self.chain, after=after, follower=follower)

    def _skip(self) -> None:
        """Begin at the newest segment that opens at or before `after`, trusting the mark it opens with."""
        for number in range(len(self._paths) - 1, 0, -1):
            with SegmentReader(self._paths[number]) as reader:
                frame = reader.frame(0)
            if frame is not None and frame.is_mark and frame.id <= self.after:
                self._paths = self._paths[number:]
                self.last, self.chain = frame.id, frame.chain
                return
