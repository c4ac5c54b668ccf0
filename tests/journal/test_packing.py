"""Packed files: they give back what went in, and a changed byte anywhere is noticed and costs one block at most."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mntui.journal.packing import BLOCK_BYTES, LAST_BYTES, Packed, open_packed, packed

LONG = random.Random(1).randbytes(BLOCK_BYTES // 2) * 5


def write(path: Path, data: bytes) -> None:
    pieces = (data[start : start + BLOCK_BYTES] for start in range(0, len(data), BLOCK_BYTES))
    path.write_bytes(b"".join(packed(pieces)))


@contextmanager
def opened(path: Path) -> Iterator[Packed]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        found = open_packed(descriptor, path.stat().st_size)
        assert found is not None
        yield found
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    "size", [0, 1, LAST_BYTES, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES + 9, len(LONG)]
)
def test_any_part_reads_back_as_it_went_in(tmp_path: Path, size: int) -> None:
    write(tmp_path / "file", LONG[:size])
    with opened(tmp_path / "file") as found:
        assert (found.size, found.flawed) == (size, False)
        for start in {0, size // 3, max(0, size - 5), BLOCK_BYTES - 3, size, size + 10}:
            for length in (0, 1, 40, BLOCK_BYTES, 3 * BLOCK_BYTES):
                assert found.bytes_at(start, length) == LONG[:size][start : start + length]


def test_what_is_not_packed_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LONG)
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    assert open_packed(descriptor, len(LONG)) is None
    os.close(descriptor)


@pytest.mark.parametrize("size", [2 * BLOCK_BYTES + 9, 2 * BLOCK_BYTES + 900])
def test_a_changed_byte_costs_one_block_at_most_and_is_seen(tmp_path: Path, size: int) -> None:
    path, data = tmp_path / "file", LONG[:size]
    write(path, data)
    whole = path.read_bytes()
    for offset in {*range(0, len(whole), 997), *range(40), *range(len(whole) - 120, len(whole))}:
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 4]) + whole[offset + 1 :])
        with opened(path) as found:
            read = found.bytes_at(0, size)
            assert len(read) == size
            spoiled = [
                n for n in range(3) if read[n * BLOCK_BYTES :][:BLOCK_BYTES] != data[n * BLOCK_BYTES :][:BLOCK_BYTES]
            ]
            assert found.flawed or len(spoiled) == 1
            assert len(spoiled) <= 1
            if not found.flawed:
                assert read[-LAST_BYTES:] == data[-LAST_BYTES:]
