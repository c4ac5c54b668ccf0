"""Who may go now: limits on what is in flight at once, over all runs.

Admission stands between `decide` and `begin`: what isn't admitted has no fact and no reservation. Waiting is worker
memory, shown as "waiting: …" and asked by `why`; it is never a failure.
"""

from collections import Counter
from collections.abc import Callable

TOOL_LANE = "tools"
TOOL_CALLS_AT_ONCE = 64


class Admission:
    """Counts what is in flight by lane, and remembers who has what only one may have. `room` asks the disk.

    A lane is a model's name, or all tools; `model_calls_at_once` says how many calls one model takes.

    What is exclusive (a file that is appended to) is held by a call over all its attempts, and over the death of a
    worker, until its outcome is known: nobody writes behind an append that may or may not have happened.
    """

    def __init__(
        self,
        room: Callable[[], bool],
        model_calls_at_once: Callable[[str], int],
        tool_calls_at_once: int = TOOL_CALLS_AT_ONCE,
    ) -> None:
        self._room = room
        self._tool_calls_at_once = tool_calls_at_once
        self._model_calls_at_once = model_calls_at_once
        self._lanes: Counter[str] = Counter()
        self._entered: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._held: dict[str, str] = {}

    def refusal(self, key: str, lane: str, exclusive: str = "", owner: str = "") -> str:
        """Why a command has to wait, or "" where it may go."""
        if key in self._entered:
            return ""
        if not self._room():
            return "disk: no room left to begin anything new"
        limit = self._tool_calls_at_once if lane == TOOL_LANE else self._model_calls_at_once(lane)
        if self._lanes[lane] >= limit:
            return f"concurrency: {lane} has {limit} call{'s' * (limit != 1)} in flight"
        if exclusive and self._owners.get(exclusive, owner) != owner:
            return f"one at a time: {exclusive} is being written by {self._owners[exclusive]}"
        return ""

    def enter(self, key: str, lane: str) -> None:
        if key not in self._entered:
            self._entered[key] = lane
            self._lanes[lane] += 1

    def leave(self, key: str) -> None:
        lane = self._entered.pop(key, "")
        if lane:
            self._lanes[lane] -= 1

    def hold(self, exclusive: str, owner: str) -> None:
        """From now on only this call may touch it. What another holds stays the other's."""
        if exclusive and self._owners.setdefault(exclusive, owner) == owner:
            self._held[owner] = exclusive

    def free(self, owner: str) -> None:
        exclusive = self._held.pop(owner, "")
        if exclusive:
            del self._owners[exclusive]
