"""When a step may start: one literal table over how its needs ended.

A positive verdict may come early (one_success, quorum, one_failed); a negative one only when all needs have ended, so
the order of parallel outcomes never decides between skipped and failed.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from mntui.core.frozen import frozen
from mntui.core.plan import JoinKind, StepPlan
from mntui.core.run import Tally

Verdict = Literal["wait", "start", "skip", "fail"]


@frozen
class Counts:
    """How the counted needs of a join ended, of `total`, and the quorum asked for."""

    total: int
    succeeded: int
    failed: int
    skipped: int
    quorum: int

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed + self.skipped


Test = Callable[[Counts], bool]


@frozen
class Row:
    """`starts` says when the join is met; `fails` why it can't be any more (else: only skips caused it)."""

    starts: Test
    fails: Test


TABLE: Mapping[JoinKind, Row] = {
    "all_success": Row(starts=lambda c: c.succeeded == c.total, fails=lambda c: c.failed > 0),
    "all_done": Row(starts=lambda c: c.ended == c.total, fails=lambda _: False),
    "none_failed": Row(starts=lambda c: c.ended == c.total and not c.failed, fails=lambda c: c.failed > 0),
    "one_failed": Row(starts=lambda c: c.failed > 0, fails=lambda _: False),
    "one_success": Row(starts=lambda c: c.succeeded > 0, fails=lambda c: c.failed > 0),
    "quorum": Row(starts=lambda c: c.succeeded >= c.quorum, fails=lambda c: c.failed > 0),
}

EARLY: frozenset[JoinKind] = frozenset({"one_success", "quorum"})
"""Joins that, once met, no longer need those of their needs that still run."""


def verdict(step: StepPlan, tally: Tally) -> Verdict:
    """What the ended needs of a step say about it."""
    counts = Counts(len(step.counted), tally.succeeded, tally.failed, tally.skipped, step.join.quorum)
    row = TABLE[step.join.kind]
    beside = len(step.needs) - len(step.counted)
    beside_ended = tally.beside_succeeded + tally.beside_failed + tally.beside_skipped
    met = row.starts(counts) or not step.counted
    if met and tally.beside_succeeded == beside:
        return "start"
    if counts.ended < counts.total or beside_ended < beside:
        return "wait"
    if (not met and row.fails(counts)) or tally.beside_failed:
        return "fail"
    return "skip"


def may_start(step: StepPlan, tally: Tally) -> bool:
    """Whether a step could still start if all needs that haven't ended came out as it wishes."""
    pending = len(step.counted) - tally.succeeded - tally.failed - tally.skipped
    counts = Counts(len(step.counted), tally.succeeded, tally.failed, tally.skipped, step.join.quorum)
    row = TABLE[step.join.kind]
    hopes = (
        Counts(counts.total, counts.succeeded + pending, counts.failed, counts.skipped, counts.quorum),
        Counts(counts.total, counts.succeeded, counts.failed + pending, counts.skipped, counts.quorum),
    )
    met = not step.counted or any(row.starts(hope) for hope in hopes)
    return met and not tally.beside_failed and not tally.beside_skipped
