"""Triggers as they are written: exactly one cause each, a schedule that can be read, inputs that exist.

Nothing is armed here, and no time is computed: a schedule is only held against the grammar of five cron fields.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from mntui.core.compiling.compile_parts import only_names
from mntui.core.compiling.findings import Findings, Where, listing
from mntui.core.compiling.known import RUN
from mntui.core.compiling.reads import Sources, reads_of
from mntui.core.values import Json

CAUSES: Final = ("schedule", "watch", "signal")
_FIELDS: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("day of the week", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?")
_ONLY_WITH: Final = {
    "timezone": "schedule",
    "jitter": "schedule",
    "catch_up": "schedule",
    "debounce": "watch",
}


def check_triggers(sources: Sources) -> None:
    triggers: dict[str, dict[str, Json]] = sources.document.get("triggers", {})
    for name, given in triggers.items():
        where = ("triggers", name)
        _check_cause(given, where, sources.found)
        if "schedule" in given:
            _check_schedule(given["schedule"], (*where, "schedule"), sources.found)
        inputs = sources.document.get("inputs", {})
        watched = reads_of(given.get("watch", ""), (*where, "watch"), sources.found)
        only_names(watched, {"inputs": inputs}, sources, "`watch`")
        _check_with(given.get("with", {}), (*where, "with"), sources)


def _check_cause(given: Mapping[str, Json], where: Where, found: Findings) -> None:
    causes = [cause for cause in CAUSES if cause in given]
    if len(causes) != 1:
        if not found.broken(where):
            told = f"has {listing(causes)}" if causes else "has no cause"
            remedy = f"Give it exactly one of {listing(CAUSES)}."
            found.problem(where, "kind", f"the trigger `{where[-1]}` {told}", remedy, of_key=True)
        return
    for key, cause in _ONLY_WITH.items():
        if key in given and cause not in given:
            message = f"`{key}` belongs to a trigger with `{cause}`"
            found.problem((*where, key), "key", message, "Remove it.", of_key=True)


def _check_with(given: Mapping[str, Json], where: Where, sources: Sources) -> None:
    inputs = sources.document.get("inputs", {})
    for name in given:
        if name not in inputs:
            message = f"the blueprint has no input `{name}`"
            sources.found.unknown((*where, name), "reference", message, name, inputs, "Declare it under `inputs:`.")
    trigger = ("at", "path", "payload")
    names = {"trigger": trigger, "inputs": inputs, "run": RUN["properties"]}
    only_names(reads_of(given, where, sources.found), names, sources, "`with` of a trigger")


def _check_schedule(text: str, where: Where, found: Findings) -> None:
    fields = text.split()
    if len(fields) != len(_FIELDS):
        message = f"the schedule has {len(fields)} fields, not {len(_FIELDS)}"
        remedy = 'Write minute, hour, day of the month, month, day of the week: "0 7 * * 1-5".'
        found.problem(where, "schedule", message, remedy, expected="five cron fields")
        return
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        if not all(_is_part(part, low, high, words) for part in field.split(",")):
            message = f"the {name} of the schedule is `{field[:40]}`"
            remedy = f"Write *, a number from {low} to {high}, a range a-b, a step */n, or a list of these."
            found.problem(where, "schedule", message, remedy, expected=f"{low} to {high}")


def _is_part(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    ends = [_number(end, low, words) for end in _named(match)]
    in_range = all(end is not None and low <= end <= high for end in ends)
    return in_range and ends == sorted(ends, key=lambda end: end or 0) and match[3] != "0"


def _named(match: re.Match[str]) -> Iterator[str]:
    return (end for end in (match[1], match[2]) if end is not None)


def _number(text: str, low: int, words: tuple[str, ...]) -> int | None:
    if text.isdigit():
        return int(text) if len(text) < 4 else None
    return words.index(text.lower()) + low if text.lower() in words else None
