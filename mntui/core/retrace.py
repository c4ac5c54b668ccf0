"""Replay with suspicion: fold the facts of a run by today's rules, and stop at the first that cannot have followed."""

from collections.abc import Iterable

from mntui.core.admissible import objection
from mntui.core.events import Fact
from mntui.core.evolve import evolve
from mntui.core.frozen import frozen
from mntui.core.run import Run


@frozen
class Divergence:
    """Where a journal stops making sense: the fact's number and kind, its step, and why, as the end of a sentence."""

    seq: int
    kind: str
    path: str
    why: str


@frozen
class Retraced:
    """`run` is the state after the last fact that could be folded; without a divergence, after all of them."""

    run: Run
    divergence: Divergence | None = None


def retrace(run: Run, facts: Iterable[Fact]) -> Retraced:
    """Fold facts in order. No I/O; a fact that can't be folded is a divergence, never an exception."""
    for fact in facts:
        why = objection(run, fact)
        if not why:
            try:
                run = evolve(run, fact)
            except (KeyError, IndexError, TypeError, ValueError, AssertionError) as error:
                # The rules above caught nothing, but folding did: the fact names what this run doesn't have.
                why = f"it can't be folded: {type(error).__name__}: {error}"
        if why:
            return Retraced(run, Divergence(fact.seq, fact.event.kind, getattr(fact.event, "path", ""), why))
    return Retraced(run)
