"""Filling a contract (a JSON Schema) from the input: every field gets what the input says under its name.

Each field has candidates, best first, each marked as found in the input or as empty; the first valid one is taken.
Labels are chosen before texts are written, so that a letter fits the next step beside it. An optional field is left
out unless something was found for it. A date that the input doesn't hold is never made up, whatever the contract wants.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.models.extraction import finding
from mntui.models.extraction.finding import Field
from mntui.models.extraction.reading import Source, source_of
from mntui.models.extraction.schemas import NOT_STATED, Schema, empties, merged, plain, types
from mntui.models.tokens import estimate_tokens

_LENGTHS = (800, 400, 200, 100, 40, 15)
_DEEPEST = 6
Candidate = tuple[bool, Json]


@frozen
class Form:
    """A contract being filled: its root, its validator, and how many characters a written text may have."""

    root: Schema
    validator: Validator
    characters: int
    depth: int = 0


def fill(contract: Schema, source: Source, max_tokens: int) -> Json:
    """The answer to a contract, its texts shortened until it fits into `max_tokens`, or as far as they go."""
    validator = Draft202012Validator(dict(contract), format_checker=Draft202012Validator.FORMAT_CHECKER)
    answer: Json = None
    for characters in _LENGTHS:
        form = Form(contract, validator, characters)
        _, answer = settle(form, Field((), plain(contract, contract), source, source))
        if estimate_tokens(json.dumps(answer, ensure_ascii=False)) <= max_tokens:
            break
    return answer


def settle(form: Form, field: Field) -> Candidate:
    """The first valid candidate of a field; if none is valid the most honest one, for the runtime to refuse."""
    judge = form.validator.evolve(schema=dict(field.schema))
    first: Candidate | None = None
    for candidate in candidates(form, field):
        if judge.is_valid(candidate[1]):
            return candidate
        first = first or ((False, candidate[1]) if not candidate[0] else None)
    return first or (False, NOT_STATED)


def candidates(form: Form, field: Field) -> Iterator[Candidate]:
    """What a field could hold, found values first."""
    schema = field.schema
    if "const" in schema:
        yield True, schema["const"]
    elif "enum" in schema:
        yield from finding.labelled(field)
    elif branches := schema.get("anyOf") or schema.get("oneOf"):
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        inner = replace(form, depth=form.depth + 1)
        options = [] if form.depth > _DEEPEST else [merged(rest, plain(form.root, branch)) for branch in branches]
        offered = list(chain.from_iterable(candidates(inner, replace(field, schema=option)) for option in options))
        yield from sorted(offered, key=lambda offer: (not offer[0], offer[1] is not None and not offer[0]))
    else:
        yield from _typed(form, field, types(schema))


def _typed(form: Form, field: Field, kinds: tuple[str, ...]) -> Iterator[Candidate]:
    closed = field.closed or not finding.is_due(field)
    for kind in kinds if not closed else ():
        yield from _found(form, field, kind)
    if "null" in kinds:
        yield False, None
    if closed and "object" in kinds:
        yield from _objects(form, replace(field, closed=True))
    if closed and "string" in kinds:
        yield False, ""
    for kind in kinds:
        yield from ((False, value) for value in empties(field.schema, kind))
        if kind == "array":
            yield from ((False, value) for value in _padded(form, field, []))
        elif kind == "object":
            yield False, {}


def _found(form: Form, field: Field, kind: str) -> Iterator[Candidate]:
    match kind:
        case "object":
            yield from _objects(form, field)
        case "array":
            yield from _arrays(form, field)
        case "string":
            yield from finding.texts(field, form.characters)
        case _:
            yield from finding.scalars(field, kind)


def _objects(form: Form, field: Field) -> Iterator[Candidate]:
    """The object with every required field and those optional ones that something was found for."""
    if form.depth > _DEEPEST:
        return
    narrowed = next((fact for fact in field.named() if isinstance(fact.value, dict)), None) if field.path else None
    if narrowed and "properties" not in field.schema:
        yield True, narrowed.value
    inner = replace(form, depth=form.depth + 1)
    base = replace(field, source=source_of(narrowed.value, field.source.instructions)) if narrowed else field
    properties: Mapping[str, Json] = field.schema.get("properties", {})
    required = tuple(field.schema.get("required", ()))
    settled: dict[str, Candidate] = {}
    ordered = _labels_first(
        form, {name: properties.get(name, _others(field.schema)) for name in (*properties, *required)}
    )
    siblings = tuple(ordered)
    chosen, labels = base.chosen, base.labels
    for name, schema in ordered.items():
        part = replace(
            base, path=(*base.path, name), schema=schema, required=name in required,
            siblings=siblings, chosen=chosen, labels=labels, whole=base.whole,
        )  # fmt: skip
        settled[name] = settle(inner, part)
        if "enum" in schema and isinstance(settled[name][1], str):
            chosen = (*chosen, settled[name][1])
            labels = (*labels, *(label for label in schema["enum"] if isinstance(label, str)))
    everything = [name for name in (*properties, *required) if name in settled]
    kept = {name: settled[name][1] for name in everything if name in required or settled[name][0]}
    yield any(found for found, _ in settled.values()), kept
    yield False, {name: settled[name][1] for name in everything if name in required}
    yield False, {name: settled[name][1] for name in everything}


def _labels_first(form: Form, properties: Mapping[str, Json]) -> dict[str, Schema]:
    read = {name: plain(form.root, schema) for name, schema in properties.items()}
    return dict(sorted(read.items(), key=lambda entry: "enum" not in entry[1]))


def _others(schema: Schema) -> Json:
    return schema.get("additionalProperties", {})


def _arrays(form: Form, field: Field) -> Iterator[Candidate]:
    schema = plain(form.root, field.schema.get("items", {}))
    most = field.schema.get("maxItems", 50)
    for items in finding.lists(field, schema):
        filled = [_item(form, field, schema, item) for item in items]
        kept = [value for found, value in filled if found]
        if kept:
            distinct = _distinct(kept) if field.schema.get("uniqueItems") else kept
            yield from ((True, value) for value in _padded(form, field, distinct[:most]))
    written = list(finding.statements(field, schema, form.characters))
    if written:
        yield from ((True, value) for value in _padded(form, field, written[:most]))


def _item(form: Form, field: Field, schema: Schema, item: Json) -> Candidate:
    """One given item in the wanted shape: as it is where it fits, else filled from it."""
    judge = form.validator.evolve(schema=dict(schema))
    if not isinstance(item, dict) and judge.is_valid(item):
        return True, item
    own = source_of(item, field.source.instructions)
    inner = replace(form, depth=form.depth + 1)
    found, value = settle(inner, Field(() if isinstance(item, dict) else ("value",), schema, own, own))
    return found and judge.is_valid(value), value


def _padded(form: Form, field: Field, items: list[Json]) -> Iterator[Json]:
    """The list, and the list with empty items up to the least number that the contract wants."""
    yield items
    prefixes = field.schema.get("prefixItems", [])
    least = max(field.schema.get("minItems", 0), 0)
    padded = list(items)
    while len(padded) < least and form.depth <= _DEEPEST:
        place = len(padded)
        item = prefixes[place] if place < len(prefixes) else field.schema.get("items", {})
        schema = plain(form.root, item)
        blank = Field((), schema, source_of({}), source_of({}))
        judge = form.validator.evolve(schema=dict(schema))
        options = [
            value for _, value in candidates(replace(form, depth=form.depth + 1), blank) if judge.is_valid(value)
        ]
        options += [value for value in (f"{NOT_STATED} {place}", place, -place) if judge.is_valid(value)]
        fresh = [value for value in options if not field.schema.get("uniqueItems") or value not in padded]
        if not fresh:
            break
        padded.append(fresh[0])
    if len(padded) > len(items):
        yield padded


def _distinct(items: list[Json]) -> list[Json]:
    kept: list[Json] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept
