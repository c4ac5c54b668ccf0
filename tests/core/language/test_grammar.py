"""What an expression may not look like is refused by name, with what to write instead."""

import pytest

from mntui.core.language.grammar import ExpressionProblem, Span, has_template, offset_of, parse, split_template


@pytest.mark.parametrize(
    ("source", "named", "remedy"),
    [
        ("2 * 3", "`*`", "tool"),
        ("'a' * 500000000", "`*`", "tool"),
        ("2 ** 3", "`**`", "tool"),
        ("a % b", "`%`", "divisibleby"),
        ("f(*a)", "`*`", ""),
        ("a && b", "`&&`", "`and`"),
        ("a || b", "`||`", "`or`"),
        ("!a", "`!`", "`not`"),
        ("a; b", "`;`", ""),
        ("a = 1", "`=`", "`==`"),
        ("a, b", "`,`", "[a, b]"),
        ("a $ b", "`$`", ""),
        ("(a", "`)`", "add"),
        ("a)", "`)`", "take it out"),
        ("(a]", "`]`", "take it out"),
        ("'a", "not closed", "add '"),
        (r"'\d'", r"'\d'", r"\n"),
        ("٣", "`٣`", "ASCII"),
        ("x is defined if y else z", "`if`", "("),
        ("", "empty", "look like"),
        ("  \n", "empty", "look like"),
        ("a.", "a.", "look like"),
        ("a b", "`b`", "look like"),
    ],
)
def test_a_problem_names_what_is_wrong_and_says_what_to_write(source, named, remedy):
    with pytest.raises(ExpressionProblem) as problem:
        parse(source)
    assert named in problem.value.message
    assert remedy in problem.value.remedy
    assert problem.value.remedy


def test_offsets_point_at_the_token():
    for source, token in {"a + 2 * 3": "*", "'*' ~ a % b": "%", "a $ b": "$", "(a]": "]"}.items():
        with pytest.raises(ExpressionProblem) as problem:
            parse(source)
        assert source[problem.value.offset] == token
        assert problem.value.offset == source.rindex(token)


def test_a_word_inside_a_text_is_no_token():
    assert offset_of("'uper' ~ a | uper", "uper") == 13


def test_a_template_splits_into_text_and_expressions_with_their_places():
    assert split_template("x {{ a }}{{'}}'}}\r\n") == ("x ", Span(" a ", 4), Span("'}}'", 11), "\r\n")
    assert split_template("") == ()
    assert split_template("{#x") == ("{#x",)


def test_a_text_has_a_template_if_anything_in_it_would_be_read():
    assert [has_template(text) for text in ("{{", "{% x", "{# x #}", "#} {# x", "{ x }", "}}")] == [True] * 3 + [
        False
    ] * 3


def test_a_test_may_be_negated_before_in_and_stand_before_and_or_else():
    for source in ("a is not in b", "a is defined and b", "a if b is defined else c", "(a is defined) if b else c"):
        parse(source)
