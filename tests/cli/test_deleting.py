"""`mntui runs delete|prune`: what is shown, who is asked, and what is gone afterwards."""

import pytest

SIMPLE = "steps:\n  a: {set: {n: 1}}\n"
WAITS = 'steps:\n  a: {approve: "Go on?", show: {n: 1}}\n'


def names(shell):
    return [row["run"] for row in shell("runs", "--json").json]


def test_a_run_is_deleted_by_its_whole_name_with_its_folder(kept):
    first, second = kept.started(SIMPLE), kept.started(SIMPLE)
    assert kept("runs", "delete", first[:-1], "--yes").code == 3
    told = kept("runs", "delete", first, "--yes", "--json")
    assert (told.code, told.json["deleted"], told.json["runs"][0]["run"]) == (0, True, first)
    assert names(kept) == [second]
    assert [path.name for path in (kept.home / "runs").iterdir()] == [second]
    again = kept("show", first)
    assert again.code == 3
    assert "there is no run" in again.err


def test_what_has_not_ended_is_never_deleted(kept):
    waits = kept.started(WAITS)
    told = kept("runs", "delete", waits, "--yes")
    assert told.code == 3
    assert "hasn't ended" in told.err
    assert kept("runs", "prune", "--keep", "0", "--yes").out == "No run fits: nothing is deleted.\n"
    assert names(kept) == [waits]


def test_without_a_word_nothing_is_deleted(kept):
    run = kept.started(SIMPLE)
    refused = kept("runs", "delete", run, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "not_confirmed")
    shown = kept("runs", "delete", run, "--dry-run")
    assert (shown.code, run in shown.out) == (0, True)
    assert kept("runs", "prune").code == 2
    assert names(kept) == [run]


def test_pruning_takes_the_oldest_that_fit(kept):
    runs = [kept.started(SIMPLE) for _ in range(4)]
    waits = kept.started(WAITS)
    assert kept("runs", "prune", "--older-than", "1d", "--yes").out.startswith("No run fits")
    assert kept("runs", "prune", "--status", "failed", "--yes").out.startswith("No run fits")
    dry = kept("runs", "prune", "--keep", "1", "--dry-run", "--json").json
    assert (dry["deleted"], [each["run"] for each in dry["runs"]]) == (False, runs[:3])
    kept.setting.clock.pass_time(2 * 86_400)
    fresh = kept.started(SIMPLE)
    assert kept("runs", "prune", "--older-than", "1d", "--keep", "1", "--yes").code == 0
    assert set(names(kept)) == {runs[3], waits, fresh}
    assert "agree" in kept("db", "check").out


@pytest.mark.parametrize(
    "words",
    [
        ("prune", "--status", "running"),
        ("prune", "--status", "gone"),
        ("prune", "--older-than", "soon"),
        ("prune", "--keep", "-1"),
        ("delete",),
    ],
)
def test_wrong_words_delete_nothing(kept, words):
    run = kept.started(SIMPLE)
    assert kept("runs", *words, "--yes").code == 2
    assert kept("runs", "--home", "elsewhere", "delete", run, "--yes").code == 2
    assert names(kept) == [run]


def test_a_name_that_is_sql_is_only_a_name(kept):
    run = kept.started(SIMPLE)
    assert kept("runs", "delete", "x' OR '1'='1", "--yes").code == 3
    assert names(kept) == [run]


def test_in_a_terminal_the_word_is_typed(kept, typist):
    run = kept.started(SIMPLE)
    typist.start("runs", "delete", run)
    typist.expect("nothing brings them back")
    typist.expect("anything else leaves all: ")
    typist.type("yes\n")
    assert typist.end() == 1
    assert names(kept) == [run]
    typist.start("runs", "delete", run)
    typist.expect("anything else leaves all: ")
    typist.type("delete\n")
    assert typist.end() == 0
    assert names(kept) == []
