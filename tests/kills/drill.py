"""Drive one run through a real worker that is killed on the way, and look at the world from outside.

The worker is a process of its own over the real log; the kill is a SIGKILL it gives itself at a named point, or one from
here. A patient person answers what is asked, and settles what is in doubt by looking at the world.
"""

import asyncio
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mntui.core.events import Fact, ModelAnswered, ModelCallStarted, ToolCallStarted
from mntui.core.evolve import replay
from mntui.core.messages import AskEvents, AskStatus, Facts, Happened, Opened, RunFilter, Start, Started, WorkerStatus
from mntui.core.plan import Plan
from mntui.core.requests import Approve, Respond, Settle
from mntui.core.run import Ask, Run, new_run
from mntui.engines.base import EngineGone
from mntui.engines.local import LocalEngine
from mntui.settings import Settings, prepare_folders, read_settings

HERE = Path(__file__).parent
CLASSES = HERE / "classes"


@dataclass
class Case:
    """A blueprint to drive: how it starts, and whether an effect in doubt happened in the world of this home."""

    start: Callable[[Path], Start]
    happened: Callable[[Path, Ask], Any] = lambda _home, _ask: None
    prepare: Callable[[Path], None] = lambda _home: None


@dataclass
class Ended:
    """How a run came out: its folded state, its facts, and how many workers it took."""

    run: Run
    facts: tuple[Fact, ...]
    lives: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


def settings_of(home: Path) -> Settings:
    """The socket lies in a short folder of its own: pytest's are too long for one."""
    runtime = Path(tempfile.gettempdir()) / f"mntui-kills-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    return read_settings({"MNTUI_RUNTIME": str(runtime), "MNTUI_IDLE_SECONDS": "60"}, home / "home")


def start_worker(settings: Settings, crash_at: str = "", host_crash_at: str = "") -> int:
    """A real worker process, detached. It may be dead already when this returns: that is what drills are for."""
    prepare_folders(settings)
    environment = {
        **os.environ,
        **settings.environment(),
        "MNTUI_CRASH_AT": crash_at,
        "MNTUI_HOST_CRASH_AT": host_crash_at,
    }
    environment["MNTUI_SCRIPTED_LOG"] = str(settings.home.parent / "model_calls.txt")
    command = [sys.executable, "-m", "mntui.worker.daemon", "--home", str(settings.home), "--detach"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode


async def drive(home: Path, case: Case, crashes: tuple[str, ...] = (), host_crash_at: str = "") -> Ended:
    """Start the run and bring it to its end; the n-th worker dies at the n-th of `crashes`."""
    settings = settings_of(home)
    case.prepare(home)
    lives = 0
    while True:
        crash_at = crashes[lives] if lives < len(crashes) else ""
        start_worker(settings, crash_at, host_crash_at if lives == 0 else "")
        lives += 1
        assert lives < len(crashes) + 4, "workers die without being killed"
        try:
            ended = await one_life(settings, home, case)
        except (EngineGone, LookupError, ConnectionError):
            await until_dead(settings)
            continue
        ended.lives = lives
        await stop(settings)
        shutil.rmtree(settings.runtime, ignore_errors=True)
        return ended


async def one_life(settings: Settings, home: Path, case: Case) -> Ended:
    async with LocalEngine.connect_only(settings) as engine:
        rows = await engine.runs(RunFilter())
        if rows:
            name = rows[0].run
        else:
            started = await engine.start(case.start(home))
            assert isinstance(started, Started), started
            name = started.run
        return await to_the_end(engine, name, home, case)


async def to_the_end(engine: LocalEngine, name: str, home: Path, case: Case) -> Ended:
    run: Run | None = None
    facts: list[Fact] = []
    answered: set[str] = set()
    async for update in engine.watch(name):
        if isinstance(update, Opened):
            run = new_run(update.id, update.plan)
            run, facts = replay(run, list(update.facts)), list(update.facts)
        elif isinstance(update, Happened) and run is not None:
            run = replay(run, list(update.facts))
            facts += update.facts
        for ask in run.asks.values() if run is not None else ():
            if ask.id not in answered:
                answered.add(ask.id)
                await answer(engine, name, home, case, ask)
        if run is not None and run.ended:
            return Ended(run, tuple(facts))
    raise EngineGone("the worker is gone", "")


async def answer(engine: LocalEngine, name: str, home: Path, case: Case, ask: Ask) -> None:
    match ask.kind:
        case "approval":
            await engine.send(name, Approve(ask.id, ask.digest), "person:drill")
        case "question":
            await engine.send(name, Respond(ask.id, {"n": 7}), "person:drill")
        case "in_doubt":
            result = case.happened(home, ask)
            how = "not-happened" if result is None else "happened"
            await engine.send(name, Settle(ask.id, how, result), "person:drill")


async def until_dead(settings: Settings) -> None:
    for _ in range(2000):
        try:
            async with LocalEngine.connect_only(settings) as engine:
                await engine.query(AskStatus())
        except EngineGone:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the worker doesn't die")


async def stop(settings: Settings) -> None:
    with suppress(EngineGone, ProcessLookupError):
        async with LocalEngine.connect_only(settings) as engine:
            status = await engine.query(AskStatus())
            assert isinstance(status, WorkerStatus)
            os.kill(status.pid, signal.SIGKILL)


async def facts_of(engine: LocalEngine, name: str) -> tuple[Fact, ...]:
    answered = await engine.query(AskEvents(name))
    assert isinstance(answered, Facts)
    return answered.facts


# What must hold for any run


def check_journal(ended: Ended, plan: Plan | None = None) -> None:
    facts = ended.facts
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert [fact.at for fact in facts] == sorted(fact.at for fact in facts)
    assert replay(new_run(ended.run.id, plan or ended.run.plan), list(facts)) == ended.run
    digests: dict[str, str] = {}
    for fact in facts:
        if isinstance(fact.event, ToolCallStarted):
            assert digests.setdefault(fact.event.effect_key, fact.event.digest) == fact.event.digest
    answered = Counter((f.event.path, f.event.call) for f in facts if isinstance(f.event, ModelAnswered))
    assert all(times == 1 for times in answered.values()), "an answered model call was made again"
    decided = Counter(f.event.ask for f in facts if type(f.event).__name__ in {"ApprovalGranted", "EffectSettled"})
    assert all(times == 1 for times in decided.values())


def model_attempts(facts: tuple[Fact, ...]) -> int:
    return sum(isinstance(f.event, ModelCallStarted) for f in facts)


# The blueprint with all four classes


def prepare_classes(home: Path) -> None:
    world = home / "world"
    world.mkdir(parents=True, exist_ok=True)
    script = (HERE / "script.json").read_text().replace("WORLD", str(world))
    (home / "script.json").write_text(script)


def start_classes(home: Path) -> Start:
    target = home / "home" / "blueprints" / "classes"
    if not target.exists():
        shutil.copytree(CLASSES, target)
    model = f"builtin/scripted:{home / 'script.json'}"
    return Start("classes", str(home), {"world": str(home / "world")}, {"": model})


def sent_in_world(home: Path, _ask: Ask) -> Any:
    return {"ok": True} if (home / "world" / "sent.txt").exists() else None


CLASSES_CASE = Case(start_classes, sent_in_world, prepare_classes)


def world_of_classes(home: Path, ended: Ended) -> Mapping[str, Any]:
    """What stands in the world after the run, by identity."""
    world, folder = home / "world", Path(ended.run.folder)
    lines = {name: (world / f"{name}.txt").read_text().splitlines() for name in ("paid", "posted", "sent")}
    keyless = {name: [line.partition(" ")[2] or line for line in found] for name, found in lines.items()}
    return {
        **keyless,
        "log": sorted((folder / "log.txt").read_text().splitlines()),
        "items": sorted(p.name for p in folder.glob("item-*.txt")),
        "outputs": ended.run.outputs,
        "success": dict(ended.run.success or {}),
        "status": ended.run.ended,
    }


# The main job


def start_invoices(home: Path) -> Start:
    return Start("invoice-reconcile", str(home), {"today": "2026-04-30"})


INVOICE_CASE = Case(start_invoices)


def without_keys(text: str) -> str:
    """The names of outbox files end in the effect's key, which is another in every run."""
    return re.sub(r"-[0-9a-f]{8}\.txt", "-KEY.txt", text)


def world_of_invoices(_home: Path, ended: Ended) -> Mapping[str, Any]:
    folder = Path(ended.run.folder)
    outbox = sorted(folder.glob("outbox/*"))
    return {
        "outbox": sorted(path.name.rpartition("-")[0] for path in outbox),
        "texts": sorted(path.read_text() for path in outbox),
        "report": without_keys((folder / "report.md").read_text()),
        "table": without_keys((folder / "report.csv").read_text()),
        "outputs": json.dumps(ended.run.outputs, sort_keys=True).replace(str(folder), "FOLDER"),
        "success": dict(ended.run.success or {}),
        "status": ended.run.ended,
    }
