"""A JSON Schema read for filling: references followed, `allOf` merged, types listed, and the emptiest value of each.

An empty value says that nothing was found, as plainly as the schema allows: null, `not stated`, 0, false, [].
"""

import re
from collections.abc import Iterator, Mapping

from mntui.core.values import Json

Schema = Mapping[str, Json]
NOT_STATED = "not stated"
_DEEPEST_REFERENCE = 8
_MERGED = ("properties", "$defs")
_SAMPLES = (
    "",
    "0",
    "00",
    "000",
    "0000",
    "a",
    "A",
    "aa",
    "AA",
    "AAA",
    "-",
    "x",
    "none",
    "not-stated",
    "not_stated",
    "a0",
    "A-0",
)


def plain(root: Schema, schema: Json) -> Schema:
    """The schema with its references followed and its `allOf` parts merged in; `true` and unknown references are {}."""
    if not isinstance(schema, Mapping):
        return {}
    followed: Schema = schema
    for _ in range(_DEEPEST_REFERENCE):
        if "$ref" not in followed:
            break
        rest = {key: value for key, value in followed.items() if key != "$ref"}
        followed = merged(_target(root, followed["$ref"]), rest)
    for part in followed.get("allOf", ()):
        followed = merged(followed, {key: value for key, value in plain(root, part).items() if key != "allOf"})
    return followed


def merged(schema: Schema, other: Schema) -> Schema:
    """Both at once: properties and required names together, of anything else the other's."""
    together = {**schema, **other}
    for key in _MERGED:
        if key in schema and key in other:
            together[key] = {**schema[key], **other[key]}
    if "required" in schema and "required" in other:
        together["required"] = list(dict.fromkeys([*schema["required"], *other["required"]]))
    return together


def types(schema: Schema) -> tuple[str, ...]:
    """The types a value may have, most telling first; guessed from other keywords where none is named."""
    stated = schema.get("type")
    if isinstance(stated, str):
        return (stated,)
    if isinstance(stated, list) and stated:
        return tuple(sorted(stated, key=lambda name: name == "null"))
    if "properties" in schema or "required" in schema:
        return ("object",)
    if "items" in schema or "prefixItems" in schema:
        return ("array",)
    if any(key in schema for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")):
        return ("number",)
    return ("string",)


def empties(schema: Schema, kind: str) -> Iterator[Json]:
    """Values of one scalar type that state nothing, the most honest first."""
    if kind == "null":
        yield None
    elif kind == "boolean":
        yield from (False, True)
    elif kind in ("integer", "number"):
        yield from _empty_numbers(schema, kind)
    elif kind == "string":
        yield from _empty_texts(schema)


def _empty_numbers(schema: Schema, kind: str) -> Iterator[Json]:
    yield 0
    bounds = [schema[key] for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum") if key in schema]
    step = schema.get("multipleOf", 1)
    for bound in bounds:
        below = bound // step * step
        yield from (
            value for value in (below, below + step, below - step, bound) if kind == "number" or value == int(value)
        )
    if kind == "number" and len(bounds) == 2:
        yield (bounds[0] + bounds[1]) / 2


def _empty_texts(schema: Schema) -> Iterator[str]:
    longest, shortest = schema.get("maxLength"), schema.get("minLength", 0)
    yield NOT_STATED
    yield ""
    if longest is not None and shortest <= longest < len(NOT_STATED):
        yield "-" * max(shortest, 1) if longest else ""
    if shortest > len(NOT_STATED):
        yield (f"{NOT_STATED} " * shortest)[: shortest - 1] + "."
    if "pattern" in schema:
        yield from _SAMPLES
        literal = re.sub(r"^\^|\$$", "", schema["pattern"])
        yield literal


def _target(root: Schema, reference: Json) -> Schema:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return {}
    found: Json = root
    for part in (part for part in reference[1:].split("/") if part):
        key = part.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
