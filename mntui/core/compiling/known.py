"""What is known of an output before a run: its contract as a JSON Schema, and whether a path can exist in it.

An empty schema is "anything". Only what is certain is refused: a schema with choices in it counts as unknown.
"""

from collections.abc import Mapping

from mntui.core.plan import Schema
from mntui.core.values import Json

ANYTHING: Schema = {}
_CHOICES = ("$ref", "$dynamicRef", "anyOf", "oneOf", "allOf", "if", "not", "patternProperties", "dependentSchemas")
_SCALARS = {"string": "text", "integer": "a number", "number": "a number", "boolean": "true or false", "null": "null"}


def closed(properties: Mapping[str, Schema]) -> Schema:
    """A map with these keys and no others."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}
LIST: Schema = {"type": "array"}
AGENT_TEXT = closed({"text": TEXT})
ROUTED = closed({"route": ANYTHING, "reason": ANYTHING})
RUN = closed({"id": TEXT, "started_at": TEXT, "folder": TEXT, "spent_usd": NUMBER})
NEED = closed({"status": TEXT, "error": ANYTHING, "fallback": ANYTHING})
WAITED = closed({"at": ANYTHING})
_ITEM = closed({"index": NUMBER, "item": ANYTHING, "status": TEXT, "error": ANYTHING, "output": ANYTHING})
EACH = closed({"count": NUMBER, "failed": NUMBER, "results": {"type": "array", "items": _ITEM}})


class NoSuchKey(Exception):
    """`position` is the index in the path of the key that can't be there; `known` are the keys that can."""

    def __init__(self, position: int, what: str, known: tuple[str, ...]) -> None:
        super().__init__(what)
        self.position = position
        self.what = what
        self.known = known


def input_schema(type_name: str) -> Schema:
    """What is known of an input of one of the nine types."""
    return {"integer": NUMBER, "number": NUMBER, "boolean": BOOLEAN, "list": LIST, "map": ANYTHING}.get(type_name, TEXT)


def walk(schema: Schema, path: tuple[str, ...]) -> None:
    """Raises NoSuchKey if a value of this schema can never have something at that path."""
    for position, key in enumerate(path):
        step = _into(schema, key, position)
        if step is None:
            return
        schema = step


def _into(schema: Schema, key: str, position: int) -> Schema | None:
    """The schema of one key; None where nothing is known."""
    if not isinstance(schema, Mapping) or any(word in schema for word in _CHOICES):
        return None
    kind = schema.get("type")
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and kind in (None, "object"):
        return _of_map(schema, properties, key, position)
    if kind == "array":
        return _of_list(schema, key, position)
    if isinstance(kind, str) and kind in _SCALARS and not _is_index(key):
        raise NoSuchKey(position, f"is {_SCALARS[kind]} and has no keys", ())
    return None


def _of_map(schema: Schema, properties: Mapping[str, Json], key: str, position: int) -> Schema | None:
    if key in properties:
        inner = properties[key]
        return inner if isinstance(inner, Mapping) else None
    more = schema.get("additionalProperties", not properties)
    if more is False:
        raise NoSuchKey(position, f"has no key `{key}`", tuple(properties))
    return more if isinstance(more, Mapping) else None


def _of_list(schema: Schema, key: str, position: int) -> Schema | None:
    if not _is_index(key):
        raise NoSuchKey(position, f"is a list and has no key `{key}`", ())
    items = schema.get("items")
    return items if isinstance(items, Mapping) and "prefixItems" not in schema else None


def _is_index(key: str) -> bool:
    return str(key).lstrip("-").isdigit()
