"""What a step must give and an input may be: short contracts, JSON Schema, and the nine types of inputs.

`{to: string, kind: a | b, tags: [string], note: optional string}` becomes JSON Schema 2020-12 in which nothing else may
stand; a map with `properties` is JSON Schema already. An optional field may be left out; it is never null.

Deliberately absent: coercion. `"5"` is no integer; only the text of a command line is read by its declared type.
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from mntui.core.contracts.durations import DURATION_PATTERN, ContractProblem, seconds_of
from mntui.core.contracts.schemas import DEEPEST_SCHEMA, check_json_schema, one_of, shown, violation
from mntui.core.plan import InputPlan
from mntui.core.values import LARGEST_INTEGER, Json, Problem, canonical

__all__ = [
    "TYPES",
    "ContractProblem",
    "check_json_schema",
    "input_problem",
    "parse_input_text",
    "schema_of",
    "seconds_of",
    "type_problem",
    "violation",
]

TYPES: Final = ("string", "integer", "number", "boolean", "date", "duration", "path", "list", "map")

_SCHEMAS: Final[Mapping[str, Mapping[str, Json]]] = MappingProxyType(
    {
        "string": {"type": "string"},
        "integer": {"type": "integer"},
        "number": {"type": "number"},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "duration": {"type": "string", "pattern": DURATION_PATTERN},
        "path": {"type": "string", "minLength": 1},
        "list": {"type": "array"},
        "map": {"type": "object"},
    }
)
_JSON_SCHEMA_MARKS = frozenset({"$schema", "$ref", "$defs"})
_ALWAYS_TYPES = frozenset({*TYPES, "null"}) - {"date", "duration", "path"}
_EXAMPLE = "write `{to: string, score: integer, kind: a | b, tags: [string], note: optional string}`"
_INTEGER = re.compile(r"-?[0-9]{1,16}")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PROBLEM_KIND = "input"
_Where = tuple[str | int, ...]


def schema_of(short: Json) -> dict[str, Json]:
    """A contract as JSON Schema: built from a short one, as it is if it has `properties`. Raises ContractProblem."""
    return check_json_schema(_map(short, ()))


def input_problem(name: str, value: Json, plan: InputPlan) -> Problem | None:
    """Why a value can't be this input, or None."""
    if value is None and plan.default is None and not plan.required:
        return None
    reason = type_problem(value, plan.type)
    if reason is None and plan.enum and not one_of(value, plan.enum):
        reason = f"expected one of {', '.join(map(shown, plan.enum))}, got {shown(value)}"
    if reason is None:
        return None
    return Problem(_PROBLEM_KIND, f"the input {name!r}: {reason}", plan.about)


def type_problem(value: Json, type_name: str) -> str | None:
    """Why a JSON value isn't of one of the nine types, or None."""
    reason = violation({"value": value}, _WRAPPED[type_name])
    if reason is not None:
        return reason.removeprefix("value: ")
    if type_name == "integer" and isinstance(value, float):
        return f"expected integer, got {shown(value)}"
    if type_name == "duration":
        try:
            seconds_of(value)
        except ContractProblem as problem:
            return problem.message
    if type_name == "path" and "\0" in value:
        return "a path can't hold a zero byte"
    return None


def parse_input_text(text: str, type: str) -> Json:  # noqa: A002 - the word of the format
    """The value that a text on a command line stands for. Raises ContractProblem."""
    return _PARSERS[type](text)


_WRAPPED: Final[Mapping[str, Mapping[str, Json]]] = MappingProxyType(
    {name: {"properties": {"value": dict(schema)}} for name, schema in _SCHEMAS.items()}
)


def _map(short: Json, where: _Where) -> dict[str, Json]:
    if not isinstance(short, dict):
        raise ContractProblem(f"a contract is a map of fields, not {shown(short)}", _EXAMPLE, where)
    if len(where) > DEEPEST_SCHEMA:
        raise ContractProblem(f"the contract is nested deeper than {DEEPEST_SCHEMA} levels", "make it flatter", where)
    if "properties" in short or not _JSON_SCHEMA_MARKS.isdisjoint(short):
        return _given(short, where)
    if not short:
        raise ContractProblem("a contract names at least one field", _EXAMPLE, where)
    fields: dict[str, Json] = {}
    required: list[str] = []
    for name, kind in short.items():
        if not isinstance(name, str) or not name:
            raise ContractProblem(f"a field's name is text, not {shown(name)}", "write it in quotes", where)
        kind_text = kind.strip() if isinstance(kind, str) else kind
        bare = kind_text.removeprefix("optional ") if isinstance(kind_text, str) else kind
        fields[name] = _field(bare, (*where, name))
        if bare == kind_text:
            required.append(name)
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def _given(schema: Mapping[str, Json], where: _Where) -> dict[str, Json]:
    """A JSON Schema as it is; only a missing `type` is said, since without it text would pass."""
    if schema.get("type", "object") != "object":
        raise ContractProblem("a contract describes a map", "write `type: object`", (*where, "type"))
    return dict(schema) if "type" in schema or "$ref" in schema else {"type": "object", **schema}


def _field(kind: Json, where: _Where) -> dict[str, Json]:
    if isinstance(kind, dict):
        return _map(kind, where)
    if isinstance(kind, list):
        if len(kind) != 1:
            raise ContractProblem("a list names the type of its entries once", "write `[string]`", where)
        if len(where) > DEEPEST_SCHEMA:
            raise ContractProblem("the contract is nested too deeply", "make it flatter", where)
        return {"type": "array", "items": _field(kind[0], (*where, 0))}
    if not isinstance(kind, str):
        raise ContractProblem(f"expected a type, got {shown(kind)}", f"types are {', '.join(TYPES)}", where)
    word = kind.strip()
    if word.startswith("[") and word.endswith("]"):  # `optional [string]` is one text in YAML.
        return {"type": "array", "items": _word(word[1:-1].strip(), where)}
    return _word(word, where)


def _word(word: str, where: _Where) -> dict[str, Json]:
    if "|" in word:
        return _choices([choice.strip() for choice in word.split("|")], where)
    if word in _SCHEMAS:
        return dict(_SCHEMAS[word])
    near = difflib.get_close_matches(word, TYPES, n=1)
    remedy = f"did you mean `{near[0]}`?" if near else f"types are {', '.join(TYPES)}; a choice is `a | b`"
    if word in ("object", "array"):
        remedy = "write `map` or `list`, or a whole JSON Schema with `properties`"
    elif word.startswith("optional"):
        remedy = "`optional` stands once, before the type of a field: `note: optional string`"
    raise ContractProblem(f"there is no type {shown(word)}", remedy, where)


def _choices(words: list[str], where: _Where) -> dict[str, Json]:
    if "" in words or len(set(words)) < len(words):
        raise ContractProblem(
            f"the choice `{' | '.join(words)}` has an empty or repeated entry", "write `a | b`", where
        )
    types = [word for word in words if word in _ALWAYS_TYPES]
    if types or all(word in TYPES for word in words):
        remedy = "`optional T` may be left out; for a choice between types write JSON Schema with `properties`"
        raise ContractProblem(f"`{' | '.join(words)}` chooses between words, and these are types", remedy, where)
    return {"type": "string", "enum": list(words)}


def _integer(text: str) -> Json:
    if not _INTEGER.fullmatch(text) or abs(int(text)) > LARGEST_INTEGER:
        raise ContractProblem(f"{shown(text)} is not an integer", "write a whole number such as 42")
    return int(text)


def _number(text: str) -> Json:
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if not _NUMBER.fullmatch(text) or abs(float(text)) == float("inf"):
        raise ContractProblem(f"{shown(text)} is not a number", "write a number such as 0.5")
    return float(text)


def _boolean(text: str) -> Json:
    if text not in ("true", "false"):
        raise ContractProblem(f"{shown(text)} is neither true nor false", "write true or false")
    return text == "true"


def _date(text: str) -> Json:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ContractProblem(f"{text} is not in the calendar: {error}", "write a date such as 2026-11-22") from error
    raise ContractProblem(f"{shown(text)} is not a date", "write a date such as 2026-11-22")


def _duration(text: str) -> Json:
    seconds_of(text)
    return text


def _path(text: str) -> Json:
    if not text or "\0" in text:
        raise ContractProblem("a path can't be empty", "write a path such as data/inbox")
    return text


def _json(text: str, kind: type, example: str) -> Json:
    try:
        value = json.loads(text)
        canonical(value)
    except (ValueError, RecursionError) as error:
        raise ContractProblem(f"{shown(text)} is not JSON: {error}", f"write JSON such as {example}") from error
    if not isinstance(value, kind):
        raise ContractProblem(f"expected {example}, got {shown(value)}", f"write JSON such as {example}")
    return value


_PARSERS: Final[Mapping[str, Callable[[str], Json]]] = MappingProxyType(
    {
        "string": lambda text: text,
        "integer": _integer,
        "number": _number,
        "boolean": _boolean,
        "date": _date,
        "duration": _duration,
        "path": _path,
        "list": lambda text: _json(text, list, '["a", "b"]'),
        "map": lambda text: _json(text, dict, '{"a": 1}'),
    }
)
