import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mntui.crash import CrashPoints, no_crash, recorded_counts


def run_points(points: str) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys\n"
        "from mntui.crash import CrashPoints\n"
        "crash = CrashPoints.parse(sys.argv[1])\n"
        "for n in range(5):\n"
        "    crash('a')\n"
        "    print(n, flush=True)\n"
        "    crash('log.sync')\n"
    )
    return subprocess.run([sys.executable, "-c", script, points], capture_output=True, text=True, check=False)


def test_a_process_dies_by_sigkill_exactly_at_the_named_hit():
    ended = run_points("a:9, log.sync:3")
    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout.split() == ["0", "1", "2"]


def test_without_a_number_the_first_hit_is_meant():
    ended = run_points("a")
    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout == ""


def test_recording_counts_the_hits_of_every_point(tmp_path: Path):
    crash = CrashPoints.recording(tmp_path / "hits")
    for point in ("a", "b", "a"):
        crash(point)
    assert recorded_counts(tmp_path / "hits") == {"a": 2, "b": 1}


def test_two_recording_objects_share_a_file(tmp_path: Path):
    for _ in range(2):
        CrashPoints.recording(tmp_path / "hits")("a")
    assert recorded_counts(tmp_path / "hits") == {"a": 2}


def test_other_points_and_no_points_let_the_process_live():
    CrashPoints.parse("a:2")("a")
    CrashPoints.parse("")("a")
    no_crash("a")


@pytest.mark.parametrize("text", ["a:0", "a:x", ":3", "a:", "a:-1"])
def test_a_malformed_point_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match=r"log\.before_sync:3"):
        CrashPoints.parse(text)
