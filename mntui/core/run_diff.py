"""Two runs as what differs between them: inputs, each step's state, inputs and output, outputs, success, cost, time.

Steps are the same by their path, so `each[3]/draft` is compared with `each[3]/draft` whatever became of it. A run's own
folder is named alike in both, or every path would differ. Time, cost, models and version are told but aren't a
difference: two runs that did the same are the same.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from mntui.core.decide import standing
from mntui.core.events import Stored
from mntui.core.frozen import frozen
from mntui.core.names import Load
from mntui.core.nine import succeeded
from mntui.core.run import Node, Run, RunStatus, StepStatus
from mntui.core.step_paths import is_item, plan_path
from mntui.core.steps import step_of
from mntui.core.value_diff import Field, value_diff
from mntui.core.values import Json, Ref

FOLDER: Final = "RUN_FOLDER"
_NUMBER = re.compile(r"[\[#](\d+)")


@frozen
class RunSide:
    """One of the two, as a whole. `micros` is a lower bound where `cost_known` is False."""

    run: str
    version: str
    digest: str
    status: RunStatus
    success: bool | None
    micros: int
    cost_known: bool
    seconds: float


@frozen
class StepDiff:
    """A step that came out otherwise, or cost something else. A status of None: that run doesn't have it (yet)."""

    path: str
    kind: str
    before: StepStatus | None
    after: StepStatus | None
    before_micros: int
    after_micros: int
    fields: tuple[Field, ...] = ()

    @property
    def what(self) -> Literal["added", "removed", "changed", "cost"]:
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        return "changed" if self.fields or self.before != self.after else "cost"


@frozen
class RunDiff:
    """`equal_steps` are those of both runs that aren't among `steps`; `whole` are fields of the runs themselves."""

    before: RunSide
    after: RunSide
    inputs: tuple[Field, ...]
    models: tuple[Field, ...]
    steps: tuple[StepDiff, ...]
    equal_steps: int
    whole: tuple[Field, ...]

    @property
    def same(self) -> bool:
        return not self.inputs and not self.whole and all(step.what == "cost" for step in self.steps)


def refs_to_compare(before: Run, after: Run) -> tuple[Ref, ...]:
    """The large values that must be at hand: those that aren't the same value by their digests."""
    pairs: list[tuple[Stored, Stored]] = [(before.outputs, after.outputs)]
    for path in _paths(before, after):
        old, new = before.nodes.get(path), after.nodes.get(path)
        if old is not None and new is not None:
            pairs.append((old.arguments, new.arguments))
            if not _holds_steps(before, path):
                pairs.append((old.output, new.output))
    found = [value for pair in pairs if pair[0] != pair[1] for value in pair if isinstance(value, Ref)]
    return tuple(dict.fromkeys(found))


def run_diff(before: Run, after: Run, load: Load) -> RunDiff:
    """What `after` did, seen from `before`. `load` is asked for what `refs_to_compare` names, and nothing else."""
    values = _Values(before.folder, after.folder, load)
    paths = _paths(before, after)
    found = [_step(path, before, after, values) for path in paths]
    steps = tuple(step for step in found if step is not None)
    whole = (
        *value_diff("status", standing(before).status, standing(after).status),
        *value_diff("success", dict(before.success or {}), dict(after.success or {})),
        *values.differ("outputs", before.outputs, after.outputs),
        *value_diff("problem", _problem(before), _problem(after)),
    )
    return RunDiff(
        _side(before),
        _side(after),
        values.differ("", dict(before.inputs), dict(after.inputs)),
        value_diff("", dict(before.models), dict(after.models)),
        steps,
        len(paths) - len(steps),
        whole,
    )


class _Values:
    """Compares stored values of the two runs, with the folder of each replaced by one word."""

    def __init__(self, before: str, after: str, load: Load) -> None:
        self._folders = before, after
        self._load = load

    def differ(self, name: str, before: Stored, after: Stored) -> tuple[Field, ...]:
        """Where only one has a value, the states say why."""
        if before == after or before is None or after is None:
            return ()
        old, new = (
            _neutral(self._load(value), folder) for value, folder in zip((before, after), self._folders, strict=True)
        )
        return value_diff(name, old, new)


def _neutral(value: Json, folder: str) -> Json:
    if isinstance(value, str):
        return value.replace(folder, FOLDER) if folder else value
    if isinstance(value, Mapping):
        return {key: _neutral(inner, folder) for key, inner in value.items()}
    return [_neutral(inner, folder) for inner in value] if isinstance(value, list) else value


def _paths(before: Run, after: Run) -> tuple[str, ...]:
    """Every step of either, by the order of the first run's plan; items are told by the steps in them."""
    places = {path: place for place, path in enumerate((*before.plan.steps, *after.plan.steps))}
    found = {path for run in (before, after) for path in run.nodes if not is_item(path)}
    return tuple(sorted(found, key=lambda path: (_place(path, places), path)))


def _place(path: str, places: Mapping[str, int]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """By the steps of the plan, outer before inner, then as people count: item 2 before item 10."""
    parts = path.split("/")
    return tuple(
        (
            places.get(plan_path("/".join(parts[: depth + 1])), len(places)),
            tuple(int(number) for number in _NUMBER.findall(part)),
        )
        for depth, part in enumerate(parts)
    )


def _step(path: str, before: Run, after: Run, values: _Values) -> StepDiff | None:
    old, new = before.nodes.get(path), after.nodes.get(path)
    fields: tuple[Field, ...] = ()
    if old is not None and new is not None:
        fields = (
            *values.differ("inputs", old.arguments, new.arguments),
            *(() if _holds_steps(before, path) else values.differ("output", old.output, new.output)),
            *value_diff("problem", _why(old), _why(new)),
        )
    run = before if old is not None else after
    found = StepDiff(
        path,
        step_of(run, path).work.kind,
        None if old is None else old.status,
        None if new is None else new.status,
        0 if old is None else old.spend.micros,
        0 if new is None else new.spend.micros,
        fields,
    )
    return None if found.what == "cost" and found.before_micros == found.after_micros else found


def _holds_steps(run: Run, path: str) -> bool:
    """The output of a container is made of its steps' outputs, which are compared one by one."""
    return hasattr(step_of(run, path).work, "steps")


def _why(node: Node) -> str | None:
    return node.problem.message if node.problem is not None else node.why or None


def _problem(run: Run) -> str | None:
    return None if run.problem is None else run.problem.message


def _side(run: Run) -> RunSide:
    return RunSide(
        run.name,
        run.version,
        run.digest,
        standing(run).status,
        succeeded(run),
        run.spend.micros,
        run.spend.unknown_calls == 0,
        ((run.ended_at or run.at) - run.started_at) / 1_000_000,
    )
