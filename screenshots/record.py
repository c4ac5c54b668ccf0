"""`python -m screenshots.record`: run invoice-reconcile in a fresh home, answer it, keep it for `mntui demo`.

Everything goes through the command line, as a person would type it. The model is the builtin stand-in, so the recording
costs nothing and needs no network. The home has a neutral path, because a run's facts name its folders.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

TREE = Path(__file__).parent.parent
TARGET = TREE / "mntui" / "recordings"
PLACE = Path("/tmp/mntui-recording")  # noqa: S108 - named in the recording, so it must be the same everywhere
NAME = "invoice-reconcile"
AGENTS = tuple(f"explained[{index}]/explain" for index in range(13))
REASON = "They called: it is paid next week."


def main() -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(mode=0o700)
    shutil.copytree(TREE / "blueprints" / NAME, PLACE / "blueprints" / NAME)
    try:
        run = recorded()
        TARGET.mkdir(exist_ok=True)
        mntui("export", run, "--to", "bundle", "--out", str(TARGET / f"{NAME}.bundle"))
        told = {path: mntui("show", run, path, "--sees") for path in AGENTS}
        (TARGET / f"{NAME}.sees.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    finally:
        mntui("worker", "stop")
        shutil.rmtree(PLACE)


def recorded() -> str:
    """The name of a run that a person answered: one reminder edited and approved, one approved, one rejected."""
    run = mntui("run", NAME, "--model", "builtin/extractive", fails=5)["run"]
    edited, whole, refused = mntui("approvals")
    mntui("approve", edited["id"], "--digest", edited["digest"], "--set", "subject=A friendly reminder: INV-2026-0133")
    mntui("approve", whole["id"], "--digest", whole["digest"])
    mntui("reject", refused["id"], "--reason", REASON)
    subprocess.run(command("watch", run), env=environment(), cwd=PLACE, capture_output=True, check=True)
    return str(run)


def mntui(*words: str, fails: int = 0) -> Any:
    done = subprocess.run(command(*words, "--json"), env=environment(), capture_output=True, text=True, check=False)
    if done.returncode not in {0, fails}:
        raise SystemExit(f"mntui {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout) if done.stdout else None


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "mntui", *words]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return {**kept, "MNTUI_HOME": str(PLACE), "USER": "ada", "OLLAMA_HOST": "127.0.0.1:1", "PYTHONPATH": str(TREE)}


if __name__ == "__main__":
    main()
