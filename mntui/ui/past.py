"""A run as it was at an earlier fact: folded anew from its journal, with the rules that folded it the first time.

A state is kept every few hundred facts, so going back in a long run costs what going back in a short one does.
"""

from mntui.core.evolve import evolve
from mntui.core.run import Run, new_run
from mntui.ui.live import Seen

KEPT_EVERY = 400


class Past:
    """Where a person looks: `at` is a number of facts, or None for now."""

    def __init__(self) -> None:
        self.at: int | None = None
        self._kept: list[Run] = []

    def move(self, now: Seen, facts: int) -> None:
        """So many facts back (negative) or on; beyond the last one it is now again."""
        there = (len(now.facts) if self.at is None else self.at) + facts
        self.at = max(there, 1) if there < len(now.facts) else None

    def seen(self, now: Seen) -> Seen:
        """The run where the person looks."""
        if self.at is None:
            return now
        return Seen(self._folded(now, self.at), now.facts[: self.at], {}, {}, now.gone)

    def _folded(self, now: Seen, count: int) -> Run:
        kept = self._kept = self._kept or [new_run(now.run.id, now.run.plan)]
        start = min(count // KEPT_EVERY, len(kept) - 1)
        run = kept[start]
        for number in range(start * KEPT_EVERY, count):
            run = evolve(run, now.facts[number])
            if number + 1 == len(kept) * KEPT_EVERY:
                kept.append(run)
        return run
