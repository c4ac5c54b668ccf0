"""The filters and tests that expressions have, as pure functions named as in Jinja.

A filter's parameters after the first are what its author may write; `evaluation` checks a call against them before
anything runs. They differ from Jinja where Jinja guesses: `int` fails on text that is no number, `sort` and `unique`
compare exactly, `truncate` never exceeds its length, nothing escapes HTML.

Deliberately absent: `range`, `format`, `random`, everything that reads a clock, and `map` by the name of a filter.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from mntui.core.language.operations import (
    COMPARISONS,
    LARGEST_OUTPUT,
    LONGEST_LIST,
    MISSING,
    Missing,
    add,
    bounded,
    comparable,
    contains,
    describe,
    fail,
    joined,
    number,
    read,
    text_of,
    used,
)
from mntui.core.values import Json

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_WORD_BREAK = re.compile(r"([-\s({\[<]+)")


def attribute_of(item: Json, attribute: Json) -> Json:
    """What a dotted path reads from an item; MISSING when it isn't there."""
    for key in _text("attribute", attribute).split("."):
        item = read(item, int(key) if _INTEGER.fullmatch(key) else key)
        if item is MISSING:
            return Missing(f"an entry has no `{attribute}`")
    return item


def _text(name: str, value: Json) -> str:
    if not isinstance(value, str):
        fail(f"`{name}` expects text, got {describe(value)}", "turn it into text by `| string`")
    return value


def _list(name: str, value: Json) -> list[Json]:
    if not isinstance(value, list):
        fail(f"`{name}` expects a list, got {describe(value)}")
    return value


def _whole(name: str, value: Json, least: int, most: int) -> int:
    if value.__class__ is not int or not least <= value <= most:
        fail(f"`{name}` expects a whole number from {least} to {most}, got {describe(value)}")
    return int(value)


def _column(name: str, value: Json, attribute: Json) -> list[Json]:
    """A list's entries, or the given attribute of each; all must be there."""
    entries = _list(name, value)
    return entries if attribute is None else [used(attribute_of(entry, attribute)) for entry in entries]


def _json(value: Json, indent: Json = None) -> str:
    bounded(value)
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    parts, room = [], LARGEST_OUTPUT
    for part in json.JSONEncoder(ensure_ascii=False, indent=_whole("json", indent, 0, 8)).iterencode(value):
        parts.append(part)
        room -= len(part)
        if room < 0:
            fail("the text is larger than 1 MiB", "leave out `indent`")
    return "".join(parts)


def _length(value: Json) -> int:
    if not isinstance(value, (str, list, dict, Mapping)):
        fail(f"`length` expects text, a list or a map, got {describe(value)}")
    return len(value)


def _first(value: Json) -> Json:
    return _end("first", value, 0)


def _last(value: Json) -> Json:
    return _end("last", value, -1)


def _end(name: str, value: Json, position: int) -> Json:
    if value.__class__ is Missing:
        return value
    if not isinstance(value, (list, str)):
        fail(f"`{name}` expects a list or text, got {describe(value)}")
    return value[position] if value else Missing(f"`{name}` of nothing: the list is empty")


def _join(value: Json, d: Json = "", attribute: Json = None) -> str:
    return joined([text_of(entry) for entry in _column("join", value, attribute)], _text("join", d))


def _split(value: Json, separator: Json = None) -> list[Json]:
    if separator == "":
        fail("`split` expects a separator that isn't empty", "`| list` gives the characters of a text")
    text = _text("split", value)
    pieces = text.split(None if separator is None else _text("split", separator), LONGEST_LIST)
    return list(_short_enough(pieces))


def _short_enough(values: list[Any]) -> list[Any]:
    if len(values) > LONGEST_LIST:
        fail(f"the list is longer than {LONGEST_LIST:,} entries", "take a part of it")
    return values


def _replace(value: Json, old: Json, new: Json, count: Json = None) -> str:
    text, before, after = _text("replace", value), _text("replace", old), _text("replace", new)
    if not before:
        fail("`replace` expects the text to replace, got an empty one")
    times = text.count(before)
    if count is not None:
        times = min(times, _whole("replace", count, 0, LARGEST_OUTPUT))
    if len(text) + times * (len(after) - len(before)) > LARGEST_OUTPUT:
        fail("the text is larger than 1 MiB", "replace in a shorter text")
    return text.replace(before, after, times)


def _truncate(value: Json, length: Json = 255, killwords: Json = False, end: Json = "...") -> str:
    text, ending, most = _text("truncate", value), _text("truncate", end), _whole("truncate", length, 1, LARGEST_OUTPUT)
    if len(text) <= most:
        return text
    room = max(most - len(ending), 0)
    kept = text[:room]
    if not killwords and not text[room].isspace():
        kept = kept.rsplit(None, 1)[0] if len(kept.split(None, 1)) > 1 else kept
    return (kept.rstrip() + ending)[:most]


def _trim(value: Json, chars: Json = None) -> str:
    return _text("trim", value).strip(None if chars is None else _text("trim", chars))


def _title(value: Json) -> str:
    return "".join(word[:1].upper() + word[1:].lower() for word in _WORD_BREAK.split(_text("title", value)))


def _reverse(value: Json) -> Json:
    if not isinstance(value, (list, str)):
        fail(f"`reverse` expects a list or text, got {describe(value)}")
    return value[::-1]


def _list_of(value: Json) -> list[Json]:
    if not isinstance(value, (list, str, dict)):
        fail(f"`list` expects a list, a map or text, got {describe(value)}")
    return _short_enough(list(value))


def _keys(value: Json) -> list[Json]:
    return list(_map("keys", value))


def _values(value: Json) -> list[Json]:
    return list(_map("values", value).values())


def _items(value: Json) -> list[Json]:
    return [[key, entry] for key, entry in _map("items", value).items()]


def _map(name: str, value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        fail(f"`{name}` expects a map, got {describe(value)}")
    return value


def _int(value: Json, default: Json = MISSING) -> Json:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return number(int(value))
    found = _float(value, default)
    return number(int(found)) if found.__class__ is float else found


def _float(value: Json, default: Json = MISSING) -> Json:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return number(float(value))
    if value.__class__ is int or value.__class__ is float:
        return float(number(value))
    if default is MISSING:
        fail(f"{describe(value)} is no number", "give a number for this case: `| int(0)` or `| float(0)`")
    return default


def _abs(value: Json) -> Json:
    return abs(number(value))


def _round(value: Json, precision: Json = 0, method: Json = "common") -> Json:
    places = _whole("round", precision, -15, 15)
    exact = number(value)
    if method == "common":
        return number(round(exact, places))
    if method not in ("ceil", "floor"):
        fail(f"`round` knows the methods common, ceil and floor, not {describe(method)}")
    scaled = (math.ceil if method == "ceil" else math.floor)(number(exact * 10.0**places))
    rounded = scaled / 10.0**places
    return int(rounded) if exact.__class__ is int else rounded


def _sum(value: Json, attribute: Json = None, start: Json = 0) -> Json:
    total = number(start)
    for entry in _column("sum", value, attribute):
        total = add(total, number(entry))
    return total


def _min(value: Json, attribute: Json = None) -> Json:
    return _extreme("min", value, attribute, min)


def _max(value: Json, attribute: Json = None) -> Json:
    return _extreme("max", value, attribute, max)


def _extreme(name: str, value: Json, attribute: Json, choose: Callable[..., int]) -> Json:
    entries = _list(name, value)
    if not entries:
        return Missing(f"`{name}` of nothing: the list is empty")
    weights = comparable(_column(name, value, attribute))
    return entries[choose(range(len(entries)), key=weights.__getitem__)]


def _sort(value: Json, reverse: Json = False, attribute: Json = None) -> list[Json]:
    entries = _list("sort", value)
    weights = comparable(_column("sort", value, attribute))
    return [entries[at] for at in sorted(range(len(entries)), key=weights.__getitem__, reverse=bool(reverse))]


def _unique(value: Json, attribute: Json = None) -> list[Json]:
    found: dict[str, Json] = {}
    for entry, mark in zip(_list("unique", value), _column("unique", value, attribute), strict=True):
        exact = int(mark) if mark.__class__ is float and mark.is_integer() else mark
        found.setdefault(json.dumps(bounded(exact), sort_keys=True), entry)
    return list(found.values())


def _map_attribute(value: Json, *, attribute: Json, default: Json = MISSING) -> list[Json]:
    found = [attribute_of(entry, attribute) for entry in _list("map", value)]
    return [used(default if entry.__class__ is Missing and default is not MISSING else entry) for entry in found]


def _chosen(
    value: Json, test: str = "", *arguments: Json, name: str, wanted: bool, attribute: Json = None
) -> list[Json]:
    """The entries that pass a test (or without one: are true), or those that don't."""

    def passes(entry: Json) -> bool:
        subject = entry if attribute is None else attribute_of(entry, attribute)
        if test in PRESENCE:
            return PRESENCE[test](subject)
        return TESTS[test](used(subject), *arguments) if test else bool(used(subject))

    return [entry for entry in _list(name, value) if passes(entry) == wanted]


def _select(value: Json, test: str = "", *arguments: Json) -> list[Json]:
    return _chosen(value, test, *arguments, name="select", wanted=True)


def _reject(value: Json, test: str = "", *arguments: Json) -> list[Json]:
    return _chosen(value, test, *arguments, name="reject", wanted=False)


def _selectattr(value: Json, attribute: Json, test: str = "", *arguments: Json) -> list[Json]:
    return _chosen(value, test, *arguments, name="selectattr", wanted=True, attribute=_text("selectattr", attribute))


def _rejectattr(value: Json, attribute: Json, test: str = "", *arguments: Json) -> list[Json]:
    return _chosen(value, test, *arguments, name="rejectattr", wanted=False, attribute=_text("rejectattr", attribute))


def _remainder(value: Json, by: Json, rest: int) -> bool:
    if value.__class__ is not int or by.__class__ is not int or by == 0:
        fail(f"divisibility needs whole numbers, got {describe(value)} and {describe(by)}")
    return bool(value % by == rest)


FILTERS: Final[Mapping[str, Callable[..., Json]]] = MappingProxyType(
    {
        "abs": _abs,
        "capitalize": lambda value: _text("capitalize", value).capitalize(),
        "first": _first,
        "float": _float,
        "int": _int,
        "items": _items,
        "join": _join,
        "json": _json,
        "keys": _keys,
        "last": _last,
        "length": _length,
        "list": _list_of,
        "lower": lambda value: _text("lower", value).lower(),
        "map": _map_attribute,
        "max": _max,
        "min": _min,
        "reject": _reject,
        "rejectattr": _rejectattr,
        "replace": _replace,
        "reverse": _reverse,
        "round": _round,
        "select": _select,
        "selectattr": _selectattr,
        "sort": _sort,
        "split": _split,
        "string": text_of,
        "sum": _sum,
        "title": _title,
        "trim": _trim,
        "truncate": _truncate,
        "unique": _unique,
        "upper": lambda value: _text("upper", value).upper(),
        "values": _values,
    }
)
"""`default` is not here: it alone decides whether its argument is evaluated, so `evaluation` builds it."""

ACCESSORS: Final = frozenset({"first", "last"})
"""These read a place, as `[0]` does: a missing list gives a missing entry, which `default` then covers."""

MAY_BE_MISSING: Final = frozenset({"first", "last", "min", "max"})

TEST_POSITIONS: Final[Mapping[str, int]] = MappingProxyType(
    {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}
)
"""Filters that take the name of a test, and at which argument."""

PRESENCE: Final[Mapping[str, Callable[[Json], bool]]] = MappingProxyType(
    {
        "defined": lambda value: value.__class__ is not Missing,
        "undefined": lambda value: value.__class__ is Missing,
    }
)
"""The tests that may ask about a missing value."""

TESTS: Final[Mapping[str, Callable[..., bool]]] = MappingProxyType(
    {
        "boolean": lambda value: value.__class__ is bool,
        "contains": contains,
        "divisibleby": lambda value, by: _remainder(value, by, 0),
        "eq": COMPARISONS["eq"],
        "equalto": COMPARISONS["eq"],
        "even": lambda value: _remainder(value, 2, 0),
        "false": lambda value: value is False,
        "float": lambda value: value.__class__ is float,
        "ge": COMPARISONS["gteq"],
        "gt": COMPARISONS["gt"],
        "in": COMPARISONS["in"],
        "integer": lambda value: value.__class__ is int,
        "le": COMPARISONS["lteq"],
        "list": lambda value: isinstance(value, list),
        "lt": COMPARISONS["lt"],
        "mapping": lambda value: isinstance(value, Mapping),
        "ne": COMPARISONS["ne"],
        "none": lambda value: value is None,
        "number": lambda value: value.__class__ is int or value.__class__ is float,
        "odd": lambda value: _remainder(value, 2, 1),
        "string": lambda value: isinstance(value, str),
        "true": lambda value: value is True,
    }
)
