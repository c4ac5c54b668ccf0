"""JSON Schema 2020-12, checked before it is used and asked with one clear sentence.

A schema is refused if checking a value against it could fetch something, break, or mean two things: remote or dangling
references, patterns that are no regular expression, another dialect. Validators are built once per schema.

Deliberately absent: coercion, defaults filled in, and every `format` but `date` (which is checked).
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote

from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError, validators
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator

from mntui.core.contracts.durations import DURATION_PATTERN, ContractProblem
from mntui.core.language.operations import same
from mntui.core.values import LARGEST_INTEGER, Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEEPEST_SCHEMA = 40
LONGEST_SHOWN = 60

_FLAT = frozenset({"type", "properties", "required", "additionalProperties"})
_FLAT_FIELD = frozenset({"type", "description", "default"})
_FLAT_TYPES = {"string": str, "boolean": bool, "array": list, "object": dict}
_NAMED = frozenset({"$defs", "definitions", "properties", "patternProperties", "dependentSchemas"})
_DATA = frozenset({"const", "enum", "default", "examples", "required", "dependentRequired"})
_OUR_WORDS = {"array": "list", "object": "map"}

_TYPES = Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, value: _is_number(value)).redefine(
    "integer", lambda _, value: _is_number(value) and value == int(value)
)
_Checked = validators.extend(Draft202012Validator, type_checker=_TYPES)  # type: ignore[no-untyped-call]  # untyped in its stubs


def check_json_schema(schema: Json) -> dict[str, Json]:
    """The schema itself, once it is known to be usable and of our dialect. Raises ContractProblem."""
    if isinstance(schema, dict) and str(schema.get("$schema", DIALECT)).rstrip("#") != DIALECT:
        raise ContractProblem("only JSON Schema 2020-12 is read", f"write `$schema: {DIALECT}` or leave it out")
    return _usable(schema)


def violation(value: Json, schema: Mapping[str, Json]) -> str | None:
    """The first thing that is wrong with a value, as a sentence that names the place; None if the schema holds."""
    if _plainly_holds(value, schema):
        return None
    try:
        error = best_match(_validator(json.dumps(dict(schema), sort_keys=True)).iter_errors(value))
    except ContractProblem as problem:
        return f"the schema can't be used: {problem.message}"
    except RecursionError:
        return "the value is nested too deeply to be checked"
    return None if error is None else _sentence(error)


def _plainly_holds(value: Json, schema: Mapping[str, Json]) -> bool:
    """Whether a map fits a flat schema, as those of most tools are, for certain; where unsure the library decides."""
    if type(value) is not dict or schema.get("type") != "object" or not _FLAT.issuperset(schema):
        return False
    fields, required = schema.get("properties"), schema.get("required", [])
    if type(fields) is not dict or type(required) is not list or schema.get("additionalProperties") is not False:
        return False
    if not all(type(name) is str and name in value for name in required):
        return False
    return all(name in fields and _plainly_fits(entry, fields[name]) for name, entry in value.items())


def _plainly_fits(value: Json, schema: Json) -> bool:
    if type(schema) is not dict or type(schema.get("description", "")) is not str:
        return False
    if not _FLAT_FIELD.issuperset(schema):
        # A path of the builtin tools: text that isn't empty.
        return type(value) is str and bool(value) and schema == {"type": "string", "minLength": 1}
    wanted = schema.get("type")
    if wanted == "integer":
        return type(value) is int and abs(value) <= LARGEST_INTEGER
    return type(wanted) is str and type(value) is _FLAT_TYPES.get(wanted)


def _usable(schema: Json) -> dict[str, Json]:
    if not isinstance(schema, dict):
        raise ContractProblem("a JSON Schema is a map", "write `{type: object, properties: {…}}`")
    for where, part in _parts(schema, ()):
        _check_part(schema, part, where)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = tuple(error.absolute_path)
        raise ContractProblem(f"no valid JSON Schema: {_short(error.message)}", "see json-schema.org", place) from error
    return schema


@lru_cache(maxsize=512)
def _validator(schema: str) -> Validator:
    """A memo of a pure function. Checks first, so that no reference can leave the schema.

    Tools' schemas come in other dialects too, and are read as 2020-12; `$schema` would make the library switch types.
    """
    named = json.loads(schema)
    usable = _usable({key: part for key, part in named.items() if key not in ("$schema", "$id")})
    return cast("Validator", _Checked(usable, format_checker=FormatChecker(formats=("date",))))


def _parts(schema: Json, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Json]]]:
    """Every subschema with its place; data that only looks like one is left out."""
    if len(where) > DEEPEST_SCHEMA:
        raise ContractProblem(f"the contract is nested deeper than {DEEPEST_SCHEMA} levels", "make it flatter", where)
    if isinstance(schema, list):
        for position, entry in enumerate(schema):
            yield from _parts(entry, (*where, position))
    if not isinstance(schema, dict):
        return
    if not all(isinstance(key, str) for names in (schema, *_maps(schema)) for key in names):
        raise ContractProblem("a key is not text", "write it in quotes", where)
    yield where, schema
    for key, inner in schema.items():
        if key in _NAMED and isinstance(inner, dict):
            for name, entry in inner.items():
                yield from _parts(entry, (*where, key, name))
        elif key not in _DATA:
            yield from _parts(inner, (*where, key))


def _maps(schema: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The maps of a schema whose keys are names of its author's choice."""
    return [inner for key, inner in schema.items() if key in _NAMED and isinstance(inner, dict)]


def _check_part(root: Mapping[str, Json], part: Mapping[str, Json], where: tuple[str | int, ...]) -> None:
    for key in ("$ref", "$dynamicRef"):
        if key in part:
            _check_reference(root, part[key], (*where, key))
    if "$id" in part and where:
        raise ContractProblem("a part has an `$id` of its own", "put it under `$defs` and refer to `#/$defs/…`", where)
    for pattern in [part.get("pattern"), *_keys_of(part.get("patternProperties"))]:
        _check_pattern(pattern, where)


def _keys_of(value: Json) -> list[Json]:
    return list(value) if isinstance(value, dict) else []


def _check_pattern(pattern: Json, where: tuple[str | int, ...]) -> None:
    if not isinstance(pattern, str):
        return
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ContractProblem(f"the pattern {_short(pattern)} can't be read: {error}", "mend it", where) from error


def _check_reference(root: Mapping[str, Json], reference: Json, where: tuple[str | int, ...]) -> None:
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise ContractProblem(
            f"the reference {_short(str(reference))} leaves this contract: nothing is fetched",
            "copy that part under `$defs` and refer to `#/$defs/…`",
            where,
        )
    if reference != "#" and not reference.startswith("#/"):
        raise ContractProblem(f"the reference {_short(reference)} is an anchor", "refer to `#/$defs/NAME`", where)
    found: Json = root
    for step in unquote(reference[1:]).split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list):
            found = found[int(key)] if key.isascii() and key.isdigit() and int(key) < len(found) else None
        else:
            found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, (dict, bool)):
        raise ContractProblem(f"the reference {_short(reference)} leads nowhere", "add it under `$defs`", where)


def _is_number(value: object) -> bool:
    """JSON's numbers: neither true nor NaN nor an integer that readers disagree on."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= LARGEST_INTEGER if isinstance(value, int) else value - value == 0


def _sentence(error: ValidationError) -> str:
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.absolute_path).lstrip(".")
    return f"{place}: {_reason(error)}" if place else _reason(error)


def _reason(error: ValidationError) -> str:
    value: Any = error.instance
    wanted: Any = error.validator_value
    schema = cast("Mapping[str, Any]", error.schema)
    match error.validator:
        case "type":
            return f"expected {_either(wanted)}, got {shown(value)}"
        case "required":
            missing = [name for name in wanted if name not in value]
            return f"the field {missing[0]!r} is missing" if missing else _short(error.message)
        case "additionalProperties" if wanted is False and "patternProperties" not in schema:
            known = schema.get("properties", {})
            extra = [name for name in value if name not in known]
            return f"there is no field {extra[0]!r}, only {', '.join(known) or 'none'}" if extra else error.message
        case "enum":
            return f"expected one of {', '.join(map(shown, wanted))}, got {shown(value)}"
        case "const":
            return f"expected {shown(wanted)}, got {shown(value)}"
        case "format":
            return f"expected a {wanted} such as 2026-11-22, got {shown(value)}"
        case "pattern" if wanted == DURATION_PATTERN:
            return f"expected a duration such as 24h or 1h30m, got {shown(value)}"
        case "minLength" if wanted == 1:
            return "expected text that isn't empty"
        case _:
            return _short(error.message, 300)


def _either(wanted: Json) -> str:
    return " or ".join(
        _OUR_WORDS.get(str(word), str(word)) for word in (wanted if isinstance(wanted, list) else [wanted])
    )


def shown(value: Json) -> str:
    """A value for a sentence, cut to a glance."""
    if isinstance(value, (dict, list)):
        return "a map" if isinstance(value, dict) else "a list"
    return _short(repr(value) if isinstance(value, str) else json.dumps(value, default=str))


def one_of(value: Json, allowed: tuple[Json, ...]) -> bool:
    """Whether a value is one of those allowed, as JSON compares."""
    return any(same(value, each) for each in allowed)


def _short(text: str, most: int = LONGEST_SHOWN) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
