"""A bundle of one home replays in another, in another process, to the same digest: nothing of the first home is needed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mntui.settings import Settings
from tests.homes import home_below

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with home_below(tmp_path) as settings:
        yield settings


def mntui(home: dict[str, str], cwd: Path, *words: str) -> Any:
    others = {name: value for name, value in os.environ.items() if not name.startswith("MNTUI_")}
    environment = {**others, **home, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mntui", *words, "--json"]
    told = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode in {0, 5}, told
    return json.loads(told.stdout)


def test_a_bundle_of_one_home_replays_in_another_to_the_same_digest(settings, tmp_path):
    here = settings.environment()
    run = mntui(here, tmp_path, "run", "asks", "--no-wait")["run"]
    (ask,) = mntui(here, tmp_path, "approvals")
    mntui(here, tmp_path, "approve", ask["id"], "--digest", ask["digest"])
    first = mntui(here, tmp_path, "replay", run)
    told = mntui(here, tmp_path, "export", run, "--to", "bundle")
    mntui(here, tmp_path, "worker", "stop")

    elsewhere = Path(tempfile.mkdtemp(prefix="mntui-elsewhere-"))
    try:
        shutil.move(told["file"], elsewhere / "it.bundle")
        shutil.rmtree(settings.home)
        other = {"MNTUI_HOME": str(elsewhere / "home"), "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
        replayed = mntui(other, elsewhere, "replay", "it.bundle")
        assert not (elsewhere / "home").exists(), "a replay needs no home and makes none"
    finally:
        shutil.rmtree(elsewhere)
    assert (replayed["same"], replayed["run"]) == (True, run)
    assert replayed["state_digest"] == replayed["recorded_digest"] == first["state_digest"]
    assert replayed["facts"] == first["facts"]
