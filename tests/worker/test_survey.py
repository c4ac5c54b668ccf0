"""A log is read and told of, without a byte being changed."""

import json
from pathlib import Path
from random import Random

import pytest

from mntui.journal.log import Log
from mntui.worker.survey import main


def surveyed(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert main([str(folder)]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def written(folder: Path, batches: int) -> Path:
    log = Log.open(folder)
    for number in range(batches):
        # What can't be squeezed lies in its frame as it is.
        log.append(f"batch {number} ".encode() + Random(number).randbytes(300)).result()
    log.close()
    return next(folder.glob("*.log"))


def test_a_folder_without_a_log_has_nothing_in_it(tmp_path, capsys):
    assert surveyed(tmp_path, capsys) == {"segments": 0, "batches": 0, "torn": [], "damage": []}
    assert [*tmp_path.iterdir()] == []


def test_whole_torn_and_damaged_are_told_apart(tmp_path, capsys):
    segment = written(tmp_path, 5)
    assert surveyed(tmp_path, capsys) == {"segments": 1, "batches": 5, "torn": [], "damage": []}
    data = segment.read_bytes()
    place = data.index(b"batch 2 ") + 10
    segment.write_bytes(data[:place] + b"!" + data[place + 1 :])
    seen = surveyed(tmp_path, capsys)
    assert "batch 3." in str(seen["damage"])
    end = data.rindex(b"batch 4 ") + 310
    segment.write_bytes(data[:end] + b"junk" * 20)
    assert surveyed(tmp_path, capsys)["torn"]
