"""The proofs can fail: each bug planted here, in a copy of the package, turns a named test red.

A proof that stays green with the bug in place would be worth nothing. The text to be replaced must stand in its file
exactly once, so a bug that no longer fits its place fails here instead of passing in silence.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Planted:
    name: str
    file: str
    right: str
    wrong: str
    red: str


LIVES = "tests/worker/test_lives.py"
SAFETY = "tests/ui/test_safety.py"
PLANTED = (
    Planted(
        "acknowledge before the commit",
        "worker/live.py",
        "        try:\n            await self._commit(turn)\n",
        "        self._settle(turn, items)\n        items = []\n        try:\n            await self._commit(turn)\n",
        LIVES,
    ),
    Planted(
        "skip the durable intent",
        "worker/live.py",
        "Batch(tuple(turn.facts), payloads)",
        "Batch(tuple(f for f in turn.facts if not isinstance(f.event, ToolCallStarted)), payloads)",
        LIVES,
    ),
    Planted(
        "call before the intent is durable",
        "worker/live.py",
        "                turn.calls.append((command, started, quoted))\n",
        "                self._call(command, started, quoted)\n",
        LIVES,
    ),
    Planted(
        "one key for two effects",
        "core/policy.py",
        'f"{run_id}/{path}/{generation}/{call}"',
        'f"{run_id}/{generation}/{call}"',
        LIVES,
    ),
    Planted(
        "another key on each attempt",
        "core/begin.py",
        "effect_key(run.id, path, command.generation, call_id)",
        "effect_key(run.id, path, command.generation, f'{call_id}.{attempt}')",
        "tests/core/test_effects.py",
    ),
    Planted(
        "an unsafe effect is simply called again",
        "core/fold_calls.py",
        '        case "unsafe":\n            draft.update_call(path, call.id, status="waiting", unknown=True)\n',
        '        case "never":\n            draft.update_call(path, call.id, status="waiting", unknown=True)\n',
        LIVES,
    ),
    Planted(
        "a lost append is done again without asking",
        "core/fold_calls.py",
        '    reconcile = call.effect == "reconcilable"\n    draft.add(CallTool(path, call.id, again.generation',
        "    reconcile = False\n    draft.add(CallTool(path, call.id, again.generation",
        LIVES,
    ),
    Planted(
        "approve without the digest",
        "core/answer.py",
        "    if request.digest != ask.digest:\n",
        "    if False:\n",
        "tests/core/test_people.py",
    ),
    Planted(
        "execute what was shown, not what was edited",
        "core/fold_people.py",
        "        edited=event.values if event.edited else None,\n",
        "        edited=None,\n",
        "tests/core/test_people.py",
    ),
    Planted(
        "forget what parallel calls have reserved",
        "core/begin.py",
        "tokens = run.spend.input_tokens + run.spend.output_tokens + run.reserved_tokens",
        "tokens = run.spend.input_tokens + run.spend.output_tokens",
        "tests/core/test_agents.py",
    ),
    Planted(
        "take an outcome that nobody waits for",
        "core/decide.py",
        '    return call.status == "running" and (call.generation, call.attempt) == wanted\n',
        "    return wanted is not None\n",
        "tests/worker/test_late.py",
    ),
    Planted(
        "skip the sync",
        "journal/tail.py",
        '        self._crash("log.before_sync")\n        self._sync(self._segment)\n',
        '        self._crash("log.before_sync")\n',
        "tests/journal/test_log_power.py",
    ),
    Planted(
        "forget the watermark",
        "journal/tail.py",
        "write_all(self._disk, self._watermark, pack_watermark(self.last), 0)",
        "pass",
        "tests/journal",
    ),
    Planted(
        "answer though another key came with it",
        "ui/answering.py",
        "            if (guard.keys, guard.shown) == (keys, shown) and not self._stage.typing():\n",
        "            if True:\n",
        "tests/ui/test_answering.py",
    ),
    Planted(
        "answer as soon as an item appears",
        "ui/guard.py",
        "        if now - self._since < DEAD_SECONDS:\n",
        "        if False:\n",
        f"{SAFETY} -k right_after_an_item",
    ),
    Planted(
        "answer as soon as the terminal has the focus",
        "ui/guard.py",
        "        if not self._focused or now - self._focused_since < DEAD_SECONDS:\n",
        "        if False:\n",
        f"{SAFETY} -k focus_back",
    ),
)


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_the_planted_bug_turns_its_test_red(bug: Planted, tmp_path: Path) -> None:
    outcome = run_with(bug, tmp_path)
    assert outcome.returncode == 1, f"{bug.red} stayed green with the bug in place:\n{outcome.stdout[-2000:]}"
    assert " failed" in outcome.stdout, outcome.stdout[-2000:]


def test_a_copy_without_a_bug_is_green(tmp_path: Path) -> None:
    nothing = Planted("nothing", "core/answer.py", "Answer = ", "Answer = ", "tests/core/test_people.py")
    assert run_with(nothing, tmp_path).returncode == 0


def run_with(bug: Planted, folder: Path) -> "subprocess.CompletedProcess[str]":
    for name in ("mntui", "tests", "blueprints"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    target = folder / "mntui" / bug.file
    text = target.read_text()
    assert text.count(bug.right) == 1, f"{bug.file} no longer holds the place of this bug exactly once"
    target.write_text(text.replace(bug.right, bug.wrong))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *bug.red.split()]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "MNTUI_"))}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280, check=False
    )
