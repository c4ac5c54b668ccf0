"""A batch comes back from its frame byte for byte, squeezed or not."""

import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.crash import no_crash
from mntui.journal.disk import LocalDisk
from mntui.journal.log import SEGMENT_BYTES, Log, read_log
from mntui.journal.opening import open_tail
from mntui.journal.segments import segment_paths
from mntui.journal.squeezing import MARK, SMALLEST_BYTES, squeezed, unsqueezed


@given(st.binary(max_size=2_000) | st.binary(max_size=20).map(lambda some: MARK + some * 50))
def test_what_was_squeezed_comes_back(payload: bytes) -> None:
    assert unsqueezed(squeezed(payload)) == payload


@given(st.binary(min_size=1, max_size=SMALLEST_BYTES - 1).filter(lambda some: not some.startswith(MARK)))
def test_what_is_short_stays_as_it_is(payload: bytes) -> None:
    assert squeezed(payload) == payload


def test_words_that_come_again_take_less_room_in_the_log(tmp_path: Path) -> None:
    payload = b'{"words":"again and again"}' * 100
    with Log.open(tmp_path) as log:
        assert log.batch(log.append(payload).result()) == payload
    assert list(read_log(tmp_path)) == [(1, payload)]
    assert payload not in segment_paths(tmp_path)[0].read_bytes()
    assert len(squeezed(payload)) < len(payload) // 10


def test_batches_that_lie_in_their_frames_as_they_are_are_read_beside_squeezed_ones(tmp_path: Path) -> None:
    payload = b'{"words":"again and again"}' * 100
    Log.open(tmp_path).close()
    tail, _, _ = open_tail(LocalDisk(), tmp_path, 0, None, segment_bytes=SEGMENT_BYTES, crash=no_crash)
    tail.write([payload])
    tail.sync()
    tail.close()
    with Log.open(tmp_path) as log:
        log.append(payload).result()
        assert log.batch(1) == log.batch(2) == payload
    assert list(read_log(tmp_path)) == [(1, payload), (2, payload)]


def test_what_squeezing_never_made_is_refused() -> None:
    with pytest.raises(zlib.error):
        unsqueezed(MARK + b"no zlib")
