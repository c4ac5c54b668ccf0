import pytest

from mntui.journal.frames import (
    HEADER_BYTES,
    LARGEST_PAYLOAD_BYTES,
    MAGIC,
    Frame,
    batch_header,
    mark,
    next_chain,
    parse_header,
)


def test_a_header_reads_back_as_it_was_written():
    assert parse_header(batch_header(7, 5, 0xDEADBEEF, 12)) == Frame(length=12, id=7, synced=5, chain=0xDEADBEEF)


def test_a_mark_repeats_id_and_chain_and_has_no_payload():
    frame = parse_header(mark(9, 123))
    assert frame == Frame(length=0, id=9, synced=9, chain=123)
    assert frame.is_mark
    assert frame.size == HEADER_BYTES


def test_every_flipped_bit_of_a_header_is_noticed():
    header = batch_header(7, 5, 0xDEADBEEF, 12)
    for bit in range(HEADER_BYTES * 8):
        flipped = bytearray(header)
        flipped[bit // 8] ^= 1 << bit % 8
        assert parse_header(bytes(flipped)) is None


def test_a_header_cut_short_or_of_zeros_is_no_header():
    header = batch_header(7, 5, 1, 12)
    assert all(parse_header(header[:length]) is None for length in range(HEADER_BYTES))
    assert parse_header(bytes(HEADER_BYTES)) is None


def test_a_length_beyond_the_largest_payload_is_no_header():
    assert parse_header(batch_header(1, 0, 0, LARGEST_PAYLOAD_BYTES + 1)) is None


def test_the_chain_depends_on_payload_id_and_everything_before():
    chains = {next_chain(0, 1, b"a"), next_chain(0, 1, b"b"), next_chain(0, 2, b"a"), next_chain(1, 1, b"a")}
    assert len(chains) == 4


def test_the_magic_is_no_text():
    with pytest.raises(UnicodeDecodeError) as refused:
        MAGIC.decode()
    assert refused.value.start == 0
