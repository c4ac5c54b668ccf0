"""What a shell is told to complete: commands, runs, blueprints; quickly, and without a worker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def completed(home: Path, words: str, **environment: str) -> list[str]:
    """What bash gets for what was typed so far; a space at the end means that a new word begins."""
    asked = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MNTUI_")},
        "PYTHONPATH": str(ROOT),
        "MNTUI_HOME": str(home),
        "_MNTUI_COMPLETE": "complete_bash",
        "COMP_WORDS": f"mntui {words}",
        "COMP_CWORD": str(len(f"mntui {words}.".split()) - 1),
        **environment,
    }
    command = [sys.executable, "-m", "mntui"]
    told = subprocess.run(command, env=asked, cwd=home, capture_output=True, text=True, timeout=60, check=False)
    assert told.stderr == ""
    return told.stdout.split()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("invoice-7f3k", "invoice-abcd", "tickets-2x2x"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    blueprint = tmp_path / "blueprints" / "mine"
    blueprint.mkdir(parents=True)
    (blueprint / "blueprint.yaml").write_text("blueprint: mine\n")
    return tmp_path


def test_commands_are_completed(home):
    assert completed(home, "blueprint ch") == ["check"]
    assert {"export", "replay", "config", "doctor"} <= set(completed(home, ""))


def test_runs_are_completed_by_their_folders(home):
    assert completed(home, "show inv") == ["invoice-7f3k", "invoice-abcd"]
    assert completed(home, "export t") == ["tickets-2x2x"]
    assert not (home / "worker.lock").exists()


def test_a_home_on_the_line_is_the_one_that_is_meant(home, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    assert completed(other, f"show --home {home} tic") == ["tickets-2x2x"]


def test_blueprints_are_completed(home):
    assert completed(home, "run mi") == ["mine"]
    assert "invoice-reconcile" in completed(home, "blueprint check inv")


def test_where_nothing_can_be_known_nothing_is_completed(home):
    assert completed(home / "blueprints", "show inv") == []
    assert completed(home, "show inv", MNTUI_LOG_LEVEL="LOUD") == []
