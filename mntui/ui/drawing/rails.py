"""A run as a table, one step a row: lanes, state, name, time, cost and a bar of when it ran.

Rows are in the order in which the steps ran, or in file order; no step stands above what it needs. Items of a
container are folded into its row as counts until it is opened; of many items those that need a look are shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from heapq import heapify, heappop, heappush
from typing import Final, Literal

from mntui.core.frozen import frozen
from mntui.core.plan import ForEachWork
from mntui.core.run import Node, Run
from mntui.core.step_paths import child_path, is_item, item_index, item_path, plan_path
from mntui.ui.drawing.graph import graph_of
from mntui.ui.drawing.rails_lanes import Rail, rails_of

MOST_ITEMS: Final = 200
"""Of more items only so many are listed: first those that run, wait or failed."""

Order = Literal["ran", "file"]
LATER: Final = 1 << 62


@frozen
class RailsView:
    """Which containers and items are opened, names of items by path, what pending steps are expected to cost."""

    opened: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    estimates: Mapping[str, int] = field(default_factory=dict)
    order: Order = "ran"


@frozen
class Row:
    """One row of a table. `depth` is how far inside it stands; `folded` is how many items it stands for without showing
    them (then `path` is their container).
    """

    path: str
    name: str
    depth: int = 0
    rail: str = ""
    sign_at: int = 0
    folded: int = 0


CLOSED: Final = RailsView()


def rows_of(run: Run, view: RailsView = CLOSED) -> tuple[Row, ...]:
    """The rows of a run's table."""
    graph = graph_of(run.plan)
    order = _ordered(run, {node.path: n for n, node in enumerate(graph.nodes)}, graph.targets, view.order)
    rails = rails_of(order, graph.targets)
    return tuple(row for path, rail in zip(order, rails, strict=True) for row in _step_rows(run, path, rail, view))


def _ordered(
    run: Run, place: Mapping[str, int], targets: Mapping[str, tuple[str, ...]], order: Order
) -> tuple[str, ...]:
    """Steps after all that they need; among those that could come next, the one that began first."""
    needs = dict.fromkeys(place, 0)
    for onward in targets.values():
        for target in onward:
            needs[target] += 1
    ready = [(_began(run, path, order), place[path], path) for path in place if not needs[path]]
    heapify(ready)
    found = []
    while ready:
        *_, path = heappop(ready)
        found.append(path)
        for target in targets[path]:
            needs[target] -= 1
            if not needs[target]:
                heappush(ready, (_began(run, target, order), place[target], target))
    return tuple(found)


def _began(run: Run, path: str, order: Order) -> int:
    node = run.nodes.get(path)
    if order == "file" or node is None:
        return LATER
    return node.started_at or node.ended_at or LATER


def _step_rows(run: Run, path: str, rail: Rail, view: RailsView) -> Iterator[Row]:
    yield Row(path, path, 0, rail.text, rail.at)
    yield from _inside(run, path, 1, rail.below, view)


def _inside(run: Run, path: str, depth: int, rail: str, view: RailsView) -> Iterator[Row]:
    """What is shown below a container or an item that is opened."""
    node = run.nodes.get(path)
    if path not in view.opened or node is None:
        return
    work = run.plan.steps[plan_path(path)].work
    if not isinstance(work, ForEachWork):
        return
    if is_item(path):
        inner = [child_path(path, run.plan.steps[name].id) for name in work.steps]
        named = [(child, child.rpartition("/")[2]) for child in inner]
    else:
        named = [(item, _item_name(item, view)) for item in _listed(run, node)]
    for child, name in named:
        yield Row(child, name, depth, rail)
        yield from _inside(run, child, depth + 1, rail, view)
    if not is_item(path) and len(named) < node.item_count:
        yield Row(path, "", depth, rail, folded=node.item_count - len(named))


def _item_name(item: str, view: RailsView) -> str:
    name = view.names.get(item, "")
    return f"[{item_index(item)}] {name}".rstrip()


def _listed(run: Run, container: Node) -> list[str]:
    """The items that are listed, by number."""
    items = [item_path(container.path, index) for index in range(container.opened)]
    if len(items) <= MOST_ITEMS:
        return items
    urgent = [item for item in items if run.nodes[item].status in {"running", "waiting", "failed"}][:MOST_ITEMS]
    others = [item for item in items[:MOST_ITEMS] if item not in frozenset(urgent)]
    return sorted([*urgent, *others[: MOST_ITEMS - len(urgent)]], key=item_index)
