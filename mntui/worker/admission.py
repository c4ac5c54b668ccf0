"""Who may go now: limits on what is in flight at once, over all runs, and how fast each provider is asked.

Admission stands between `decide` and `begin`: what isn't admitted has no fact and no reservation. Waiting is worker
memory, shown as "waiting: …" and asked by `why`; it is never a failure.
"""

from collections import Counter
from collections.abc import Callable

from mntui.worker.flow import Flows, Hold

TOOL_LANE = "tools"
TOOL_CALLS_AT_ONCE = 64


class Admission:
    """Counts what is in flight by lane, and remembers who has what only one may have. `room` asks the disk.

    A lane is a model's name, or all tools; `model_calls_at_once` says how many calls one model takes, `flows` how fast
    its provider may be asked.

    What is exclusive (a file that is appended to) is held by a call over all its attempts, and over the death of a
    worker, until its outcome is known: nobody writes behind an append that may or may not have happened.
    """

    def __init__(
        self,
        room: Callable[[], bool],
        model_calls_at_once: Callable[[str], int],
        flows: Flows,
        tool_calls_at_once: int = TOOL_CALLS_AT_ONCE,
    ) -> None:
        self._room = room
        self._tool_calls_at_once = tool_calls_at_once
        self._model_calls_at_once = model_calls_at_once
        self._flows = flows
        self.has_refused = False
        """Whether anything had to wait since somebody set this back."""
        self._lanes: Counter[str] = Counter()
        self._entered: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._held: dict[str, str] = {}

    def hold(self, key: str, lane: str, exclusive: str = "", owner: str = "", tokens: int = 0) -> Hold | None:
        """Why a command has to wait, or None where it may go. `tokens` is what a model call may use, once known."""
        if key in self._entered:
            return None
        held = self._held_back(lane, exclusive, owner, tokens)
        self.has_refused = self.has_refused or held is not None
        return held

    @property
    def tool_room(self) -> int:
        """How many more tool calls may go out."""
        return self._tool_calls_at_once - self._lanes[TOOL_LANE]

    def _held_back(self, lane: str, exclusive: str, owner: str, tokens: int) -> Hold | None:
        if not self._room():
            return Hold("disk: no room left to begin anything new")
        limit = self._tool_calls_at_once if lane == TOOL_LANE else self._model_calls_at_once(lane)
        if self._lanes[lane] >= limit:
            return Hold(f"concurrency: {lane} has {limit} call{'s' * (limit != 1)} in flight")
        if exclusive and self._owners.get(exclusive, owner) != owner:
            return Hold(f"one at a time: {exclusive} is being written by {self._owners[exclusive]}")
        return None if lane == TOOL_LANE else self._flows.hold(lane, tokens)

    def enter(self, key: str, lane: str) -> None:
        if key not in self._entered:
            self._entered[key] = lane
            self._lanes[lane] += 1

    def asks(self, key: str, tokens: int) -> Hold | None:
        """A model call that was admitted, and that may use so many tokens, goes out; or why it has to wait for that."""
        hold = self._flows.hold(self._entered[key], tokens)
        if hold is None:
            self._flows.goes(self._entered[key], key, tokens)
        self.has_refused = self.has_refused or hold is not None
        return hold

    def answered(self, key: str, used_tokens: int) -> None:
        """The provider of a model call answered it."""
        if key in self._entered:
            self._flows.answered(self._entered[key], key, used_tokens)

    def refused(self, key: str, after_seconds: float | None) -> None:
        """The provider of a model call asked to wait."""
        if key in self._entered:
            self._flows.refused(self._entered[key], key, after_seconds)

    def leave(self, key: str) -> None:
        lane = self._entered.pop(key, "")
        if lane:
            self._lanes[lane] -= 1
            if lane != TOOL_LANE:
                self._flows.gone(lane, key)

    def own(self, exclusive: str, owner: str) -> None:
        """From now on only this call may touch it. What another holds stays the other's."""
        if exclusive and self._owners.setdefault(exclusive, owner) == owner:
            self._held[owner] = exclusive

    def free(self, owner: str) -> None:
        exclusive = self._held.pop(owner, "")
        if exclusive:
            del self._owners[exclusive]
