"""Whole runs against servers that nobody here wrote (npm's aimock), on Ollama's wire and on OpenAI's.

What is counted is counted on their side: by the log of requests that each server keeps.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mntui.core.events import ModelAnswered, ModelCallFailed
from mntui.core.run import Run
from mntui.core.why import why
from tests.models.aimock import Server, aimock, requests_of
from tests.models.test_end_to_end import real_worker, reconciled
from tests.worker.wired import Wired

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # litellm's own
WIRES = ["ollama/gpt-4", "openai/gpt-5.4-mini"]

EXPLAINED = {"explanation": "This row stands alone: nothing in the other file fits it.", "next_step": "investigate"}
REMINDED = {
    "purpose": "remind",
    "subject": "Payment reminder",
    "body": "Dear customer, please look at this invoice. " * 2,
}
INVOICES = [
    {"match": {"systemMessage": "You explain one exception"}, "response": {"content": json.dumps(EXPLAINED)}},
    {"match": {"systemMessage": "You write a short"}, "response": {"content": json.dumps(REMINDED)}},
]

TWO = """
models: {fast: {max_tokens: 200}}
tools: {look: {use: python.read, effect: none}}
agents:
  opener: {role: executor, model: fast, instructions: Open.}
  closer: {role: executor, model: fast, instructions: Close., tools: [look]}
steps:
  first: {agent: opener, with: {x: 1}}
  second:
    agent: closer
    with: {x: "{{ first.text }}"}
    output: {n: integer}
    timeout: 3s
    retry: {initial_interval: 10ms, maximum_interval: 20ms}
outputs: {n: "{{ second.n }}"}
recovery: {on_failure: pause}
"""
OPENED = {"match": {"systemMessage": "Open."}, "response": {"content": "It is open, and all is well today."}}
CLOSED = {"content": '{"n":                     3}'}


def once(number: int, response: Any = None, **more: Any) -> dict[str, Any]:
    """What the second step gets at its call of that number, from 0."""
    match = {"systemMessage": "Close.", "sequenceIndex": number}
    return {"match": match, "response": response or CLOSED, **more}


THEN_WELL = {"match": {"systemMessage": "Close."}, "response": CLOSED}
REFUSED = {"error": {"message": "slow down"}, "status": 429, "retryAfter": 0}
FAULTS: dict[str, tuple[list[dict[str, Any]], int, set[str]]] = {
    "the plug is pulled in the middle of a stream": ([once(0, truncateAfterChunks=4, latency=30)], 1, {"retryable"}),
    "it hangs": ([once(0, latency=60_000)], 1, {"timeout", "retryable"}),
    "it answers 429 twenty times": ([once(n, REFUSED) for n in range(20)], 20, {"rate_limited"}),
    "it answers 500": ([once(0, {"error": {"message": "oops"}, "status": 500})], 1, {"retryable"}),
    "its answer is malformed": ([once(0, chaos={"malformedRate": 1})], 1, {"retryable"}),
    "its answer has the wrong schema": ([once(0, {"content": '{"n": "three"}'})], 0, set()),
    "it calls a tool that it made up": (
        [once(0, {"toolCalls": [{"name": "fly", "arguments": {"to": "moon"}}]})],
        0,
        set(),
    ),
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


@pytest.mark.parametrize("model", WIRES)
async def test_invoice_reconcile_runs_end_to_end_with_pulses_and_costs(
    aimock_program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    with aimock(aimock_program, tmp_path, INVOICES, "--chunk-size", "12") as url:
        monkeypatch.setenv("OLLAMA_HOST", url)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        async with real_worker(tmp_path) as worker:
            run, watched = await reconciled(worker, model)
        asked = requests_of(url)
    assert run.ended == "succeeded", run.problem
    answers = [event for event in watched.of(ModelAnswered) if isinstance(event, ModelAnswered)]
    assert len(asked) == len(answers) == run.spend.calls > 5
    assert all(times > 1 for times in watched.pulses.values())
    assert any("nothing in the other file fits it" in text for text in watched.texts.values())
    assert run.spend.micros == sum(event.cost.micros or 0 for event in answers) > 0
    assert run.spend.unknown_calls == 0
    assert all(event.usage.output_tokens for event in answers)
    if model.startswith("ollama/"):
        assert run.spend.estimated_calls == len(answers), "aimock's Ollama counts nothing, so every figure is marked"
        assert run.spend.micros == run.spend.energy_micros + run.spend.hardware_micros


@pytest.mark.parametrize("model", WIRES)
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_run_recovers_and_nothing_that_was_finished_is_paid_twice(
    aimock_program: Path, tmp_path: Path, model: str, fault: str
) -> None:
    fixtures, failures, kinds = FAULTS[fault]
    with aimock(aimock_program, tmp_path, [OPENED, *fixtures, THEN_WELL], "--chunk-size", "4") as url:
        async with Wired(tmp_path, url, model=model) as wired:
            run, events = await wired.ended(TWO)
        asked = requests_of(url)
    assert run.ended == "succeeded", run.problem
    assert run.outputs == {"n": 3}
    failed = [event for event in events if isinstance(event, ModelCallFailed)]
    assert len(failed) == failures
    assert {event.problem.kind for event in failed} == kinds if failures != 1 else failed[0].problem.kind in kinds
    answered = [event for event in events if isinstance(event, ModelAnswered)]
    assert len(asked) == len(failed) + len(answered)
    assert len([body for body in asked if "Open." in str(body["messages"][0])]) == 1
    aborted = [event for event in failed if event.usage.input_tokens]
    assert run.spend.calls == len(answered) + len(aborted)
    if "plug" in fault or "hangs" in fault:
        assert aborted, "what was aborted is in the ledger"


class Plug:
    """A server that is pulled out in the middle of its run, and can be put in again at the same port."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._given = (program, folder)
        slow = {"match": {"systemMessage": "Close."}, "response": {"content": "x" * 4000}, "latency": 50}
        self._server = Server(*self._given, [OPENED, slow], "--chunk-size", "4")
        self.url = self._server.url
        self.asked: list[Any] = []

    def pull(self) -> None:
        self.asked += requests_of(self.url)
        self._server.pull_the_plug()

    def put_in(self) -> None:
        self._server = Server(*self._given, [OPENED, THEN_WELL], port=self._server.port)


@pytest.fixture
def plug(aimock_program: Path, tmp_path: Path) -> Iterator[Plug]:
    plug = Plug(aimock_program, tmp_path)
    yield plug
    plug.pull()


@pytest.mark.parametrize("model", WIRES)
async def test_a_server_that_is_gone_parks_the_step_with_the_remedy_and_a_retry_goes_on(
    plug: Plug, tmp_path: Path, model: str
) -> None:
    async with Wired(tmp_path, plug.url, model=model) as wired:
        name = await wired.begun(TWO.replace("timeout: 3s", "timeout: 60s"))
        await asyncio.wait_for(_streaming(wired, name), 30)
        plug.pull()
        run, _ = await wired.followed(name)
        _parked(run)
        plug.put_in()
        await wired.retry(name)
        run, events = await wired.followed(name)
    plug.asked += requests_of(plug.url)
    assert run.ended == "succeeded", run.problem
    assert len([body for body in plug.asked if "Open." in str(body["messages"][0])]) == 1
    broken = [event for event in events if isinstance(event, ModelCallFailed) and event.usage.output_tokens]
    assert "broke off" in broken[0].problem.message
    assert broken[0].usage.estimated


async def _streaming(wired: Wired, name: str) -> None:
    """Until the second step's answer has begun to come."""
    assert wired.live is not None
    async for update in wired.live.watch(name):
        if getattr(update, "path", "") == "second" and getattr(update, "text", ""):
            return


def _parked(run: Run) -> None:
    problem = run.held["second"]
    assert problem.remedy
    (blocker,) = why(run)
    assert (blocker.kind, blocker.command) == ("failure", f"mntui retry {run.name} second")
