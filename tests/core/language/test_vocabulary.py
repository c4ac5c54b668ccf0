"""Unknown words and wrong arguments are problems when a blueprint is read, with the nearest correct word."""

import pytest

from mntui.core.language.evaluation import program
from mntui.core.language.grammar import ExpressionProblem


@pytest.mark.parametrize(
    ("source", "named", "remedy"),
    [
        ("a | uper", "`uper`", "`upper`"),
        ("a | deafult(1)", "`deafult`", "`default`"),
        ("a | tojson", "`tojson`", "`| json`"),
        ("a | count", "`count`", "`| length`"),
        ("a | qqqq", "`qqqq`", "known: abs"),
        ("a | first.x", "`first.x`", "(… | first).x"),
        ("a is definde", "`definde`", "`defined`"),
        ("a | select('evn')", "`evn`", "`even`"),
        ("a | selectattr('x', 'qqqqq')", "`qqqqq`", "known"),
        ("a | select(b)", "`select`", "quotes"),
        ("a | sort(case_sensitive=true)", "case_sensitive", "reverse"),
        ("a | join(1, 2, 3)", "`join`", "it takes"),
        ("a | upper(1)", "`upper`", "it takes nothing"),
        ("a | replace('a')", "`replace`", "it takes"),
        ("a | map('upper')", "`map`", "attribute"),
        ("a | default", "`default`", "default_value"),
        ("a | selectattr('x', 'gt')", "`gt`", "it takes"),
        ("a is divisibleby", "`divisibleby`", "it takes"),
        ("a is defined(1)", "`defined`", "it takes nothing"),
        ("a.strip()", "`.strip(…)`", "| trim"),
        ("a.upper()", "`.upper(…)`", "a | upper"),
        ("a.get('x')", "`.get(…)`", "default"),
        ("len(a)", "`len(…)`", "length"),
        ("now()", "`now(…)`", "run.started_at"),
    ],
)
def test_an_unknown_word_is_named_with_what_to_write_instead(source, named, remedy):
    with pytest.raises(ExpressionProblem) as problem:
        program(source)
    assert named in problem.value.message
    assert remedy in problem.value.remedy
