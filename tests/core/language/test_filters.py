"""Filters and tests, one table of what they give and one of what they refuse."""

import contextlib
import json

import pytest

from mntui.core.language.evaluation import program, run_program
from mntui.core.language.filters import FILTERS, PRESENCE, TESTS
from mntui.core.language.operations import ExpressionFailure

ROWS = [{"n": 2, "t": "b", "d": {"x": 1}}, {"n": 1, "t": "a", "note": "hi"}, {"n": 3, "t": "b", "note": None}]
SCOPE = {"rows": ROWS, "m": {"b": 1, "a": 2}}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("-2 | abs", 2),
        ("'aB c' | capitalize", "Ab c"),
        ("[1, 2] | first", 1),
        ("'abc' | last", "c"),
        ("'1.5' | float", 1.5),
        ("2 | float", 2.0),
        ("'x' | float(none)", None),
        ("' 12 ' | int", 12),
        ("'3.9' | int", 3),
        ("-3.9 | int", -3),
        ("'x' | int(0)", 0),
        ("true | int(0)", 0),
        ("m | items", [["b", 1], ["a", 2]]),
        ("m | keys", ["b", "a"]),
        ("m | values", [1, 2]),
        ("['a', 1, true] | join(', ')", "a, 1, true"),
        ("rows | join('-', attribute='t')", "b-a-b"),
        ("{'ö': none} | json", '{"ö": null}'),
        ("'<b>&' | json", '"<b>&"'),
        ("[1] | json(indent=1)", "[\n 1\n]"),
        ("[m | length, 'äö' | length, [] | length]", [2, 2, 0]),
        ("['ab' | list, m | list, [1] | list]", [["a", "b"], ["b", "a"], [1]]),
        ("'ÄB' | lower ~ 'ß' | upper", "äbSS"),
        ("rows | map(attribute='n') | list", [2, 1, 3]),
        ("rows | map(attribute='d.x', default=0)", [1, 0, 0]),
        ("[[1, 2], [3]] | map(attribute='0')", [1, 3]),
        ("[3, 1.5, 2] | min", 1.5),
        ("['b', 'a'] | max", "b"),
        ("(rows | max(attribute='n')).n", 3),
        ("[1, 2, 3] | reject('even')", [1, 3]),
        ("[1, 'a', none] | select('string')", ["a"]),
        ("[0, 1, ''] | select", [1]),
        ("rows | selectattr('t', 'eq', 'b') | map(attribute='n')", [2, 3]),
        ("rows | rejectattr('t', 'in', ['b']) | map(attribute='n')", [1]),
        ("rows | selectattr('note', 'defined') | map(attribute='n')", [1, 3]),
        ("rows | selectattr('note', 'undefined') | map(attribute='n')", [2]),
        ("rows | selectattr('n', 'gt', 1) | list | length", 2),
        ("'a.b.c' | replace('.', '-')", "a-b-c"),
        ("'a.b.c' | replace('.', '-', 1)", "a-b.c"),
        ("['abc' | reverse, [1, 2] | reverse]", ["cba", [2, 1]]),
        ("[2.5 | round, 2.345 | round(2), 7 | round, 125 | round(-1)]", [2.0, 2.35, 7, 120]),
        ("[2.1 | round(0, 'ceil'), 2.9 | round(method='floor')]", [3.0, 2.0]),
        ("rows | sort(attribute='n') | map(attribute='n')", [1, 2, 3]),
        ("['b', 'a', 'C'] | sort", ["C", "a", "b"]),
        ("[1, 3, 2] | sort(reverse=true)", [3, 2, 1]),
        ("'a,b' | split(',')", ["a", "b"]),
        ("' a  b ' | split", ["a", "b"]),
        ("[[1] | string, 'x' | string]", ["[1]", "x"]),
        ("[[1, 2.5] | sum, [] | sum, rows | sum(attribute='n'), [1] | sum(start=2)]", [3.5, 0, 6, 3]),
        ('"it\'s a-test" | title', "It's A-Test"),
        ("[' x ' | trim, 'xax' | trim('x')]", ["x", "a"]),
        ("'hello big world' | truncate(11)", "hello..."),
        ("'hello big world' | truncate(12, true)", "hello big..."),
        ("'hello' | truncate(5)", "hello"),
        ("'hello' | truncate(4, end='')", "hell"),
        ("[1, 1.0, '1', true, 'A', 'a', [1], [1]] | unique", [1, "1", True, "A", "a", [1]]),
        ("rows | unique(attribute='t') | map(attribute='n')", [2, 1]),
    ],
)
def test_a_filter_gives_its_value(source, value):
    result = run_program(program(source), SCOPE)
    assert result == value
    assert [type(entry) for entry in result] == [type(entry) for entry in value] if isinstance(value, list) else True


@pytest.mark.parametrize(
    "source",
    [
        "'x' | abs",
        "1 | upper",
        "none | lower",
        "5 | length",
        "none | length",
        "5 | first",
        "'x' | int",
        "'' | int",
        "'1_0' | int",
        "'nan' | float",
        "'1e999' | float",
        "none | int",
        "true | int",
        "'1e300' | int",
        "[none] | join",
        "'abc' | join",
        "1 | keys",
        "rows | map(attribute='zz')",
        "rows | selectattr('note')",
        "rows | sum(attribute='t')",
        "[true] | sum",
        "[1, 'a'] | sort",
        "[none] | min",
        "rows | sort",
        "rows | sort(attribute='note')",
        "'a' | replace('', 'b')",
        "'a' | split('')",
        "'a' | replace('a', 1)",
        "1.5 | round(99)",
        "1.5 | round(0, 'up')",
        "'a' | truncate(0)",
        "[1] | json(99)",
        "none | string",
        "1 | reverse",
        "1 | list",
        "1 | unique",
        "[] | first",
        "[] | max",
        "rows | map(attribute=1)",
        "9007199254740991 | round(-15, 'ceil')",
    ],
)
def test_a_filter_refuses_what_it_would_have_to_guess(source):
    with pytest.raises(ExpressionFailure) as failure:
        run_program(program(source), SCOPE)
    assert failure.value.message


@pytest.mark.parametrize("value", ["none", "true", "1", "1.5", "''", "'a'", "[1]", "[[]]", "{'a': 1}", "zz", "1e308"])
def test_every_filter_gives_a_value_or_a_failure_on_every_type(value):
    arguments = {"map": "(attribute='a')", "replace": "('a', 'b')", "selectattr": "('a')", "rejectattr": "('a')"}
    for name in FILTERS:
        with contextlib.suppress(ExpressionFailure):
            json.dumps(run_program(program(f"{value} | {name}{arguments.get(name, '')}"), {}), allow_nan=False)


@pytest.mark.parametrize("value", ["none", "true", "1", "''", "[1]", "{'a': 1}", "zz"])
def test_every_test_gives_true_or_false_or_a_failure_on_every_type(value):
    with_argument = {"contains", "divisibleby", "eq", "equalto", "ge", "gt", "in", "le", "lt", "ne"}
    for name in (*TESTS, *PRESENCE):
        with contextlib.suppress(ExpressionFailure):
            argument = "(1)" if name in with_argument else ""
            assert run_program(program(f"{value} is {name}{argument}"), {}) in (True, False)


def test_indented_json_stays_within_bounds():
    with pytest.raises(ExpressionFailure, match="1 MiB"):
        run_program(program("v | json(8)"), {"v": [[0]] * 100_000})
