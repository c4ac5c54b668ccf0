"""Forms as values: which texts are asked for, how each is read, and what is wrong with one. Nothing is drawn here."""

import json
from collections.abc import Callable, Mapping
from typing import Literal

from mntui.core.contracts.contracts import ContractProblem
from mntui.core.frozen import frozen
from mntui.core.run import Ask
from mntui.core.shown import glance, plain
from mntui.core.typed import by_schema, editable, fields_of
from mntui.core.values import Json


def _nothing(_: str) -> str | None:
    return None


@frozen
class Field:
    """One text. `read` gives its value and raises ContractProblem. `tall` where it may have several lines.

    `empty`: whether an empty text is a value like any other, is left out, or is missing. `complete` gives a longer text
    that begins with a typed one, `told` a sentence about a text that can be.
    """

    name: str
    hint: str
    text: str
    read: Callable[[str], Json]
    empty: Literal["value", "left out", "missing"] = "value"
    tall: bool = False
    complete: Callable[[str], str | None] = _nothing
    told: Callable[[str], str | None] = _nothing


@frozen
class Asked:
    """A whole form: its title, what it is for, what its key does."""

    title: str
    about: str
    fields: tuple[Field, ...]


def problem_of(field: Field, text: str) -> str:
    """Why a text can't be, as a sentence; empty where it can."""
    if not text and field.empty != "value":
        return "" if field.empty == "left out" else "it is needed"
    try:
        field.read(text)
    except ContractProblem as problem:
        return f"{problem.message}: {problem.remedy}" if problem.remedy else problem.message
    return ""


def values_of(asked: Asked, texts: Mapping[str, str]) -> dict[str, Json]:
    """The values of a form without problems."""
    fields = {field.name: field for field in asked.fields}
    return {name: fields[name].read(text) for name, text in texts.items() if text or fields[name].empty == "value"}


def edit_fields(ask: Ask, edits: Mapping[str, Json]) -> Asked:
    """What may be edited in an approval, as it is now."""
    fields = []
    for name, (value, schema) in editable(ask).items():
        now = edits.get(name, value)
        text = text_of(now)
        tall = isinstance(now, dict | list) or (isinstance(now, str) and ("\n" in now or len(now) > 60))
        fields.append(Field(name, _type_of(schema), text, reader(schema), tall=tall))
    return Asked(f"edit {ask.id}", "What you change here is what you then approve.", tuple(fields))


def asked_fields(ask: Ask) -> Asked:
    """A question whose answer has several fields."""
    required = (ask.contract or {}).get("required", [])
    fields = [
        Field(name, _type_of(schema), "", reader(schema), empty="missing" if name in required else "left out")
        for name, schema in fields_of(ask.contract).items()
    ]
    return Asked(f"answer {ask.id}", ask.question, tuple(fields))


def reader(schema: Mapping[str, Json] | None) -> Callable[[str], Json]:
    return lambda text: by_schema(text, schema)


def text_of(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)


def _type_of(schema: Mapping[str, Json] | None) -> str:
    if schema is None:
        return "text or JSON"
    if "enum" in schema:
        return glance(" or ".join(map(str, schema["enum"])))
    return {"string": "text", "array": "list as JSON", "object": "map as JSON"}.get(
        str(schema.get("type", "")), str(schema.get("type", "JSON"))
    )
