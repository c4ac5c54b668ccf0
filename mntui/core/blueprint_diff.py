"""Two blueprints as what changed between them: steps, inputs, models, tools, agents; long texts line by line.

It reads compiled plans, so a change of spelling, of order or of a comment is none, and a prompt that moved into a file
is the same prompt. What follows from the rest (who needs whom in reverse, which steps a container holds) isn't told.

Deliberately absent: files and places in them (a unified diff of those is another tool's work).
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from mntui.core.frozen import frozen
from mntui.core.money import MICROS
from mntui.core.plan import Plan, StepPlan
from mntui.core.reaching import Reach, Source, compare_reach
from mntui.core.value_diff import Field, dotted, fields_that_differ
from mntui.core.values import Json

_DERIVED: Final = frozenset(
    {"path", "id", "scope", "dependents", "routers", "counted", "spec", "name", "roots", "steps"}
)
"""Fields that repeat what another one says, or where the thing itself stands."""

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "condition": "if",
        "arguments": "with",
        "values": "set",
        "items": "for_each",
        "item_name": "as",
        "expression": "route",
        "duration": "wait.for",
        "at": "wait.at",
        "signal": "wait.signal",
        "timeout_seconds": "timeout",
        "expires_seconds": "expires",
        "usd_micros": "usd",
        "fixed": "with",
        "builtin_allowed": "builtin",
        "targets": "routes",
        "otherwise": "else",
    }
)
"""Fields of a plan in the words of blueprint.yaml."""


@frozen
class Change:
    """A thing of a section that came, went, or has other `fields`. `was` is the old path of a step that was renamed."""

    section: str
    name: str
    what: Literal["added", "removed", "changed", "renamed"]
    kind: str = ""
    was: str = ""
    fields: tuple[Field, ...] = ()


@frozen
class BlueprintDiff:
    reach: Reach
    changes: tuple[Change, ...]

    @property
    def same(self) -> bool:
        return not self.changes and not self.reach.wider and not self.reach.narrower


def blueprint_diff(
    before: Plan,
    after: Plan,
    before_source: Source = MappingProxyType({}),
    after_source: Source = MappingProxyType({}),
) -> BlueprintDiff:
    """What `after` is, seen from `before`."""
    changes: list[Change] = [*_steps(before, after)]
    whole: dict[str, tuple[Json, Json]] = {}
    for each in fields(Plan):
        old, new = getattr(before, each.name), getattr(after, each.name)
        if each.name in _DERIVED and each.name != "name":
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            changes += _section(each.name, old, new)
        else:
            whole[each.name] = (old, new)
    flat_old = {key: value for name, (old, _) in whole.items() for key, value in _flat(name, old)}
    flat_new = {key: value for name, (_, new) in whole.items() for key, value in _flat(name, new)}
    differing = fields_that_differ(flat_old, flat_new)
    if differing:
        changes.append(Change("blueprint", after.name, "changed", fields=differing))
    return BlueprintDiff(compare_reach(before, after, before_source, after_source), tuple(changes))


def _section(section: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield Change(section, name, "removed")
        elif name not in before:
            yield Change(section, name, "added")
        elif found := fields_that_differ(dict(_flat("", before[name])), dict(_flat("", after[name]))):
            yield Change(section, name, "changed", fields=found)


def _steps(before: Plan, after: Plan) -> Iterator[Change]:
    """In the order of the second file, then what is gone. A step that only has another path was renamed."""
    gone = [path for path in before.steps if path not in after.steps]
    for path, step in after.steps.items():
        old = before.steps.get(path)
        if old is not None:
            if old.work.kind != step.work.kind:
                yield Change("steps", path, "removed", old.work.kind)
                yield Change("steps", path, "added", step.work.kind)
            elif found := fields_that_differ(_of_step(old), _of_step(step)):
                yield Change("steps", path, "changed", step.work.kind, fields=found)
            continue
        was = next((each for each in gone if _is_renamed(before.steps[each], step)), "")
        if was:
            gone.remove(was)
            found = fields_that_differ(_of_step(before.steps[was]), _of_step(step))
            yield Change("steps", path, "renamed", step.work.kind, was, found)
        else:
            yield Change("steps", path, "added", step.work.kind)
    yield from (Change("steps", path, "removed", before.steps[path].work.kind) for path in gone)


def _is_renamed(old: StepPlan, new: StepPlan) -> bool:
    """Containers hold the paths of their steps, so only steps that hold none are known again."""
    return old.scope == new.scope and old.work == new.work and not hasattr(old.work, "steps")


def _of_step(step: StepPlan) -> dict[str, Json]:
    """What a step says, by the keys of the blueprint; needs by their ids."""
    found = dict(_flat("", step))
    found["needs"] = sorted(need.rpartition("/")[2] for need in step.needs)
    return found


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Json]]:
    """A value by dotted keys, as a person would name them: `with.to`, `retry.maximum_attempts`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(dotted(prefix, str(key)), inner)
    elif is_dataclass(value):
        for each in fields(value):
            if each.name in _DERIVED or each.name == "kind":
                continue
            inner = getattr(value, each.name)
            if each.name == "usd_micros" and inner is not None:
                inner = inner / MICROS
            word = _WORDS.get(each.name, each.name)
            yield from _flat(prefix if each.name in {"work", "routes"} else dotted(prefix, word), inner)
    elif value is not None and value != ():
        yield prefix or "value", list(value) if isinstance(value, tuple) else value
