"""Whole runs through the real worker, its journal and its tool hosts, with models that answer over a wire."""

import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mntui.core.events import BudgetReached, ModelAnswered, ModelCallFailed, RunEnded
from mntui.core.messages import Happened, Opened, Pulsed, Start, Started
from mntui.core.requests import Reject
from mntui.core.run import Run
from mntui.crash import no_crash
from mntui.settings import Settings
from mntui.worker.build import build_worker
from mntui.worker.runtime import Worker
from tests.models.stub_server import Answer, Stub, stubbed

INVOICES = "data/invoices.csv"
SECONDS = 120
CALL_MICROS = 3 + 19
"""325 ms of work: at 100 W and $0.30 a kWh 2.7 micro-dollars, of $1500 over 4 years at 20 % use 19.3."""


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with stubbed() as stub:
        yield stub


@asynccontextmanager
async def real_worker(folder: Path) -> AsyncIterator[Worker]:
    """A worker as this machine's would be built, with the environment as it is now."""
    runtime = Path(tempfile.mkdtemp(prefix="mntui-test-"))
    lost: list[BaseException] = []
    settings = Settings(folder / "home", runtime)
    settings.home.mkdir(mode=0o700)
    worker = build_worker(settings, no_crash, lost.append)
    await worker.adopt()
    try:
        yield worker
    finally:
        await worker.close()
        runtime.rmdir()
    assert not lost


class Watched:
    """A run that is watched to its end: what was asked of a person is turned down."""

    def __init__(self) -> None:
        self.facts: list[object] = []
        self.pulses: Counter[str] = Counter()
        self.texts: dict[str, str] = {}

    async def follow(self, worker: Worker, started: Started) -> None:
        async with asyncio.timeout(SECONDS):
            async for update in worker.watch(started.run):
                match update:
                    case Pulsed(path=path, text=text, key=key):
                        self.pulses[path] += 1
                        self.texts[key] = self.texts.get(key, "") + text
                    case Opened() | Happened():
                        self.facts += [fact.event for fact in getattr(update, "facts", ())]
                        await turn_down(worker, started.run)

    def of(self, kind: type) -> list[object]:
        return [event for event in self.facts if isinstance(event, kind)]


async def turn_down(worker: Worker, run: str) -> None:
    live = worker.roster.live.get(worker.roster.resolve(run))
    for ask in tuple(live.run.asks.values()) if live is not None else ():
        await worker.send(run, Reject(ask.id, "not today"), "person")


async def reconciled(worker: Worker, model: str, **more: object) -> tuple[Run, Watched]:
    started = await worker.start(Start("invoice-reconcile", str(Path.cwd()), dict(more), models={"": model}))
    assert isinstance(started, Started), started
    watched = Watched()
    await watched.follow(worker, started)
    return worker.roster.fold(started.id), watched


@pytest.mark.parametrize("model", ["ollama/small:1b", "openai/gpt-5.4-mini"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # litellm's own, which it would trip over
async def test_invoice_reconcile_runs_to_its_end_over_a_wire(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", stub.url)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{stub.url}/v1")
    async with real_worker(tmp_path) as worker:
        run, watched = await reconciled(worker, model)
    assert run.ended == "succeeded", run.problem
    answers = [event for event in watched.of(ModelAnswered) if isinstance(event, ModelAnswered)]
    assert len(answers) == len(stub.chats()) > 5
    assert all(pulses > 1 for pulses in watched.pulses.values())
    assert len(watched.pulses) > 5
    assert any('"explanation": "About ' in text for text in watched.texts.values())
    assert run.spend.calls == len(answers)
    assert run.spend.input_tokens == sum(event.usage.input_tokens for event in answers)
    assert not any(event.usage.estimated for event in answers)
    if model.startswith("ollama/"):
        assert stub.most_in_flight == 1
    else:
        assert stub.most_in_flight > 1
    assert run.spend.micros == sum(event.cost.micros or 0 for event in answers)
    assert run.spend.unknown_calls == 0
    if model.startswith("ollama/"):
        assert not any(isinstance(event, BudgetReached) for event in watched.facts)
        assert run.spend.micros == run.spend.energy_micros + run.spend.hardware_micros == CALL_MICROS * len(answers)
        assert answers[0].timings_micros == {"load": 5000, "prefill": 20000, "generate": 300000, "total": 330000}
        assert "100 W assumed" in answers[0].cost.table
    else:
        exact = sum(event.usage.input_tokens * 750_000 + event.usage.output_tokens * 4_500_000 for event in answers)
        assert abs(run.spend.micros - exact / 1_000_000) <= len(answers) / 2


async def test_a_server_that_breaks_in_the_middle_is_asked_again_and_what_was_aborted_is_in_the_ledger(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", stub.url)
    stub.answers.extend(
        [
            Answer(parts=1),
            Answer(raw="{malformed"),
            Answer(status=500, error="oops"),
            Answer(status=429, error="slow", headers={"Retry-After": "0"}),
        ]
    )
    async with real_worker(tmp_path) as worker:
        run, watched = await reconciled(worker, "ollama/small:1b")
    assert run.ended == "succeeded", run.problem
    failed = [event for event in watched.of(ModelCallFailed) if isinstance(event, ModelCallFailed)]
    assert [event.problem.kind for event in failed] == ["retryable", "retryable", "retryable", "rate_limited"]
    counted = [event for event in failed if event.usage.estimated]
    assert len(counted) == 2
    assert run.spend.calls == len(watched.of(ModelAnswered)) + len(counted)
    assert run.spend.estimated_calls == len(counted)


async def test_a_made_up_tool_and_a_wrong_schema_are_told_to_the_model_which_then_does_better(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", stub.url)
    blueprint = tmp_path / "home" / "blueprints" / "looks"
    stub.answers.extend(
        [
            Answer(calls=[("files_write", {"path": "x"}), ("look", {"paht": "x"})]),
            Answer(calls=[("look", {"path": "note.txt"})]),
            Answer(text="{'seen': 'a stone',}"),
        ]
    )
    async with real_worker(tmp_path) as worker:
        blueprint.mkdir(parents=True)
        (blueprint / "blueprint.yaml").write_text(LOOKS)
        started = await worker.start(Start("looks", str(tmp_path), models={"": "ollama/small:1b"}))
        assert isinstance(started, Started), started
        (Path(started.folder) / "note.txt").write_text("a stone")
        watched = Watched()
        await watched.follow(worker, started)
        run = worker.roster.fold(started.id)
    assert run.outputs == {"seen": "a stone"}
    _, second, third = stub.chats()
    told = [message["content"] for message in second["messages"] if message["role"] == "tool"]
    assert "there is no tool named 'files_write'; there are: look" in told[0]
    assert "paht" in told[1]
    assert "a stone" in third["messages"][-1]["content"]
    assert watched.of(RunEnded)


LOOKS = """
blueprint: looks
models: {fast: {}}
tools: {look: {use: files.read}}
agents: {seer: {role: executor, model: fast, instructions: Look., tools: [look]}}
steps:
  see: {agent: seer, with: {what: note.txt}, output: {seen: string}}
outputs: {seen: "{{ see.seen }}"}
"""


def test_a_run_on_builtin_models_imports_no_provider(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ALONE, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert told.stdout == "succeeded []\n", told.stderr


ALONE = """
import asyncio, sys
from pathlib import Path
from tests.models.test_end_to_end import real_worker, reconciled
before = set(sys.modules)
async def main():
    async with real_worker(Path(sys.argv[1])) as worker:
        started = await worker.start(__import__("mntui.core.messages").core.messages.Start("invoice-reconcile", "."))
        from tests.models.test_end_to_end import Watched
        watched = Watched()
        await watched.follow(worker, started)
        run = worker.roster.fold(started.id)
    print(run.ended, [name for name in ("litellm", "ollama", "httpx", "openai") if name in sys.modules])
asyncio.run(main())
"""
