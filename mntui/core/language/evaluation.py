"""Turns the tree of an expression into a function of a scope: whatever isn't built here doesn't exist.

Each kind of node has one builder. It refuses by name what isn't allowed, so what was checked is what runs, and returns
a closure over the closures of its parts: `a.b == 0` costs a few dictionary reads and one comparison.

A closure may return a `Missing`; `_sure` wraps those whose reader needs a value.
Deliberately absent: Jinja's compiler, contexts and environments, calls of any kind, and Python attributes.
"""

import math
from functools import lru_cache, singledispatch

from jinja2 import nodes

from mntui.core.frozen import frozen
from mntui.core.language.filters import ACCESSORS, FILTERS, MAY_BE_MISSING, PRESENCE, TEST_POSITIONS
from mntui.core.language.grammar import RESERVED, ExpressionProblem, Reference, offset_of, parse
from mntui.core.language.operations import (
    COMPARISONS,
    MISSING,
    Missing,
    add,
    bounded,
    describe,
    divide,
    divide_whole,
    fail,
    joined,
    number,
    read,
    subtract,
    text_of,
    used,
)
from mntui.core.language.reading import (
    Reader,
    Scope,
    constant_key,
    no_key,
    path_reader,
    references,
    root_reader,
    static_path,
)
from mntui.core.language.vocabulary import (
    check_arguments,
    check_test_argument,
    check_word,
    known_test,
    named_arguments,
    refuse,
    refuse_call,
    refuse_filter,
)
from mntui.core.values import LARGEST_INTEGER, Json


@frozen
class Program:
    """A checked expression: `run` gives its value (never a missing one), `references` what it reads, in order."""

    run: Reader
    references: tuple[Reference, ...]


@lru_cache(maxsize=4096)
def program(source: str) -> Program:
    """The function that a bare expression stands for. Raises ExpressionProblem. A memo of a pure function."""
    tree = parse(source)
    try:
        return Program(_sure(tree), tuple(dict.fromkeys(references(tree))))
    except ExpressionProblem as problem:
        raise problem.moved(offset_of(source, problem.token)) from None
    except RecursionError as error:
        raise ExpressionProblem("the expression is nested too deeply", "split it with a `set` step", 0) from error


def _sure(node: nodes.Node) -> Reader:
    """What `node` gives, or a failure where it gives nothing."""
    run = build(node)
    may_miss = isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.CondExpr, nodes.And, nodes.Or)) or (
        isinstance(node, nodes.Filter) and (node.name == "default" or node.name in MAY_BE_MISSING)
    )
    if not may_miss:
        return run

    def sure(scope: Scope) -> Json:
        value = run(scope)
        return used(value) if value.__class__ is Missing else value

    return sure


@singledispatch
def build(node: nodes.Node) -> Reader:
    """The function that one node stands for. It may return a `Missing`."""
    name = type(node).__name__.lower()
    refuse(f"{name} is not allowed in an expression", "see the list of what expressions may hold")


@build.register
def _constant(node: nodes.Const) -> Reader:
    value = node.value
    if value.__class__ is int and abs(value) > LARGEST_INTEGER:
        refuse(f"the number {value:.0e} is beyond 2^53, where JSON readers disagree", "write it as text in quotes")
    if value.__class__ is float and not math.isfinite(value):
        refuse("the number is too large", "write it as text in quotes")
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        refuse("a text holds half a character (a lone surrogate)", r"write the whole character, such as \U0001f600")
    return lambda _: value


@build.register
def _name(node: nodes.Name) -> Reader:
    return _path(node)


@build.register
def _attribute(node: nodes.Getattr) -> Reader:
    check_word(node.attr, f"write `['{node.attr}']`")
    return _path(node)


@build.register
def _item(node: nodes.Getitem) -> Reader:
    if isinstance(node.arg, nodes.Slice):
        return _slice(node, node.arg)
    return _path(node) if constant_key(node.arg) is not None else _computed_item(node)


def _path(node: nodes.Name | nodes.Getattr | nodes.Getitem) -> Reader:
    """Constant keys on a name in one loop; on anything else one key at a time."""
    if isinstance(node, nodes.Name):
        check_word(node.name, "name a step, an input or what is in reach")
        if node.name in RESERVED:
            refuse(f"`{node.name}` is not expected there", "put the part before it into parentheses", node.name)
        return root_reader(node.name)
    path, computed = static_path(node)
    if path and not computed:
        build(node.node)  # Refuses what the inner part may not hold; its reader is not needed.
        return path_reader(path)
    key = node.attr if isinstance(node, nodes.Getattr) else constant_key(node.arg)
    return _one_key(build(node.node), key)


def _one_key(parent: Reader, key: Json) -> Reader:
    def run(scope: Scope) -> Json:
        value = parent(scope)
        found = value if value.__class__ is Missing else read(value, key)
        return Missing(f"`{key}` is missing: {no_key(value, '…')}") if found is MISSING else found

    return run


def _computed_item(node: nodes.Getitem) -> Reader:
    parent, place = build(node.node), build(node.arg)

    def run(scope: Scope) -> Json:
        value, key = parent(scope), place(scope)
        if value.__class__ is Missing or key.__class__ is Missing:
            return value if value.__class__ is Missing else key
        found = read(value, key)
        return Missing(f"{describe(value)} has no entry {describe(key)}") if found is MISSING else found

    return run


def _slice(node: nodes.Getitem, part: nodes.Slice) -> Reader:
    parent = build(node.node)
    ends = [_constant_null if end is None else _sure(end) for end in (part.start, part.stop, part.step)]

    def run(scope: Scope) -> Json:
        value = parent(scope)
        if value.__class__ is Missing:
            return value
        if not isinstance(value, (list, str)):
            fail(f"only a list or text has parts `[a:b]`, not {describe(value)}")
        bounds = [end(scope) for end in ends]
        if any(bound is not None and bound.__class__ is not int for bound in bounds) or bounds[2] == 0:
            fail("the bounds of `[a:b:step]` are whole numbers, the step isn't 0")
        return value[slice(*bounds)]

    return run


def _constant_null(_: Scope) -> Json:
    return None


@build.register
def _list(node: nodes.List) -> Reader:
    entries = [_sure(item) for item in node.items]
    return lambda scope: [entry(scope) for entry in entries]


@build.register
def _dict(node: nodes.Dict) -> Reader:
    pairs = [(_sure(pair.key), _sure(pair.value)) for pair in node.items]

    return lambda scope: {_text_key(key(scope)): value(scope) for key, value in pairs}


def _text_key(key: Json) -> str:
    if not isinstance(key, str):
        fail(f"a map's keys are text, not {describe(key)}", "write the key in quotes")
    return key


@build.register
def _tuple(node: nodes.Tuple) -> Reader:
    refuse("`(a, b)` is not allowed", "write a list: `[a, b]`", "(" if node.items else ")")


@build.register
def _call(node: nodes.Call) -> Reader:
    refuse_call(node.node)


@build.register
def _conditional(node: nodes.CondExpr) -> Reader:
    if node.expr2 is None:
        refuse("an `if` needs its `else`", "write `a if b else c`", "if")
    test, yes, no = _sure(node.test), build(node.expr1), build(node.expr2)
    return lambda scope: yes(scope) if test(scope) else no(scope)


@build.register
def _and(node: nodes.And) -> Reader:
    left, right = _sure(node.left), build(node.right)
    return lambda scope: left(scope) and right(scope)


@build.register
def _or(node: nodes.Or) -> Reader:
    left, right = _sure(node.left), build(node.right)
    return lambda scope: left(scope) or right(scope)


@build.register
def _not(node: nodes.Not) -> Reader:
    inner = _sure(node.node)
    return lambda scope: not inner(scope)


@build.register
def _compare(node: nodes.Compare) -> Reader:
    first = _sure(node.expr)
    rest = [(COMPARISONS[operand.op], _sure(operand.expr)) for operand in node.ops]
    if len(rest) == 1:
        compare, second = rest[0]
        return lambda scope: compare(first(scope), second(scope))

    def run(scope: Scope) -> Json:
        left = first(scope)
        for compare, other in rest:
            right = other(scope)
            if not compare(left, right):
                return False
            left = right
        return True

    return run


@build.register
def _concat(node: nodes.Concat) -> Reader:
    parts = [_sure(part) for part in node.nodes]
    return lambda scope: joined([text_of(part(scope)) for part in parts])


@build.register(nodes.Add)
@build.register(nodes.Sub)
@build.register(nodes.Div)
@build.register(nodes.FloorDiv)
def _binary(node: nodes.BinExpr) -> Reader:
    compute = {nodes.Add: add, nodes.Sub: subtract, nodes.Div: divide, nodes.FloorDiv: divide_whole}[type(node)]
    left, right = _sure(node.left), _sure(node.right)
    return lambda scope: compute(left(scope), right(scope))


@build.register
def _negative(node: nodes.Neg) -> Reader:
    inner = _sure(node.node)
    return lambda scope: -number(inner(scope))


@build.register
def _positive(node: nodes.Pos) -> Reader:
    inner = _sure(node.node)
    return lambda scope: number(inner(scope))


@build.register
def _filter(node: nodes.Filter) -> Reader:
    assert node.node is not None
    if node.name == "default":
        return _default(node)
    if node.name not in FILTERS:
        refuse_filter(node.name)
    apply = FILTERS[node.name]
    check_arguments(node, apply, f"the filter `{node.name}`")
    if node.name in TEST_POSITIONS:
        check_test_argument(node, TEST_POSITIONS[node.name])
    value = (build if node.name in ACCESSORS else _sure)(node.node)
    if not node.args and not node.kwargs:
        return lambda scope: apply(value(scope))
    arguments = [_sure(argument) for argument in node.args]
    named = [(key, _sure(argument)) for key, argument in named_arguments(node).items()]
    return lambda scope: apply(
        value(scope), *[argument(scope) for argument in arguments], **{key: given(scope) for key, given in named}
    )


def _default_shape(_: Json, default_value: Json, boolean: Json = False) -> Json:
    """The parameters of `default`."""


def _default(node: nodes.Filter) -> Reader:
    """`a | default(b)` covers missing and null; `default(b, true)` empty and false too. `b` is read only if needed."""
    assert node.node is not None
    check_arguments(node, _default_shape, "the filter `default`")
    given: dict[str, nodes.Expr] = dict(zip(("default_value", "boolean"), node.args, strict=False))
    given |= named_arguments(node)
    value, otherwise = build(node.node), build(given["default_value"])
    empty_too = _sure(given["boolean"]) if "boolean" in given else None

    def run(scope: Scope) -> Json:
        found = value(scope)
        if found is None or found.__class__ is Missing:
            return otherwise(scope)
        return otherwise(scope) if not found and empty_too and empty_too(scope) else found

    return run


@build.register
def _test(node: nodes.Test) -> Reader:
    check, presence = known_test(node.name), node.name in PRESENCE
    check_arguments(node, check, f"the test `{node.name}`")
    value = (build if presence else _sure)(node.node)
    arguments = [_sure(argument) for argument in node.args]
    return lambda scope: check(value(scope), *[argument(scope) for argument in arguments])


def run_program(checked: Program, scope: Scope) -> Json:
    """An expression's value as plain, bounded JSON. Raises ExpressionFailure."""
    try:
        return bounded(checked.run(scope))
    except (RecursionError, OverflowError):  # Values come from outside: their depth and size are not ours to bound.
        fail("a value is too large or nested too deeply to be computed with", "read a part of it")
