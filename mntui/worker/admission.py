"""Who may go now: limits on what is in flight at once, over all runs.

Admission stands between `decide` and `begin`: what isn't admitted has no fact and no reservation. Waiting is worker
memory, shown as "waiting: …" and asked by `why`; it is never a failure.
"""

from collections import Counter
from collections.abc import Callable

TOOL_LANE = "tools"
TOOL_CALLS_AT_ONCE = 64
MODEL_CALLS_AT_ONCE = 16


class Admission:
    """Counts what is in flight by lane, and holds keys that only one call may have. `room` asks the disk."""

    def __init__(self, room: Callable[[], bool]) -> None:
        self._room = room
        self._lanes: Counter[str] = Counter()
        self._holders: dict[str, str] = {}
        self._held: dict[str, tuple[str, str]] = {}

    def refusal(self, key: str, lane: str, exclusive: str = "") -> str:
        """Why a command has to wait, or "" where it may go."""
        if key in self._held:
            return ""
        if not self._room():
            return "disk: no room left to begin anything new"
        limit = TOOL_CALLS_AT_ONCE if lane == TOOL_LANE else MODEL_CALLS_AT_ONCE
        if self._lanes[lane] >= limit:
            return f"concurrency: {lane} has {limit} calls in flight"
        if exclusive and exclusive in self._holders:
            return f"one at a time: {exclusive} is being written by {self._holders[exclusive]}"
        return ""

    def enter(self, key: str, lane: str, exclusive: str = "") -> None:
        if key in self._held:
            return
        self._held[key] = (lane, exclusive)
        self._lanes[lane] += 1
        if exclusive:
            self._holders[exclusive] = key

    def leave(self, key: str) -> None:
        lane, exclusive = self._held.pop(key, ("", ""))
        if lane:
            self._lanes[lane] -= 1
        if exclusive:
            self._holders.pop(exclusive, None)
