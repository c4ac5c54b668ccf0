"""One afternoon of a new user, in a real terminal with the real worker: whatever they do, the run goes on."""

import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mntui.library.find import shipped_folder
from mntui.settings import Settings
from mntui.wire.holder import read_holder
from tests.homes import home_below
from tests.ui.terminal import Terminal, there_is_tmux

ROOT = Path(__file__).parents[2]
MNTUI = [sys.executable, "-m", "mntui"]
GONE = ("No answer from the worker", "can't be reached", "The worker is back")
GREYS = {0, 7, 8, 15, 16, 59, 102, 145, 188, 231, *range(232, 256)}
"""The numbers of a terminal's 256 colours that have no hue."""

pytestmark = pytest.mark.skipif(not there_is_tmux(), reason="tmux is not installed: apt install tmux")


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with home_below(tmp_path) as settings:
        shutil.rmtree(settings.blueprints)
        yield settings


@pytest.fixture
def terminal(settings: Settings, tmp_path: Path) -> Iterator[Terminal]:
    kept = {"MNTUI_HOME": str(settings.home), "PYTHONPATH": str(ROOT), "USER": "ada"}
    terminal = Terminal(tmp_path, {**settings.environment(), **kept, "OLLAMA_HOST": "127.0.0.1:1"}, height=44)
    terminal.open(MNTUI)
    try:
        yield terminal
    finally:
        terminal.close()


def test_a_run_is_started_answered_left_killed_and_still_ends_well(terminal: Terminal, settings: Settings) -> None:
    run = started(terminal)
    edited_and_approved(terminal)
    terminal.press("4")
    terminal.sees("of 200,000 tokens", "builtin/extractive")
    left_and_come_back(terminal, run)
    killed(terminal, settings)
    terminal.answers("a", f"{run}.2 approved")
    terminal.sees("Ufer Film")
    rejected(terminal, run)
    terminal.sees("✓ succeeded", "30/30 steps")
    outbox = [path.read_text() for path in (settings.runs / run).rglob("*") if "outbox" in str(path) and path.is_file()]
    assert len(outbox) == 2
    assert sum("b@ruf.example" in text for text in outbox) == 1


@pytest.mark.parametrize("animations", ["none", "full"])
def test_without_colours_every_state_can_still_be_read(settings: Settings, tmp_path: Path, animations: str) -> None:
    kept = {"MNTUI_HOME": str(settings.home), "PYTHONPATH": str(ROOT), "USER": "ada", "OLLAMA_HOST": "127.0.0.1:1"}
    plain = {"NO_COLOR": "1", "TEXTUAL_ANIMATIONS": animations}
    terminal = Terminal(tmp_path, {**settings.environment(), **kept, **plain})
    terminal.open(MNTUI)
    try:
        terminal.sees("invoice-reconcile")
        terminal.press("S")
        terminal.sees("there are no golden suites")
        numbers = [int(each) for each in re.findall(r"[34]8;5;(\d+)", terminal.coded)]
        assert numbers
        assert all(number in GREYS for number in numbers), numbers
        terminal.press("q")
        terminal.sees("1 blueprints")
    finally:
        terminal.close()


def started(terminal: Terminal) -> str:
    """The run's name, once it waits; its graph was seen to move."""
    terminal.sees("▸ invoice-reconcile", "ready", "2 runs: none yet")
    terminal.press("n")
    terminal.sees("new run of invoice-reconcile", "^s done")
    terminal.press("C-s")
    screen = terminal.sees("waiting for an approval", "(one of 3)")
    counts = [count for each in terminal.seen for count in re.findall(r"(\d+)/\d+ steps", each)]
    assert len(dict.fromkeys(counts)) > 1, counts
    assert [int(count) for count in counts] == sorted(map(int, counts))
    return re.findall(r"invoice-reconcile › (invoice-\w+)", screen)[0]


def edited_and_approved(terminal: Terminal) -> None:
    terminal.answers("e", "^s done")
    terminal.press("End")
    terminal.type(", b@ruf.example")
    terminal.sees("empfang@praxis-ruf.example, b@ruf.example")
    terminal.press("C-s")
    terminal.sees("✎ edited", "a approve as edited")
    terminal.answers("a", ".1 approved")
    terminal.sees("Matterhorn Reisen", "(one of 2)")


def left_and_come_back(terminal: Terminal, run: str) -> None:
    terminal.press("q")
    terminal.sees("1 blueprints", run)
    terminal.press("q")
    terminal.wait_ended()
    terminal.open(MNTUI)
    terminal.sees("3 approvals (2)", "◆ waiting")
    terminal.press("a")
    terminal.sees("queue (2)", "Matterhorn Reisen")
    terminal.press("o")
    terminal.sees(f"› {run}", "(one of 2)")


def killed(terminal: Terminal, settings: Settings) -> None:
    """The worker dies under the watcher's eyes: it is said, and another one is there."""
    holder = read_holder(settings.worker_lock)
    assert holder is not None
    os.kill(holder.pid, signal.SIGKILL)
    terminal.until(lambda screen: any(words in screen for words in GONE), "the worker's death to be told")
    terminal.sees("The worker is back")
    after = read_holder(settings.worker_lock)
    assert after is not None
    assert after.pid != holder.pid


def rejected(terminal: Terminal, run: str) -> None:
    terminal.answers("r", "Why?")
    terminal.type("They called.")
    terminal.sees("They called.")
    terminal.answers("Enter", f"{run}.3 rejected")


def test_a_blueprint_saved_in_another_window_is_redrawn_broken_and_mended(
    terminal: Terminal, settings: Settings
) -> None:
    terminal.sees("▸ invoice-reconcile", "ready")
    terminal.press("b")
    terminal.sees("no problems", "○ books")
    own = settings.blueprints / "invoice-reconcile"
    file = own / "blueprint.yaml"
    terminal.beside(f"cp -r {shipped_folder() / 'invoice-reconcile'} {own}")
    terminal.beside(
        f"until [ -f {file} ]; do sleep 0.1; done; sed -i 's/^steps:/steps:\\n  hello: {{set: {{a: 1}}}}/' {file}"
    )
    terminal.sees("○ hello", "○ books")
    terminal.beside(f"sed -i 's/hello: .*/hello: {{tol: nothing}}/' {file}")
    terminal.sees("tol")
    terminal.beside(f"sed -i '/hello: /d' {file}")
    terminal.until(lambda screen: "hello" not in screen and "no problems" in screen, "the mended blueprint")
