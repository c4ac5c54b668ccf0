"""SIGKILL, for real: the worker's process at every point of its way, its tool hosts around every call.

Small by default: every third point of the blueprint with all four effect classes is drawn, and some of the main job's.
`MNTUI_SWEEP=full` kills at every hit of every point of both (about 20 minutes on two cores).
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from drill import (
    CLASSES_CASE,
    INVOICE_CASE,
    Case,
    Ended,
    check_journal,
    drive,
    model_attempts,
    world_of_classes,
    world_of_invoices,
)
from sizes import FULL

from mntui.core.events import ToolCallStarted
from mntui.crash import recorded_counts

World = Callable[[Path, Ended], Mapping[str, Any]]

CASES: Mapping[str, tuple[Case, World]] = {
    "classes": (CLASSES_CASE, world_of_classes),
    "invoices": (INVOICE_CASE, world_of_invoices),
}
POINTS = {
    # How often each point comes up at the least in a quiet run; the full sweep records the true number first.
    "classes": {
        "turn.before_commit": 12,
        "turn.after_commit": 12,
        "call.before": 9,
        "call.after": 9,
        "tool.before_send": 9,
        "tool.after_send": 9,
        "tool.after_reply": 9,
        "log.before_sync": 12,
        "log.after_write": 12,
    },
    "invoices": {"turn.before_commit": 6, "turn.after_commit": 6, "call.after": 12, "tool.after_send": 6},
}
HOST_POINTS = ("before_call", "after_call")
STEP = {"classes": 4, "invoices": 5}


def drawn(name: str) -> list[str]:
    hits = [f"{point}:{n}" for point, times in POINTS[name].items() for n in range(1, times + 1)]
    return hits[:: STEP[name]]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """What each case comes to when nobody is killed."""
    worlds = {}
    for name, (case, world) in CASES.items():
        home = tmp_path_factory.mktemp(f"q{name[0]}")
        ended = asyncio.run(drive(home, case))
        check_journal(ended)
        worlds[name] = world(home, ended)
        assert worlds[name]["status"] == "succeeded"
    return worlds


async def killed(name: str, home: Path, quiet: Mapping[str, Any], crashes: tuple[str, ...], host: str = "") -> Ended:
    case, world = CASES[name]
    ended = await drive(home, case, crashes, host)
    check_journal(ended)
    assert world(home, ended) == quiet[name]
    if name == "classes":
        check_model_calls(home, ended)
    return ended


def check_model_calls(home: Path, ended: Ended) -> None:
    """The model was really called as often as the journal says at the most, and never again once it had answered."""
    calls = (home / "model_calls.txt").read_text().splitlines()
    assert len(calls) <= model_attempts(ended.facts)


@pytest.mark.skipif(FULL, reason="the full sweep covers these")
@pytest.mark.parametrize(("name", "crash_at"), [(n, c) for n in CASES for c in drawn(n)])
async def test_killed_at_a_point_the_run_ends_the_same(name: str, crash_at: str, tmp_path: Path, quiet: Any) -> None:
    await killed(name, tmp_path, quiet, (crash_at,))


@pytest.mark.parametrize("host_crash", [f"{point}:{n}" for point in HOST_POINTS for n in (1, 2, 4)])
async def test_a_tool_host_killed_around_a_call_ends_the_same(host_crash: str, tmp_path: Path, quiet: Any) -> None:
    ended = await killed("classes", tmp_path, quiet, (), host_crash)
    assert ended.lives == 1


@pytest.mark.parametrize("seed", range(3))
async def test_three_crashes_during_recovery_end_the_same(seed: int, tmp_path: Path, quiet: Any) -> None:
    crashes = (f"call.after:{2 + 3 * seed}", "worker.adopting:1", "turn.after_commit:1", "turn.before_commit:1")
    ended = await killed("classes", tmp_path, quiet, crashes)
    assert ended.lives == 5


MORE_POINTS = (
    "log.open",
    "log.rollover",
    "log.seal",
    "log.before_write",
    "log.after_sync",
    "log.after_watermark",
    "index.before_commit",
    "index.after_commit",
    "index.checkpoint",
    "index.replace",
    "worker.adopting",
)
EVERY_POINT = sorted([*POINTS["classes"], *MORE_POINTS])


@pytest.mark.skipif(not FULL, reason="MNTUI_SWEEP=full")
@pytest.mark.parametrize(("name", "point"), [(name, point) for name in CASES for point in EVERY_POINT])
@pytest.mark.timeout(3600)
async def test_killed_at_every_hit_of_a_point(name: str, point: str, tmp_path: Path, quiet: Any) -> None:
    case, _ = CASES[name]
    recording = tmp_path / "record"
    recording.mkdir()
    await drive(recording, case, (f"record={recording}/points",))
    counts = recorded_counts(recording / "points")
    assert set(counts) <= set(EVERY_POINT), "a new crash point is missing from the sweep"
    for hit in range(1, counts[point] + 1):
        home = tmp_path / str(hit)
        home.mkdir()
        await killed(name, home, quiet, (f"{point}:{hit}",))


async def test_an_effect_in_doubt_is_never_silent(tmp_path: Path) -> None:
    """Killed between the unsafe call and its outcome: the second worker asks, and nothing is sent twice."""
    ended = await drive(tmp_path, CLASSES_CASE, host_crash_at="", crashes=("tool.after_send:6",))
    sends = [f.event for f in ended.facts if isinstance(f.event, ToolCallStarted) and f.event.tool == "send"]
    doubts = [f.event for f in ended.facts if type(f.event).__name__ == "EffectInDoubt"]
    assert (tmp_path / "world" / "sent.txt").read_text().splitlines() == ["hello"]
    assert len(sends) - 1 <= len(doubts)
