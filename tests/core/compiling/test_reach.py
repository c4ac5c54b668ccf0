"""What can never start: joins that nothing meets, routes that exclude each other, conditions that are never true."""

import pytest

from mntui.core.compiling.compile import compile_blueprint

SET = {"set": {"x": 1}}
PICK = {"route": "inputs.kind", "routes": {"l": "left", "r": "right"}}
BRANCHES = {"pick": PICK, "left": SET, "right": SET}
NEVER = {**SET, "if": "false"}


def codes(steps):
    document = {"blueprint": "b", "inputs": {"kind": {"type": "string"}, "n": {"type": "list"}}, "steps": steps}
    return [(finding.code, finding.where[-2:]) for finding in compile_blueprint(document, {}, {})[1]]


def after(*needs, **keys):
    return {**SET, "needs": list(needs), **keys}


@pytest.mark.parametrize(
    "steps",
    [
        {**BRANCHES, "s": after("left", "right", join="none_failed")},
        {**BRANCHES, "s": after("left", "right", join="all_done")},
        {**BRANCHES, "s": after("left", "right", join="one_success")},
        {**BRANCHES, "s": after("left", "right", join={"quorum": 1})},
        {**BRANCHES, "s": after("left")},
        {"pick": {"route": "inputs.kind", "routes": {"l": ["left", "right"], "r": "right"}}, "left": SET, "right": SET}
        | {"s": after("left", "right")},
        {
            "pick": {"route": "inputs.kind", "routes": {"l": "left"}, "else": ["left", "right"]},
            "left": SET,
            "right": SET,
        }
        | {"s": after("left", "right")},
        {"a": SET, "s": after("a", join="one_failed")},
        {"a": NEVER | {"if": "1 == 2"}, "s": after("a")},
    ],
)
def test_what_may_start_is_left_alone(steps):
    assert codes(steps) == []


@pytest.mark.parametrize(
    ("steps", "code", "where"),
    [
        ({**BRANCHES, "s": after("left", "right")}, "join", ("steps", "s")),
        ({**BRANCHES, "s": {"set": {"y": "{{ left.x }}{{ right.x }}"}}}, "join", ("steps", "s")),
        (
            {**BRANCHES, "l2": after("left"), "r2": after("right"), "s": after("l2", "r2")},
            "join",
            ("steps", "s"),
        ),
        ({**BRANCHES, "s": after("left", "right", join={"quorum": 2})}, "join", ("s", "join")),
        ({"a": SET, "s": after("a", join={"quorum": 2})}, "join", ("s", "join")),
        ({"s": {**SET, "join": "one_success"}}, "join", ("s", "join")),
        ({"s": {**SET, "join": "one_failed"}}, "join", ("s", "join")),
        ({"a": {**SET, "on_failure": "skip"}, "s": after("a", join="one_failed")}, "join", ("s", "join")),
        ({"a": NEVER}, "unreachable", ("a", "if")),
        ({"a": {**SET, "if": False}}, "unreachable", ("a", "if")),
        (
            {"one": PICK | {"routes": {"l": "two", "r": "s"}}, "two": PICK | {"routes": {"l": "s"}}, "s": SET},
            "join",
            None,
        ),
    ],
)
def test_what_can_never_start_is_a_problem(steps, code, where):
    told = codes(steps)
    assert [entry[0] for entry in told] == [code]
    assert where is None or told[0][1] == where


def test_a_step_of_two_routers_may_start_by_either_if_its_join_says_so():
    steps = {
        "one": PICK | {"routes": {"l": "two", "r": "s"}},
        "two": PICK | {"routes": {"l": "s"}},
        "s": {**SET, "join": "one_success"},
    }
    assert codes(steps) == []


def test_only_the_cause_is_told_and_not_what_follows_from_it():
    steps = {"a": NEVER, "b": after("a"), "c": after("b")}
    assert codes(steps) == [("unreachable", ("a", "if"))]


@pytest.mark.parametrize(
    "steps",
    [
        {"a": NEVER, "ok": {"approve": "Go?", "needs": "a"}},
        {"a": NEVER, "b": after("a"), "ok": {"approve": "Go?", "show": {"x": "{{ b.x }}"}}},
        {"a": {"for_each": "{{ inputs.n }}", "if": "false", "steps": {"ok": {"approve": "Go?"}}}},
    ],
)
def test_an_approval_that_is_never_asked_is_told_even_where_it_only_follows(steps):
    assert sorted(code for code, _ in codes(steps)) == ["approval", "unreachable"]


def test_an_approval_after_exclusive_routes_is_told_once():
    steps = {**BRANCHES, "ok": {"approve": "Go?", "needs": ["left", "right"]}}
    assert codes(steps) == [("approval", ("steps", "ok"))]
