"""Where a look is needed in a run, and what has to be opened to see it."""

from mntui.core.run import Run
from mntui.core.step_paths import is_item
from mntui.ui.drawing.rails import RailsView, rows_of


def troubles(run: Run) -> list[str]:
    """The steps that failed or wait, in the order of the table; a container only where nothing inside it does."""
    own = [path for path, node in run.nodes.items() if node.status in {"failed", "waiting"} and not is_item(path)]
    inside = {outer for path in own for outer in way_to(path)}
    wanted = {path for path in own if path not in inside}
    opened = frozenset().union(*(way_to(path) for path in wanted)) if wanted else frozenset[str]()
    return [row.path for row in rows_of(run, RailsView(opened)) if row.path in wanted and not row.folded]


def at_work(run: Run) -> list[str]:
    """The steps that run now."""
    return [path for path, node in run.nodes.items() if node.status == "running" and not is_item(path)]


def next_of(paths: list[str], order: list[str], here: str, way: int) -> str:
    """The next of some paths from `here` on, or the first one from the other end. `order` holds all of them."""
    at = order.index(here) if here in order else -1
    after = [path for path in paths if (order.index(path) - at) * way > 0]
    return (after or paths)[0 if way > 0 else -1]


def can_be_opened(run: Run, path: str) -> bool:
    """Whether there is something inside: a container with items, or an item."""
    node = run.nodes.get(path)
    return node is not None and (is_item(path) or node.item_count > 0)


def way_to(path: str) -> frozenset[str]:
    """What has to be opened so that a path is shown: `each[3]/draft` needs `each` and `each[3]`."""
    found = set()
    while "[" in path:
        path = path[: path.rindex("]") + 1]
        found.add(path)
        path = path[: path.rindex("[")]
        found.add(path)
    return frozenset(found)
