"""A recorded run, ready to be played: its facts at a pace that a person can follow. Nothing is read or played here.

What takes long in the recording (nobody looked, a person thought) is shortened; where a person answered, time is left
to read the question. Facts keep their order, and what they say but for the instants at which they are told.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from mntui.core.events import Fact
from mntui.core.frozen import frozen
from mntui.core.messages import Sees
from mntui.core.values import Json
from mntui.wire.bundle import Bundle

LONGEST_GAP_MICROS: Final = 800_000
READING_MICROS: Final = 4_000_000


@frozen
class Recording:
    """`bundle` with the facts of `paced`; `sees` is what the agent of each step saw, by path."""

    bundle: Bundle
    facts: tuple[Fact, ...]
    sees: Mapping[str, Sees]

    @property
    def payloads(self) -> Mapping[str, Json]:
        return self.bundle.payloads


def recording_of(bundle: Bundle, sees: Mapping[str, Sees]) -> Recording:
    return Recording(bundle, tuple(paced(bundle.facts)), sees)


def paced(facts: Iterable[Fact]) -> Iterator[Fact]:
    """The same facts, each at the instant at which it is to be told."""
    recorded = told = 0
    for fact in facts:
        gap = max(fact.at - recorded, 0) if recorded else 0
        recorded, told = fact.at, told or fact.at
        told += READING_MICROS if is_answer(fact) else min(gap, LONGEST_GAP_MICROS)
        yield replace(fact, at=told)


def is_answer(fact: Fact) -> bool:
    """Whether a person decided this, as opposed to what followed from it."""
    return type(fact.event).__name__ in _ANSWERS


_ANSWERS: Final = frozenset({"ApprovalGranted", "ApprovalRejected", "QuestionAnswered", "EffectSettled"})
