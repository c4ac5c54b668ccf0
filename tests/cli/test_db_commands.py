"""`mntui db`: check, backup, rebuild and prune, with a worker and where none can start."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mntui.journal.log import Log, read_log
from mntui.journal.remembered import INDEX_FILE, LogJournal
from mntui.journal.segments import segment_paths
from mntui.settings import Settings
from tests.homes import home_below

ROOT = Path(__file__).parents[2]
SIMPLE = "steps:\n  a: {set: {n: 1}}\n"


def test_a_sound_journal_is_told_so(kept):
    kept.started(SIMPLE)
    told = kept("db", "check")
    assert told.code == 0
    assert "agree" in told.out
    assert kept("db", "check", "--json").json["sound"] is True


def test_a_backup_put_back_in_another_home_holds_the_runs(kept):
    run = kept.started(SIMPLE)
    told = kept("db", "backup", "copy")
    assert told.code == 0
    assert "batches" in told.out
    journal = LogJournal(kept.folder / "copy")
    assert list(journal.names()) == [run]
    journal.close()
    again = kept("db", "backup", "copy")
    assert again.code == 3
    assert "isn't empty" in again.err


def test_a_rebuild_is_waited_for(kept):
    kept.started(SIMPLE)
    told = kept("db", "rebuild")
    assert (told.code, told.out) == (0, "The index is built.\n")
    assert kept("db", "check").code == 0
    assert kept("db", "rebuild", "--accept-loss").out == "The journal opens: nothing of it is lost.\n"


def test_pruning_says_what_is_free_again_and_takes_no_run(kept):
    run = kept.started(SIMPLE)
    told = kept("db", "prune", "--json")
    assert (told.code, told.json["sound"]) == (0, True)
    assert "free again" in told.json["sentences"][0]
    assert [row["run"] for row in kept("runs", "--json").json] == [run]


# Where no worker can start


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with home_below(tmp_path) as settings:
        yield settings


def mntui(settings: Settings, *words: str) -> "subprocess.CompletedProcess[str]":
    others = {name: value for name, value in os.environ.items() if not name.startswith("MNTUI_")}
    environment = {**others, **settings.environment(), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mntui", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def damaged(settings: Settings) -> Settings:
    """A home whose log is damaged, without an index that could put anything back."""
    run = json.loads(mntui(settings, "run", "asks", "--no-wait", "--json").stdout)["run"]
    mntui(settings, "worker", "stop")
    with Log.open(settings.journal) as log:
        log.append(json.dumps({"facts": [], "payloads": {"a" * 64: run}}).encode()).result()
        log.append(json.dumps({"facts": [], "payloads": {"b" * 64: run}}).encode()).result()
        last = log.last
    (settings.journal / INDEX_FILE).unlink()
    (segment,) = segment_paths(settings.journal)
    data = segment.read_bytes()
    at = data.index(dict(read_log(settings.journal))[last - 1])
    segment.write_bytes(data[: at + 30] + b"?" + data[at + 31 :])
    return settings


def test_a_journal_that_no_worker_can_open_is_checked_and_opened_again_without_what_is_lost(damaged):
    assert mntui(damaged, "runs").returncode == 4
    checked = mntui(damaged, "db", "check")
    assert checked.returncode == 1
    assert "is damaged at byte" in checked.stdout
    assert "mntui db rebuild --accept-loss" in checked.stdout
    assert mntui(damaged, "db", "rebuild").returncode == 1
    accepted = mntui(damaged, "db", "rebuild", "--accept-loss", "--json")
    assert accepted.returncode == 0, accepted
    assert "counts as lost now" in json.loads(accepted.stdout)["sentences"][0]
    listed = mntui(damaged, "runs", "--json")
    assert listed.returncode == 0
    assert len(json.loads(listed.stdout)) == 1


def test_a_journal_that_somebody_else_holds_is_left_alone(settings):
    with Log.open(settings.journal):
        told = mntui(settings, "db", "check", "--json")
    assert told.returncode == 3
    assert "is held by" in json.loads(told.stdout)["error"]["message"]
