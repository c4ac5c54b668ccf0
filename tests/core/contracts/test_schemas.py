"""JSON Schema: what is refused before it is used, and how a violation reads."""

import pytest

from mntui.core.contracts.durations import ContractProblem
from mntui.core.contracts.schemas import check_json_schema, one_of, violation


@pytest.mark.parametrize(
    ("schema", "named", "where"),
    [
        ({"properties": {"a": {"$ref": "http://x/y"}}}, "http://x/y", ("properties", "a", "$ref")),
        ({"properties": {"a": {"$ref": "other.json#/a"}}}, "other.json", ("properties", "a", "$ref")),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "nowhere", ("properties", "a", "$ref")),
        ({"allOf": [{"$dynamicRef": "#x"}]}, "anchor", ("allOf", 0, "$dynamicRef")),
        ({"properties": {"a": {"$ref": 5}}}, "5", ("properties", "a", "$ref")),
        ({"properties": {"a": {"$id": "http://x"}}}, "$id", ("properties", "a")),
        ({"properties": {"a": {"type": "strin"}}}, "strin", ("properties", "a", "type")),
        ({"properties": {"a": {"pattern": "("}}}, "pattern", ("properties", "a")),
        ({"patternProperties": {"[": {}}}, "pattern", ()),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "2020-12", ()),
        ({"properties": ["x"]}, "x", ("properties",)),
        ({"properties": {1: {}}}, "not text", ()),
        ([], "map", ()),
    ],
)
def test_an_unusable_schema_is_a_problem_at_its_place(schema, named, where):
    with pytest.raises(ContractProblem) as problem:
        check_json_schema(schema)
    assert named in problem.value.message
    assert problem.value.where == where


def test_local_references_and_keywords_as_field_names_are_fine():
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"a/b": {"type": "integer"}, "c d": {"allOf": [{"type": "integer"}]}},
        "properties": {
            "x": {"$ref": "#/$defs/a~1b"},
            "y": {"$ref": "#/$defs/c%20d/allOf/0"},
            "$ref": {"const": {"$ref": "http://data"}},
            "pattern": {"type": "string"},
        },
    }
    assert check_json_schema(schema) is schema
    assert violation({"x": 1, "y": 2, "pattern": "("}, schema) is None
    assert violation({"y": "2"}, schema) == "y: expected integer, got '2'"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "the field 'to' is missing"),
        ("x", "expected map, got 'x'"),
        ({"to": 1}, "to: expected string, got 1"),
        ({"to": "x", "l": [{"n": 1}, {"n": True}]}, "l[1].n: expected number, got true"),
        ({"to": "x", "l": {}}, "l: expected list, got a map"),
        ({"to": "x", "k": "c"}, "k: expected one of 'a', 2, got 'c'"),
        ({"to": "x", "d": "20261122"}, "d: expected a date such as 2026-11-22, got '20261122'"),
        ({"to": "x", "d": "2026-02-30"}, "d: expected a date such as 2026-11-22, got '2026-02-30'"),
        ({"to": "x", "zz": 1}, "there is no field 'zz', only d, k, l, to"),
        ({"to": "x", "l": [{"n": float("nan")}]}, "l[0].n: expected number, got NaN"),
        ({"to": "x", "l": [{"n": 2**53 + 1}]}, "l[0].n: expected number, got 9007199254740993"),
    ],
)
def test_a_violation_is_one_sentence_that_names_the_place(value, sentence):
    schema = {
        "type": "object",
        "properties": {
            "to": {"type": "string"},
            "l": {"type": "array", "items": {"properties": {"n": {"type": "number"}}}},
            "k": {"enum": ["a", 2]},
            "d": {"type": "string", "format": "date"},
        },
        "required": ["to"],
        "additionalProperties": False,
    }
    assert violation(value, schema) == sentence


def test_a_long_value_is_cut_in_the_sentence():
    assert len(violation({"a": "x" * 10_000}, {"properties": {"a": {"type": "integer"}}})) < 120


def test_a_remote_reference_is_never_followed_not_even_in_a_tools_schema():
    assert "nothing is fetched" in violation({}, {"$ref": "http://127.0.0.1:9/x"})


def test_a_tools_schema_of_an_older_dialect_is_read():
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "http://x",
        "properties": {"a": {"type": "integer"}},
    }
    assert violation({"a": "1"}, schema) == "a: expected integer, got '1'"


def test_a_schema_that_refers_to_itself_without_end_is_a_sentence():
    assert violation({}, {"allOf": [{"$ref": "#"}]}) == "the value is nested too deeply to be checked"


def test_one_of_compares_as_json_does():
    assert one_of(1, (1.0,))
    assert not one_of(1, (True,))
    assert not one_of("1", (1,))


FLAT = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "minLength": 1},
        "n": {"type": "integer", "default": 0},
        "yes": {"type": "boolean", "description": "or not"},
        "all": {"type": "array"},
        "map": {"type": "object"},
    },
    "required": ["path"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("value", ["", "a", 0, 1.0, 1.5, True, None, [], {}, 2**53, 2**53 + 1, float("nan")])
@pytest.mark.parametrize("field", [*FLAT["properties"], "unknown"])
def test_a_flat_schema_is_judged_without_the_library_as_by_it(field, value):
    # A keyword that changes nothing, and that only the library knows.
    for given in ({"path": "a", field: value}, {field: value}, [value], value):
        assert violation(given, FLAT) == violation(given, {**FLAT, "$comment": "asked in full"})
