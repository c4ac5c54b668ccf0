"""Read a drawn graph as a person does: follow lines cell by cell, downwards and sideways, never up.

Where a line meets one that runs across, it goes straight on: only joints let it turn.
"""

from collections.abc import Iterator, Sequence

from mntui.ui.drawing.layout import Layout, hit

UP, DOWN, LEFT, RIGHT = (0, -1), (0, 1), (-1, 0), (1, 0)
ARMS = {
    "│": {UP, DOWN}, "─": {LEFT, RIGHT}, "╰": {UP, RIGHT}, "╯": {UP, LEFT}, "╭": {DOWN, RIGHT}, "╮": {DOWN, LEFT},
    "├": {UP, DOWN, RIGHT}, "┤": {UP, DOWN, LEFT}, "┬": {LEFT, RIGHT, DOWN}, "┴": {LEFT, RIGHT, UP},
    "┼": {UP, DOWN, LEFT, RIGHT},
}  # fmt: skip
Place = tuple[int, int, tuple[int, int]]


def reached(layout: Layout, texts: Sequence[str], path: str) -> set[str]:
    """The steps that lines lead to from below a step."""
    box = layout.boxes[path]
    cells = range(box.x, box.x + box.width)
    waiting: list[Place] = [(x, box.y + 1, DOWN) for x in cells if UP in ARMS.get(char(texts, x, box.y + 1), ())]
    seen: set[Place] = set()
    found: set[str] = set()
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        x, y, heading = place
        target = hit(layout, x, y)
        if target is not None:
            assert heading == DOWN, "lines arrive from above"
            found.add(target)
            continue
        waiting.extend((x + dx, y + dy, (dx, dy)) for dx, dy in _onward(char(texts, x, y), heading))
    return found


def char(texts: Sequence[str], x: int, y: int) -> str:
    return texts[y][x] if 0 <= y < len(texts) and 0 <= x < len(texts[y]) else " "


def _onward(char: str, heading: tuple[int, int]) -> Iterator[tuple[int, int]]:
    arms = ARMS.get(char)
    assert arms is not None, f"a line breaks off at {char!r}"
    back = (-heading[0], -heading[1])
    if back not in arms:
        assert heading not in {UP, DOWN}, "lines run under others sideways only"
        assert arms == {UP, DOWN}, "a line runs under a plain one only"
        yield heading
        return
    yield from (arm for arm in arms if arm not in {back, UP})
