"""How a graph fits a width: the longest labels that fit, then tighter gaps, then wide layers broken into several.

Widths are found by arithmetic; labels are made once, for the length that fits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from mntui.core.frozen import frozen
from mntui.ui.drawing.columns import needed
from mntui.ui.drawing.graph import Graph, Shown
from mntui.ui.drawing.labels import full_labels, shortened
from mntui.ui.drawing.layers import Layers, layered, order, ranks, sharing
from mntui.ui.drawing.text import cells

GAP: Final = 2
TIGHT_GAP: Final = 1
LABELS: Final = (40, 24, 18, 14, 11)
SHORT_LABELS: Final = (9, 7, 5)
"""Longest labels that are tried before wide layers are broken, and after it too."""

SIGN_CELLS: Final = 2
LEAST_COUNT: Final = 6
"""Room for `12/12✗` beside a counted step, so that planning its items moves nothing."""


@frozen
class View:
    """What of a plan is shown: opened containers and items, names of items, and how many items containers have."""

    opened: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)


@frozen
class Fit:
    """Layers, labels, and widths by item; `joined` is the part of a width where wires may arrive."""

    layers: Layers
    labels: tuple[str, ...]
    widths: tuple[int, ...]
    joined: tuple[int, ...]
    gap: int


@frozen
class _Sizes:
    """What doesn't depend on layers: whole labels and their cells, the room for counts, each step's targets."""

    full: tuple[str, ...]
    wide: tuple[int, ...]
    counts: tuple[int, ...]
    targets: tuple[tuple[int, ...], ...]

    def widths(self, longest: int) -> list[int]:
        return [SIGN_CELLS + min(w, longest) + c for w, c in zip(self.wide, self.counts, strict=True)]


def fitted(graph: Graph, view: View, room: int) -> Fit:
    """The graph in `room` columns, or as narrow as it gets."""
    sizes = _sizes(graph, view)
    rank = ranks(sizes.targets, {})
    layers = layered(sizes.targets, rank)
    chosen = _chosen(sizes, layers, LABELS, room)
    if chosen is None:
        layers = layered(sizes.targets, _broken(sizes, rank, room))
        chosen = _chosen(sizes, layers, LABELS + SHORT_LABELS, room)
    order(layers)
    longest, gap = chosen or (SHORT_LABELS[-1], TIGHT_GAP)
    texts = shortened(sizes.full, longest)
    lanes = (1,) * (len(layers.downs) - layers.steps)
    arrivals = _arrivals(layers)
    joined = tuple(max(SIGN_CELLS + cells(text), ports) for text, ports in zip(texts, arrivals, strict=True))
    widths = tuple(wide + count for wide, count in zip(joined, sizes.counts, strict=True))
    return Fit(layers, texts, widths + lanes, joined + lanes, gap)


def _sizes(graph: Graph, view: View) -> _Sizes:
    index = {node.path: n for n, node in enumerate(graph.nodes)}
    targets = tuple(tuple(index[target] for target in graph.targets[node.path]) for node in graph.nodes)
    full = full_labels(graph.nodes, view.names)
    return _Sizes(full, tuple(map(cells, full)), tuple(_count_cells(node, view) for node in graph.nodes), targets)


def _count_cells(node: Shown, view: View) -> int:
    if not node.counted:
        return 0
    digits = len(str(view.items.get(node.path, 0)))
    return 1 + max(LEAST_COUNT, 2 * digits + 2)


def _chosen(sizes: _Sizes, layers: Layers, lengths: Sequence[int], room: int) -> tuple[int, int] | None:
    """The first length and gap by which every layer fits."""
    arrivals = _arrivals(layers)
    lanes = [1] * (len(layers.downs) - layers.steps)
    for longest in lengths:
        widths = [max(wide, ports) for wide, ports in zip(sizes.widths(longest), arrivals, strict=True)] + lanes
        for gap in (GAP, TIGHT_GAP):
            if all(needed(row, widths, gap) <= room for row in layers.rows):
                return longest, gap
    return None


def _arrivals(layers: Layers) -> list[int]:
    """How many buses reach each step: each needs a column of its own."""
    found = []
    for step in range(layers.steps):
        ups = layers.ups[step]
        found.append(len({tuple(sorted(layers.downs[upper])) for upper in ups}) if len(ups) > 1 else len(ups))
    return found


def _broken(sizes: _Sizes, rank: Sequence[int], room: int) -> list[int]:
    """Layers again, from the top: the last steps of one that is too wide go to the next."""
    widths = sizes.widths(LABELS[-1])
    deferred: dict[int, int] = {}
    found, layer = list(rank), 0
    while layer <= max(found):
        steps = [step for step, at in enumerate(found) if at == layer]
        taken = _lane_room(sizes.targets, found, layer) + sum(widths[step] + TIGHT_GAP for step in steps)
        late = list(_excessive(steps, widths, taken - room - TIGHT_GAP))
        if late:
            deferred.update(dict.fromkeys(late, layer + 1))
            found = ranks(sizes.targets, deferred)
        else:
            layer += 1
    return found


def _excessive(steps: list[int], widths: Sequence[int], excess: int) -> Iterator[int]:
    """The last steps, as many as must go; one stays."""
    for step in reversed(steps[1:]):
        if excess <= 0:
            return
        excess -= widths[step] + TIGHT_GAP
        yield step


def _lane_room(targets: Sequence[Sequence[int]], rank: Sequence[int], layer: int) -> int:
    """The columns that lanes through a layer take."""
    lanes = sum(
        above < layer and any(rank[target] > layer for target in onward) for above, onward in sharing(targets, rank)
    )
    return lanes * (1 + TIGHT_GAP)
