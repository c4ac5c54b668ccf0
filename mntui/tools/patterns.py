"""Does an `allow` rule cover this path, this value? `*` is any text within a segment, `**` any number of segments.

A backslash makes the next character plain, which is how a value inserted into a rule loses its wildcards. Absent:
making rules from a blueprint's templates (`rules` does, in the worker; this file runs in the tool host too).
"""

import json
import os
import re
from collections.abc import Mapping
from typing import Final

from mntui.core.values import Json
from mntui.tools.base import Pattern

_TOKEN: Final = re.compile(r"\\(.)|(\*+)|([^\\*]+)", re.DOTALL)


def covers(pattern: Pattern, path: str) -> bool:
    """Whether a resolved absolute path is one that the rule allows."""
    base = os.path.realpath(pattern.base)
    if path != base and not path.startswith(base.rstrip("/") + "/"):
        return False
    return _matches(segments_of(pattern.rest), segments_of(path[len(base) :]))


def lets_pass(allow: Mapping[str, tuple[Pattern, ...]], parameter: str, value: Json) -> bool:
    """Whether the rules for a parameter that is no path let a value pass; a parameter without rules is free."""
    return parameter not in allow or any(covers_value(rule, value) for rule in allow[parameter])


def covers_value(pattern: Pattern, value: Json) -> bool:
    """Whether a value that is no path matches: text as it is, a list in every item, anything else as its JSON."""
    if isinstance(value, list):
        return all(covers_value(pattern, item) for item in value)
    found = (value if isinstance(value, str) else json.dumps(value, sort_keys=True)).split("/")
    return ".." not in found and _matches(pattern.rest.split("/"), found)


def segments_of(text: str) -> list[str]:
    """The parts between slashes, without the empty ones and `.`."""
    return [segment for segment in text.split("/") if segment not in ("", ".")]


def _matches(wanted: list[str], found: list[str]) -> bool:
    """Walk all readings at once: a set of positions in `wanted`, so no rule takes longer than rule times path."""
    reached = _skipping(wanted, {0})
    for segment in found:
        stepped = {
            position if wanted[position] == "**" else position + 1
            for position in reached
            if position < len(wanted) and (wanted[position] == "**" or _same(wanted[position], segment))
        }
        reached = _skipping(wanted, stepped)
    return len(wanted) in reached


def _skipping(wanted: list[str], positions: set[int]) -> set[int]:
    reached = set(positions)
    for position in positions:
        following = position
        while following < len(wanted) and wanted[following] == "**":
            following += 1
            reached.add(following)
    return reached


def _same(wanted: str, found: str) -> bool:
    tokens = _TOKEN.finditer(wanted)
    expression = "".join("[^/]*" if token[2] else re.escape(token[1] or token[3]) for token in tokens)
    return re.fullmatch(expression, found) is not None
