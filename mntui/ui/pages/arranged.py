"""Runs in the order and of the kind that a person asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mntui.core.messages import RunRow

_NEED: Final[Mapping[str, int]] = {"waiting": 0, "failed": 1, "paused": 2, "running": 3}
ORDERS: Final[Mapping[str, Callable[[RunRow], tuple[int, ...]]]] = {
    "newest": lambda row: (-row.started_at,),
    "dearest": lambda row: (-row.cost_micros, -row.started_at),
    "longest": lambda row: ((row.started_at - row.ended_at) if row.ended_at is not None else -(1 << 60),),
    "needing": lambda row: (_NEED.get(row.status, 9), -row.started_at),
}
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "all": frozenset(),
    "going on": frozenset({"running", "waiting", "paused"}),
    "waiting": frozenset({"waiting"}),
    "failed": frozenset({"failed"}),
}
"""Which states are shown; an empty set shows all."""


def arranged(rows: Sequence[RunRow], order: str, kind: str) -> list[RunRow]:
    wanted = KINDS.get(kind, frozenset())
    return sorted((row for row in rows if not wanted or row.status in wanted), key=ORDERS.get(order, ORDERS["newest"]))


def following(names: Sequence[str], name: str) -> str:
    """The one after a name, round and round."""
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
