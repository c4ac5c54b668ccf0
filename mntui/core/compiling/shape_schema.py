"""A format as JSON Schema 2020-12, for editors: completion, descriptions, and the same refusals as the check.

What only the compiler can know (names, templates, needs) is absent; a file that passes here may still have problems.
"""

from typing import assert_never

from mntui.core.compiling.shapes import (
    AnyJson,
    Boolean,
    Choice,
    Duration,
    Either,
    Expression,
    Format,
    Key,
    ListOf,
    MapOf,
    Number,
    Record,
    Reference,
    Shape,
    Template,
    Text,
)
from mntui.core.values import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(form: Format) -> dict[str, Json]:
    """The whole format: the top record, and every record that is referred to by title under `$defs`."""
    definitions = {_slug(title): _of_record(record) for title, record in form.records.items()}
    return {"$schema": DIALECT, "title": form.top.title, **_of_record(form.top), "$defs": definitions}


def _slug(title: str) -> str:
    return title.removeprefix("a ").removeprefix("an ").replace(" ", "_")


def _of_record(record: Record) -> dict[str, Json]:
    required = [name for name, key in record.keys.items() if key.required]
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {name: _of_key(key) for name, key in record.keys.items()},
        "additionalProperties": False,
    }
    return {**schema, "required": required} if required else schema


def _of_key(key: Key) -> dict[str, Json]:
    if key.later:
        return {"description": f"{key.about} (not in this version yet)", "not": {}}
    return {"description": key.about, **_of_shape(key.shape)}


def _of_shape(shape: Shape) -> dict[str, Json]:
    match shape:
        case Text(pattern=pattern):
            return {"type": "string", "pattern": f"^(?:{pattern})$"} if pattern else {"type": "string"}
        case Number():
            return _of_number(shape)
        case Boolean():
            return {"type": "boolean"}
        case Duration():
            return {"type": "string", "examples": ["30s", "5m", "2h"]}
        case Choice(values):
            return {"enum": list(values)}
        case Template(kind="text"):
            return {"type": "string"}
        case Template(kind="list"):
            return {"type": ["string", "array"]}
        case Template() | AnyJson():
            return {}
        case Expression():
            return {"type": ["string", "boolean"]}
        case ListOf(item, least):
            return {"type": "array", "items": _of_shape(item), "minItems": least}
        case MapOf():
            return _of_map(shape)
        case Record():
            return _of_record(shape)
        case Reference(title):
            return {"$ref": f"#/$defs/{_slug(title)}"}
        case Either(options):
            return {"anyOf": [_of_shape(option) for option in options]}
        case _:
            assert_never(shape)


def _of_number(shape: Number) -> dict[str, Json]:
    bounds = {"minimum": shape.least, "maximum": shape.most}
    kept = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"type": "integer" if shape.whole else "number", **kept}


def _of_map(shape: MapOf) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "object", "additionalProperties": _of_shape(shape.value)}
    if shape.names:
        schema["propertyNames"] = {"pattern": f"^(?:{shape.names})$"}
    if shape.least:
        schema["minProperties"] = shape.least
    return schema
