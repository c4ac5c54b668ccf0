"""Findings: the nearest name, key paths as people write them, what is broken, and a bound on how many are kept."""

import pytest

from mntui.core.compiling.findings import MOST_FINDINGS, Findings, listing, nearest, path_text


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("stepz", ["steps", "tools"], "steps"),
        ("tt", ["to", "body"], "to"),
        ("Steps", ["steps"], "steps"),
        ("STEPS", ["steps"], "steps"),
        ("zebra", ["steps", "tools"], None),
        ("x", [], None),
        ("a" * 100_000, ["steps"], None),
    ],
)
def test_the_nearest_name_is_one_that_could_have_been_meant(name, known, near):
    assert nearest(name, known) == near


def test_key_paths_are_written_as_people_write_them():
    assert path_text(("agents", "writer", "tools", 2)) == "agents.writer.tools[2]"
    assert path_text(()) == "the blueprint"


def test_names_are_listed_up_to_a_bound():
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"]) == "a, b or c"
    assert listing([str(n) for n in range(50)], most=2) == "0, 1 … (50 in all)"


def test_a_place_is_broken_if_a_problem_lies_in_it():
    found = Findings()
    found.problem(("steps", "a", "with"), "key", "m", "r")
    found.warning(("steps", "b"), "order", "m", "r")
    assert found.broken(("steps", "a"))
    assert not found.broken(("steps", "b"))
    assert found.problems == 1


def test_what_is_beyond_the_bound_is_counted_and_is_still_a_problem():
    found = Findings()
    for _ in range(MOST_FINDINGS):
        found.warning((), "order", "m", "r")
    found.problem((), "key", "m", "r")
    found.warning((), "order", "m", "r")
    assert (found.all()[-1].severity, found.all()[-1].message) == ("problem", "2 further findings are not listed")
