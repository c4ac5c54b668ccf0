"""Logs to damage, and what an opening makes of them: several segments, nine single batches, one write of three."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mntui.crash import no_crash
from mntui.journal.frames import HEADER_BYTES, parse_header
from mntui.journal.log import read_log
from mntui.journal.opening import Opening, open_tail
from mntui.journal.refusals import LogDamaged
from mntui.journal.segments import segment_paths
from tests.journal.disks import FastDisk

SEGMENT_BYTES = 250
BATCHES = {number: f"batch {number} ".encode().ljust(10 + number, b".") for number in range(1, 13)}
LAST_WRITE = {10, 11, 12}
FULL_SWEEP = os.environ.get("MNTUI_SWEEP") == "full"
"""All eight bits of every byte, and all of them at once; otherwise one bit a byte, another one each time."""


@dataclass(frozen=True)
class Found:
    """What an opening made of a folder: the batches and the report, or the damage it refused."""

    batches: dict[int, bytes]
    report: Opening | None
    refused: LogDamaged | None

    @property
    def named(self) -> bool:
        return self.refused is not None or bool(self.report and self.report.sentences)


def write_log(folder: Path, *, seal: bool) -> Path:
    """Nine single batches over several segments, then one write of three."""
    folder.mkdir()
    tail, _, _ = open_tail(FastDisk(), folder, 0, None, segment_bytes=SEGMENT_BYTES, crash=no_crash)
    for number in range(1, 10):
        tail.write([BATCHES[number]])
        tail.sync()
    tail.write([BATCHES[number] for number in sorted(LAST_WRITE)])
    tail.sync()
    if seal:
        tail.seal()
    tail.close()
    assert len(segment_paths(folder)) >= 3
    return folder


def open_log(folder: Path, restore: Callable[[int], bytes | None] | None = None) -> Found:
    """Open as `Log.open` does, without its lock and its thread: sweeps do it tens of thousands of times."""
    try:
        tail, _, report = open_tail(FastDisk(), folder, 0, restore, segment_bytes=SEGMENT_BYTES, crash=no_crash)
    except LogDamaged as refused:
        return Found({}, None, refused)
    tail.close()
    return Found(dict(read_log(folder)), report, None)


def copies(original: Path, folder: Path) -> Iterator[Path]:
    """The same log again and again, to be damaged each time in another way."""
    whole = {path.name: path.read_bytes() for path in original.iterdir()}
    folder.mkdir(exist_ok=True)
    while True:
        for path in folder.iterdir():
            if path.name not in whole:
                path.unlink()
        for name, data in whole.items():
            if not (folder / name).exists() or (folder / name).read_bytes() != data:
                (folder / name).write_bytes(data)
        yield folder


def flips(original: Path, folder: Path) -> Iterator[tuple[Path, Path, int]]:
    """Every byte of every segment, changed."""
    fresh = copies(original, folder)
    for path in segment_paths(original):
        data = path.read_bytes()
        for offset in range(len(data)):
            for mask in (*(1 << bit for bit in range(8)), 0xFF) if FULL_SWEEP else (1 << offset % 8,):
                damaged = next(fresh) / path.name
                damaged.write_bytes(data[:offset] + bytes([data[offset] ^ mask]) + data[offset + 1 :])
                yield damaged.parent, damaged, offset


def batch_at(path: Path, offset: int) -> int | None:
    """The batch whose payload holds this byte of an undamaged segment."""
    data, at = path.read_bytes(), 0
    while frame := parse_header(data[at:]):
        if at + HEADER_BYTES <= offset < at + frame.size:
            return frame.id
        at += frame.size
    return None
