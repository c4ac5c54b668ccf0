"""A layout and a run as styled rows: every step with the glyph of its state, every wire as far as the run has come.

`see` reads off the run what the picture shows, `line` draws one row of it, `changed_rows` says which rows differ: a
changed state costs a comparison of values and the rows it is seen in.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.run import ENDED, Run
from mntui.core.words import LOOKS
from mntui.ui.drawing.layout import Box, Layout
from mntui.ui.drawing.states import NOT_YET, State, inside, state_of
from mntui.ui.drawing.text import PLAIN, Line, Segment, cells, in_ascii, joined
from mntui.ui.drawing.wiring import Wire

MISSED: Final = frozenset({"skipped", "cancelled"})


@frozen
class Sight:
    """What a picture of the graph shows: a state by path, a style by wire, and the selected path ("" for none)."""

    layout: Layout
    states: Mapping[str, State]
    wires: tuple[str, ...]
    selected: str = ""


def see(layout: Layout, run: Run | None, selected: str = "") -> Sight:
    """What the run looks like now; without a run every step is pending."""
    if run is None:
        states = dict.fromkeys(layout.boxes, NOT_YET)
    else:
        within = inside(run)
        states = {path: state_of(run, path, within, counted=box.counted) for path, box in layout.boxes.items()}
    return Sight(layout, states, tuple(_style(wire, states) for wire in layout.wires), selected)


def _style(wire: Wire, states: Mapping[str, State]) -> str:
    """Dim until the sources have ended well; off where every target was left out."""
    if all(states[target].status in MISSED for target in wire.targets):
        return "edge-off"
    sources = [states[source] for source in wire.sources]
    if any(source.status in {"running", "waiting"} for source in sources):
        return "edge-live"
    if all(source.status in ENDED and not source.blocks for source in sources):
        return "edge-done"
    return "edge"


def line(sight: Sight, y: int, *, ascii_only: bool) -> Line:
    """Row `y`, as wide as it has something to show."""
    return joined(_segments(sight, y, ascii_only=ascii_only))


def lines(sight: Sight, *, ascii_only: bool) -> tuple[Line, ...]:
    return tuple(line(sight, y, ascii_only=ascii_only) for y in range(sight.layout.height))


def _segments(sight: Sight, y: int, *, ascii_only: bool) -> Iterator[Segment]:
    at = 0
    for piece in sight.layout.rows[y]:
        chosen = isinstance(piece, Box) and piece.path == sight.selected
        start = piece.x - chosen
        yield " " * (start - at), PLAIN
        if isinstance(piece, Box):
            yield from _box(piece, sight.states[piece.path], chosen=chosen, ascii_only=ascii_only)
            at = piece.x + piece.width + chosen
        else:
            yield in_ascii(piece.text) if ascii_only else piece.text, sight.wires[piece.wire]
            at = piece.x + len(piece.text)


def _box(box: Box, state: State, *, chosen: bool, ascii_only: bool) -> Iterator[Segment]:
    over = " selected" if chosen else ""
    edge = ("[", "]") if ascii_only else ("▐", "▌")
    if chosen:
        yield edge[0], "selected-edge"
    sign = LOOKS[state.status].sign(ascii_only=ascii_only)
    label = in_ascii(box.label) if ascii_only else box.label
    yield f"{sign} {label}", state.status + over
    room = box.width - 2 - cells(box.label)
    for text, style in _counts(state, ascii_only=ascii_only) if room else ():
        yield text, style + over
        room -= len(text)
    yield " " * room, PLAIN + over.strip()
    if chosen:
        yield edge[1], "selected-edge"


def _counts(state: State, *, ascii_only: bool) -> Iterator[Segment]:
    """How far the steps are that a box stands for, and whether one needs a look: waiting before failed."""
    if state.of:
        yield f" {state.done}/{state.of}", "count"
        worst = "waiting" if state.waiting else "failed" if state.failed else ""
        if worst:
            yield LOOKS[worst].sign(ascii_only=ascii_only), worst


# What changed


def changed_rows(before: Sight, after: Sight) -> frozenset[int]:
    """The rows that look different; all of them when the layout itself is another one."""
    if before.layout is not after.layout and before.layout != after.layout:
        return frozenset(range(max(before.layout.height, after.layout.height)))
    rows = {after.layout.boxes[path].y for path in _changed_boxes(before, after)}
    wires = {n for n, (old, new) in enumerate(zip(before.wires, after.wires, strict=True)) if old != new}
    if wires:
        rows.update(_rows_of(after.layout, wires))
    return frozenset(rows)


def _changed_boxes(before: Sight, after: Sight) -> Iterator[str]:
    if before.selected != after.selected:
        yield from (path for path in (before.selected, after.selected) if path in after.layout.boxes)
    for path, state in after.states.items():
        if before.states[path] != state:
            yield path


def _rows_of(layout: Layout, wires: Iterable[int]) -> Iterator[int]:
    wanted = frozenset(wires)
    for y, row in enumerate(layout.rows):
        if any(not isinstance(piece, Box) and piece.wire in wanted for piece in row):
            yield y
