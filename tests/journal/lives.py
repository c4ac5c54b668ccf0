"""Random lives of runs as facts in batches, for whatever has to say the same as the fold."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench import Bench
from hypothesis import strategies as st
from test_properties import PLANS, finish, one_event

from mntui.core.events import Fact, RunStarted
from mntui.core.run import Run
from mntui.journal.base import Batch
from mntui.wire.codec import to_plain

PLAIN_PLANS = {name: to_plain(plan) for name, plan in PLANS.items()}


class Life:
    """A run on the bench under a name of its own; `run` is the fold of `facts`."""

    def __init__(self, plan: str, number: int) -> None:
        self.bench = Bench("", plan=PLANS[plan], inputs={"list": [1, 2, 3]})
        self.plan = plan
        self.run_id = f"0192f0c1-0000-7000-8000-{number:012d}"
        self.name = f"bench-{number}"

    def goes_on(self, draw: Any, events: int) -> None:
        for _ in range(events):
            if self.bench.run.ended:
                return
            one_event(self.bench, draw)

    def ends(self) -> None:
        finish(self.bench)

    @property
    def run(self) -> Run:
        return self.bench.run._replace(id=self.run_id, name=self.name)

    @property
    def facts(self) -> list[Fact]:
        facts = [replace(fact, run=self.run_id) for fact in self.bench.facts]
        started = facts[0].event
        assert isinstance(started, RunStarted)
        facts[0] = replace(facts[0], event=replace(started, name=self.name, plan=PLAIN_PLANS[self.plan]))
        return facts


def batches(facts: Sequence[Fact], draw: Any) -> list[Batch]:
    """The facts, cut into turns anywhere."""
    found, start = [], 0
    while start < len(facts):
        stop = start + draw(st.integers(1, 4))
        found.append(Batch(tuple(facts[start:stop])))
        start = stop
    return found
