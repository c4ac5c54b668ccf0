"""A comparison in the worker: from the facts alone, importing no provider, by measured speeds where there are some."""

import os
import subprocess
import sys
from pathlib import Path

from world import Setting, ended

from mntui.core.messages import AskCompare, Compared

AGENT = """
models: {fast: {}}
agents: {writer: {role: executor, model: fast, instructions: "Say in one line what this is about."}}
steps: {draft: {agent: writer, with: {about: "a stone of 12 kg"}}}
"""


async def test_a_run_that_goes_on_is_not_compared(tmp_path: Path) -> None:
    worker = Setting(tmp_path).worker()
    await worker.adopt()
    started = await Setting(tmp_path).started(worker, 'steps: {ok: {approve: "Go?"}}')
    assert (await worker.query(AskCompare(started.run, ("gpt-5.4",)))).code == "not_ended"  # type: ignore[union-attr]
    assert (await worker.query(AskCompare("nobody", ("gpt-5.4",)))).code == "unknown_run"  # type: ignore[union-attr]
    await worker.close()


async def test_what_was_recorded_is_the_first_column_and_the_patch_is_of_the_pinned_text(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, AGENT)
    run = await ended(worker, started.id)
    (Path(run.blueprint_folder) / "blueprint.yaml").unlink()
    reply = await worker.query(AskCompare(started.run, ("gpt-5.4", "openai/gpt-5.4", "gpt-5.4-mini")))
    assert isinstance(reply, Compared)
    assert [column.name for column in reply.matrix.columns] == ["now", "openai/gpt-5.4", "openai/gpt-5.4-mini"]
    assert (reply.matrix.columns[0].run, reply.matrix.columns[0].total.passed) == (started.run, True)
    assert reply.matrix.columns[0].total.input_tokens == run.spend.input_tokens
    assert "+models: {fast: {prefer: [openai/gpt-5.4-mini]}}" in reply.matrix.patch
    await worker.close()


def test_it_imports_no_provider(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ALONE, str(tmp_path)]
    here = Path(__file__).parent
    paths = {"PYTHONPATH": f"{here}:{here.parent.parent}"}
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **paths}
    )
    assert told.stdout == "6 []\n", told.stderr


ALONE = f"""
import asyncio, sys
from pathlib import Path
from world import Setting, ended
from mntui.core.messages import AskCompare
SIX = ("nemotron3:33b", "nvidia.nemotron-super-3-120b", "gemini-3.8-flash", "gpt-5.4-mini", "gpt-5.4", "claude-sonnet-5-5")
async def main():
    setting = Setting(Path(sys.argv[1]))
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, {AGENT!r})
    await ended(worker, started.id)
    reply = await worker.query(AskCompare(started.run, SIX))
    await worker.close()
    known = [column for column in reply.matrix.columns[1:] if column.total.micros]
    print(len(known), [name for name in ("litellm", "ollama", "openai", "tiktoken") if name in sys.modules])
asyncio.run(main())
"""
