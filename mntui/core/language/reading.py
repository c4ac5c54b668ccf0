"""Names in an expression: what `draft.to` refers to, how it is read, and why it leads nowhere.

A path is static as far as its keys are written out; the blueprint's compiler infers needs from that part.
Deliberately absent: Python attributes. A key is looked up in a map, a position in a list or a text.
"""

from collections.abc import Callable, Iterable, Mapping

from jinja2 import nodes

from mntui.core.language.grammar import Reference
from mntui.core.language.operations import MISSING, Missing, kind_of, read
from mntui.core.values import Json

Scope = Mapping[str, Json]
Reader = Callable[[Scope], Json]


def references(tree: nodes.Node) -> Iterable[Reference]:
    path, rest = static_path(tree)
    if path:
        yield Reference(path)
    for node in rest if path else tree.iter_child_nodes():
        yield from references(node)


def static_path(node: nodes.Node) -> tuple[tuple[str, ...], list[nodes.Node]]:
    """The name a chain of `.b` and `['b']` begins with and its keys up to the first computed one; what it computes."""
    keys: list[str] = []
    computed: list[nodes.Node] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        key = node.attr if isinstance(node, nodes.Getattr) else constant_key(node.arg)
        if key is None:
            keys.clear()
            computed.extend(node.iter_child_nodes(exclude=("node",)))
        else:
            keys.append(key)
        node = node.node
    return ((node.name, *reversed(keys)), computed) if isinstance(node, nodes.Name) else ((), [])


def constant_key(node: nodes.Node) -> str | None:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


def root_reader(name: str) -> Reader:
    absent = Missing(f"`{name}` has no value: its step was skipped, failed or doesn't exist")

    def run(scope: Scope) -> Json:
        value = scope.get(name, MISSING)
        return absent if value.__class__ is Missing else value

    return run


def path_reader(path: tuple[str, ...]) -> Reader:
    root, keys = path[0], path[1:]

    def run(scope: Scope) -> Json:
        value = scope.get(root, MISSING)
        for key in keys:
            value = value.get(key, MISSING) if value.__class__ is dict else read(value, key)
        return _explained(scope, path) if value.__class__ is Missing else value

    return run


def _explained(scope: Scope, path: tuple[str, ...]) -> Missing:
    """Why a path leads nowhere: the first place where it breaks."""
    value = scope.get(path[0], MISSING)
    if value.__class__ is Missing:
        return Missing(f"`{path[0]}` has no value: its step was skipped, failed or doesn't exist")
    for position, key in enumerate(path[1:], 1):
        parent, value = value, read(value, key)
        if value.__class__ is Missing:
            return Missing(
                f"`{'.'.join(path[: position + 1])}` is missing: {no_key(parent, '.'.join(path[:position]))}"
            )
    return MISSING


def no_key(parent: Json, name: str) -> str:
    if not isinstance(parent, Mapping):
        return f"`{name}` is of type {kind_of(parent)}, not a map"
    known = sorted(str(key) for key in parent)[:12]
    return f"`{name}` has {', '.join(known)}" if known else f"`{name}` is an empty map"
