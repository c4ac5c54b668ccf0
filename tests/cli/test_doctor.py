"""The doctor over real homes: before anything is there, beside a worker, and where a worker can't start."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mntui.journal.log import Log
from mntui.settings import Settings
from tests.homes import home_below

ROOT = Path(__file__).parents[2]
NOWHERE = "127.0.0.1:9"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with home_below(tmp_path) as settings:
        yield settings


def mntui(settings: Settings, *words: str) -> "subprocess.CompletedProcess[str]":
    others = {name: value for name, value in os.environ.items() if not name.startswith("MNTUI_")}
    environment = {**others, **settings.environment(), "PYTHONPATH": str(ROOT), "OLLAMA_HOST": NOWHERE}
    command = [sys.executable, "-m", "mntui", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def checks(settings: Settings) -> tuple[int, dict[str, Any]]:
    told = mntui(settings, "doctor", "--json")
    document = json.loads(told.stdout)
    assert document["healthy"] == (told.returncode == 0), told
    return told.returncode, {check["id"]: check for check in document["checks"]}


def journal_with(settings: Settings, batches: int) -> Path:
    log = Log.open(settings.journal)
    for number in range(batches):
        log.append(f"batch {number} {'x' * 200}".encode()).result()
    log.close()
    return next(settings.journal.glob("*.log"))


def test_a_fresh_home_is_healthy_and_nothing_is_started(settings):
    code, found = checks(settings)
    assert code == 0
    assert {check["status"] for name, check in found.items() if name != "ollama"} <= {"ok", "note"}
    assert "none runs" in found["worker"]["said"]
    assert "there is none yet" in found["journal"]["said"]
    assert not settings.worker_lock.exists()


def test_beside_a_worker_it_tells_of_it_and_disturbs_nothing(settings):
    assert mntui(settings, "worker", "start").returncode == 0
    code, found = checks(settings)
    assert code == 0
    assert "process " in found["worker"]["said"]
    assert found["journal"]["status"] == "ok", "of an index that has nothing to hold yet nothing is said"
    assert mntui(settings, "worker", "status").returncode == 0


def test_a_whole_log_without_a_worker_is_read_and_not_changed(settings):
    segment = journal_with(settings, 20)
    before = segment.read_bytes()
    code, found = checks(settings)
    assert (code, found["journal"]["status"]) == (0, "ok")
    assert "20 batches in 1 segment" in found["journal"]["said"]
    assert segment.read_bytes() == before


def test_damage_that_keeps_the_worker_from_starting_is_named(settings):
    segment = journal_with(settings, 20)
    data = bytearray(segment.read_bytes())
    data[data.index(b"batch 7 ") + 20] ^= 1
    segment.write_bytes(data)
    code, found = checks(settings)
    assert (code, found["journal"]["status"]) == (1, "problem")
    assert "batch 8." in found["journal"]["said"]
    assert found["journal"]["remedy"]
    assert segment.read_bytes() == data
    text = mntui(settings, "doctor").stdout
    assert "✗ problem   journal" in text


def test_a_worker_that_ended_badly_shows_the_end_of_its_log(settings):
    settings.worker_log.write_text("x INFO started\nTraceback (most recent call last):\nOops: no\n")
    _, found = checks(settings)
    assert found["worker"]["status"] == "note"
    assert "Oops: no" in found["worker"]["said"]


def test_settings_that_make_no_sense_are_a_line_like_any_other(settings):
    command = [sys.executable, "-m", "mntui", "doctor", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MNTUI_LOG_LEVEL": "LOUD", "OLLAMA_HOST": NOWHERE}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    found = {check["id"]: check for check in json.loads(told.stdout)["checks"]}
    assert (told.returncode, found["home"]["status"]) == (1, "problem")
    assert "python" in found
