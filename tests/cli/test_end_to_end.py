"""The real program, its real worker and a real terminal: started, killed, left and come back to."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE_SECONDS = 60
BLUEPRINT = """
blueprint: hello
inputs: {who: {type: string}}
models: {fast: {max_tokens: 50}}
tools: {write: {use: files.write}}
agents: {w: {role: executor, model: fast, instructions: "Say it."}}
steps:
  say: {agent: w, with: {text: "Hello {{ inputs.who }}, you owe 20 CHF."}}
  ok: {approve: "Write it?", show: {text: "{{ say.text }}"}, edit: [text]}
  save: {tool: write, with: {path: out.txt, text: "{{ ok.text }}"}}
outputs: {text: "{{ ok.text }}"}
success: {written: "save.path == 'out.txt' or save.digest != ''"}
"""


class Machine:
    """A home of its own, in which the program is run as anybody would run it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seats: list[Seat] = []
        (folder / "home").mkdir(mode=0o700)
        place = folder / "home" / "blueprints" / "hello"
        place.mkdir(parents=True)
        (place / "blueprint.yaml").write_text(BLUEPRINT, encoding="utf-8")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MNTUI_")},
            "MNTUI_HOME": str(folder / "home"),
            "MNTUI_RUNTIME": str(folder / "run"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "NO_COLOR": "1",
            "TERM": "xterm",
            "USER": "ada",
        }

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mntui", *words]
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=PATIENCE_SECONDS,
        )

    def sit(self, *words: str) -> "Seat":
        self.seats.append(Seat(self, *words))
        return self.seats[-1]

    def close(self) -> None:
        for seat in self.seats:
            seat.process.kill()
            seat.process.wait()
        self("worker", "stop")

    def json(self, *words: str):
        return json.loads(self(*words, "--json").stdout)


class Seat:
    """The program at a pty."""

    def __init__(self, machine: Machine, *words: str) -> None:
        self.hand, seat = pty.openpty()
        # The child makes the pty its controlling terminal, so that ctrl+c reaches it as a signal.
        command = [sys.executable, "-c", "import os, sys; os.login_tty(0); os.execv(sys.executable, sys.argv[1:])"]
        self.process = subprocess.Popen(
            [*command, sys.executable, "-m", "mntui", *words], stdin=seat, env=machine.environment, cwd=machine.folder
        )
        os.close(seat)
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self.hand, keys.encode())

    def read(self, seconds: float = 0.1) -> bool:
        if not select.select([self.hand], [], [], seconds)[0]:
            return True
        try:
            text = os.read(self.hand, 65536)
        except OSError:
            return False  # Linux tells so that the other side has closed the terminal.
        self.seen += text.decode("utf-8", "replace")
        return bool(text)

    def expect(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.seen:
            assert time.monotonic() < deadline, (words, self.seen)
            assert self.read() or words in self.seen, self.seen
        self.seen = self.seen[self.seen.index(words) + len(words) :]

    def end(self, key: str = "") -> int:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen
            if key:
                self.type(key)
            self.read()
        while self.read():
            pass
        os.close(self.hand)
        return self.process.returncode


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    yield machine
    machine.close()


def test_a_run_is_started_survives_its_worker_and_is_approved_by_a_script(machine):
    told = machine("run", "hello", "-i", "who=Ada", "--json")
    assert told.returncode == 5, told
    run = json.loads(told.stdout)
    status = machine.json("worker", "status")
    assert status["running"] is True
    os.kill(status["pid"], signal.SIGKILL)
    (ask,) = machine.json("approvals")
    assert ask["arguments"] == {"text": "Hello Ada, you owe 20 CHF."}
    assert machine("approve", ask["id"], "--digest", ask["digest"], "--set", "text=Hi").returncode == 0
    watched = machine("watch", run["run"])
    assert watched.returncode == 0, watched
    shown = machine.json("show", run["run"])
    assert (shown["state"]["success"], shown["outputs"]) == (True, {"text": "Hi"})
    assert (Path(run["folder"]) / "out.txt").read_text() == "Hi"


def test_at_a_terminal_typed_ahead_keys_enter_and_space_approve_nothing_and_ctrl_c_leaves_it_running(machine):
    seat = machine.sit("run", "hello", "-i", "who=Ada")
    seat.type("aaaa")
    seat.expect("Write it?")
    seat.expect("leave running")
    seat.type("a")
    for _ in range(10):
        seat.type("\r")
        seat.read()
        seat.type(" ")
        seat.read()
    seat.type("\x03")
    assert seat.end() == 130
    assert "mntui watch hello-" in seat.seen
    (ask,) = machine.json("approvals")
    seat = machine.sit("approve", ask["id"])
    seat.expect("Type y and Enter")
    seat.end("y\r")
    assert machine("watch", ask["run"]).returncode == 0


def test_at_a_terminal_a_key_approves_and_the_outputs_and_files_are_told(machine):
    seat = machine.sit("run", "hello", "-i", "who=Ada")
    seat.expect("not a language model")
    seat.expect("leave running")
    assert seat.end("a") == 0
    for words in ("succeeded", "Hello Ada, you owe 20 CHF.", "out.txt"):
        assert words in seat.seen
