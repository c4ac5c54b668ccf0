"""A run's model calls on other models, as one value to draw: steps × models, totals, a best mix, what would change.

A cell says what a step's calls come to on a model. `None` micros is a price that nobody knows: it is never zero and
never chosen. `passed` None means that nobody knows until it is rerun. A mix is chosen by step; a blueprint binds roles,
so what would change is told by role.

Deliberately absent: where the figures come from (what_if reprices, reruns are real) and how they are drawn.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from statistics import median
from typing import Literal

from mntui.core.frozen import frozen

STAND_IN_PREFIX = "builtin/"


@frozen
class Cell:
    """What the model calls of a step came, or would come, to. `p50_seconds` is the median time of one call.

    `energy_micros` and `hardware_micros` are the parts of a local model's `micros`.
    """

    micros: int | None = 0
    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    passed: bool | None = None
    p50_seconds: float | None = None
    energy_micros: int = 0
    hardware_micros: int = 0


@frozen
class Column:
    """One model for every role, or what was recorded. `local` costs energy and hardware. `notes` say what is assumed.

    `run` names the run that the figures were measured in: the compared one, or a rerun of it. `stand_in` where a
    builtin one served, which is no language model: its zero is no price.
    """

    name: str
    kind: Literal["recorded", "what_if", "rerun"]
    total: Cell
    local: bool = False
    notes: tuple[str, ...] = ()
    run: str = ""
    stand_in: bool = False


@frozen
class Choice:
    """The cheapest model for a step among those that aren't known to do worse. Empty `model`: no price is known."""

    step: str
    model: str
    micros: int | None
    estimated: bool = False


@frozen
class Change:
    """A role that would be cheaper on another model, over all the steps that it serves."""

    role: str
    before: str
    after: str
    before_micros: int | None
    after_micros: int


@frozen
class Difference:
    """A step whose output came out otherwise: a unified diff, or why its branch ended."""

    path: str
    diff: str = ""
    ended: str = ""


@frozen
class Check:
    """A condition of `success:` then and now; None where it can't be judged."""

    name: str
    before: bool | None
    after: bool | None


@frozen
class RerunReport:
    """What became of a frozen rerun. `micros` is a lower bound where `cost_known` is False."""

    run: str
    model: str
    status: str
    micros: int
    cost_known: bool
    seconds: float
    same: int
    differences: tuple[Difference, ...] = ()
    checks: tuple[Check, ...] = ()


@frozen
class Matrix:
    """`cells[step]` has a cell for each of `columns`, in their order; the first column is what was recorded.

    `patch` is a unified diff of blueprint.yaml that makes the changes; empty where nothing would change.
    """

    run: str
    blueprint: str
    prices: str
    steps: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: Mapping[str, tuple[Cell, ...]]
    best: tuple[Choice, ...] = ()
    mix_micros: int | None = None
    mix_estimated: bool = False
    changes: tuple[Change, ...] = ()
    patch: str = ""
    reruns: tuple[RerunReport, ...] = ()
    notes: tuple[str, ...] = ()


@frozen
class Measured:
    """One call as it goes into a cell; `seconds` None where nobody knows how long it would take."""

    step: str
    micros: int | None
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    seconds: float | None = None
    energy_micros: int = 0
    hardware_micros: int = 0


def cell_of(calls: Iterable[Measured], passed: bool | None) -> Cell:
    """Several calls as one cell: one unknown price makes the whole unknown."""
    found = tuple(calls)
    micros = [call.micros for call in found]
    seconds = [call.seconds for call in found if call.seconds is not None]
    known = [each for each in micros if each is not None]
    return Cell(
        micros=sum(known) if len(known) == len(micros) else None,
        calls=len(found),
        input_tokens=sum(call.input_tokens for call in found),
        cached_tokens=sum(call.cached_tokens for call in found),
        output_tokens=sum(call.output_tokens for call in found),
        estimated=any(call.estimated for call in found),
        passed=passed,
        p50_seconds=median(seconds) if seconds and len(seconds) == len(found) else None,
        energy_micros=sum(call.energy_micros for call in found),
        hardware_micros=sum(call.hardware_micros for call in found),
    )


@frozen
class Filled:
    """A column before it is laid into the matrix: its calls, and how each step and the whole passed."""

    name: str
    kind: Literal["recorded", "what_if", "rerun"]
    calls: tuple[Measured, ...]
    passed: Mapping[str, bool | None] = field(default_factory=dict)
    passed_whole: bool | None = None
    local: bool = False
    notes: tuple[str, ...] = ()
    run: str = ""
    stand_in: bool = False


@frozen
class Bindings:
    """Which model serves each role, and which role each step."""

    models: Mapping[str, str]
    roles: Mapping[str, str]


def matrix(
    run: str, blueprint: str, prices: str, filled: Sequence[Filled], bindings: Bindings, notes: tuple[str, ...] = ()
) -> Matrix:
    """All columns side by side, with the best mix and what would change. Who has the text adds the patch."""
    steps = tuple(dict.fromkeys(call.step for column in filled for call in column.calls))
    cells = {
        step: tuple(cell_of((c for c in f.calls if c.step == step), f.passed.get(step)) for f in filled)
        for step in steps
    }
    columns = tuple(
        Column(f.name, f.kind, cell_of(f.calls, f.passed_whole), f.local, f.notes, f.run, f.stand_in) for f in filled
    )
    best = tuple(_choice(step, columns, cells[step], _bound(bindings, step)) for step in steps)
    mix = [choice.micros for choice in best if choice.micros is not None]
    changes = tuple(_changes(columns, cells, bindings))
    mix_micros = sum(mix) if best and len(mix) == len(best) else None
    estimated = any(choice.estimated for choice in best)
    said = (*notes, *_apart(best, changes, bindings))
    return Matrix(run, blueprint, prices, steps, columns, cells, best, mix_micros, estimated, changes, notes=said)


def _bound(bindings: Bindings, step: str) -> str:
    return bindings.models.get(bindings.roles.get(step, ""), "")


def _apart(best: Sequence[Choice], changes: Sequence[Change], bindings: Bindings) -> Iterator[str]:
    """The steps for which the mix takes another model than their role would have: a patch of roles can't say that."""
    after = {**bindings.models, **{change.role: change.after for change in changes}}
    apart = [
        each.step for each in best if each.model and each.model != after.get(bindings.roles.get(each.step, ""), "")
    ]
    if apart:
        yield f"the mix takes another model for {', '.join(apart)} than the role would: it needs a role of its own"


def _choice(step: str, columns: Sequence[Column], cells: Sequence[Cell], bound: str) -> Choice:
    allowed = [(cell.micros, at, name) for at, name, cell in _allowed(columns, cells, bound) if cell.micros is not None]
    if not allowed:
        return Choice(step, "", None)
    micros, at, name = min(allowed)
    return Choice(step, name, micros, cells[at].estimated)


def _allowed(columns: Sequence[Column], cells: Sequence[Cell], bound: str) -> Iterator[tuple[int, str, Cell]]:
    """The cells that may be chosen: real models that made every call and aren't known to do worse than what was."""
    recorded = cells[0]
    worse = {
        column.name for column, cell in zip(columns, cells, strict=True) if recorded.passed and cell.passed is False
    }
    for at, (column, cell) in enumerate(zip(columns, cells, strict=True)):
        name = bound if column.kind == "recorded" else column.name
        if name.startswith(STAND_IN_PREFIX) or not name or name in worse or cell.calls < recorded.calls:
            continue
        yield at, name, cell


def _changes(columns: Sequence[Column], cells: Mapping[str, Sequence[Cell]], bindings: Bindings) -> Iterator[Change]:
    for role, before in bindings.models.items():
        served = [step for step in cells if bindings.roles.get(step) == role]
        if not served:
            continue
        totals: dict[str, int] = {}
        for at, column in enumerate(columns):
            name = before if column.kind == "recorded" else column.name
            fits = all(at in {place for place, _, _ in _allowed(columns, cells[step], before)} for step in served)
            micros = [cells[step][at].micros for step in served]
            known = [each for each in micros if each is not None]
            if fits and len(known) == len(micros):
                totals[name] = min(sum(known), totals.get(name, sum(known)))
        if totals and (after := min(totals, key=lambda name: (totals[name], name != before))) != before:
            recorded = [cells[step][0].micros for step in served]
            known = [each for each in recorded if each is not None]
            yield Change(role, before, after, sum(known) if len(known) == len(recorded) else None, totals[after])
