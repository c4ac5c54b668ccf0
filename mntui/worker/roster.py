"""Every run of a worker by id and by name: those that are live, and how ended ones are read back from the journal.

Absent: any change to a run. Whoever holds a live run puts things into it; this only finds it.
"""

import difflib
from functools import lru_cache

from mntui.core.events import Fact, RunStarted
from mntui.core.evolve import replay
from mntui.core.messages import Denied
from mntui.core.plan import Plan
from mntui.core.run import Run, new_run
from mntui.core.values import Json, Ref
from mntui.journal.base import Journal
from mntui.wire.codec import from_plain
from mntui.worker.live import LiveRun
from mntui.worker.payloads import Payloads

PLANS = 64
"""So many plans of ended runs are kept decoded."""


class Roster:
    """`live` is by id. Names are unique; what a person types may be an id, a name, or the beginning of one name."""

    def __init__(self, journal: Journal) -> None:
        self.live: dict[str, LiveRun] = {}
        self._journal = journal
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._plan = lru_cache(PLANS)(self._read_plan)
        for name, run_id in journal.names().items():
            self.call(run_id, name)

    # Names

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._ids)

    def call(self, run_id: str, name: str) -> None:
        self._ids[name] = run_id
        self._names[run_id] = name

    def forget(self, run_id: str) -> str | None:
        """Nobody finds the run any more. Returns the name it had."""
        self._plan.cache_clear()
        name = self._names.pop(run_id, None)
        if name is not None:
            self._ids.pop(name, None)
        return name

    def name(self, run_id: str) -> str:
        return self._names[run_id]

    def knows(self, run_id: str) -> bool:
        return run_id in self._names

    def resolve(self, run: str) -> str | None:
        """The id of the one run that is meant, if there is one."""
        if run in self._names:
            return run
        if run in self._ids:
            return self._ids[run]
        beginning = [run_id for name, run_id in self._ids.items() if run and name.startswith(run)]
        return beginning[0] if len(beginning) == 1 else None

    def unknown(self, run: str) -> Denied:
        near = difflib.get_close_matches(run, self._ids, n=1)
        remedy = f"did you mean {near[0]}?" if near else "mntui runs lists them"
        return Denied("unknown_run", f"there is no run {run!r}", remedy)

    # Runs

    def run(self, run_id: str) -> Run:
        """As it is in memory, else folded from the journal. Blocks for the time of a read."""
        live = self.live.get(run_id)
        return live.run if live is not None else self.fold(run_id)

    def fold(self, run_id: str, facts: tuple[Fact, ...] = ()) -> Run:
        facts = facts or self._journal.facts(run_id)
        return replay(new_run(run_id, self.plan(run_id, facts)), facts)

    def plan(self, run_id: str, facts: tuple[Fact, ...] = ()) -> Plan:
        live = self.live.get(run_id)
        if live is not None:
            return live.run.plan
        event = facts[0].event if facts else self._started(run_id)
        assert isinstance(event, RunStarted)
        if isinstance(event.plan, Ref):
            return self._plan(event.plan.digest)
        return from_plain(Plan, event.plan)

    def source(self, run_id: str) -> Json:
        """The files of the blueprint that the run is pinned to."""
        return self.payloads().load(self._started(run_id).source)

    def payloads(self) -> Payloads:
        return Payloads(self._journal)

    def _started(self, run_id: str) -> RunStarted:
        event = self._journal.facts(run_id)[0].event
        assert isinstance(event, RunStarted)
        return event

    def _read_plan(self, digest: str) -> Plan:
        return from_plain(Plan, self._journal.payload(digest))
