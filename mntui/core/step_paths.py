"""Paths of a run: `each[3]/draft` is the step `draft` in item 3 of the container `each`.

One mechanism serves fan-out now and iterations, includes and planned steps later. Dropping the numbers gives the plan
path (`each/draft`); the empty path is the run itself.
"""

import re
from functools import lru_cache

ROOT = ""
_NUMBER = re.compile(r"\[(\d+)\]")


@lru_cache(maxsize=65536)
def plan_path(path: str) -> str:
    """`each[3]/draft` → `each/draft`; an item (`each[3]`) has the plan path of its container."""
    return _NUMBER.sub("", path)


@lru_cache(maxsize=65536)
def scope_of(path: str) -> str:
    """What a node lives in: the item for a step (`each[3]/draft` → `each[3]`), the container for an item."""
    if is_item(path):
        return path[: path.rindex("[")]
    head, slash, _ = path.rpartition("/")
    return head if slash else ROOT


def is_item(path: str) -> bool:
    return path.endswith("]")


def item_path(container: str, index: int) -> str:
    return f"{container}[{index}]"


def item_index(path: str) -> int:
    return int(path[path.rindex("[") + 1 : -1])


def child_path(scope: str, step_id: str) -> str:
    """The path of a step in a scope: an item, or the run."""
    return f"{scope}/{step_id}" if scope else step_id


@lru_cache(maxsize=65536)
def ancestors(path: str) -> tuple[str, ...]:
    """The scopes around a path, innermost first, the run ("") last."""
    found = []
    while path:
        path = scope_of(path)
        found.append(path)
    return tuple(found)
