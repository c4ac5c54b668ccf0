"""What an inner step of all items adds up to."""

import pytest
from bench import Bench

from mntui.ui.drawing.states import NOTHING, inside, state_of
from tests.ui.drawing.plans import READ, reminding

TWO = (
    READ
    + "steps: {e: {for_each: '{{ [1, 2] }}', on_failure: continue, steps: {r: {tool: read}, s: {tool: read, needs: [r]}}}}"
)


def summed(bench, path):
    return state_of(bench.run, path, inside(bench.run), counted=True)


def test_it_runs_while_one_runs():
    bench = Bench(TWO)
    bench.returns("e[0]/r")
    assert summed(bench, "e/r")[:3] == ("running", 1, 2)


def test_it_is_pending_while_only_some_have_ended():
    bench = Bench(TWO)
    bench.returns("e[0]/r")
    bench.returns("e[0]/s")
    assert summed(bench, "e/s")[:3] == ("pending", 1, 2)


def test_it_has_failed_where_one_failed_and_all_ended():
    bench = Bench(TWO)
    bench.fails("e[0]/r")
    bench.returns("e[1]/r")
    state = summed(bench, "e/r")
    assert (state.status, state.done, state.failed) == ("failed", 2, 1)


def test_it_waits_where_one_waits_for_a_person():
    assert summed(reminding(), "reminders/check").status == "waiting"


@pytest.mark.parametrize("path", ["e/r", "nowhere"])
def test_it_is_pending_before_there_are_items(path):
    bench = Bench(READ + "steps: {a: {tool: read}, e: {for_each: '{{ a.v }}', steps: {r: {tool: read}}}}")
    assert state_of(bench.run, path, NOTHING, counted=True).status == "pending"


def test_every_scope_around_an_ask_knows_of_it():
    assert inside(reminding().run).asks == {"": 1, "reminders": 1, "reminders[0]": 1}
