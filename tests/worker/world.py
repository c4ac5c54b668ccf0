"""A worker in this process over parts that a test hands in: a journal, a world that counts effects, a clock."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mntui.core.decide import Now
from mntui.core.messages import Denied, Happened, Opened, Start, Started
from mntui.core.plan import ToolSpec
from mntui.core.run import Run
from mntui.core.values import Json
from mntui.crash import CrashPoint, no_crash
from mntui.effects import Effects
from mntui.journal.base import Journal, MemoryJournal
from mntui.models.catalog import Models
from mntui.tools.base import BUILTIN, ToolCall, ToolFailure
from mntui.worker.runtime import About, Parts, Worker
from mntui.worker.starting import Starter
from mntui.worker.tool_quotes import ToolQuoter, ToolSettings

Handler = Callable[[ToolCall], Json]


class World:
    """Tools that count what they did, by tool and key. A handler may raise ToolFailure, or wait on an event."""

    def __init__(self, handlers: dict[str, Handler] | None = None) -> None:
        self.handlers = handlers or {}
        self.done: Counter[tuple[str, str]] = Counter()
        self.order: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    async def call(self, call: ToolCall) -> Json:
        name = call.use.rpartition(".")[2]
        if call.op == "prepare":
            return {"offset": 0}
        if call.op == "reconcile":
            return {"ok": True, **call.arguments} if self.done[name, call.effect_key] else None
        if name in self.gates:
            await self.gates[name].wait()
        result = self.handlers[name](call) if name in self.handlers else {"ok": True, **call.arguments}
        self.done[name, call.effect_key] += 1
        self.order.append(name)
        return result

    async def close(self) -> None:
        pass

    def count(self, name: str) -> int:
        return sum(times for (tool, _), times in self.done.items() if tool == name)


def boom(kind: str = "Boom", *, retryable: bool = False, not_sent: bool = False) -> Handler:
    def fail(_call: ToolCall) -> Json:
        raise ToolFailure(kind, "it broke", retryable=retryable, not_sent=not_sent)

    return fail


class VirtualClock:
    """Time that moves only when told, and a little with each look."""

    def __init__(self) -> None:
        self.micros = 1_800_000_000_000_000

    def __call__(self) -> Now:
        self.micros += 1
        return Now(self.micros, "boot", self.micros)

    def pass_time(self, seconds: float) -> None:
        self.micros += round(seconds * 1e6)


def python_specs(_text: str) -> tuple[ToolSpec, ...]:
    """Any function of a test's blueprint."""
    names = ("read", "pay", "send", "post", "slow")
    return tuple(ToolSpec(f"python.{n}", "", {"type": "object"}, {"type": "object"}, None) for n in names)


class Setting:
    """A home, a journal and a world, in which workers live and die."""

    def __init__(self, home: Path, world: World | None = None, journal: Journal | None = None) -> None:
        self.home = home
        self.world = world or World()
        self.journal = journal or MemoryJournal()
        self.clock = VirtualClock()
        self.fatal: list[BaseException] = []

    def worker(self, crash: CrashPoint = no_crash) -> Worker:
        models = Models()
        return Worker(
            Parts(
                about=About(os.getpid(), "test", 1, 0, self.home),
                journal=self.journal,
                models=models,
                effects=Effects(models, self.world),
                tool_quoter=ToolQuoter(self.world, ToolSettings(self.home, self.home / "versions", {})),
                starter=Starter(self.home, BUILTIN, python_specs, models, self.clock, {}),
                clock=self.clock,
                jitter=lambda: 0.0,
                crash=crash,
                fatal=self.fatal.append,
                release=self.world.close,
            )
        )

    def blueprint(self, text: str, name: str = "bench") -> str:
        folder = self.home / "blueprints" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tools.py").write_text("def read(): ...\n")
        (folder / "blueprint.yaml").write_text(f"blueprint: {name}\n{text}")
        return str(folder)

    async def started(self, worker: Worker, text: str, **inputs: Json) -> Started:
        answer = await worker.start(Start(self.blueprint(text), str(self.home), inputs))
        assert isinstance(answer, Started), answer
        return answer


async def until(worker: Worker, run: str, wanted: Callable[[Run], Any], seconds: float = 20) -> Run:
    """The first state of a live run that the test waits for."""

    async def look() -> Run:
        while True:
            live = worker.roster.live.get(run)
            state = live.run if live is not None else worker.roster.fold(run)
            if wanted(state):
                return state
            await asyncio.sleep(0.001)

    return await asyncio.wait_for(look(), seconds)


async def ended(worker: Worker, run: str) -> Run:
    return await until(worker, run, lambda state: state.ended)


def denied(answer: object) -> Denied:
    assert isinstance(answer, Denied), answer
    return answer


async def watched(worker: Worker, run: str, after: int = 0) -> list[Any]:
    """Every fact of a watch, in order, until it ends."""
    facts: list[Any] = []
    async for update in worker.watch(run, after):
        if isinstance(update, Opened | Happened):
            facts.extend(update.facts)
    return facts
