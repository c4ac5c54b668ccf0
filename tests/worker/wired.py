"""A worker in this process whose models are behind a stub's wire, on the machine's own clock."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

from mntui.core.events import Event
from mntui.core.messages import Accepted, Happened, Opened, Queued, Start, Started
from mntui.core.requests import Request, Retry
from mntui.core.run import Run
from mntui.effects import Effects
from mntui.journal.base import Journal
from mntui.models.answers import Answers
from mntui.models.catalog import Models, Settings
from mntui.models.ollama_host import OllamaSettings
from mntui.worker.clock import Clock, system_clock
from mntui.worker.flow import FlowLimits
from mntui.worker.runtime import Parts, Worker
from mntui.worker.starting import Starter
from mntui.worker.tool_quotes import ToolQuoter, ToolSettings
from tests.models.stub_server import Stub
from tests.worker.world import BUILTIN, About, MemoryJournal, Setting, no_crash, python_specs


class Wired(Setting):
    """A home, and one worker in it until the end of the block. `stub` is a stub or the address of another server.

    `prices` are by model, in dollars per million tokens.
    """

    def __init__(
        self,
        home: Path,
        stub: Stub | str,
        *,
        calls_at_once: int = 8,
        limits: Mapping[str, FlowLimits] | None = None,
        prices: Mapping[str, Mapping[str, float | str]] | None = None,
        model: str = "ollama/small:1b",
        journal: Journal | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(home, journal=journal or MemoryJournal())
        self._clock = clock or system_clock()
        self.model = model
        url = stub if isinstance(stub, str) else stub.url
        self.models = Models(
            Settings(
                environment=dict.fromkeys(("OPENAI_BASE_URL", "CUSTOM_BASE_URL"), f"{url}/v1"),
                ollama=OllamaSettings(url),
                prices=prices or {},
                local_calls_at_once=calls_at_once,
            )
        )
        self._limits = limits or {}
        self._written = ("", "")
        self.live: Worker | None = None

    async def __aenter__(self) -> Self:
        clock, answers = self._clock, Answers(self.home / "answers")
        self.live = Worker(
            Parts(
                about=About(1, "test", 1, 0, self.home),
                journal=self.journal,
                models=self.models,
                effects=Effects(self.models, self.world, answers),
                tool_quoter=ToolQuoter(self.world, ToolSettings(self.home, self.home / "versions", {})),
                starter=Starter(self.home, BUILTIN, python_specs, self.models, clock, {}),
                clock=clock,
                jitter=random.Random(1).random,
                crash=no_crash,
                fatal=self.fatal.append,
                release=self.models.aclose,
                limits=self._limits,
                answers=answers,
            )
        )
        await self.live.adopt()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.live is not None
        await self.live.close()
        assert not self.fatal

    async def begun(self, text: str, *, budget_micros: int | None = None, tag: str = "", **models: str) -> str:
        """A run of a blueprint's text. Returns its name."""
        assert self.live is not None
        inputs = {"tag": tag} if tag else {}
        if self._written[0] != text:
            self._written = (text, self.blueprint(text))
        start = Start(self._written[1], str(self.home), inputs, models or {"": self.model})
        started = await self.live.start(replace(start, budget_micros=budget_micros))
        assert isinstance(started, Started), started
        return started.run

    async def ended(
        self, text: str, queued: list[Queued] | None = None, look: Callable[[Queued], None] | None = None
    ) -> tuple[Run, list[Event]]:
        """A run followed until it has ended, or waits for a person."""
        return await self.followed(await self.begun(text), queued, look)

    async def followed(
        self, name: str, queued: list[Queued] | None = None, look: Callable[[Queued], None] | None = None
    ) -> tuple[Run, list[Event]]:
        assert self.live is not None
        events: list[Event] = []
        async for update in self.live.watch(name):
            if isinstance(update, Queued):
                (look or (queued if queued is not None else []).append)(update)
            if isinstance(update, Opened | Happened):
                events += [fact.event for fact in update.facts]
                run = self.now(name)
                if run.held or run.asks:
                    return run, events
        return self.now(name), events

    def now(self, name: str) -> Run:
        assert self.live is not None
        run_id = self.live.roster.resolve(name)
        assert run_id is not None
        live = self.live.roster.live.get(run_id)
        return live.run if live is not None else self.live.roster.fold(run_id)

    async def asks(self, name: str, request: Request) -> None:
        assert self.live is not None
        accepted = await self.live.send(name, request, "person:ann")
        assert isinstance(accepted, Accepted), accepted

    async def retry(self, name: str) -> None:
        await self.asks(name, Retry())
