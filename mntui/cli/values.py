"""Values on a command line: JSON where JSON is meant, text by the type that is asked for."""

import json
from collections.abc import Mapping
from typing import Final

from mntui.cli.exits import refuse, wrong_usage
from mntui.core.contracts.contracts import ContractProblem, parse_input_text
from mntui.core.values import Json, canonical

_BY_TYPE: Final = {"integer": "integer", "number": "number", "boolean": "boolean", "array": "list", "object": "map"}


def json_argument(text: str, what: str) -> Json:
    """JSON that a person typed. Raises Refusal (wrong usage)."""
    try:
        return _json(text)
    except (ValueError, RecursionError) as error:
        remedy = """Text is JSON in quotes: '"yes"'; a map is '{"name": "value"}'."""
        raise wrong_usage(f"{what} is no JSON: {error}", remedy) from error


def _json(text: str) -> Json:
    value = json.loads(text, parse_constant=_refuse_constant)
    canonical(value)
    return value


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def named_values(given: list[str], option: str) -> dict[str, str]:
    """`NAME=VALUE` as a map of texts. Raises Refusal (wrong usage)."""
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise wrong_usage(f"{option} {text} isn't NAME=VALUE", f"Write {option} NAME=VALUE.")
        if name in values:
            raise wrong_usage(f"{option} gives {name} twice", "Give it once.")
        values[name] = value
    return values


def by_schema(text: str, schema: Mapping[str, Json] | None, name: str) -> Json:
    """A text as a field of a contract wants it: text stays text, all else is read by its type. Raises Refusal.

    Without a type it is JSON where it parses as JSON, else text.
    """
    wanted = (schema or {}).get("type")
    if wanted in _BY_TYPE:
        try:
            return parse_input_text(text, _BY_TYPE[wanted])
        except ContractProblem as problem:
            raise refuse("value", f"{name}: {problem.message}", problem.remedy) from problem
    if wanted == "string":
        return text
    try:
        return _json(text)
    except (ValueError, RecursionError):
        return text


def field_schema(contract: Mapping[str, Json] | None, name: str) -> Mapping[str, Json] | None:
    """The schema of one field of a contract, where it says one."""
    fields = (contract or {}).get("properties", {})
    found = fields.get(name)
    return found if isinstance(found, Mapping) else None
