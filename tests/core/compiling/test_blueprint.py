"""The format as one table: its JSON Schema accepts what the check accepts and refuses what it refuses."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mntui.core.compiling.blueprint import (
    BLUEPRINT,
    FORMAT,
    KEYS_OF_KINDS,
    KINDS,
    STEP,
    blueprint_schema,
    fit_blueprint,
)
from mntui.core.compiling.findings import Findings
from mntui.library.yaml import parse_yaml

TRIAGE = Path(__file__).parents[2] / "fixtures" / "support-triage" / "blueprint.yaml"
SCHEMA = Draft202012Validator(blueprint_schema())
STEPS = {"a": {"set": {"x": 1}}}


def told(document):
    found = Findings()
    fit_blueprint(document, found)
    return [finding.code for finding in found.all()]


def test_the_schema_is_valid_json_schema():
    Draft202012Validator.check_schema(blueprint_schema())


def test_schema_and_check_accept_the_example_of_the_design():
    document = parse_yaml(TRIAGE.read_bytes()).root.value
    assert list(SCHEMA.iter_errors(document)) == []
    assert told(document) == []


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"blueprint": "b"}, "missing"),
        ({"blueprint": "B", "steps": STEPS}, "text"),
        ({"blueprint": "b", "steps": {}}, "empty"),
        ({"blueprint": "b", "steps": {"A": {"set": {"x": 1}}}}, "id"),
        ({"blueprint": "b", "steps": STEPS, "stepz": 1}, "key"),
        ({"blueprint": "b", "steps": STEPS, "about": 5}, "type"),
        ({"blueprint": "b", "steps": STEPS, "budget": {"usd": -1}}, "range"),
        ({"blueprint": "b", "steps": STEPS, "budget": {"tokens": 1.5}}, "type"),
        ({"blueprint": "b", "steps": STEPS, "budget": {"on_reach": "beg"}}, "choice"),
        ({"blueprint": "b", "steps": {"a": {"set": {"x": 1}, "compensate": {"set": {"x": 2}}}}}, "later"),
        ({"blueprint": "b", "steps": {"a": {"set": {"x": 1}, "cache": "yes"}}}, "type"),
        ({"blueprint": "b", "steps": {"a": {"repeat": {"until": "true", "at_most": 3}}}}, "later"),
        ({"blueprint": "b", "steps": {"a": {"ask": "n?", "output": "other/x.json"}}}, "text"),
        ({"blueprint": "b", "steps": {"a": {"for_each": 5, "steps": STEPS}}}, "type"),
        ({"blueprint": "b", "steps": {"a": {"set": {"x": 1}, "needs": [1]}}}, "type"),
        ({"blueprint": "b", "steps": {"a": {"set": {"x": 1}, "join": {"quorum": 0}}}}, "range"),
    ],
)
def test_schema_and_check_refuse_the_same(document, code):
    assert told(document) == [code]
    assert list(SCHEMA.iter_errors(document))


def test_the_schema_asks_for_exactly_one_kind():
    document = {"blueprint": "b", "steps": {"a": {"set": {"x": 1}, "ask": "n?"}}}
    assert list(SCHEMA.iter_errors(document))


def test_every_key_says_what_it_is_for():
    records = [BLUEPRINT, *FORMAT.records.values()]
    assert all(key.about for record in records for key in record.keys.values())


def test_every_kind_and_its_keys_are_keys_of_a_step():
    assert set(KINDS) == set(KEYS_OF_KINDS)
    assert {*KINDS, *(key for keys in KEYS_OF_KINDS.values() for key in keys)} <= set(STEP.keys)


def test_what_is_well_formed_is_kept_beside_what_is_not():
    found = Findings()
    fitted = fit_blueprint({"blueprint": "b", "version": 1.0, "steps": {"a": {"set": {"x": 1}, "wiht": 2}}}, found)
    assert fitted == {"blueprint": "b", "steps": STEPS}
    assert [finding.where for finding in found.all()] == [("version",), ("steps", "a", "wiht")]
