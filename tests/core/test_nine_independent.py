"""The nine answers equal an independent reading of the events, at every state that a run can stand in.

The reader here knows nothing of the folded run: it goes through the facts and keeps a few dicts.
"""

from collections.abc import Callable
from typing import Any

import pytest
from bench import Bench

from mntui.core.nine import nine
from mntui.core.requests import Approve, Pause

TEXT = """
models: {fast: {max_tokens: 50}}
tools:
  read: {use: python.read, effect: none}
  pay: {use: python.pay, effect: keyed}
  send: {use: python.send, effect: unsafe}
agents: {w: {role: executor, model: fast, instructions: "Say it.", tools: [read]}}
budget: {usd: 1}
recovery: {on_failure: POLICY}
steps:
  r: {tool: read, with: {n: 1}}
  say: {agent: w, with: {text: "{{ r.ok }}"}}
  ok: {approve: "Pay?", show: {text: "{{ say.text }}"}}
  pay: {tool: pay, with: {n: "{{ ok.text }}"}}
  send: {tool: send, needs: [pay]}
  last: {tool: read, needs: [send]}
outputs: {text: "{{ say.text }}"}
success: {sent: "send.ok", read: "last.ok"}
"""


class Reading:
    """What a person with pencil and paper would note down while reading a journal from its top."""

    def __init__(self, bench: Bench) -> None:
        self.steps: dict[str, str] = {step.path: "pending" for step in bench.plan.steps.values()}
        self.calls: dict[tuple[str, str], Any] = {}
        self.happened: list[tuple[str, str]] = []
        self.asks: dict[str, str] = {}
        self.paused, self.ended, self.success, self.micros = False, "", None, 0
        self.problems: dict[str, str] = {}
        for fact in bench.facts:
            self.note(type(fact.event).__name__, fact.event)

    def note(self, kind: str, event: Any) -> None:
        ends = {
            "StepSucceeded": "succeeded",
            "StepFailed": "failed",
            "StepSkipped": "skipped",
            "StepCancelled": "cancelled",
        }
        if kind in ends:
            self.steps[event.path] = ends[kind]
        match kind:
            case "StepStarted":
                self.steps[event.path] = "open"
            case "StepFailed":
                self.problems[event.path] = event.problem.message
            case "ToolCallStarted":
                self.calls[event.path, event.call] = event
            case "ToolReturned" | "ToolCallFailed":
                started = self.calls.pop((event.path, event.call))
                if kind == "ToolReturned" and started.effect != "none":
                    self.happened.append((event.path, started.tool))
            case "ModelCallStarted":
                self.calls[event.path, event.call] = event
            case "ModelAnswered":
                self.calls.pop((event.path, event.call))
                self.micros += event.cost.micros
            case "ApprovalRequested" | "EffectInDoubt":
                self.asks[event.ask] = "approval" if kind == "ApprovalRequested" else "in_doubt"
            case "ApprovalGranted" | "ApprovalRejected" | "EffectSettled":
                del self.asks[event.ask]
            case "RunPaused" | "RunResumed":
                self.paused = kind == "RunPaused"
            case "RunEnded":
                self.ended, self.success, self.asks = event.status, event.success, {}
            case "RunAdopted":
                self.calls.clear()

    @property
    def status(self) -> str:
        held = any(s == "failed" for s in self.steps.values())
        waiting = "waiting" if (self.asks or held) and not self.calls else "running"
        return self.ended or ("paused" if self.paused else waiting)


def to_running(bench: Bench) -> None:
    bench.returns("r")


def to_waiting(bench: Bench) -> None:
    to_running(bench)
    bench.says("say#1.0", "hello")


def to_paused(bench: Bench) -> None:
    to_running(bench)
    bench.ask(Pause())
    bench.says("say#1.0", "hello")


def to_paying(bench: Bench) -> None:
    to_waiting(bench)
    ask = bench.only_ask()
    bench.ask(Approve(ask.id, ask.digest))


def to_failed(bench: Bench) -> None:
    to_paying(bench)
    bench.fails("pay")


def to_in_doubt(bench: Bench) -> None:
    to_paying(bench)
    bench.returns("pay")
    bench.fails("send", "timeout", retryable=True)


def to_finished(bench: Bench) -> None:
    to_paying(bench)
    bench.returns("pay")
    bench.returns("send")
    bench.returns("last")


STATES: dict[str, tuple[Callable[[Bench], None], str, str]] = {
    "running": (to_running, "fail", "running"),
    "waiting": (to_waiting, "fail", "waiting"),
    "paused": (to_paused, "fail", "paused"),
    "failed": (to_failed, "fail", "failed"),
    "held by a failure": (to_failed, "pause", "waiting"),
    "in doubt": (to_in_doubt, "fail", "waiting"),
    "finished": (to_finished, "fail", "succeeded"),
}


@pytest.mark.parametrize("state", list(STATES))
def test_all_nine_answers_are_what_the_events_say(state: str) -> None:
    drive, policy, status = STATES[state]
    bench = Bench(TEXT.replace("POLICY", policy))
    drive(bench)
    read, told = Reading(bench), nine(bench.run)
    assert (told.state.status, read.status) == (status, status)  # 1
    assert {a.path for a in told.active} == {p for p, s in read.steps.items() if s == "open"}  # 2
    assert {t.name: (t.use, t.effect) for t in told.tools} == {  # 3
        "read": ("python.read", "none"),
        "pay": ("python.pay", "keyed"),
        "send": ("python.send", "unsafe"),
    }
    assert [(e.path, e.tool) for e in told.effects] == read.happened  # 4
    assert set(told.finished) == {p for p, s in read.steps.items() if s in {"succeeded", "skipped", "cancelled"}}
    assert {f.path: f.problem.message for f in told.failed} == read.problems  # 5
    assert {r.path for r in told.retryable if r.refusal is None} == set(read.problems)  # 6
    assert {a.id: a.kind for a in told.asks} == read.asks  # 7
    (agent,) = told.agents  # 8
    assert (agent.instructions, agent.tools, dict(agent.sees)) == ("Say it.", ("read",), {"say": ("text",)})
    assert [(c.name, c.expression, c.holds) for c in told.success] == [  # 9
        ("sent", "send.ok", (read.success or {}).get("sent")),
        ("read", "last.ok", (read.success or {}).get("read")),
    ]
    assert told.state.spend.micros == read.micros


def test_the_states_are_really_seven_different_ones() -> None:
    seen = set()
    for drive, policy, _ in STATES.values():
        bench = Bench(TEXT.replace("POLICY", policy))
        drive(bench)
        seen.add((bench.status(), tuple(bench.statuses().items())))
    assert len(seen) == len(STATES)
