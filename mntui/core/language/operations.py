"""What values do in an expression: compare, add, become text, stay within bounds. JSON in, JSON out.

A value that isn't there travels as `Missing` while a path is read, so that `default` can cover it, and fails as soon
as anything else uses it. true is no number here: `true == 1` is false, `true + 1` fails.

Deliberately absent: Python's attributes, its coercions, and any result that JSON can't hold.
"""

import json
import math
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NoReturn

from mntui.core.values import LARGEST_INTEGER, Json

LARGEST_OUTPUT = 2**20
LONGEST_LIST = LARGEST_OUTPUT // 2
DEEPEST_VALUE = 100


class ExpressionFailure(Exception):
    """Why an expression gave no value: what was wrong with the data, and what its author can do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Missing:
    """A value that isn't there. `what` is the sentence that tells so if it is used."""

    __slots__ = ("what",)

    def __init__(self, what: str = "a value is missing") -> None:
        self.what = what

    def __repr__(self) -> str:
        return "…"


MISSING: Final = Missing()
"""A scope maps a name to this when its step was skipped or gave nothing."""


def fail(message: str, remedy: str = "") -> NoReturn:
    raise ExpressionFailure(message, remedy)


def used(value: Json) -> Json:
    """The value, which must be there."""
    if value.__class__ is Missing:
        fail(value.what, "add `| default(…)` where it may be missing, or a `needs` with an `if` that rules it out")
    return value


def read(value: Json, key: Json) -> Json:
    """`value[key]`: a key of a map, a position in a list or a text. MISSING when it isn't there."""
    if isinstance(key, str):
        return value.get(key, MISSING) if isinstance(value, (dict, Mapping)) else MISSING
    if key.__class__ is not int:
        fail(f"a key is text or a whole number, not {describe(key)}")
    if not isinstance(value, (list, str)):
        return MISSING
    return value[key] if -len(value) <= key < len(value) else MISSING


def kind_of(value: Json) -> str:
    """A value's type in the words of contracts."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "list", dict: "map"}
    return names.get(value.__class__, "map" if isinstance(value, Mapping) else value.__class__.__name__)


def describe(value: Json) -> str:
    """A value for a sentence: its type, and the value itself while it is short."""
    if value is None:
        return "null"
    if isinstance(value, (bool, int, float, str)):
        shown = repr(value)[:43] if not isinstance(value, int) or abs(value) <= LARGEST_INTEGER else "…"
        return f"the {kind_of(value)} {shown.lower() if isinstance(value, bool) else shown}"
    return f"a {kind_of(value)} of {len(value)}" if isinstance(value, (list, dict)) else f"a {kind_of(value)}"


def bounded(value: Json) -> Json:
    """The value itself, once it is known to be plain JSON of at most 1 MiB and 100 levels."""
    room = LARGEST_OUTPUT
    level, depth = [value], 0
    while level:
        inner: list[Json] = []
        for item in level:
            kind = item.__class__
            if kind is str:
                room -= (len(item) if item.isascii() else size_of(item)) + 3
            elif kind is dict:
                room -= _size_of_keys(item)
                inner += item.values()
            elif kind is list:
                room -= 3
                inner += item
            elif item is None or kind is bool:
                room -= 5
            else:
                room -= _size_of_number(item)
            if room < 0 or len(inner) > LONGEST_LIST:
                fail("the result is larger than 1 MiB", "pass a part of it, or write it to a file and pass the path")
        level, depth = inner, depth + 1
        if depth > DEEPEST_VALUE:
            fail(f"the result is nested deeper than {DEEPEST_VALUE} levels", "read a part of it")
    return value


def size_of(text: str) -> int:
    """Bytes of a text in UTF-8."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        fail("a text holds half a character (a lone surrogate)", "clean it in the tool that made it")


def text_of(value: Json) -> str:
    """A value inside text: text as it is, everything else as JSON, null is an error."""
    if value.__class__ is str:
        return str(value)
    if value is None:
        fail("a null can't become text", "add `| default('')`, or `| json` to write null")
    return json.dumps(bounded(value), ensure_ascii=False)


def joined(parts: list[str], separator: str = "") -> str:
    """Texts as one, refused before it is built if it would be too large."""
    if sum(map(len, parts)) + len(separator) * max(len(parts) - 1, 0) > LARGEST_OUTPUT:
        fail("the text is larger than 1 MiB", "join fewer or shorter parts")
    return separator.join(parts)


def number(value: Json) -> Json:
    """The value, which must be a number that JSON holds exactly."""
    if value.__class__ is int and abs(value) > LARGEST_INTEGER:
        fail("a whole number beyond 2^53 is not exact in JSON", "carry it as text")
    if value.__class__ is float and not math.isfinite(value):
        fail("a number is infinite or not a number")
    if value.__class__ is not int and value.__class__ is not float:
        fail(f"expected a number, got {describe(value)}", "turn text into a number by `| int` or `| float`")
    return value


def add(left: Json, right: Json) -> Json:
    if isinstance(left, str) and isinstance(right, str):
        return joined([left, right])
    if isinstance(left, list) and isinstance(right, list):
        return bounded_list(left, right)
    if isinstance(left, str) or isinstance(right, str):
        fail(f"{describe(left)} and {describe(right)} can't be added", "join text with `~`")
    return _calculate(operator.add, left, right)


def bounded_list(*lists: list[Json]) -> list[Json]:
    """Lists as one."""
    if sum(map(len, lists)) > LONGEST_LIST:
        fail(f"the list is longer than {LONGEST_LIST:,} entries", "take a part of it")
    return [item for each in lists for item in each]


def subtract(left: Json, right: Json) -> Json:
    return _calculate(operator.sub, left, right)


def divide(left: Json, right: Json) -> Json:
    return _calculate(operator.truediv, left, right)


def divide_whole(left: Json, right: Json) -> Json:
    return _calculate(operator.floordiv, left, right)


def same(left: Json, right: Json) -> bool:
    """Equality of JSON: 1 equals 1.0, but true isn't 1, at any depth."""
    kind = left.__class__
    if kind is right.__class__ and kind is not list and kind is not dict:
        return bool(left == right)
    return bool(left == right) and _kinds_agree(left, right)


def contains(whole: Json, part: Json) -> bool:
    """Whether a list holds a value, a map a key, a text a text."""
    if isinstance(whole, list):
        return any(same(item, part) for item in whole)
    if isinstance(whole, (str, dict, Mapping)):
        if isinstance(part, str):
            return part in whole
        fail(f"{describe(part)} can't be in {describe(whole)}", "look for text there")
    fail(f"nothing can be in {describe(whole)}", "`in` looks into a list, a map or a text")


def comparable(values: list[Json]) -> list[Json]:
    """The values, which must be all numbers or all text."""
    kinds = {"number" if value.__class__ in (int, float) else kind_of(value) for value in values}
    if not (kinds <= {"number"} or kinds <= {"string"}):
        fail(f"{' and '.join(sorted(kinds))} have no order", "compare numbers with numbers, text with text")
    return values


def _ordered(compare: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    def compared(left: Json, right: Json) -> bool:
        comparable([left, right])
        return compare(left, right)

    return compared


COMPARISONS: Final[Mapping[str, Callable[[Json, Json], bool]]] = MappingProxyType(
    {
        "eq": same,
        "ne": lambda left, right: not same(left, right),
        "lt": _ordered(operator.lt),
        "lteq": _ordered(operator.le),
        "gt": _ordered(operator.gt),
        "gteq": _ordered(operator.ge),
        "in": lambda left, right: contains(right, left),
        "notin": lambda left, right: not contains(right, left),
    }
)
"""By Jinja's names of the operators."""


def _calculate(compute: Callable[[Json, Json], Json], left: Json, right: Json) -> Json:
    try:
        return number(compute(number(left), number(right)))
    except ZeroDivisionError:
        fail("division by zero", "guard it by `a / b if b else 0`")
    except OverflowError:
        fail("a number is too large")


def _kinds_agree(left: Json, right: Json) -> bool:
    if isinstance(left, list):
        return all(map(_kinds_agree, left, right))
    if isinstance(left, Mapping):
        return all(_kinds_agree(item, right[key]) for key, item in left.items())
    return isinstance(left, bool) == isinstance(right, bool)


def _size_of_keys(value: dict[Json, Json]) -> int:
    size = 3 + 3 * len(value)
    for key in value:
        if key.__class__ is not str:
            fail(f"a map's keys are text, not {describe(key)}")
        size += len(key) if key.isascii() else size_of(key)
    return size


def _size_of_number(value: Json) -> int:
    if value.__class__ is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        return 2 + value.bit_length() * 3 // 10
    if value.__class__ is not int and value.__class__ is not float:
        fail(f"a {used(value).__class__.__name__} is not JSON")
    return len(repr(number(value))) + 1
