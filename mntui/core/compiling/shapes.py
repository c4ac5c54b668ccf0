"""Shapes of plain data: one description of a format that both checks a value and becomes a JSON Schema.

`fit` keeps what has the right shape and reports the rest, so that one wrong value does not hide the others. It knows
types, keys and bounds only; what names mean is the compiler's.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import field
from typing import Literal, assert_never

from mntui.core.compiling.findings import Findings, Where, listing, nearest, path_text
from mntui.core.contracts.contracts import ContractProblem, seconds_of
from mntui.core.frozen import frozen
from mntui.core.values import Json


@frozen
class Text:
    """Literal text. Where it is not `prose`, a `{{` in it would be read as text in silence, so it is a problem."""

    pattern: str = ""
    meaning: str = "text"
    prose: bool = False


@frozen
class Number:
    least: float | None = None
    most: float | None = None
    whole: bool = False


@frozen
class Boolean:
    pass


@frozen
class Duration:
    """`30s`, `5m`, `2h`: more than nothing, unless `least_seconds` is 0."""

    least_seconds: float = 0.001


@frozen
class Choice:
    values: tuple[str, ...]


@frozen
class Template:
    """Any JSON whose text may hold templates; `kind` narrows it to text, or to text or a list."""

    kind: Literal["any", "text", "list"] = "any"


@frozen
class Expression:
    """A bare expression: text, or a literal `true` or `false`."""


@frozen
class AnyJson:
    pass


@frozen
class ListOf:
    item: "Shape"
    least: int = 0


@frozen
class MapOf:
    """A map from names to values of one shape. `names` is a pattern for its keys, `naming` what they are called."""

    value: "Shape"
    names: str = ""
    naming: str = "a name"
    least: int = 0


@frozen
class Key:
    """One key of a record. `later` marks a word of the format that this version does not carry out yet."""

    about: str
    shape: "Shape"
    required: bool = False
    later: bool = False


@frozen
class Record:
    """A map with known keys, called `title` in messages and in the JSON Schema."""

    title: str
    keys: Mapping[str, Key]


@frozen
class Reference:
    """A record by its title, so that records may hold themselves."""

    title: str


@frozen
class Either:
    """The first option whose JSON type is the value's."""

    options: tuple["Shape", ...]


Shape = (
    Text
    | Number
    | Boolean
    | Duration
    | Choice
    | Template
    | Expression
    | AnyJson
    | ListOf
    | MapOf
    | Record
    | Reference
    | Either
)


class _Nothing:
    """What `fit` gives for a value that has no right part."""


NOTHING = _Nothing()


@frozen
class Format:
    """A top record and all records by title."""

    top: Record
    records: Mapping[str, Record] = field(default_factory=dict)


def fit(value: Json, shape: Shape, where: Where, form: Format, found: Findings) -> Json:
    """The part of `value` that has the shape; NOTHING where none has. Everything else is reported to `found`."""
    match shape:
        case Record():
            return _fit_record(value, shape, where, form, found)
        case Reference(title):
            return _fit_record(value, form.records[title], where, form, found)
        case MapOf():
            return _fit_map(value, shape, where, form, found)
        case ListOf():
            return _fit_list(value, shape, where, form, found)
        case Either(options):
            chosen = next((option for option in options if type_name(value) in _types(option)), None)
            return _mistyped(value, shape, where, found) if chosen is None else fit(value, chosen, where, form, found)
        case _:
            if type_name(value) not in _types(shape):
                return _mistyped(value, shape, where, found)
            return value if _fit_scalar(value, shape, where, found) else NOTHING


def type_name(value: Json) -> str:
    """What people call the type of a JSON value."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a map"
    return type(value).__name__


_EVERY_TYPE = ("nothing", "true or false", "a whole number", "a number", "text", "a list", "a map")


def _types(shape: Shape) -> tuple[str, ...]:
    match shape:
        case Text() | Choice() | Duration():
            return ("text",)
        case Number(whole=whole):
            return ("a whole number",) if whole else ("a number", "a whole number")
        case Boolean():
            return ("true or false",)
        case Expression():
            return ("text", "true or false")
        case Template(kind="text"):
            return ("text",)
        case Template(kind="list"):
            return ("text", "a list")
        case Template() | AnyJson():
            return _EVERY_TYPE
        case ListOf():
            return ("a list",)
        case MapOf() | Record() | Reference():
            return ("a map",)
        case Either(options):
            return tuple(name for option in options for name in _types(option))
        case _:
            assert_never(shape)


def _mistyped(value: Json, shape: Shape, where: Where, found: Findings) -> _Nothing:
    expected = _expected(shape)
    shown = f"`{value}`" if isinstance(value, bool | int | float) else type_name(value)
    if isinstance(value, str):
        shown = f'the text "{value[:40]}"' if value else "an empty text"
    remedy = f"Write {expected}."
    if isinstance(value, str) and "{{" in value:
        remedy = f"Templates are not read in this key; write {expected}."
    elif value is None:
        remedy = f"Write {expected}, or remove the key."
    elif expected.startswith("text") and isinstance(value, int | float):
        remedy = f'Put it in quotes: "{value}".'
    found.problem(where, "type", f"{path_text(where)} is {shown}, not {expected}", remedy, expected=expected)
    return NOTHING


def _expected(shape: Shape) -> str:
    match shape:
        case Text(meaning=meaning):
            return meaning
        case Choice(values):
            return listing(values)
        case Duration():
            return "a duration such as 30s, 5m or 2h"
        case Number(whole=True):
            return "a whole number"
        case Expression():
            return "an expression"
        case Template(kind="list"):
            return "a template or a list"
        case Either(options):
            return " or ".join(dict.fromkeys(_expected(option) for option in options))
        case _:
            return _types(shape)[0]


def _fit_record(value: Json, shape: Record, where: Where, form: Format, found: Findings) -> Json:
    if not isinstance(value, dict):
        return _mistyped(value, shape, where, found)
    kept: dict[str, Json] = {}
    for name, item in value.items():
        key = shape.keys.get(name)
        place = (*where, name)
        if key is None:
            _unknown_key(name, shape, place, form, found)
        elif key.later:
            _later(name, shape, place, found)
        else:
            fitted = fit(item, key.shape, place, form, found)
            if fitted is not NOTHING:
                kept[name] = fitted
    for name, key in shape.keys.items():
        if key.required and name not in value:
            message = f"{shape.title} needs the key `{name}` ({key.about})"
            found.problem(where, "missing", message, f"Add `{name}:`.", expected=name, of_key=True)
    return kept


def _later(name: str, shape: Record, where: Where, found: Findings) -> None:
    message = f"`{name}` of {shape.title} is not in this version yet"
    found.problem(where, "later", message, "Remove it for now; the format keeps the word.", of_key=True)


def _unknown_key(name: str, shape: Record, where: Where, form: Format, found: Findings) -> None:
    near = None if found.full else nearest(name, list(shape.keys))
    homes = [record.title for record in (form.top, *form.records.values()) if name in record.keys]
    remedy = f"Did you mean `{near}`?" if near else "Remove it."
    if homes and not near:
        remedy = f"It is a key of {listing(homes)}; move it there or remove it."
    message = f"`{name[:60]}` is not a key of {shape.title}"
    found.problem(where, "key", message, remedy, expected=listing(list(shape.keys), 40), of_key=True)


def _fit_map(value: Json, shape: MapOf, where: Where, form: Format, found: Findings) -> Json:
    if not isinstance(value, dict):
        return _mistyped(value, shape, where, found)
    if len(value) < shape.least:
        found.problem(
            where, "empty", f"{path_text(where)} is empty", f"Write at least {shape.least} entry.", of_key=True
        )
    kept: dict[str, Json] = {}
    for name, item in value.items():
        place = (*where, name)
        if shape.names and not re.fullmatch(shape.names, name):
            _bad_name(name, shape, place, found)
        fitted = fit(item, shape.value, place, form, found)
        if fitted is not NOTHING:
            kept[name] = fitted
        elif isinstance(shape.value, Record | Reference):
            kept[name] = {}
    return kept


def _bad_name(name: str, shape: MapOf, where: Where, found: Findings) -> None:
    mended = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "name"
    mended = mended if mended[0].isalpha() else f"n{mended}"
    expected = "a lower-case letter, then letters, digits and _"
    message = f"`{name[:60]}` is not {shape.naming}"
    found.problem(where, "id", message, f"Call it `{mended[:60]}`.", expected=expected, of_key=True)


def _fit_list(value: Json, shape: ListOf, where: Where, form: Format, found: Findings) -> Json:
    if not isinstance(value, list):
        return _mistyped(value, shape, where, found)
    if len(value) < shape.least:
        found.problem(where, "empty", f"{path_text(where)} is empty", f"Write at least {shape.least} entry.")
        return NOTHING
    fitted = [fit(item, shape.item, (*where, index), form, found) for index, item in enumerate(value)]
    return [None if item is NOTHING else item for item in fitted]


def _fit_scalar(value: Json, shape: Shape, where: Where, found: Findings) -> bool:
    match shape:
        case Text():
            return _fit_text(value, shape, where, found)
        case Choice(values) if value not in values:
            name = path_text(where)
            found.unknown(
                where, "choice", f'{name} cannot be "{value[:40]}"', value, values, f"Write {listing(values)}."
            )
            return False
        case Number():
            return _fit_number(value, shape, where, found)
        case Duration(least_seconds):
            return _fit_duration(value, least_seconds, where, found)
    return True


def _fit_text(value: str, shape: Text, where: Where, found: Findings) -> bool:
    if "{{" in value and not shape.prose:
        message = f"templates are not read in {path_text(where)}"
        found.problem(where, "template", message, f"Write {shape.meaning} itself.", expected=shape.meaning)
        return False
    if shape.pattern and not re.fullmatch(shape.pattern, value):
        message = f'{path_text(where)} is "{value[:60]}", not {shape.meaning}'
        found.problem(where, "text", message, f"Write {shape.meaning}.", expected=shape.meaning)
        return False
    return True


def _fit_number(value: float, shape: Number, where: Where, found: Findings) -> bool:
    low = shape.least is not None and value < shape.least
    high = shape.most is not None and value > shape.most
    if not (low or high or not math.isfinite(value)):
        return True
    bounds = [f"at least {shape.least:,}"] if shape.least is not None else []
    bounds += [f"at most {shape.most:,}"] if shape.most is not None else []
    expected = " and ".join(bounds) or "finite"
    message = f"{path_text(where)} is {value}, outside its bounds"
    found.problem(where, "range", message, f"Write a number that is {expected}.", expected=expected)
    return False


def _fit_duration(value: str, least_seconds: float, where: Where, found: Findings) -> bool:
    try:
        seconds = seconds_of(value)
    except ContractProblem as problem:
        found.problem(
            where, "duration", f"{path_text(where)}: {problem.message}", problem.remedy, expected="a duration"
        )
        return False
    if math.isfinite(seconds) and seconds >= least_seconds:
        return True
    message = f"{path_text(where)} is {value}: it must be more than nothing"
    found.problem(where, "duration", message, "Write a duration such as 30s.", expected="a duration")
    return False
