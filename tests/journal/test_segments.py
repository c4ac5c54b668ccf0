import os
from pathlib import Path

import pytest

from mntui.journal.frames import HEADER_BYTES, batch_header, mark
from mntui.journal.segments import (
    CHUNK_BYTES,
    SegmentReader,
    aside_path,
    pack_watermark,
    read_accepted,
    read_watermark,
    segment_path,
    segment_paths,
)


def test_segments_are_ordered_by_number_and_nothing_else_counts(tmp_path: Path):
    for number in (2, 10, 1):
        segment_path(tmp_path, number).touch()
    for name in ("00000003.log.new", "00000001.log.torn", "notes.log", "watermark"):
        (tmp_path / name).touch()
    assert [path.name for path in segment_paths(tmp_path)] == ["00000001.log", "00000002.log", "00000010.log"]


def test_bytes_set_aside_twice_get_two_names(tmp_path: Path):
    path = segment_path(tmp_path, 1)
    first = aside_path(path, "torn")
    first.touch()
    assert (first.name, aside_path(path, "torn").name) == ("00000001.log.torn", "00000001.log.torn-2")


def test_a_watermark_reads_back_and_a_damaged_one_says_nothing(tmp_path: Path):
    assert read_watermark(tmp_path) is None
    data = pack_watermark(2**40 + 7)
    (tmp_path / "watermark").write_bytes(data)
    assert read_watermark(tmp_path) == 2**40 + 7
    for damaged in (data[:5], data[:-1], b"\x01" + data[1:], b""):
        (tmp_path / "watermark").write_bytes(damaged)
        assert read_watermark(tmp_path) is None


def test_a_half_written_acceptance_counts_for_nothing(tmp_path: Path):
    assert read_accepted(tmp_path) == frozenset()
    (tmp_path / "lost").write_text("3 4\n7 6\n9 1")
    assert read_accepted(tmp_path) == {(3, 4), (7, 6)}


@pytest.mark.parametrize("offset", [*range(CHUNK_BYTES - 40, CHUNK_BYTES + 5), 3 * CHUNK_BYTES - 1])
def test_the_next_frame_is_found_wherever_a_chunk_ends(tmp_path: Path, offset: int):
    path = tmp_path / "segment"
    path.write_bytes(os.urandom(5) + bytes(offset - 5) + mark(9, 1))
    with SegmentReader(path) as reader:
        found = reader.next_frame(5, 0)
        assert found is not None
        assert (found[0], found[1].id) == (offset, 9)
        assert reader.next_frame(offset + 1, 0) is None


def test_a_frame_that_reaches_beyond_the_file_is_no_frame(tmp_path: Path):
    path = tmp_path / "segment"
    path.write_bytes(batch_header(1, 0, 0, 10) + b"nine byte")
    with SegmentReader(path) as reader:
        assert reader.frame(0) is None
    path.write_bytes(batch_header(1, 0, 0, 10) + b"ten bytes!")
    with SegmentReader(path) as reader:
        frame = reader.frame(0)
        assert frame is not None
        assert reader.payload(0, frame) == b"ten bytes!"


def test_a_later_frame_proves_only_what_was_synced_when_it_was_written(tmp_path: Path):
    path = tmp_path / "segment"
    path.write_bytes(b"broken" + batch_header(6, 3, 0, 1) + b"x" + batch_header(7, 4, 0, 1) + b"y")
    with SegmentReader(path) as reader:
        assert reader.proves(0, 4)
        assert not reader.proves(0, 5)


def test_the_zeros_at_the_end_are_found_over_many_chunks(tmp_path: Path):
    path = tmp_path / "segment"
    path.write_bytes(b"a" * 10 + bytes(CHUNK_BYTES) + b"b" + bytes(2 * CHUNK_BYTES))
    with SegmentReader(path) as reader:
        assert reader.end_of_bytes(3) == 10 + CHUNK_BYTES + 1
        assert reader.end_of_bytes(HEADER_BYTES + CHUNK_BYTES) == HEADER_BYTES + CHUNK_BYTES
