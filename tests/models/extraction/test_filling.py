"""Contracts of every type, filled from what the input says and nothing else."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mntui.models.extraction.filling import fill
from mntui.models.extraction.reading import source_of

TICKET = (
    "From: Ann Lee <ann@x.org>\nTo: help@us.example\nSubject: Printer down\n\n"
    "Hello,\nour printer is down since Monday. We cannot work and need help asap. "
    "The order number is 4711.\nThanks, Ann"
)
PARTIAL = {
    "invoice_id": "INV-17",
    "customer": "Acme Ltd",
    "amount": 120.0,
    "currency": "EUR",
    "paid": 100.0,
    "difference": 20.0,
    "kind": "partial payment",
    "due_date": "2026-10-31",
    "references": ["PAY-3"],
}


def filled(arguments: Mapping[str, Any], contract: Mapping[str, Any], instructions: str = "") -> Any:
    answer = fill(contract, source_of(dict(arguments), instructions), 2000)
    Draft202012Validator(dict(contract)).validate(answer)
    return answer


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "arguments", "value"),
    [
        ({"type": "integer"}, {"ticket": TICKET}, 4711),
        ({"type": "integer"}, {"order": {"number": 12}}, 12),
        ({"type": "number"}, {"text": "The order number was 1'234.50 last time."}, 1234.5),
        ({"type": "string"}, {"orderNumber": "A-9"}, "A-9"),
        ({"type": ["integer", "null"]}, {"text": "Nothing to see here at all."}, None),
        ({"type": "integer", "minimum": 5}, {"text": "Nothing to see here."}, 5),
        ({"type": "string"}, {"text": "Nothing to see here."}, "not stated"),
        ({"type": "string", "pattern": "^PO-[0-9]{4}$"}, {"text": "We refer to PO-2231 of May."}, "PO-2231"),
        ({"type": "array", "items": {"type": "integer"}}, {"order_numbers": [1, 2]}, [1, 2]),
        ({"type": "array", "items": {"type": "string"}}, {"text": "Nothing."}, []),
        ({"type": "boolean"}, {"order_number": True}, True),
        ({"enum": [1, 2, 3]}, {"order_number": 2}, 2),
        ({"const": "x"}, {}, "x"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, {"order_number": 7}, 7),
        ({"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, {"text": "No day."}, None),
        ({"type": "object", "additionalProperties": True}, {"order_number": {"a": 1}}, {"a": 1}),
    ],
)
def test_a_field_gets_what_the_input_says_under_its_name(schema: Any, arguments: Any, value: Any) -> None:
    assert (filled(arguments, of(order_number=schema)))["order_number"] == value


@pytest.mark.parametrize(
    ("name", "schema", "arguments", "value"),
    [
        ("due", {"type": "string", "format": "date"}, {"text": "Sent 2026-10-01, due 31 Oct 2026."}, "2026-10-31"),
        ("due_date", {"type": "string", "format": "date"}, {"due": "31.10.2026"}, "2026-10-31"),
        ("due_date", {"type": "string", "format": "date"}, {"due": "03/04/2026"}, "not stated"),
        ("customer_email", {"type": "string"}, {"customer": "A", "note": "Write to pay@a.example."}, "pay@a.example"),
        ("paid_amount", {"type": "number"}, {"amount": 120.0, "paid": 100.0}, 100.0),
        ("amount", {"type": "number"}, {"paid_amount": 100.0, "total": "EUR 120.00"}, 120.0),
        ("amount", {"type": "number"}, {"text": "Amount: 1.234,50 EUR\nDue: 2026-10-31"}, 1234.5),
        ("count", {"type": "integer"}, {"rows": [{"a": 1}, {"a": 2}]}, 2),
        ("urgent", {"type": "boolean"}, {"text": "The server is down, please help asap."}, True),
        ("urgent", {"type": "boolean"}, {"text": "This is not urgent, no hurry."}, False),
        ("refund_requested", {"type": "boolean"}, {"text": "I requested a refund in May."}, True),
        ("severity", {"enum": ["low", "high", None]}, {"text": "Nothing to say."}, None),
        ("kind", {"enum": ["partial_payment", "duplicate"]}, {"kind": "Partial payment"}, "partial_payment"),
        ("topics", {"type": "array", "items": {"enum": ["billing", "printer"]}}, {"ticket": TICKET}, ["printer"]),
        ("tags", {"type": "array", "items": {"type": "string"}, "maxItems": 2},
         {"ticket": TICKET}, ["printer", "down"]),
        ("actions", {"type": "array", "items": {"type": "string"}}, {"text": "All is well here. Please call Bob."},
         ["Please call Bob."]),
        ("items", {"type": "array", "items": of(sku={"type": "string"}, quantity={"type": "integer"})},
         {"lines": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 3}]},
         [{"sku": "a", "quantity": 2}, {"sku": "b", "quantity": 3}]),
        ("customer", of(name={"type": "string"}),
         {"product": {"name": "Bolt"}, "customer": {"name": "Acme"}}, {"name": "Acme"}),
        ("buyer", of(name={"type": "string"}), {"product": {"name": "Bolt"}}, {"name": "not stated"}),
        ("website", {"type": "string", "format": "uri"}, {"text": "See https://acme.example/x."}, "https://acme.example/x"),
    ],
)  # fmt: skip
def test_values_are_found_by_name_pattern_and_cue_and_never_guessed(
    name: str, schema: Any, arguments: Any, value: Any
) -> None:
    assert (filled(arguments, of(**{name: schema})))[name] == value


def test_the_only_sum_of_a_text_is_its_amount_but_no_other_number_is() -> None:
    contract = of(amount={"type": "number"}, score={"type": "integer"})
    assert filled({"text": "They owe us 120.50 EUR for INV-17."}, contract) == {"amount": 120.5, "score": 0}


def test_a_schema_with_references_and_parts_is_followed() -> None:
    contract = {
        "$defs": {"Money": of(amount={"type": "number"}, currency={"type": "string"})},
        "allOf": [{"type": "object", "properties": {"invoice": {"$ref": "#/$defs/Money"}}, "required": ["invoice"]}],
    }
    assert filled({"invoice": PARTIAL}, contract) == {"invoice": {"amount": 120.0, "currency": "EUR"}}


_NAMES = st.sampled_from(
    ["amount", "customer", "body", "subject", "tags", "due_date", "is_open", "kind", "x", "to", "reason"]
)
_SCALARS = st.one_of(
    st.builds(lambda low: {"type": "integer", "minimum": low}, st.integers(-5, 5)),
    st.builds(lambda high: {"type": "number", "exclusiveMaximum": high}, st.integers(-5, 5)),
    st.builds(lambda step: {"type": "integer", "multipleOf": step, "minimum": 1}, st.integers(1, 7)),
    st.builds(
        lambda low, extra: {"type": "string", "minLength": low, "maxLength": low + extra},
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "string"},
            {"type": ["string", "null"]},
            {"type": "null"},
            {"const": 3},
            {},
            {"type": ["integer", "null"], "minimum": 3},
        ]
    ),
    st.builds(
        lambda values: {"enum": values},
        st.lists(st.sampled_from(["a", "b", 1, None, True, "urgent"]), min_size=1, unique_by=repr),
    ),
)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(
            lambda properties, extra: {
                "type": "object",
                "properties": properties,
                "required": list(properties)[:2],
                "additionalProperties": extra,
            },
            st.dictionaries(_NAMES, inner, max_size=4),
            st.booleans(),
        ),
        st.builds(
            lambda items, least: {"type": "array", "items": items, "minItems": least, "maxItems": least + 2},
            inner,
            st.integers(0, 2),
        ),
        st.builds(lambda left, right: {"anyOf": [left, right]}, inner, inner),
    )


_SCHEMAS = st.recursive(_SCALARS, _containers, max_leaves=6)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-999, 999), st.floats(-99, 99), st.text(max_size=30)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_NAMES, _SCHEMAS, max_size=4), st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_any_small_contract_is_answered_validly(properties: dict[str, Any], arguments: dict[str, Any]) -> None:
    contract = of(**properties)
    filled(arguments, contract)
