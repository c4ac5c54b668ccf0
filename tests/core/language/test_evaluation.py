"""Operators, literals and paths on values: what they give, and what they refuse by name."""

import pytest

from mntui.core.language.evaluation import program, run_program
from mntui.core.language.grammar import ExpressionProblem
from mntui.core.language.operations import ExpressionFailure

SCOPE = {"a": {"b": 2, "_id": 7, "l": [1, 2, 3], "t": "abc"}, "i": 1, "k": "b", "no": False}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 2", 3),
        ("1 - 2.5", -1.5),
        ("7 / 2", 3.5),
        ("4 / 2", 2.0),
        ("7 // 2", 3),
        ("-a.b + +1", -1),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("'n' ~ 1 ~ true ~ [none] ~ 1.0", "n1true[null]1.0"),
        ("a.l[0]", 1),
        ("a.l[-1]", 3),
        ("a.l.1", 2),
        ("a.l[i]", 2),
        ("a[k]", 2),
        ("a['_id']", 7),
        ("{'x': {'y': 1}}.x.y", 1),
        ("{'x': {'y': 1}}['x'].y", 1),
        ("a.l[1:]", [2, 3]),
        ("a.t[:2]", "ab"),
        ("a.t[::-1]", "cba"),
        ("a.t[i]", "b"),
        ("1 < 2 <= 2", True),
        ("'a' < 'b'", True),
        ("1 != 1.0", False),
        ("true == 1", False),
        ("[true] == [1]", False),
        ("{'a': [0]} == {'a': [false]}", False),
        ("[1, {'a': 2}] == [1.0, {'a': 2.0}]", True),
        ("'1' == 1", False),
        ("none == none", True),
        ("2 in a.l", True),
        ("true in [1]", False),
        ("'b' in a", True),
        ("'bc' in a.t", True),
        ("4 not in a.l", True),
        ("not no and i", 1),
        ("no or 'x'", "x"),
        ("no and a.zz", False),
        ("'y' if i > 0 else a.zz", "y"),
        ("'x' if no else 'y' if no else 'z'", "z"),
        ("'tab\\t\\u00e9' 'joined'", "tab\té" + "joined"),
        ("a.zz is defined", False),
        ("a.zz.y is undefined", True),
        ("none is none", True),
        ("a.b is divisibleby 2", True),
        ("a.b is even and a.b is not odd", True),
        ("a is mapping and a.l is list and a.t is string", True),
        ("1 is integer and 1.5 is float and 1 is number and true is not number", True),
        ("2 is in [1, 2]", True),
        ("a.l is contains(2)", True),
    ],
)
def test_an_expression_gives_its_value(source, value):
    result = run_program(program(source), SCOPE)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "source",
    [
        "1 + 'a'",
        "'a' + 1",
        "true + 1",
        "1 / 0",
        "1 // 0",
        "1.5 // 0.0",
        "1e308 + 1e308",
        "-'a'",
        "+true",
        "1 < 'a'",
        "none < 1",
        "[1] < [2]",
        "true < false",
        "1 in 'a'",
        "1 in 5",
        "'a' in none",
        "a.l['x']",
        "a[true]",
        "a.l[1.5]",
        "a.b[1:]",
        "a.l['x':]",
        "a.l[::0]",
        "{1: 2}",
        "{a: 2}",
        "{a.l: 2}",
        "9007199254740991 + 9",
        "{'a': 1} + {'b': 2}",
        "a.l[none]",
        "'x' is even",
        "1 is divisibleby 0",
    ],
)
def test_what_has_no_meaning_fails_with_a_message(source):
    with pytest.raises(ExpressionFailure) as failure:
        run_program(program(source), SCOPE)
    assert failure.value.message


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("a.items()", "`.items(…)`"),
        ("a.t.upper()", "`.upper(…)`"),
        ("range(9)", "`range(…)`"),
        ("(a)(1)", "called"),
        ("''.__class__.__mro__", "`__mro__`"),
        ("a.__class__", "`__class__`"),
        ("a._b", "`_b`"),
        ("_a", "`_a`"),
        ("a['b']._c", "`_c`"),
        ("[a][0]._c", "`_c`"),
        ("a[_x]", "`_x`"),
        ("a | default(_x)", "`_x`"),
        ("(1, 2)", "`(a, b)`"),
        ("()", "`(a, b)`"),
        ("a[1, 2]", "`(a, b)`"),
        ("a if b", "`else`"),
        ("if", "`if`"),
        ("1e999", "too large"),
        ("9007199254740993", "2^53"),
        (r"'\ud800'", "surrogate"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(source, named):
    with pytest.raises(ExpressionProblem) as problem:
        program(source)
    assert named in problem.value.message
    assert problem.value.remedy


def test_only_the_branch_that_is_taken_is_evaluated():
    assert run_program(program("1 if true else 1 / 0"), {}) == 1
    assert run_program(program("true or 1 / 0 == 1"), {}) is True
    assert run_program(program("1 | default(1 / 0)"), {}) == 1


def test_default_takes_empty_and_false_too_only_when_asked():
    assert run_program(program("['' | default(1), '' | default(1, true), 0 | default(1)]"), {}) == ["", 1, 0]
    assert run_program(program("'' | default(default_value=1, boolean=true)"), {}) == 1
