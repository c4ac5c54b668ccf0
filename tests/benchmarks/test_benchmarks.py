"""The benchmarks measure what they say, at their smallest size. Nothing here judges how long anything took."""

import asyncio
import json
from pathlib import Path

import pytest

from benchmarks import drawing, flood, history, processes, queries, steps, table, terminal
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.figures import Aim, Figure, Limit, Spread, figure_of, median_limit, spread_of
from benchmarks.homes import home_in
from benchmarks.limits import disk_limit
from benchmarks.sizes import SIZES
from mntui.core.evolve import evolve
from mntui.core.run import new_run
from mntui.journal.remembered import LogJournal

TINY = SIZES["tiny"]


def named(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def test_the_median_and_the_99th_percentile_are_of_what_was_measured() -> None:
    assert spread_of([0.002] * 99 + [1.0]) == Spread(2.0, 1000.0, 100)
    assert spread_of([0.001, 0.003, 0.002]) == Spread(2.0, 3.0, 3)
    with pytest.raises(ValueError, match="nothing was measured"):
        spread_of([])


def test_several_measurements_of_a_limit_become_their_median() -> None:
    limits = [Limit("disk", value, "/s", Spread(value, 2 * value, 10)) for value in (1.0, 9.0, 3.0)]
    assert median_limit(limits) == Limit("disk", 3.0, "/s", Spread(3.0, 6.0, 30))


@pytest.mark.parametrize(
    ("value", "aim", "syncs", "verdict"),
    [
        (1_500, Aim(1_500, most=False, disk=True), 3_500, "pass"),
        (1_499, Aim(1_500, most=False, disk=True), 3_500, "short"),
        (750, Aim(1_500, most=False, disk=True), 1_750, "pass, by this disk"),
        (749, Aim(1_500, most=False, disk=True), 1_750, "short"),
        (1_499, Aim(1_500, most=False, disk=True), 35_000, "short"),
        (2.9, Aim(3.0), 100, "pass"),
        (3.1, Aim(3.0), 100, "short"),
        (None, Aim(3.0), 100, ""),
    ],
)
def test_an_aim_for_a_disk_shrinks_with_the_disk_and_never_grows(
    value: float, aim: Aim, syncs: float, verdict: str
) -> None:
    assert Figure("steps", value, "/s", aim, limit=Limit("disk", syncs, "/s")).verdict == verdict


def test_a_figure_comes_back_from_json_as_it_was() -> None:
    spread = Spread(1.0, 2.0, 3)
    figure = Figure("steps", 5.0, "/s", Aim(1.0, most=False, disk=True), spread, Limit("disk", 1.0, "/s", spread), "so")
    assert figure_of(json.loads(json.dumps(figure.plain()))) == figure
    assert figure_of(json.loads(json.dumps(Figure("none", None, "s").plain()))) == Figure("none", None, "s")


def test_the_disk_does_some_syncs_and_leaves_no_file(tmp_path: Path) -> None:
    limit = disk_limit(tmp_path, 5)
    assert limit.value > 0
    assert limit.spread is not None
    assert limit.spread.count == 5
    assert not list(tmp_path.iterdir())


def test_steps_of_one_run_are_counted_in_each_of_three_ways(tmp_path: Path) -> None:
    figures = steps.one_run(TINY, tmp_path)
    assert len(figures) == 3
    assert all(figure.value for figure in figures)
    assert all(figure.limit is not None for figure in figures)
    assert not list(tmp_path.iterdir())


def test_many_runs_end_with_their_start_and_without(tmp_path: Path) -> None:
    assert all(figure.value for figure in steps.many_runs(TINY, tmp_path))


def test_a_fan_out_is_timed_from_before_to_behind(tmp_path: Path) -> None:
    (figure,) = steps.fan_out(TINY, tmp_path)
    assert figure.value is not None
    assert 0 < figure.value < 60


def test_the_bytes_of_a_step_hold_its_payload(tmp_path: Path) -> None:
    found = named(steps.growth(TINY, tmp_path))
    size = found["log of a 10-step run, a step"].value
    assert size is not None
    assert 2_048 < size < 20_000


def test_an_approval_is_followed_to_the_call_behind_it(tmp_path: Path) -> None:
    (figure,) = processes.approval(TINY, tmp_path)
    assert figure.spread is not None
    assert figure.spread.count == TINY.approvals


def test_a_killed_worker_is_followed_by_one_that_goes_on(tmp_path: Path) -> None:
    begun, done = processes.recovery(TINY, tmp_path)
    assert begun.value is not None
    assert done.value is not None
    assert 0 < begun.value <= done.value


def test_commits_are_timed_beside_a_slow_question_and_beside_none(tmp_path: Path) -> None:
    alone, beside = queries.questions(TINY, tmp_path)
    assert alone.spread is not None
    assert beside.spread is not None
    assert alone.spread.count == beside.spread.count == TINY.rounds * TINY.syncs
    assert beside.aim is not None
    assert "the SELECT takes" in beside.note


def test_the_help_imports_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    found = named(processes.help_text(TINY, tmp_path))
    assert found["mntui --help imports litellm, duckdb, textual"].value == 0


async def test_a_written_history_is_read_back_run_by_run(tmp_path: Path) -> None:
    with home_in(tmp_path) as settings:
        facts = await history.write_history(settings, 7)
        journal = LogJournal(settings.journal)
        try:
            runs = journal.run_ids()
            assert len(runs) == 7
            assert sum(len(journal.facts(run)) for run in runs) == facts
        finally:
            await asyncio.to_thread(journal.close)


def test_the_table_names_the_machine_and_every_figure(tmp_path: Path) -> None:
    assert main(["--size", "tiny", "--only", "limits", "--folder", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "tiny.md").read_text()
    plain = json.loads((tmp_path / "out" / "tiny.json").read_text())
    assert "Python 3." in text
    assert all(f"| {figure['name']} |" in text for figure in plain["figures"])
    assert plain["machine"]["cores"] >= 1


def test_a_verdict_stands_in_the_row_of_its_figure() -> None:
    about = table.Machine("Linux", "a processor", 2, 8.0, "ext4 on /dev/x", 0.0, 0.0, "3.11", ("mntui 1",))
    text = table.markdown("small", about, [Figure("steps", 2.0, "s", Aim(3.0), note="why")])
    assert "| steps<br>*why* | 2.00 s | ≤ 3.00 |  |  | pass |" in text


def test_every_fact_of_a_flood_can_follow_and_changes_one_step() -> None:
    plan = drawing.plan_of(flood.STEPS, 1)
    run, changed = new_run("flood", plan), 0
    for fact in flood.facts(plan, 500):
        before, run = run, evolve(run, fact)
        changed += before.nodes != run.nodes
    assert run.seq == 501
    assert changed >= 500
    assert not run.ended


def test_the_app_is_timed_in_a_terminal(tmp_path: Path) -> None:
    figures = asyncio.run(terminal.with_a_past(TINY, tmp_path))
    assert all(figure.value is not None and figure.value >= 0 for figure in figures)
    assert len(figures) == 5


def test_the_pictures_are_timed_at_60_and_at_200_steps(tmp_path: Path) -> None:
    figures = drawing.pictures(TINY, tmp_path)
    assert all(figure.value for figure in figures)
    assert {"60 steps", "200 steps"} <= {part for figure in figures for part in figure.name.split(", ")}


def test_every_benchmark_has_a_name_of_its_own() -> None:
    assert len(set(BENCHMARKS.values())) == len(BENCHMARKS)
