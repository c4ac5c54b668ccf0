"""A run on one server, rerun on two others that nobody here wrote: a real diff, real spend, and no effect made."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mntui.cli.opening import Surroundings
from mntui.cli.output import Session
from mntui.cli.rerun import rerun
from mntui.core.messages import AskCompare, Compared, Start, Started
from mntui.core.requests import Approve
from mntui.core.run import Run
from mntui.engines.base import Engine
from mntui.worker.runtime import Worker
from tests.models.aimock import aimock
from tests.models.test_end_to_end import Watched, real_worker

LETTERS = """
blueprint: letters
inputs: {box: {type: path}}
models: {fast: {prefer: [ollama/gpt-4], max_tokens: 200}}
tools:
  look: {use: files.read}
  keep: {use: files.write}
  put: {use: python.put, effect: keyed}
agents: {writer: {role: executor, model: fast, instructions: Write a letter., tools: [look]}}
steps:
  note: {tool: keep, with: {path: note.txt, text: "a stone of 12 kg"}}
  letter: {agent: writer, with: {about: "{{ note.path }}"}}
  sent: {tool: put, with: {box: "{{ inputs.box }}", to: ada}, needs: [letter]}
outputs: {letter: "{{ letter.text }}"}
success: {brief: "letter.text | length < 40", sent: "sent.to == 'ada'"}
"""
PUT = '''
from pathlib import Path

def put(box: str, to: str, *, idempotency_key: str) -> dict:
    """Put one file more into the box."""
    Path(box, idempotency_key).write_text(to)
    return {"to": to}
'''


def says(text: str, path: str = "note.txt") -> list[dict[str, object]]:
    """A server that looks into a file first, then writes."""
    look = [{"name": "look", "arguments": json.dumps({"path": path})}]
    return [
        {"match": {"hasToolResult": False}, "response": {"toolCalls": look}},
        {"match": {"hasToolResult": True}, "response": {"content": text}},
    ]


@pytest.fixture
def servers(
    aimock_program: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    first, second, third = (tmp_path_factory.mktemp("aimock") for _ in range(3))
    long = "The stone that was asked about has a weight of twelve kilograms."
    with (
        aimock(aimock_program, first, says(long)) as ollama,
        aimock(aimock_program, second, says("It weighs 12 kg.")) as openai,
        aimock(aimock_program, third, says("Never said.", "other.txt")) as anthropic,
    ):
        monkeypatch.setenv("OLLAMA_HOST", ollama)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{openai}/v1")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", anthropic)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
        yield


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # litellm's own, which it would trip over
@pytest.mark.usefixtures("servers")
async def test_a_rerun_on_two_servers_shows_a_real_diff_and_makes_no_effect(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.mkdir()
    async with real_worker(tmp_path) as worker:
        run = await lettered(worker, tmp_path, box)
        assert run.ended == "succeeded", run.problem
        before = counted(box, Path(run.folder))
        assert len(list(box.iterdir())) == 1
        told = await reran(worker, tmp_path, run.name, "openai/gpt-5.4-mini,anthropic/claude-sonnet-5-5")
        reply = await worker.query(AskCompare(run.name, ("gpt-5.4-mini", "gpt-5.4")))
        assert isinstance(reply, Compared)
        assert [column.kind for column in reply.matrix.columns] == ["recorded", "rerun", "what_if"]
        ran = {report["model"]: worker.roster.fold(worker.roster.resolve(report["run"])) for report in told["reruns"]}
    assert counted(box, Path(run.folder)) == before
    brief, strayed = told["reruns"]
    assert (brief["status"], brief["model"]) == ("succeeded", "openai/gpt-5.4-mini")
    assert "-The stone that was asked about has a weight of twelve kilograms." in brief["differences"][0]["diff"]
    assert "+It weighs 12 kg." in brief["differences"][0]["diff"]
    assert brief["checks"] == [
        {"name": "brief", "before": False, "after": True},
        {"name": "sent", "before": True, "after": True},
    ]
    assert strayed["status"] == "cancelled"
    assert 'holds no such call: look {"path":"other.txt"}' in strayed["differences"][0]["ended"]
    assert [check["after"] for check in strayed["checks"]] == [None, None]
    for report in told["reruns"]:
        assert report["micros"] == ran[report["model"]].spend.micros > 0
        assert not list(Path(ran[report["model"]].folder).iterdir())
    kinds = [(column["name"], column["kind"], column["total"]["calls"]) for column in told["columns"]]
    assert kinds == [
        ("now", "recorded", 2),
        ("openai/gpt-5.4-mini", "rerun", 2),
        ("anthropic/claude-sonnet-5-5", "rerun", 1),
    ]


async def test_the_main_job_rerun_on_the_same_model_is_the_same_to_the_last_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    async with real_worker(tmp_path) as worker:
        started = await worker.start(Start("invoice-reconcile", str(tmp_path), models={"": "builtin/extractive"}))
        assert isinstance(started, Started), started
        run = await approved(worker, started)
        before = counted(Path(run.folder))
        again = await worker.start(Start("", "", models={"": "builtin/extractive"}, rerun_of=run.name))
        assert isinstance(again, Started), again
        async for _ in worker.watch(again.run):
            pass  # It is answered by what was recorded; a person who answers too could be first.
        rerun_run = worker.roster.fold(again.id)
    assert (rerun_run.ended, rerun_run.problem) == ("succeeded", None)
    assert rerun_run.outputs == run.outputs
    assert rerun_run.success == run.success
    assert {path: node.status for path, node in rerun_run.nodes.items()} == {
        path: node.status for path, node in run.nodes.items()
    }
    assert counted(Path(run.folder)) == before
    assert not list(Path(rerun_run.folder).iterdir())


async def approved(worker: Worker, started: Started) -> Run:
    """The run to its end, with everything that it asks approved."""
    async for _ in worker.watch(started.run):
        live = worker.roster.live.get(started.id)
        for ask in tuple(live.run.asks.values()) if live is not None else ():
            await worker.send(started.run, Approve(ask.id, ask.digest), "person:ada")
    return worker.roster.fold(started.id)


async def lettered(worker: Worker, folder: Path, box: Path) -> Run:
    place = folder / "home" / "blueprints" / "letters"
    place.mkdir(parents=True)
    (place / "blueprint.yaml").write_text(LETTERS)
    (place / "tools.py").write_text(PUT)
    started = await worker.start(Start("letters", str(folder), {"box": str(box)}))
    assert isinstance(started, Started), started
    await Watched().follow(worker, started)
    return worker.roster.fold(started.id)


async def reran(worker: Worker, folder: Path, run: str, models: str) -> dict[str, list[dict[str, object]]]:
    """What `mntui compare RUN --models … --rerun --json` prints."""

    @asynccontextmanager
    async def engine(_settings: object) -> AsyncIterator[Engine]:
        yield worker

    out = io.StringIO()
    around = Surroundings(
        engine, io.StringIO(), out, io.StringIO(), folder, {"MNTUI_HOME": str(folder / "home")}, lambda: 0
    )
    assert await rerun(run, models, "")(Session(around, json=True)) == 0
    return json.loads(out.getvalue())


def counted(*folders: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in some folders: when it was written, and what it holds."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}
