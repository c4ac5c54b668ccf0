"""A run made again from another: the version it is pinned to, for as long as that is trusted."""

from pathlib import Path

from world import Setting, denied, ended

from mntui.core.messages import Start, Started
from mntui.library.load import load
from mntui.library.trust import TRUST_FILE, trust
from mntui.tools.base import BUILTIN
from mntui.worker.runtime import Worker

TEXT = "blueprint: far\ninputs: {n: {type: integer}}\nsteps: {a: {set: {n: '{{ inputs.n }}'}}}\noutputs: {n: '{{ a.n }}'}\n"


async def first(setting: Setting, worker: Worker, folder: Path) -> str:
    """A run of a blueprint that comes from elsewhere and was trusted, whose folder is gone since."""
    folder.mkdir()
    (folder / "blueprint.yaml").write_text(TEXT)
    trust(load(folder, BUILTIN, lambda _: ()), setting.home)
    started = await worker.start(Start(str(folder), str(setting.home), {"n": 4}))
    assert isinstance(started, Started), started
    await ended(worker, started.id)
    (folder / "blueprint.yaml").unlink()
    return started.run


async def test_it_needs_nothing_of_the_blueprints_folder(tmp_path: Path) -> None:
    setting = Setting(tmp_path / "home")
    worker = setting.worker()
    await worker.adopt()
    before = await first(setting, worker, tmp_path / "far")
    started = await worker.start(Start("", "", {"n": 5}, again_of=before))
    assert isinstance(started, Started), started
    run = await ended(worker, started.id)
    assert (run.ended, run.outputs, run.again_of) == ("succeeded", {"n": 5}, before)


async def test_what_is_trusted_no_more_is_not_run_again(tmp_path: Path) -> None:
    setting = Setting(tmp_path / "home")
    worker = setting.worker()
    await worker.adopt()
    before = await first(setting, worker, tmp_path / "far")
    (setting.home / TRUST_FILE).unlink()
    reply = denied(await worker.start(Start("", "", {"n": 5}, again_of=before)))
    assert reply.code == "untrusted"
    assert "--today" in reply.remedy


async def test_a_frozen_rerun_is_no_run_to_begin_again(tmp_path: Path) -> None:
    setting = Setting(tmp_path / "home")
    worker = setting.worker()
    await worker.adopt()
    before = await first(setting, worker, tmp_path / "far")
    frozen = await worker.start(Start("", "", rerun_of=before))
    assert isinstance(frozen, Started), frozen
    await ended(worker, frozen.id)
    reply = denied(await worker.start(Start("", "", {"n": 5}, again_of=frozen.run)))
    assert (reply.code, reply.remedy) == ("is_rerun", f"mntui rerun {before}")
    assert denied(await worker.start(Start("", "", again_of="nobody-1"))).code == "unknown_run"
