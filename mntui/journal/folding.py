"""A run from its facts: the plan that its first fact names, then every fact in order."""

from collections.abc import Sequence

from mntui.core.events import Fact
from mntui.core.evolve import replay
from mntui.core.plan import Plan
from mntui.core.run import Run, new_run


def run_before(started: Fact, plan: Plan) -> Run:
    """A run before its first fact."""
    return new_run(started.run, plan)


def folded(facts: Sequence[Fact], plan: Plan) -> Run:
    """Raises ValueError where a fact is missing."""
    return replay(run_before(facts[0], plan), list(facts))
