"""What tells the items of a container apart: a short text of each, where the run itself holds them."""

from collections.abc import Iterable, Mapping

from mntui.core.run import Run
from mntui.core.shown import glance
from mntui.core.step_paths import is_item, item_path
from mntui.core.values import Json, Ref

LONGEST = 18
MOST = 500


def item_names(run: Run, opened: Iterable[str]) -> dict[str, str]:
    """Names of the items of opened containers by path; large lists lie elsewhere and have only numbers."""
    found = {}
    for container in opened:
        node = run.nodes.get(container)
        if node is None or is_item(container) or not isinstance(node.arguments, list | tuple):
            continue
        for index, value in enumerate(node.arguments[:MOST]):
            found[item_path(container, index)] = f"[{index}] {glance(_telling(value), LONGEST)}".rstrip()
    return found


def _telling(value: Json) -> Json:
    """Of a map, its first text or number; all else is what it is."""
    if not isinstance(value, Mapping):
        return "" if isinstance(value, Ref) else value
    return next((each for each in value.values() if isinstance(each, str | int) and str(each)), "")
