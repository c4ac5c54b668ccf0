"""An expression on a run's state, as a step would see it now: its value and its type, or why it has none.

Nothing is called and nothing is remembered. A large value that the expression reads, and that the caller doesn't hold
yet, comes back as its reference: whoever can fetch it does so and asks again, so that only what is read is fetched.
"""

import re
from collections.abc import Iterator, Mapping

from mntui.core.compiling.findings import listing, nearest
from mntui.core.events import Stored
from mntui.core.frozen import frozen
from mntui.core.language.evaluation import Program, program, run_program
from mntui.core.language.expressions import MISSING, ExpressionFailure, ExpressionProblem
from mntui.core.language.grammar import has_template
from mntui.core.language.operations import kind_of
from mntui.core.names import Names
from mntui.core.run import Node, Run
from mntui.core.step_paths import ROOT, ancestors, child_path, is_item, plan_path, scope_of
from mntui.core.values import Json, Ref

_WHOLE = re.compile(r"\s*\{\{-?\s*(.*?)\s*-?\}\}\s*", re.DOTALL)


@frozen
class Value:
    """`type` in the words of contracts: null, boolean, integer, number, string, list, map."""

    value: Json
    type: str


@frozen
class NoValue:
    """`column` counts characters of the expression from 1; 0 where the whole of it is meant."""

    code: str
    message: str
    remedy: str = ""
    column: int = 0


class _NotHeld(Exception):
    def __init__(self, ref: Ref) -> None:
        super().__init__(ref.digest)
        self.ref = ref


def evaluated(run: Run, text: str, place: str, held: Mapping[str, Json]) -> Value | NoValue | Ref:
    """`place` is a path of this run, or "" for its top level; `held` the large values at hand, by digest."""
    if has_template(text):
        return _braces(text)
    try:
        checked = program(text)
    except ExpressionProblem as problem:
        return NoValue("expression", problem.message, problem.remedy, (problem.offset or 0) + 1)
    scope = place if is_item(place) else scope_of(place) if place else ROOT

    def load(stored: Stored) -> Json:
        if not isinstance(stored, Ref):
            return stored
        if stored.digest not in held:
            raise _NotHeld(stored)
        return held[stored.digest]

    names = Names(run, scope, load)
    unknown = next(_unknown(run, text, checked, scope, names), None)
    if unknown is not None:
        return unknown
    try:
        value = run_program(checked, names)
        return Value(value, kind_of(value))
    except _NotHeld as wanted:
        return wanted.ref
    except ExpressionFailure as failure:
        return _failed(run, text, checked, scope, names, failure)


def _braces(text: str) -> NoValue:
    whole = _WHOLE.fullmatch(text)
    inner = whole[1] if whole else ""
    remedy = f"Write: {inner}" if inner and not has_template(inner) else "Join text and values with ~: 'Dear ' ~ who"
    return NoValue("expression", "this is a bare expression; `{{` doesn't belong there", remedy, text.find("{") + 1)


def _unknown(run: Run, text: str, checked: Program, scope: str, names: Names) -> Iterator[NoValue]:
    """The names that mean nothing at this place, each with what was probably meant."""
    seen = list(dict.fromkeys((*names, *_bound(run, scope))))
    for root in dict.fromkeys(reference.path[0] for reference in checked.references):
        if root in seen or _is_there(names, root):
            continue
        inner = [step.scope for step in run.plan.steps.values() if step.id == root and step.scope]
        near = nearest(root, seen)
        if inner:
            remedy = f"It is a step inside {inner[0]}: add --at with the path of one of its items or steps."
        else:
            remedy = f"Did you mean `{near}`?" if near else f"Names here: {listing(seen)}."
        yield NoValue("unknown_name", f"nothing here is called `{root}`", remedy, _column(text, root))


def _is_there(names: Names, name: str) -> bool:
    try:
        return name in names
    except _NotHeld:
        return True


def _bound(run: Run, scope: str) -> Iterator[str]:
    """What the containers around a place bind: the names of items, and `index`."""
    for around in (scope, *ancestors(scope)):
        work = run.plan.steps[plan_path(around)].work if is_item(around) else None
        name = getattr(work, "item_name", "")
        yield from (name, "index") if name else ()


def _failed(
    run: Run, text: str, checked: Program, scope: str, names: Names, failure: ExpressionFailure
) -> NoValue | Ref:
    try:
        for path in (reference.path for reference in checked.references):
            told = _missing_root(run, scope, path[0], failure) or _missing_key(names, path, failure)
            if told is not None:
                return NoValue("no_value", *told, _column(text, path[0]))
    except _NotHeld as wanted:
        return wanted.ref
    return NoValue("no_value", failure.message, failure.remedy)


def _missing_root(run: Run, scope: str, root: str, failure: ExpressionFailure) -> tuple[str, str] | None:
    """Why a step gives nothing: how it stands, in place of all the reasons that there could be."""
    node = _node(run, scope, root)
    if node is None or not failure.message.startswith(f"`{root}` has no value"):
        return None
    why = f": {node.problem.message}" if node.problem is not None else f": {node.why}" if node.why else ""
    return f"`{root}` has no output: it is {node.status}{why}", failure.remedy


def _missing_key(names: Names, path: tuple[str, ...], failure: ExpressionFailure) -> tuple[str, str] | None:
    """The key that isn't there, with the one most like it."""
    value: Json = names.get(path[0], MISSING)
    for at, key in enumerate(path[1:], 1):
        if not isinstance(value, Mapping):
            return None
        if key not in value:
            gone, near = ".".join(path[: at + 1]), nearest(key, [str(each) for each in value])
            if near is None or not failure.message.startswith(f"`{gone}` is missing"):
                return None
            return failure.message, f"Did you mean `{'.'.join((*path[:at], near))}`?"
        value = value[key]
    return None


def _node(run: Run, scope: str, name: str) -> Node | None:
    around = (each for each in (scope, *ancestors(scope)) if each == ROOT or is_item(each))
    return next((run.nodes[path] for each in around if (path := child_path(each, name)) in run.nodes), None)


def _column(text: str, name: str) -> int:
    found = re.search(rf"(?<![\w.'\"]){re.escape(name)}\b", text)
    return found.start() + 1 if found else 0
