"""The pure core on a bench: a blueprint's text, facts in, commands out. No worker, no clock but the bench's own.

Quotes are made by the real quoter over an in-memory journal; calls stay open until a test says how they came out.
"""

from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from mntui.core.answer import answer
from mntui.core.begin import begin
from mntui.core.commands import CallModel, CallTool, slot_of
from mntui.core.compiling.compile import compile_blueprint
from mntui.core.decide import Now, admits, decide, due, standing
from mntui.core.events import (
    AskedCall,
    Event,
    Fact,
    ModelAnswered,
    ModelCallFailed,
    ReconcileFoundNothing,
    RunAdopted,
    RunStarted,
    ToolCallFailed,
    ToolReturned,
)
from mntui.core.evolve import evolve, replay
from mntui.core.money import Cost, Usage
from mntui.core.plan import Plan, ToolSpec
from mntui.core.requests import Refused, Request
from mntui.core.run import Node, Run, new_run
from mntui.core.values import Json, Problem
from mntui.journal.base import MemoryJournal
from mntui.models.base import ModelRequest
from mntui.models.catalog import Models
from mntui.tools.base import BUILTIN, ToolCall, ToolFailure
from mntui.worker.payloads import Payloads
from mntui.worker.quotes import Quoter
from mntui.worker.tool_quotes import ToolQuoter, ToolSettings

ANY = {"type": "object"}
RUN_ID = "0192f0c1-0000-7000-8000-000000000001"


def python_spec(name: str, effect: str | None = None) -> ToolSpec:
    return ToolSpec(f"python.{name}", "", {"type": "object"}, {"type": "object"}, effect)  # type: ignore[arg-type]


TOOLS: Mapping[str, ToolSpec] = {**BUILTIN, **{f"python.{n}": python_spec(n) for n in ("read", "pay", "send", "post")}}


def plan_of(text: str, files: Mapping[str, str] | None = None) -> Plan:
    """The plan of a blueprint's text; the header is added."""
    plan, findings = compile_blueprint(yaml.safe_load("blueprint: bench\n" + text), files or {}, TOOLS)
    assert plan is not None, findings
    return plan


def run_now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never really waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the coroutine waited")


class NoTools:
    """Prepare gives an offset; nothing else is called on the bench."""

    async def call(self, call: ToolCall) -> Json:
        if call.op == "prepare":
            return {"offset": 0}
        raise ToolFailure("bench", "the bench calls no tool")


class Bench:
    """`facts` is everything that happened. Paths name steps, as in the journal."""

    def __init__(
        self,
        text: str,
        *,
        inputs: Mapping[str, Json] | None = None,
        plan: Plan | None = None,
        models: Mapping[str, str] | None = None,
        catalog: Models | None = None,
    ) -> None:
        self.plan = plan or plan_of(text)
        self.now = Now(1_000_000_000, "boot", 5_000_000)
        self.run: Run = new_run(RUN_ID, self.plan)
        self.facts: list[Fact] = []
        self.payloads = Payloads(MemoryJournal())
        tools = ToolQuoter(NoTools(), ToolSettings(Path("/home"), Path("/home/versions"), {}))
        self.quoter = Quoter(catalog or Models(), tools, self.payloads, lambda: 0.5)
        self.open: dict[str, CallModel | CallTool] = {}
        self.begun: list[str] = []
        self.requests: dict[str, ModelRequest] = {}
        roles = {**dict.fromkeys(self.plan.models, "builtin/extractive"), **(models or {})}
        budget = self.plan.budget
        self.tell(
            RunStarted(
                "bench-1", "bench", "1", "d", None, None, inputs or {}, roles, "/runs/bench-1", "/bp",
                budget.usd_micros, budget.tokens,
            )
        )  # fmt: skip

    # Driving

    def tell(self, *events: Event, actor: str = "worker") -> None:
        """These happened; then everything that can begin begins."""
        self.note(events, actor)
        self.note(due(self.run, self.now), "worker")
        self.settle()

    def note(self, events: tuple[Event, ...], actor: str) -> None:
        for event in events:
            fact = Fact(RUN_ID, self.run.seq + 1, self.now.at, actor, event)
            self.run = evolve(self.run, fact)
            self.facts.append(fact)

    def settle(self) -> None:
        progress = True
        while progress:
            progress = False
            for command in decide(self.run):
                todo = self.run.todo.get(slot_of(command))
                if todo is None or todo.command != command or not admits(self.run, command):
                    continue
                progress = True
                self.begin(command)

    def begin(self, command: Any) -> None:
        quoted = run_now(self.quoter.quote(self.run, command, self.now))
        if isinstance(quoted.work, ModelRequest):
            self.requests[slot_of(command)] = quoted.work
        events = begin(self.run, command, quoted.quote, self.now)
        self.note(events, "worker")
        if isinstance(command, CallModel | CallTool) and self._is_running(command):
            self.open[f"{command.path}#{command.call}"] = command
            self.begun.append(f"{command.path}#{command.call}@{command.generation}.{command.attempt}")

    def _is_running(self, command: CallModel | CallTool) -> bool:
        return self.run.node(command.path).calls[command.call].status == "running"

    # Outcomes

    def take(self, slot: str) -> CallModel | CallTool:
        return self.open.pop(slot if "#" in slot else f"{slot}#0.1")

    def returns(self, slot: str, result: Json = None) -> None:
        c = self.take(slot)
        self.tell(ToolReturned(c.path, c.call, c.attempt, {"ok": True} if result is None else result))

    def fails(self, slot: str, kind: str = "Boom", *, retryable: bool = False, sent: bool = True) -> None:
        c = self.take(slot)
        self.tell(ToolCallFailed(c.path, c.call, c.attempt, Problem(kind, "it broke", retryable=retryable), sent=sent))

    def finds_nothing(self, slot: str) -> None:
        c = self.take(slot)
        self.tell(ReconcileFoundNothing(c.path, c.call, c.attempt))

    def says(self, slot: str, text: str = "ok", *, value: Json = None, violation: str = "") -> None:
        c = self.take(slot)
        self.tell(
            ModelAnswered(c.path, c.call, c.attempt, text, Usage(10, output_tokens=5), Cost(7), (), value, violation)
        )

    def wants(self, slot: str, *tools: tuple[str, Json]) -> None:
        c = self.take(slot)
        turn = c.call.split(".", maxsplit=1)[0]
        asks = tuple(AskedCall(f"{turn}.{i}", tool, args) for i, (tool, args) in enumerate(tools, start=1))
        self.tell(ModelAnswered(c.path, c.call, c.attempt, "", Usage(10, output_tokens=5), Cost(7), asks))

    def model_fails(
        self, slot: str, kind: str = "retryable", *, retryable: bool = True, after: float | None = None
    ) -> None:
        c = self.take(slot)
        problem = Problem(kind, "no", retryable=retryable)
        self.tell(ModelCallFailed(c.path, c.call, c.attempt, problem, Usage(), Cost(), after))

    # People, time, death

    def ask(self, request: Request, actor: str = "person:ann") -> Refused | None:
        outcome = answer(self.run, request, self.now)
        if isinstance(outcome, Refused):
            return outcome
        self.tell(*outcome, actor=actor)
        return None

    def later(self, seconds: float) -> None:
        span = round(seconds * 1e6)
        self.now = replace(self.now, at=self.now.at + span, elapsed=self.now.elapsed + span)
        self.tell()

    def dies(self) -> None:
        """The worker is killed and another takes the run over."""
        self.open.clear()
        self.tell(RunAdopted("another"))

    # Reading

    def node(self, path: str) -> Node:
        return self.run.node(path)

    def status(self, path: str = "") -> str:
        return standing(self.run).status if not path else self.node(path).status

    def statuses(self) -> dict[str, str]:
        return {path: node.status for path, node in sorted(self.run.nodes.items())}

    def output(self, path: str = "") -> Json:
        return self.payloads.load(self.node(path).output if path else self.run.outputs)

    def kinds(self) -> list[str]:
        return [type(fact.event).__name__ for fact in self.facts]

    def only_ask(self) -> Any:
        (ask,) = self.run.asks.values()
        return ask

    def check_replay(self) -> None:
        """Folding the facts again gives the same state, from any cut on."""
        assert replay(new_run(RUN_ID, self.plan), self.facts) == self.run
        middle = len(self.facts) // 2
        before = replay(new_run(RUN_ID, self.plan), self.facts[:middle])
        assert replay(before, self.facts[middle:]) == self.run
