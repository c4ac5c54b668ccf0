"""Short contracts, the nine types of inputs, and what a command line's text stands for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.core.contracts.contracts import TYPES, ContractProblem, input_problem, parse_input_text, schema_of, violation
from mntui.core.plan import InputPlan


def test_a_short_contract_is_a_closed_schema():
    assert schema_of(
        {"to": "string", "score": "integer", "kind": "a | b", "tags": ["string"], "note": "optional string"}
    ) == {
        "type": "object",
        "properties": {
            "to": {"type": "string"},
            "score": {"type": "integer"},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "note": {"type": "string"},
        },
        "required": ["to", "score", "kind", "tags"],
        "additionalProperties": False,
    }


def test_a_short_contract_nests_and_knows_every_type():
    short = {"inner": {"when": "date", "maybe": "optional [path]"}, "rows": [{"n": "number"}], "kind": "optional a | b"}
    value = {"inner": {"when": "2026-11-22"}, "rows": [{"n": 1}, {"n": 1.5}]}
    assert violation(value, schema_of(short)) is None
    assert violation({**value, "kind": "c"}, schema_of(short)) == "kind: expected one of 'a', 'b', got 'c'"
    assert violation({**value, "rows": [{"n": "1"}]}, schema_of(short)) == "rows[0].n: expected number, got '1'"
    assert violation({**value, "inner": {"when": "today"}}, schema_of(short)).startswith("inner.when: expected a date")
    assert violation({**value, "inner": {"when": "2026-11-22", "maybe": [""]}}, schema_of(short)).startswith(
        "inner.maybe[0]"
    )
    for name in TYPES:
        assert schema_of({"field": name})["properties"]["field"]["type"]


def test_a_map_with_properties_is_json_schema_and_describes_a_map():
    assert schema_of({"properties": {"a": {"type": "string"}}}) == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
    }
    given_schema = {"type": "object", "properties": {"a": {}}, "additionalProperties": True}
    assert schema_of(given_schema) == given_schema


@pytest.mark.parametrize(
    ("short", "named", "remedy", "where"),
    [
        ({}, "at least one field", "write", ()),
        ("string", "'string'", "write", ()),
        (None, "null", "write", ()),
        ({"a": "strng"}, "'strng'", "`string`", ("a",)),
        ({"a": "object"}, "'object'", "`map`", ("a",)),
        ({"a": {"b": ["x"]}}, "'x'", "types are", ("a", "b", 0)),
        ({"a": "string | null"}, "string | null", "optional", ("a",)),
        ({"a": "date | duration"}, "date | duration", "JSON Schema", ("a",)),
        ({"a": "x | x"}, "repeated", "a | b", ("a",)),
        ({"a": "x |"}, "empty", "a | b", ("a",)),
        ({"a": []}, "once", "[string]", ("a",)),
        ({"a": ["string", "integer"]}, "once", "[string]", ("a",)),
        ({"a": None}, "null", "types are", ("a",)),
        ({"a": True}, "true", "types are", ("a",)),
        ({"a": "optional optional string"}, "optional string", "once", ("a",)),
        ({"a": ["optional string"]}, "optional string", "once", ("a", 0)),
        ({1: "string"}, "1", "quotes", ()),
        ({"type": "array", "properties": {}}, "map", "type: object", ("type",)),
        ({"properties": {"a": {"$ref": "http://x"}}}, "http://x", "$defs", ("properties", "a", "$ref")),
    ],
)
def test_a_wrong_contract_is_a_problem_at_its_place_with_a_remedy(short, named, remedy, where):
    with pytest.raises(ContractProblem) as problem:
        schema_of(short)
    assert named in problem.value.message
    assert remedy in problem.value.remedy
    assert problem.value.where == where


def test_a_contract_nested_without_end_is_a_problem():
    for wrap in (lambda inner: {"a": inner}, lambda inner: [inner], lambda inner: {"properties": {"a": inner}}):
        short = "string"
        for _ in range(500):
            short = wrap(short)
        with pytest.raises(ContractProblem):
            schema_of({"a": short})


@pytest.mark.parametrize(
    ("type_name", "right", "wrong"),
    [
        ("string", ["", "5", "yes"], [5, None, True, []]),
        ("integer", [0, -5, 2**53], ["5", 1.0, True, None, 2**53 + 1]),
        ("number", [0, 1.5], ["1", True, float("nan"), float("inf")]),
        ("boolean", [True, False], ["true", 0, 1, None]),
        ("date", ["2026-11-22"], ["20261122", "2026-02-30", "2026-W01-1", "today", 20261122]),
        ("duration", ["24h", "1h30m"], [24, "24", "PT1H", "1h1h", ""]),
        ("path", ["data/inbox", "/x"], ["", "a\0b", 5, None]),
        ("list", [[], [1]], [{}, "[]", None]),
        ("map", [{}, {"a": 1}], [[], "{}", None]),
    ],
)
def test_an_input_is_checked_by_its_declared_type(type_name, right, wrong):
    for value in right:
        assert input_problem("n", value, InputPlan(type_name)) is None
    for value in wrong:
        problem = input_problem("n", value, InputPlan(type_name))
        assert problem is not None, value
        assert "'n'" in problem.message


def test_an_input_must_be_one_of_its_enum_as_json_compares():
    plan = InputPlan("string", enum=("warm", "brief"))
    assert input_problem("tone", "warm", plan) is None
    assert (
        input_problem("tone", "cold", plan).message == "the input 'tone': expected one of 'warm', 'brief', got 'cold'"
    )


def test_null_is_an_input_only_where_it_is_the_default():
    assert input_problem("n", None, InputPlan("string", required=False)) is None
    assert input_problem("n", None, InputPlan("string", required=False, default="x")) is not None


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("string", "5", "5"),
        ("string", "true", "true"),
        ("integer", "-42", -42),
        ("number", "42", 42),
        ("number", "1e5", 100000.0),
        ("number", "-0.5", -0.5),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("date", "2026-11-22", "2026-11-22"),
        ("duration", "1h30m", "1h30m"),
        ("path", "data/in box", "data/in box"),
        ("list", '["a", 1]', ["a", 1]),
        ("map", '{"a": {"b": null}}', {"a": {"b": None}}),
    ],
)
def test_a_text_is_read_by_the_declared_type_only(type_name, text, value):
    parsed = parse_input_text(text, type_name)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        *[("integer", text) for text in ("", "1.0", "1e5", "１", "1_0", " 1", "9" * 30, "0x10")],
        *[("number", text) for text in ("", "nan", "inf", "1e999", "1,5", ".5")],
        *[("boolean", text) for text in ("", "yes", "True", "1", "on")],
        *[("date", text) for text in ("", "2026-2-3", "2026-02-30", "20260203", "0000-01-01")],
        *[("duration", text) for text in ("", "5", "PT1H")],
        *[("path", text) for text in ("", "a\0b")],
        *[
            ("list", text)
            for text in ("", "a, b", "{}", "[NaN]", "[1e999]", "[" * 100_000, "[9007199254740993]", '["\\ud800"]')
        ],
        *[("map", text) for text in ("", "a=1", "[]", "null")],
    ],
)
def test_a_text_that_is_not_of_the_type_is_a_problem_with_a_remedy(type_name, text):
    with pytest.raises(ContractProblem) as problem:
        parse_input_text(text, type_name)
    assert problem.value.remedy
    assert len(problem.value.message) < 300


@given(st.sampled_from(TYPES), st.text(alphabet='0123456789.eE+-truefalsdhm[]{}":, ', max_size=20))
def test_what_is_read_from_text_is_of_the_declared_type(type_name, text):
    try:
        value = parse_input_text(text, type_name)
    except ContractProblem:
        return
    assert input_problem("n", value, InputPlan(type_name)) is None
    assert json.loads(json.dumps(value)) == value


@given(
    st.recursive(
        st.sampled_from([*TYPES, "a | b"]),
        lambda kind: st.dictionaries(st.sampled_from("xyz"), kind, min_size=1) | kind.map(lambda one: [one]),
        max_leaves=8,
    )
)
def test_every_contract_of_known_words_is_a_schema_that_refuses_an_unknown_field(kind):
    schema = schema_of({"field": kind})
    assert "there is no field 'other'" in violation({"other": 1, "field": 1}, {**schema, "properties": {"field": {}}})
