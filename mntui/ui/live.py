"""One run as it goes: its facts folded here with the worker's own `evolve`, shown at most eight times a second.

A watch that is cut off is taken up again after the last fact seen, so nothing is missed or told twice. Live text of
model calls may be lost; their outcome replaces it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Final, cast

from mntui.core.events import Fact
from mntui.core.evolve import evolve
from mntui.core.frozen import frozen
from mntui.core.messages import Happened, Opened, Pulsed, Queued, Update
from mntui.core.run import Run, new_run
from mntui.engines.base import Engine
from mntui.ui.overview import AWAY, sentences

SHOW_SECONDS: Final = 0.12
AGAIN_SECONDS: Final = 1.0
LIVE_CHARACTERS: Final = 4000
FOLDED_AT_ONCE: Final = 500
"""Facts folded before others get their turn: a long history must not hold up a key."""


@frozen
class Seen:
    """A run as it is now. `live` is text of model calls under way by step, `held_back` what a limit holds back.

    `facts` grows while the run goes on. `gone` says why this may be old.
    """

    run: Run
    facts: Sequence[Fact]
    live: Mapping[str, str]
    held_back: Mapping[str, str]
    gone: str = ""


class Following:
    """Follow one run. `show` is called in the same loop; `lost` once, if there is no such run."""

    def __init__(self, engine: Engine, name: str, show: Callable[[Seen], None], lost: Callable[[str], None]) -> None:
        self._engine = engine
        self._name = name
        self._show = show
        self._lost = lost
        self._run: Run | None = None
        self._facts: list[Fact] = []
        self._live: dict[str, str] = {}
        self._held_back: Mapping[str, str] = {}
        self._gone = ""
        self._shown_at = float("-inf")
        self._due: asyncio.TimerHandle | None = None

    async def follow(self) -> None:
        """Until the run has ended or the caller cancels. May be called again: a retry opens an ended run again."""
        try:
            while not await self._watched():  # noqa: ASYNC110 - an engine tells nobody that it is back
                await asyncio.sleep(AGAIN_SECONDS)
        except LookupError:
            self._lost(f"There is no run {self._name}.")
        finally:
            if self._due is not None:
                self._due.cancel()
                self._due = None
        self._flush()

    async def _watched(self) -> bool:
        """One watch, to its end; False where it has to be taken up again."""
        try:
            updates = self._engine.watch(self._name, len(self._facts))
            async with aclosing(cast("AsyncGenerator[Update]", updates)) as news:
                async for update in news:
                    self._gone = ""
                    await self._take(update)
                    self._changed()
        except AWAY as gone:
            self._gone = sentences(gone.message, gone.remedy)
            self._changed()
            return False
        return self._run is not None and bool(self._run.ended)

    async def _take(self, update: Update) -> None:
        match update:
            case Opened(id=run_id, plan=plan, facts=facts):
                self._run = new_run(run_id, plan) if self._run is None else self._run
                await self._fold(facts)
            case Happened(facts=facts):
                await self._fold(facts)
            case Pulsed(path=path, offset=offset, text=text):
                before = self._live.pop(path, "") if offset else ""
                self._live[path] = (before + text)[-LIVE_CHARACTERS:]
            case Queued(waiting=waiting):
                self._held_back = dict(waiting)

    async def _fold(self, facts: Sequence[Fact]) -> None:
        assert self._run is not None  # Every watch begins with Opened.
        run = self._run
        for number, fact in enumerate(fact for fact in facts if fact.seq > run.seq):
            self._run = evolve(self._run, fact)
            self._facts.append(fact)
            if number % FOLDED_AT_ONCE == FOLDED_AT_ONCE - 1:
                await asyncio.sleep(0)
        self._live = {path: text for path, text in self._live.items() if _is_asking(self._run, path)}

    def _changed(self) -> None:
        """Show it now, or as soon as eyes can follow."""
        if self._due is None:
            loop = asyncio.get_running_loop()
            wait = max(self._shown_at + SHOW_SECONDS - loop.time(), 0.0)
            self._due = loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._due = None
        self._shown_at = asyncio.get_running_loop().time()
        if self._run is not None:
            self._show(Seen(self._run, self._facts, dict(self._live), self._held_back, self._gone))


def _is_asking(run: Run, path: str) -> bool:
    node = run.nodes.get(path)
    return node is not None and any(call.status == "running" for call in node.calls.values())
