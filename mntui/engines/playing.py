"""A recording as it plays: its own clock, which can be held and made faster, and the facts told so far.

Deliberately absent: what an engine is asked. What is held back is told as a fact, as a worker would tell it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from mntui.core.events import Event, Fact, RunPaused, RunResumed
from mntui.core.evolve import evolve
from mntui.core.run import Run, new_run
from mntui.engines.recording import Recording, is_answer

MICROS: Final = 1_000_000
SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class Playing:
    """`clock` gives seconds that only go forward. Nothing is told beyond the first fact until `play` or `skip_to`.

    `facts` are those told, `run` what they fold to, `changed` is set and replaced whenever something changed.
    """

    def __init__(self, recording: Recording, clock: Callable[[], float], speed: float = 1.0) -> None:
        self.run: Run = new_run(recording.bundle.run_id, recording.bundle.plan)
        self.facts: list[Fact] = []
        self.changed = asyncio.Event()
        self.speed = speed
        self.is_held = False
        self._left = list(reversed(recording.facts))
        self._clock = clock
        self._base, self._since = recording.facts[0].at, clock()
        self._tell_next()

    def now(self) -> int:
        """Where it is, in its own time: microseconds since 1970."""
        return self._base + (0 if self.is_held else round((self._clock() - self._since) * MICROS * self.speed))

    async def play(self) -> None:
        """Tell every fact at its time, to the last one."""
        while self._left:
            changed, wait = self.changed, self._left[-1].at - self.now()
            if wait <= 0 and not self.is_held:
                self._tell_next()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self.is_held else wait / MICROS / self.speed):
                    await changed.wait()

    def hold(self, actor: str) -> None:
        self._go_on_from(self.now())
        self.is_held = True
        self._tell(RunPaused(), actor)

    def let_go(self, actor: str) -> None:
        self._go_on_from(self.now())
        self._tell(RunResumed(), actor)
        self.is_held = False

    def faster(self, steps: int) -> float:
        """Play at the next higher speed, with -1 at the next lower one, and say which."""
        self._go_on_from(self.now())
        self.speed = SPEEDS[max(0, min(SPEEDS.index(self.speed) + steps, len(SPEEDS) - 1))]
        return self.speed

    def skip_to(self, fact: Callable[[Fact], bool]) -> None:
        """Tell everything before the next such fact at once; time goes on from there."""
        while self._left and not fact(self._left[-1]):
            self._tell_next()
        self._go_on_from(max(self.run.at, self.now()))

    def skip_reading(self) -> None:
        """The recorded answer comes now, if it is what comes next."""
        if self._left and is_answer(self._left[-1]):
            self._go_on_from(max(self._left[-1].at, self.now()))

    def _go_on_from(self, at: int) -> None:
        self._base, self._since = at, self._clock()
        self._wake()

    def _tell_next(self) -> None:
        self._take(self._left.pop())

    def _tell(self, event: Event, actor: str) -> None:
        self._take(replace(self.facts[-1], event=event, actor=actor, at=self.now()))

    def _take(self, fact: Fact) -> None:
        """Facts of a pause push the later ones back by their number, as they would have."""
        told = replace(fact, seq=len(self.facts) + 1)
        self.run = evolve(self.run, told)
        self.facts.append(told)
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()
