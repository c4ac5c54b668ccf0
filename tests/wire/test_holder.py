from pathlib import Path

import pytest

from mntui.wire.holder import Holder, note_of, read_holder

HOLDER = Holder(17, "0.1.0", 1_800_000_000_000_000, "/run/user/1/mntui/x/worker.sock")


def test_a_note_is_read_as_it_was_written(tmp_path: Path):
    (tmp_path / "lock").write_bytes(note_of(HOLDER))
    assert read_holder(tmp_path / "lock") == HOLDER


@pytest.mark.parametrize("cut", [0, 1, 20, -3])
def test_half_a_note_is_none(tmp_path: Path, cut: int):
    (tmp_path / "lock").write_bytes(note_of(HOLDER)[:cut])
    assert read_holder(tmp_path / "lock") is None


def test_a_missing_lock_file_has_no_note(tmp_path: Path):
    assert read_holder(tmp_path / "lock") is None
