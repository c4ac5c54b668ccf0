"""A run as a tree of spans: run, step, each attempt of each call, with the instants at which they began and ended.

Names and attributes follow OpenTelemetry's GenAI conventions; what those don't name is under `mntui.`. Ids are
deterministic: the trace is the run's own id, a span's is a digest of its place, so a second export is the same trace.

Deliberately absent: what was said. Prompts, answers and arguments stay in the journal; a trace holds names, times,
counts, costs and digests.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final, Literal

from mntui.core import events as e
from mntui.core.frozen import frozen
from mntui.core.money import MICROS, Cost, Usage
from mntui.core.plan import AgentWork, Plan
from mntui.core.run import Run
from mntui.core.step_paths import ancestors, is_item, plan_path, scope_of
from mntui.core.values import Problem

Attribute = str | bool | int | float | tuple[str, ...]
Status = Literal["", "ok", "error"]
RUN: Final = "run"
PROVIDERS: Final[Mapping[str, str]] = {
    "gemini": "gcp.gemini",
    "vertex_ai": "gcp.vertex_ai",
    "bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "mistral": "mistral_ai",
    "xai": "x_ai",
}
"""Where a model's prefix isn't already the name that the conventions give its provider."""

CallStart = e.ModelCallStarted | e.ToolCallStarted | e.ReconcileStarted
CallEnd = e.ModelAnswered | e.ModelCallFailed | e.ToolReturned | e.ToolCallFailed | e.ReconcileFoundNothing
StepEnd = e.StepSucceeded | e.StepFailed | e.StepSkipped | e.StepCancelled


@frozen
class SpanEvent:
    name: str
    at: int
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@frozen
class Span:
    """Times in microseconds. Ids are 8 bytes as a number; `client` where another system does the work."""

    id: int
    parent: int | None
    name: str
    started_at: int
    ended_at: int
    status: Status = ""
    message: str = ""
    client: bool = False
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()


def trace_id(run_id: str) -> int:
    """The 16 bytes of the run's uuid."""
    return int(run_id.replace("-", ""), 16)


def spans(run: Run, facts: tuple[e.Fact, ...]) -> tuple[Span, ...]:
    """The spans of a run, parents first. What hasn't ended ends with the last fact and says `mntui.unfinished`."""
    weaver = _Weaver(run.id, run.plan)
    for fact in facts:
        weaver.take(fact)
    return weaver.finish()


class _Weaver:
    """Spans in the making, by their place: "run", a step's path, `path#call`."""

    def __init__(self, run_id: str, plan: Plan) -> None:
        self.run_id = run_id
        self.plan = plan
        self.at = 0
        self.order: list[int] = []
        self.spans: dict[int, Span] = {}
        self.open: dict[str, int] = {}
        self.times: dict[str, int] = {}
        self.paths_of_asks: dict[str, str] = {}

    def take(self, fact: e.Fact) -> None:
        self.at = fact.at
        event = fact.event
        match event:
            case e.RunStarted():
                self.begin(RUN, None, f"invoke_workflow {event.blueprint}", _of_run(fact.run, event))
            case e.RunEnded():
                self.end_run(event)
            case e.StepStarted(path=path):
                self.open_step(path)
            case e.StepSucceeded() | e.StepFailed() | e.StepSkipped() | e.StepCancelled():
                self.end_step(event)
            case e.ModelCallStarted() | e.ToolCallStarted() | e.ReconcileStarted():
                self.begin_call(event)
            case e.ModelAnswered() | e.ModelCallFailed() | e.ToolReturned():
                self.end_call(event)
            case e.ToolCallFailed() | e.ReconcileFoundNothing():
                self.end_call(event)
            case e.LateOutcome():
                self.end(f"{event.path}#{event.call}", "error", event.what, _bill(event.usage, event.cost))
            case _:
                self.note(fact)

    # Any span

    def begin(
        self, place: str, parent: int | None, name: str, attributes: Mapping[str, Attribute], *, client: bool = False
    ) -> None:
        nth = self.times[place] = self.times.get(place, 0) + 1
        number = span_id(self.run_id, place, nth)
        self.spans[number] = Span(number, parent, name, self.at, 0, client=client, attributes=attributes)
        self.order.append(number)
        self.open[place] = number

    def end(self, place: str, status: Status, message: str, attributes: Mapping[str, Attribute]) -> None:
        number = self.open.pop(place, None)
        if number is None:
            return
        span = self.spans[number]
        merged = {**span.attributes, **attributes}
        self.spans[number] = replace(span, ended_at=self.at, status=status, message=message, attributes=merged)

    # The run and its steps

    def end_run(self, event: e.RunEnded) -> None:
        for place in [place for place in self.open if place != RUN and "#" not in place]:
            self.end(place, "", "", {"mntui.step.status": "cancelled"})
        problem = event.problem if event.status == "failed" else None
        success = {} if event.success is None else {"mntui.success": all(event.success.values())}
        attributes = {"mntui.run.status": event.status, **success, **_error(problem)}
        self.end(RUN, _status(event.status), problem.message if problem else "", attributes)

    def open_step(self, path: str) -> int:
        """The span of a step; opened here where it, or what is around it, isn't: a retry opens a step anew."""
        if path in self.open:
            return self.open[path]
        scope = scope_of(path)
        parent = self.open_step(scope) if scope else self.open.get(RUN)
        self.begin(path, parent, self.step_name(path), self.of_step(path))
        return self.open[path]

    def step_name(self, path: str) -> str:
        work = self.plan.steps[plan_path(path)].work
        return f"invoke_agent {work.agent}" if isinstance(work, AgentWork) else path

    def of_step(self, path: str) -> dict[str, Attribute]:
        work = self.plan.steps[plan_path(path)].work
        kind = "item" if is_item(path) else work.kind
        known: dict[str, Attribute] = {"mntui.step.path": path, "mntui.step.kind": kind}
        if isinstance(work, AgentWork):
            known |= {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": work.agent}
        return known

    def end_step(self, event: StepEnd) -> None:
        path = event.path
        if path not in self.open and isinstance(event, e.StepFailed):
            self.open_step(path)  # It failed before it could start: an instant, but one to be seen.
        for place in [place for place in self.open if "#" not in place and path in ancestors(place)]:
            self.end(place, "", "", {"mntui.step.status": "cancelled"})
        status = event.kind.removeprefix("Step").lower()
        problem = event.problem if isinstance(event, e.StepFailed) else None
        attributes = {"mntui.step.status": status, **_error(problem)}
        self.end(path, _status(status), problem.message if problem else "", attributes)

    def reopen_run(self) -> None:
        """A person retries in a run that had failed: its one span goes on."""
        root = self.spans[self.order[0]]
        ending = {"mntui.run.status", "mntui.success", "error.type"}
        self.spans[root.id] = replace(root, attributes={k: v for k, v in root.attributes.items() if k not in ending})
        self.open[RUN] = root.id

    # Calls

    def begin_call(self, event: CallStart) -> None:
        parent = self.open_step(event.path)
        place = f"{event.path}#{event.call}"
        self.end(place, "error", "lost", {"error.type": "lost"})
        common: dict[str, Attribute] = {
            "mntui.step.path": event.path,
            "mntui.call": event.call,
            "mntui.attempt": event.attempt,
        }
        match event:
            case e.ModelCallStarted(model=model):
                self.begin(place, parent, f"chat {model}", {**common, **_of_model(model)}, client=True)
            case e.ToolCallStarted(tool=tool):
                self.begin(place, parent, f"execute_tool {tool}", {**common, **_of_tool(event)})
            case e.ReconcileStarted():
                self.begin(place, parent, "reconcile", common)

    def end_call(self, event: CallEnd) -> None:
        place = f"{event.path}#{event.call}"
        match event:
            case e.ModelAnswered(usage=usage, cost=cost):
                more: dict[str, Attribute] = {"gen_ai.response.finish_reasons": (event.finish,)}
                self.end(place, "ok", "", {**_bill(usage, cost), **more})
            case e.ModelCallFailed(problem=problem):
                self.end(place, "error", problem.message, {**_bill(event.usage, event.cost), **_error(problem)})
            case e.ToolReturned():
                self.end(place, "ok", "", {"mntui.reconciled": True} if event.reconciled else {})
            case e.ToolCallFailed(problem=problem):
                self.end(place, "error", problem.message, _error(problem))
            case e.ReconcileFoundNothing():
                self.end(place, "ok", "", {})

    # What people and time did

    def note(self, fact: e.Fact) -> None:
        """Every other fact is an event of its step's span, or of the run's."""
        event = fact.event
        if isinstance(event, e.RunReopened):
            self.reopen_run()
        ask = getattr(event, "ask", "")
        path = getattr(event, "path", "") or self.paths_of_asks.get(ask, "")
        if ask and path:
            self.paths_of_asks[ask] = path
        if isinstance(event, e.RunAdopted):
            for place in [place for place in self.open if "#" in place]:
                self.end(place, "error", "lost with its worker", {"error.type": "lost"})
        number = self.open.get(path) or self.open.get(RUN)
        if number is None:
            return
        known = {"ask": ask, "actor": fact.actor, "digest": getattr(event, "digest", "")}
        attributes: dict[str, Attribute] = {f"mntui.{name}": value for name, value in known.items() if value}
        span = self.spans[number]
        seen = (*span.events, SpanEvent(f"mntui.{event.kind}", self.at, attributes))
        self.spans[number] = replace(span, events=seen)

    def finish(self) -> tuple[Span, ...]:
        for place in reversed([*self.open]):
            self.end(place, "", "", {"mntui.unfinished": True})
        return tuple(self.spans[number] for number in self.order)


def span_id(run_id: str, place: str, nth: int) -> int:
    """Eight bytes, never all zero: of the run, the place, and which time it is that this place is begun."""
    return int.from_bytes(hashlib.sha256(f"{run_id}/{place}/{nth}".encode()).digest()[:8]) or 1


def _of_run(run_id: str, event: e.RunStarted) -> dict[str, Attribute]:
    known: dict[str, Attribute] = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": event.blueprint,
        "mntui.run.id": run_id,
        "mntui.run.name": event.name,
        "mntui.blueprint.digest": event.digest,
    }
    return {**known, **({"mntui.blueprint.version": event.version} if event.version else {})}


def _of_model(model: str) -> dict[str, Attribute]:
    prefix = model.partition("/")[0]
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": PROVIDERS.get(prefix, prefix),
        "gen_ai.request.model": model,
    }


def _of_tool(event: e.ToolCallStarted) -> dict[str, Attribute]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": event.tool,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": event.effect_key,
        "mntui.tool.use": event.use,
        "mntui.tool.effect": event.effect,
        "mntui.tool.digest": event.digest,
    }


def _bill(usage: Usage, cost: Cost) -> dict[str, Attribute]:
    """Tokens and money. An unknown price has no attribute, since it isn't zero."""
    known: dict[str, Attribute] = {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens + usage.thinking_tokens,
    }
    more = {
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.written_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.thinking_tokens,
    }
    known |= {name: count for name, count in more.items() if count}
    if cost.micros is not None:
        known["mntui.cost_usd"] = cost.micros / MICROS
    if usage.estimated or cost.estimated:
        known["mntui.estimated"] = True
    return known


def _error(problem: Problem | None) -> dict[str, Attribute]:
    return {} if problem is None else {"error.type": problem.kind}


def _status(word: str) -> Status:
    found: dict[str, Status] = {"succeeded": "ok", "failed": "error"}
    return found.get(word, "")
