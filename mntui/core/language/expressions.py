"""Templates and expressions of a blueprint: checked once when it is read, rendered against a scope when a step starts.

A template that is exactly one `{{ … }}` keeps its value's type; any other gives text. Data is never rendered again.
The same tree that was checked is what runs, and nothing in it can call, loop, or reach a Python attribute.

Deliberately absent: who is in scope (the blueprint's compiler knows), clocks, randomness, and any I/O.
"""

from collections.abc import Iterator
from functools import lru_cache

from mntui.core.language.evaluation import Program, program, run_program
from mntui.core.language.grammar import RESERVED, ExpressionProblem, Reference, Span, has_template, split_template
from mntui.core.language.operations import (
    DEEPEST_VALUE,
    MISSING,
    ExpressionFailure,
    Missing,
    bounded,
    describe,
    fail,
    joined,
    text_of,
)
from mntui.core.language.reading import Scope
from mntui.core.values import Json

__all__ = [
    "MISSING",
    "RESERVED",
    "ExpressionFailure",
    "ExpressionProblem",
    "Missing",
    "Reference",
    "check_expression",
    "check_template",
    "evaluate",
    "evaluate_condition",
    "literal_only",
    "render",
]

_Parts = tuple[str | Program, ...]


def check_template(value: Json) -> tuple[Reference, ...]:
    """What all templates in a text, list or map read, in order, each once. Raises ExpressionProblem with its place."""
    return tuple(dict.fromkeys(_references(value, 0)))


def check_expression(text: str) -> tuple[Reference, ...]:
    """What a bare expression reads. Raises ExpressionProblem."""
    return program(text).references


def literal_only(value: Json) -> bool:
    """Whether no text inside is a template, so that rendering gives the value as it is."""
    todo = [value]
    while todo:
        entry = todo.pop()
        if isinstance(entry, str) and has_template(entry):
            return False
        if isinstance(entry, (list, dict)):
            todo.extend(entry.values() if isinstance(entry, dict) else entry)
    return True


def render(value: Json, scope: Scope) -> Json:
    """The value with every template in it replaced. Raises ExpressionFailure (ExpressionProblem if never checked)."""
    if isinstance(value, str):
        parts = _template(value)
        if len(parts) == 1 and isinstance(parts[0], Program):
            return run_program(parts[0], scope)
    return bounded(_rendered(value, scope, 0))


def evaluate(text: str, scope: Scope) -> Json:
    """The value of a bare expression. Raises ExpressionFailure (ExpressionProblem if never checked)."""
    return run_program(program(text), scope)


def evaluate_condition(text: str, scope: Scope) -> bool:
    """The value of a bare expression that must be true or false. Raises ExpressionFailure."""
    value = evaluate(text, scope)
    if value is not True and value is not False:
        fail(
            f"`{text.strip()[:60]}` gives {describe(value)}, not true or false",
            "compare it: `… == …`, `… | length > 0`",
        )
    return bool(value)


@lru_cache(maxsize=1024)
def _template(text: str) -> _Parts:
    """A memo of a pure function: a template's parts, its expressions built."""
    parts: list[str | Program] = []
    for part in split_template(text):
        if isinstance(part, Span):
            try:
                parts.append(program(part.source))
            except ExpressionProblem as problem:
                raise problem.moved(part.start) from None
        else:
            parts.append(part)
    return tuple(parts)


def _references(value: Json, depth: int) -> Iterator[Reference]:
    if depth > DEEPEST_VALUE:
        raise ExpressionProblem(f"a value is nested deeper than {DEEPEST_VALUE} levels", "make it flatter")
    if isinstance(value, str):
        for part in _template(value):
            if isinstance(part, Program):
                yield from part.references
    elif isinstance(value, (list, dict)):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str) and has_template(key):
                raise ExpressionProblem("a key can't be a template", "write the key itself; its value may be one", 0)
            try:
                yield from _references(entry, depth + 1)
            except ExpressionProblem as problem:
                raise problem.inside(key) from None


def _rendered(value: Json, scope: Scope, depth: int) -> Json:
    if depth > DEEPEST_VALUE:
        fail(f"a value is nested deeper than {DEEPEST_VALUE} levels", "make it flatter")
    if isinstance(value, dict):
        return {key: _rendered(entry, scope, depth + 1) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rendered(entry, scope, depth + 1) for entry in value]
    if not isinstance(value, str):
        return value
    parts = _template(value)
    if len(parts) == 1 and isinstance(parts[0], Program):
        return run_program(parts[0], scope)
    return joined([part if isinstance(part, str) else text_of(run_program(part, scope)) for part in parts])
