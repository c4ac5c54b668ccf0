"""Templates and expressions as a blueprint uses them: types kept, text untouched, nothing reached that isn't JSON."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.core.language.expressions import (
    MISSING,
    ExpressionFailure,
    ExpressionProblem,
    Reference,
    check_expression,
    check_template,
    evaluate,
    evaluate_condition,
    literal_only,
    render,
)

SCOPE = {
    "a": {"b": 0, "items": [1, 2], "keys": "k", "none": None, "text": "x", "Ü": True},
    "skipped": MISSING,
    "rows": [{"n": 1, "tag": "p"}, {"n": 2, "tag": "q", "note": None}],
    "number": "1e5",
    "pair": "1,2",
    "code": "{{ a.b }}",
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: "\\ud" not in json.dumps(value))
NAMES = "a b rows skipped not and or in is if else none true defined default items __class__ range join first map sum"
SIGNS = ". | ( ) [ ] { } , : = == != < + - / // * ** % ~ 'x' \" ' \\ 1 0 1.5 1e999 ٣ {{ }} {% # $ é _ 0x"
WORDS = [*NAMES.split(), *SIGNS.split(), "\n", "\ud800", "9" * 30]


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ a.b }}", 0),
        ("{{a.items}}", [1, 2]),
        ("{{ a.none }}", None),
        ("{{ a.Ü }}", True),
        ("{{ number }}", "1e5"),
        ("{{ pair }}", "1,2"),
        ("{{ [1, '2', none, {'k': 1.5}] }}", [1, "2", None, {"k": 1.5}]),
        (" {{ a.b }}", " 0"),
        ("{{ a.b }}\n", "0\n"),
        ("\r\n{{ a.text }}\r\ny\r", "\r\nx\r\ny\r"),
        ("{{ a.items }}{{ a.text }} {{ a.Ü }}", "[1, 2]x true"),
        ("{{ {'k': 'ö'} }} ", '{"k": "ö"} '),
        ("{{ '}}' }}{{ {'a': {'b': 1}}}}", '}}{"a": {"b": 1}}'),
        ('{{ "{{" }} is {{ "{%" }}', "{{ is {%"),
        ("{{ code }}", "{{ a.b }}"),
        ("{{ code }}!", "{{ a.b }}!"),
        ("{# half a comment", "{# half a comment"),
        ("}} and {", "}} and {"),
        ("", ""),
        (7, 7),
        ({"k": ["{{ a.b }}", {"x": "n{{ a.b }}"}], "y": None}, {"k": [0, {"x": "n0"}], "y": None}),
    ],
)
def test_a_template_gives_the_value_with_its_type_or_text(template, value):
    rendered = render(template, SCOPE)
    assert rendered == value
    assert json.dumps(rendered) == json.dumps(value)


@pytest.mark.parametrize("key", ["items", "keys", "values", "get", "update", "pop", "copy", "count", "upper"])
def test_a_key_named_like_a_method_is_read_as_a_key(key):
    assert evaluate(f"a.{key}", {"a": {key: 1}}) == 1
    assert evaluate(f"a['{key}']", {"a": {key: 1}}) == 1
    assert evaluate(f"a.{key} | default('none')", {"a": {}}) == "none"


def test_no_python_attribute_is_ever_read():
    for value in ({}, "text", [1], 1, None, True):
        for name in dir(value):
            assert evaluate(f"v['{name}'] | default('absent')", {"v": value}) == "absent"
            with pytest.raises((ExpressionProblem, ExpressionFailure)):
                evaluate(f"v.{name}", {"v": value})


@pytest.mark.parametrize(
    "expression",
    [
        "skipped",
        "skipped.to",
        "skipped.to.x",
        "a.zz",
        "a.zz.y.x",
        "a.none.y",
        "a.text.y",
        "a['zz']",
        "rows[5].n",
        "rows[5]",
        "nobody",
        "a.none",
        "a[skipped]",
        "rows[0].note",
        "[] | first",
        "skipped | first",
        "skipped.list[0]",
        "[] | max",
        "(a.b if a.b else a.zz)",
        "a.zz | default(skipped)",
    ],
)
def test_default_covers_missing_null_and_skipped_at_any_depth(expression):
    assert evaluate(f"{expression} | default('d')", SCOPE) == "d"


@pytest.mark.parametrize(
    "template",
    [
        "{{ skipped }}",
        "{{ a.zz }}",
        "{{ a.zz.y }}",
        "x{{ a.none }}",
        "{{ a.none ~ 'x' }}",
        "{{ [a.zz] }}",
        "{{ not a.zz }}",
        "{{ a.zz == 1 }}",
        "{{ a.zz | upper }}",
        "{{ {'k': skipped} }}",
        "{{ a.zz is none }}",
        "{{ a.zz or 1 }}",
        "{{ rows | map(attribute='note') | list }}",
        "{{ {a.b: 1} }}",
        "{{ skipped | default(a.zz) }}",
    ],
)
def test_a_missing_value_or_a_null_in_text_fails_where_it_is_used(template):
    with pytest.raises(ExpressionFailure) as failure:
        render(template, SCOPE)
    assert failure.value.message


def test_a_missing_value_says_where_its_path_breaks():
    for expression, message in {
        "a.zz.y": "`a.zz` is missing: `a` has b, items, keys, none, text, Ü",
        "a.text.y": "`a.text.y` is missing: `a.text` is of type string, not a map",
        "skipped.y": "`skipped` has no value: its step was skipped, failed or doesn't exist",
    }.items():
        with pytest.raises(ExpressionFailure) as failure:
            evaluate(expression, SCOPE)
        assert failure.value.message == message
        assert "default" in failure.value.remedy


@pytest.mark.parametrize(
    ("text", "truth"), [("a.b == 0", True), ("not a.items", False), ("a.Ü", True), ("1 < 2 < 2", False)]
)
def test_a_condition_is_true_or_false(text, truth):
    assert evaluate_condition(text, SCOPE) is truth


@pytest.mark.parametrize("text", ["a.b", "a.items", "a.text", "a.none", "a.items | length", "'true'"])
def test_a_condition_that_is_neither_true_nor_false_fails(text):
    with pytest.raises(ExpressionFailure, match="not true or false"):
        evaluate_condition(text, SCOPE)


def test_a_mended_line_is_shown_for_braces_in_a_bare_expression():
    for text in ["{{ a.b }} == '}}'", "{{ a.b == '}}' }}", "  {{a.b == '}}'}}"]:
        with pytest.raises(ExpressionProblem) as problem:
            check_expression(text)
        assert problem.value.remedy == "write `a.b == '}}'`"


def test_references_are_static_prefixes_in_order_each_once():
    found = check_expression(
        "needs['send'].status == a.b[c.d].e or a[0].z and item and a.b | default(x.y) and a.b[c.d]"
    )
    assert [reference.path for reference in found] == [
        ("needs", "send", "status"),
        ("a", "b"),
        ("c", "d"),
        ("a",),
        ("item",),
        ("x", "y"),
    ]
    assert check_template({"k": ["{{ draft.to }}", 1, {"n": "{{ draft.to }} {{ inputs.x }}"}]}) == (
        Reference(("draft", "to")),
        Reference(("inputs", "x")),
    )
    assert check_template("plain") == ()


def test_a_problem_names_the_place_inside_a_value_and_the_offset_inside_its_text():
    with pytest.raises(ExpressionProblem) as problem:
        check_template({"k": ["ok", {"n": "hello {{ a.b | uper }}"}]})
    assert problem.value.where == ("k", 1, "n")
    assert "hello {{ a.b | uper }}"[problem.value.offset :].startswith("uper")


@pytest.mark.parametrize(
    "template", ["{% if a %}", "{# note #}", "{{ a", "{{- a }}", "{{ a -}}", "{{ }}", "{{ {{ a }} }}"]
)
def test_what_jinja_has_besides_expressions_is_refused(template):
    with pytest.raises(ExpressionProblem) as problem:
        check_template(template)
    assert problem.value.remedy
    assert problem.value.offset is not None


def test_a_key_that_looks_like_a_template_is_a_problem():
    with pytest.raises(ExpressionProblem, match="key"):
        check_template({"{{ a }}": 1})


def test_literal_only_sees_templates_at_any_depth():
    assert literal_only({"a": [1, None, "x } y {"]})
    assert not literal_only({"a": [1, {"b": "x {{ y }}"}]})
    assert not literal_only("{% x %}")


@pytest.mark.parametrize(
    "expression",
    [
        "text ~ text",
        "text + text",
        "text | replace('a', 'bb')",
        "[text, text] | join",
        "text",
        "[text, text]",
        "many + many",
        "text | list",
        "many | json",
        "many | string",
    ],
)
def test_no_result_is_larger_than_one_mebibyte(expression):
    with pytest.raises(ExpressionFailure):
        evaluate(expression, {"text": "a" * (2**20 - 1), "many": [1000] * 300_000})


def test_text_of_up_to_one_mebibyte_passes():
    assert len(render("{{ text }}{{ text }}", {"text": "a" * (2**19 - 8)})) == 2**20 - 16


def test_what_json_cannot_hold_is_never_a_result():
    deep = []
    for _ in range(5000):
        deep = [deep]
    values = [math.nan, math.inf, 2**53 + 1, "\ud800", {1: 2}, {"k": object()}, {"k": MISSING}, (1, 2), deep, 10**5000]
    for value in values:
        for expression in ("v", "[v]", "v | json", "v == v | first"):
            with pytest.raises(ExpressionFailure):
                evaluate(f"[{expression}, v]", {"v": value})


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 30 + "1" + ")" * 30,
        "[" * 2000 + "]" * 2000,
        "not " * 900 + "a",
        "-" * 3000 + "1",
        "a" + ".b" * 2000,
        "a" + "[0]" * 1000,
        "a" + "|first" * 600,
        "1" + "+1" * 2000,
        "1" + "~1" * 2000,
        "a if a else " * 300 + "a",
        "a and " * 600 + "a",
        "'" * 4001,
        "a" * 100_000,
        "\\" * 4000,
        "{'a':" * 800,
        "a == " * 800 + "a",
        "9" * 4000,
        "0x" + "f" * 4000,
        "is " * 1000,
    ],
)
def test_a_huge_or_deep_expression_is_a_problem_or_a_value_and_never_exhausts_the_stack(text):
    for wrapped in (text, f"{{{{ {text} }}}}"):
        with contextlib.suppress(ExpressionProblem):
            check_template(wrapped)
        with contextlib.suppress(ExpressionProblem):
            check_expression(text)


def test_a_template_of_very_many_expressions_is_a_problem():
    with pytest.raises(ExpressionProblem, match="more than 1000"):
        check_template("{{ a }}" * 100_000)


@given(JSON)
def test_every_json_value_keeps_its_type_through_a_template(value):
    rendered = render({"k": "{{ v }}", "l": ["{{ v.x }}"]}, {"v": {"x": value}})
    assert json.dumps(rendered) == json.dumps({"k": {"x": value}, "l": [value]})


@given(JSON)
def test_a_value_in_text_is_itself_or_its_json(value):
    if value is None:
        return
    text = render("<{{ v }}>", {"v": value})
    inner = text[1:-1]
    assert inner == value if isinstance(value, str) else json.loads(inner) == value


@given(st.text())
def test_data_is_never_rendered_again(text):
    assert render("{{ v }}", {"v": text}) == text
    assert render("{{ v }}.", {"v": "{{ w }}" + text, "w": 1}) == "{{ w }}" + text + "."


@given(st.text(alphabet="ab {}\n\r%#"))
def test_text_without_a_template_is_kept_as_it_is(text):
    if literal_only(text):
        assert render(text, {}) == text
        assert check_template(text) == ()


@given(
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
    | st.lists(st.sampled_from(WORDS), max_size=25).map("".join)
)
def test_random_text_of_the_grammar_gives_a_value_a_problem_or_a_failure(text):
    for run in (evaluate, render, lambda value, scope: render(f"{{{{ {value} }}}} {value}", scope)):
        with contextlib.suppress(ExpressionProblem, ExpressionFailure):
            json.dumps(run(text, SCOPE), allow_nan=False)


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_what_check_accepts_never_turns_out_to_be_a_problem_later(text):
    try:
        check_expression(text)
    except ExpressionProblem:
        return
    with contextlib.suppress(ExpressionFailure):
        evaluate(text, SCOPE)
