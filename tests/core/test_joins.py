"""Joins: the literal table, and what its verdicts do to a run."""

import itertools
from typing import Any

import pytest
from bench import Bench, plan_of

from mntui.core.joins import TABLE, may_start, verdict
from mntui.core.run import Tally

HEAD = "tools: {read: {use: python.read, effect: none}}\n"
TWO = (
    HEAD
    + "steps:\n  a: {tool: read, on_failure: POLICY}\n  b: {tool: read}\n  c: {tool: read, needs: [a, b], join: JOIN}\n"
)
ENDINGS = ("succeeded", "failed", "skipped")


def step(join: str, needs: int = 2) -> Any:
    names = [f"n{i}" for i in range(needs)]
    steps = "".join(f"  {name}: {{tool: read}}\n" for name in names)
    text = f"{HEAD}steps:\n{steps}  c: {{tool: read, needs: [{', '.join(names)}], join: {join}}}\n"
    return plan_of(text).steps["c"]


EXPECTED = {
    # (succeeded, failed, skipped) of two needs → verdict by join
    "all_success": {(2, 0, 0): "start", (1, 1, 0): "fail", (1, 0, 1): "skip", (0, 1, 1): "fail", (0, 0, 2): "skip"},
    "all_done": {(2, 0, 0): "start", (1, 1, 0): "start", (0, 1, 1): "start", (0, 0, 2): "start", (0, 1, 0): "wait"},
    "none_failed": {(2, 0, 0): "start", (1, 0, 1): "start", (0, 0, 2): "start", (1, 1, 0): "fail", (0, 1, 0): "wait"},
    "one_failed": {(0, 1, 0): "start", (1, 1, 0): "start", (2, 0, 0): "skip", (0, 0, 2): "skip", (1, 0, 0): "wait"},
    "one_success": {(1, 0, 0): "start", (1, 1, 0): "start", (0, 2, 0): "fail", (0, 1, 1): "fail", (0, 0, 2): "skip"},
    "{quorum: 2}": {(2, 0, 0): "start", (1, 0, 0): "wait", (1, 1, 0): "fail", (1, 0, 1): "skip", (0, 2, 0): "fail"},
}


@pytest.mark.parametrize(("join", "counts"), [(j, c) for j, rows in EXPECTED.items() for c in rows])
def test_the_table_says_what_each_join_makes_of_its_needs(join: str, counts: tuple[int, int, int]) -> None:
    assert verdict(step(join), Tally(*counts)) == EXPECTED[join][counts]


def test_every_join_kind_has_its_row() -> None:
    assert set(TABLE) == {"all_success", "all_done", "none_failed", "one_failed", "one_success", "quorum"}


@pytest.mark.parametrize("join", list(EXPECTED))
def test_a_step_that_may_still_start_is_one_that_some_ending_of_its_needs_starts(join: str) -> None:
    plan_step = step(join, needs=3)
    for ended in range(4):
        for so_far in itertools.combinations_with_replacement(ENDINGS, ended):
            counts = Tally(*(so_far.count(e) for e in ENDINGS))
            rest = itertools.combinations_with_replacement(ENDINGS, 3 - ended)
            reachable = any(
                verdict(plan_step, Tally(*((so_far + more).count(e) for e in ENDINGS))) == "start" for more in rest
            )
            assert may_start(plan_step, counts) == reachable, (join, so_far)


@pytest.mark.parametrize("join", ["all_success", "all_done", "none_failed"])
@pytest.mark.parametrize("policy", ["skip", "continue"])
def test_the_order_of_parallel_outcomes_never_changes_the_end(join: str, policy: str) -> None:
    ends = set()
    for order in itertools.permutations(["a", "b"]):
        bench = Bench(TWO.replace("JOIN", join).replace("POLICY", policy))
        for name in order:
            if name == "a":
                bench.fails("a")
            else:
                bench.returns("b")
        if bench.status("c") == "running":
            bench.returns("c")
        ends.add(str((bench.statuses(), bench.status())))
        bench.check_replay()
    assert len(ends) == 1


def test_a_quorum_starts_early_and_gives_up_what_nothing_else_reads() -> None:
    bench = Bench(
        HEAD + "steps:\n  a: {tool: read}\n  b: {tool: read}\n  c: {tool: read}\n"
        "  d: {set: {n: 1}, needs: [a, b, c], join: {quorum: 2}}\n"
    )
    bench.returns("a")
    assert bench.status("d") == "pending"
    bench.returns("c")
    assert bench.statuses() == {"a": "succeeded", "b": "cancelled", "c": "succeeded", "d": "succeeded"}
    assert bench.status() == "succeeded"


def test_an_effect_in_flight_is_let_end_when_its_join_no_longer_needs_it() -> None:
    bench = Bench(
        "tools: {read: {use: python.read, effect: none}, pay: {use: python.pay, effect: keyed}}\n"
        "steps:\n  a: {tool: read}\n  b: {tool: pay}\n  d: {set: {n: 1}, needs: [a, b], join: one_success}\n"
    )
    bench.returns("a")
    assert (bench.status("b"), bench.status("d"), bench.status()) == ("cancelled", "succeeded", "running")
    bench.returns("b")
    assert bench.status() == "succeeded"
    assert bench.node("b").calls["0.1"].status == "succeeded"
    bench.check_replay()


def test_a_route_not_chosen_skips_and_none_failed_joins_the_branches() -> None:
    bench = Bench(
        HEAD + "inputs: {kind: {type: string, default: x}}\n"
        "steps:\n  pick: {route: inputs.kind, routes: {x: left, y: right}}\n  left: {set: {n: 1}}\n"
        "  right: {set: {n: 2}}\n  end: {set: {n: 3}, needs: [left, right], join: none_failed}\n",
        inputs={"kind": "y"},
    )
    assert bench.statuses() == {"end": "succeeded", "left": "skipped", "pick": "succeeded", "right": "succeeded"}
    assert bench.output("pick") == {"route": "y", "reason": "inputs.kind is y"}


def test_a_route_without_match_and_without_else_fails_the_router() -> None:
    bench = Bench(
        "inputs: {kind: {type: string, default: x}}\nsteps:\n  pick: {route: inputs.kind, routes: {x: left}}\n  left: {set: {n: 1}}\n",
        inputs={"kind": "z"},
    )
    assert bench.status() == "failed"
    assert bench.node("pick").problem is not None
    assert "no route is named 'z'" in bench.node("pick").problem.message


def test_a_false_if_skips_and_the_skip_goes_on_by_the_join() -> None:
    bench = Bench(
        "steps:\n  a: {set: {n: 1}, if: 1 == 2}\n  b: {set: {n: 2}, needs: [a]}\n  c: {set: {n: 3}, needs: [a], join: all_done}\n"
    )
    assert bench.statuses() == {"a": "skipped", "b": "skipped", "c": "succeeded"}
    assert bench.node("b").why == "a was skipped"
