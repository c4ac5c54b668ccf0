"""Two values as what differs between them: by dotted keys, a long text or list line by line."""

import json
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.values import Json

LONG_TEXT: Final = 60


@frozen
class Field:
    """One key that differs; a value that isn't there is None. What is long has a unified `diff` beside its values."""

    name: str
    before: Json
    after: Json
    diff: str = ""


def value_diff(name: str, before: Json, after: Json) -> tuple[Field, ...]:
    """Every key within `name` that differs; maps are entered, lists are compared whole."""
    return fields_that_differ(dict(_flat(name, before)), dict(_flat(name, after)))


def fields_that_differ(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[Field, ...]:
    """Of two flat maps, in the order of the first, then what only the second has."""
    return tuple(
        Field(name, before.get(name), after.get(name), _diff(before.get(name), after.get(name)))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name) or (name in before) != (name in after)
    )


def text_diff(before: str, after: str, around: int = 1) -> str:
    """A unified diff without its two lines of file names."""
    return "\n".join([*unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=around)][2:])


def dotted(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _flat(prefix: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(dotted(prefix, str(key)), inner)
    elif value is not None:
        yield prefix or "value", value


def _diff(old: Json, new: Json) -> str:
    before, after = _text(old), _text(new)
    if old is None or new is None or (max(len(before), len(after)) <= LONG_TEXT and "\n" not in before + after):
        return ""
    return text_diff(before, after)


def _text(value: Json) -> str:
    """Text as it is; JSON on one line while it is short, then an entry a line."""
    if isinstance(value, str):
        return value
    line = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return line if len(line) <= LONG_TEXT else json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
