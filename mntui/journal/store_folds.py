"""Runs that changed since their rows were written: folded here, or handed over by whoever had folded them anyway."""

import threading
from collections.abc import Callable, Iterable

from mntui.core.events import Fact, RunStarted
from mntui.core.evolve import evolve
from mntui.core.run import Run
from mntui.journal.refusals import LogDamaged
from mntui.journal.store_file import Change

Begin = Callable[[Fact], Run]
"""The run before its first fact, RunStarted."""
History = Callable[[str], Run]
"""A run folded from everything in the log. Raises LookupError, ValueError where the log has a gap."""


class Folds:
    """`hand_over` is called by whoever commits, everything else by the thread that applies."""

    def __init__(self, begin: Begin, history: History) -> None:
        self._begin = begin
        self._history = history
        self._given: dict[str, Run] = {}
        self._now: dict[str, Run] = {}
        self._written: dict[str, Run] = {}
        self._changed: dict[str, None] = {}
        self._torn: set[str] = set()
        self._guard = threading.Lock()

    def hand_over(self, run: Run) -> None:
        with self._guard:
            self._given[run.id] = run

    def follow(self, facts: Iterable[Fact]) -> None:
        """Take facts in, in their order."""
        run: Run | None = None
        for fact in facts:
            # Mostly it is the fact behind the one before, whose run is at hand.
            if run is None or run.id != fact.run or fact.seq > run.seq + 1:
                run = self._known(fact)
            if run is None:
                continue
            if fact.seq > run.seq:
                run = evolve(run, fact)
            self._now[fact.run] = run
            self._changed[fact.run] = None
        if run is not None:
            self._forget_given(run)

    def refold(self, run_id: str) -> None:
        """Fold a run from the log, whatever its rows say."""
        try:
            self._now[run_id] = self._history(run_id)
        except (LookupError, ValueError, LogDamaged):
            # Batches of this run are lost: its facts are listed, where it stood nobody knows.
            self._torn.add(run_id)
            self._changed.pop(run_id, None)
            self._now.pop(run_id, None)
            return
        self._changed[run_id] = None

    @property
    def changed(self) -> bool:
        return bool(self._changed)

    @property
    def ended(self) -> int:
        """How many of the changed runs have ended."""
        return sum(bool(self._now[run_id].ended) for run_id in self._changed)

    def changes(self, *, only_ended: bool = False) -> list[Change]:
        """What is to be written."""
        runs = (self._now[run_id] for run_id in self._changed)
        return [(self._written.get(run.id), run) for run in runs if run.ended or not only_ended]

    def written(self, changes: Iterable[Change]) -> None:
        """These are in the file now. Runs that have ended are let go of."""
        for _, run in changes:
            self._changed.pop(run.id, None)
            self._written[run.id] = run
            if run.ended:
                self._written.pop(run.id, None)
                self._now.pop(run.id, None)

    def unwritten(self) -> None:
        """The file is another one, in which nothing is written."""
        self._written.clear()

    def _forget_given(self, run: Run) -> None:
        """What was handed over has been taken in."""
        with self._guard:
            given = self._given.get(run.id)
            if given is not None and given.seq <= run.seq:
                del self._given[run.id]

    def _known(self, fact: Fact) -> Run | None:
        with self._guard:
            given = self._given.get(fact.run)
            if given is not None and given.seq >= fact.seq:
                return given
        run = self._now.get(fact.run)
        if run is not None and fact.seq <= run.seq + 1:
            return run
        if fact.run in self._torn:
            return None
        if isinstance(fact.event, RunStarted):
            return self._begin(fact)
        self.refold(fact.run)
        return self._now.get(fact.run)
