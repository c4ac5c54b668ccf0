"""Short names that still tell steps apart: twins carry what differs, and shortening keeps it.

Deliberately absent: what a run knows. The names of items come from whoever draws.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from mntui.core.step_paths import ROOT, is_item, item_index, scope_of
from mntui.ui.drawing.graph import Shown
from mntui.ui.drawing.text import ELLIPSIS, cells, cut


def full_labels(nodes: Sequence[Shown], names: Mapping[str, str]) -> tuple[str, ...]:
    """One label a step as long as it is. `names` are texts for items by path."""
    twins = frozenset(id_ for id_, count in Counter(node.id for node in nodes).items() if count > 1)
    return tuple(_full(node, names, twins) for node in nodes)


def _full(node: Shown, names: Mapping[str, str], twins: frozenset[str]) -> str:
    if node.id not in twins:
        return node.id
    scope = scope_of(node.path)
    if scope == ROOT:
        return node.id
    return f"{node.id} {_told(scope, names)}"


def _told(scope: str, names: Mapping[str, str]) -> str:
    """What an item is called; by its number where nobody named it, and a container by its id."""
    if scope in names:
        return names[scope]
    return f"[{item_index(scope)}]" if is_item(scope) else f"in {scope.rpartition('/')[2]}"


def shortened(texts: Sequence[str], longest: int) -> tuple[str, ...]:
    """The texts cut to `longest` cells; those that would look the same lose their common beginning first."""
    found = [cut(text, longest) for text in texts]
    for width in (longest // 3, longest // 2, longest * 2 // 3, 1):
        groups = _same(found)
        if not groups:
            return tuple(found)
        for group in groups:
            shared = _shared([texts[i] for i in group])
            for i in group:
                found[i] = _without_middle(texts[i], shared, longest, max(width, 1))
    return _numbered(found, longest)


def _same(texts: Sequence[str]) -> list[list[int]]:
    places: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        places.setdefault(text, []).append(index)
    return [group for group in places.values() if len(group) > 1]


def _shared(texts: Sequence[str]) -> int:
    """How many letters all texts begin with."""
    first, last = min(texts), max(texts)
    return next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))


def _without_middle(text: str, shared: int, longest: int, head: int) -> str:
    """`search_in_the_archive` → `sear…archive`: the beginning, and what follows the part shared with its twins."""
    if cells(text) <= longest:
        return text
    start = max(min(shared, len(text) - (longest - head - 1)), head)
    return cut(text[:head] + ELLIPSIS + text[start:], longest)


def _numbered(texts: list[str], longest: int) -> tuple[str, ...]:
    """Last of all: a number where texts are still the same."""
    taken = set(texts)
    for group in _same(texts):
        number = 1
        for i in group[1:]:
            while (other := _with_number(texts[i], number := number + 1, longest)) in taken:
                pass
            texts[i] = other
            taken.add(other)
    return tuple(texts)


def _with_number(text: str, number: int, longest: int) -> str:
    tail = f"~{number}"
    return cut(text, max(longest - len(tail), 0)) + tail
