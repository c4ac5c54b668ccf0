"""Which keys of a run's screen would only be refused as the run stands: the foot leaves them out, help doesn't."""

from collections.abc import Iterator
from typing import Final

from mntui.core.run import Run
from mntui.ui.keys import of_scope

WHEN_ENDED: Final = frozenset({"run.rerun", "run.output"})
"""What a person wants of a run that has ended."""
MOVING: Final = frozenset({"run.pause", "run.cancel", "run.why"})


def dead_keys(run: Run, *, looks_back: bool) -> frozenset[str]:
    return frozenset(_dead(run, looks_back=looks_back))


def _dead(run: Run, *, looks_back: bool) -> Iterator[str]:
    if not run.asks or looks_back:
        yield from (key.id for key in of_scope("run") if key.answers)
    elif not any(ask.edit for ask in run.asks.values()):
        yield "answer.edit"
    if run.ended:
        yield from MOVING
    if not run.held and run.ended != "failed":
        yield "run.retry"
