"""The edges of every screen: where one is, and which keys work here. All that a first picture needs."""

from collections.abc import Sequence

from mntui.ui.drawing.text import Line, Segment, cells
from mntui.ui.keys import Key, shown_keys
from mntui.ui.pages.write import apart, line


def head(crumbs: Sequence[str], end: Line, width: int) -> Line:
    """` mntui › home                 ◆ 3 wait`."""
    parts: list[Segment] = [(" mntui", "key")]
    for crumb in crumbs:
        parts += [(" › ", "head"), (crumb, "title" if crumb == crumbs[-1] else "value")]
    return apart(line(*parts), (*end, (" ", "")), width)


def keys_line(keys: Sequence[Key], width: int) -> Line:
    """` ⏎ open  n new run …            ? help  ^p palette`: as many as fit; help and palette always."""
    last = [key for key in keys if key.id in {"app.help", "app.palette"}]
    end = _keys(last)
    room = width - _size(end) - 2
    parts: list[Segment] = [(" ", "")]
    for key in keys:
        if key in last:
            continue
        one = [*_keys([key]), ("  ", "")]
        if _size([*parts, *one]) > room:
            break
        parts += one
    return apart(line(*parts), line(*end, (" ", "")), width)


def _keys(keys: Sequence[Key]) -> list[Segment]:
    parts: list[Segment] = []
    for number, key in enumerate(keys):
        parts += [("  " if number else "", ""), (shown_keys(key.keys.split(",")[0]), "key"), (f" {key.label}", "muted")]
    return parts


def _size(parts: Sequence[Segment]) -> int:
    return sum(cells(text) for text, _ in parts)
