"""The command line over a worker in this process. Every command opens a worker of its own and lets it die at its end."""

import asyncio
import fcntl
import io
import json
import os
import pty
import select
import struct
import termios
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from world import Setting, World

from mntui.cli.app import main
from mntui.cli.opening import Surroundings
from mntui.engines.base import Engine
from mntui.journal.remembered import LogJournal
from mntui.settings import Settings

PATIENCE_SECONDS = 30
SCHEMA = json.loads(files("mntui.cli").joinpath("schema.json").read_text(encoding="utf-8"))


@dataclass
class Told:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Shell:
    """Type commands. Whatever is printed with --json is held to schema.json."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.world = World()
        self.setting = Setting(self.home, self.world)
        self.open_now: tuple[Engine, asyncio.AbstractEventLoop] | None = None

    def blueprint(self, text: str, name: str = "bench") -> str:
        place = self.home / "blueprints" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "blueprint.yaml").write_text(f"blueprint: {name}\n{text}", encoding="utf-8")
        return name

    def __call__(self, *words: str) -> Told:
        out, err = io.StringIO(), io.StringIO()
        code = main(words, self.around(io.StringIO(), out, err))
        told = Told(code, out.getvalue(), err.getvalue())
        if "--json" in words:
            assert_shape(words, told)
        return told

    def around(self, stdin: Any, stdout: Any, stderr: Any) -> Surroundings:
        environment = {"MNTUI_HOME": str(self.home), "USER": "ada", "NO_COLOR": "1", "OLLAMA_HOST": "127.0.0.1:1"}
        now = lambda: self.setting.clock().at  # noqa: E731 - one word
        return Surroundings(self.open, stdin, stdout, stderr, self.folder, environment, now)

    @asynccontextmanager
    async def open(self, _settings: Settings) -> AsyncIterator[Engine]:
        worker = self.setting.worker()
        await worker.adopt()
        self.open_now = (worker, asyncio.get_running_loop())
        try:
            yield worker
        finally:
            await worker.drain(5)
            await worker.close()

    def started(self, text: str, *words: str) -> str:
        """The name of a run that was started and went as far as it goes by itself."""
        told = self("run", self.blueprint(text), "--json", *words)
        assert "run" in told.json, told
        return told.json["run"]


class Typist:
    """A person at a terminal of 80×24: types into a pty, reads what the screen says. The command runs in a thread."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.hand, seat = pty.openpty()
        fcntl.ioctl(seat, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.seat = os.fdopen(seat, "r+b", buffering=0)
        self.text = io.TextIOWrapper(io.FileIO(os.dup(seat), "w"), encoding="utf-8", write_through=True)
        self.stdin = io.TextIOWrapper(io.FileIO(os.dup(seat), "r"), encoding="utf-8")
        self.out = io.StringIO()
        self.seen = ""
        self.code: int | None = None
        self.thread: threading.Thread | None = None

    def start(self, *words: str, **environment: str) -> None:
        around = self.shell.around(self.stdin, self.out, self.text)
        around = replace(around, environment={**around.environment, "TERM": "xterm", **environment})

        def work() -> None:
            self.code = main(words, around)

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()

    def type(self, keys: str) -> None:
        os.write(self.hand, keys.encode())

    def read(self, seconds: float) -> None:
        if select.select([self.hand], [], [], seconds)[0]:
            self.seen += os.read(self.hand, 65536).decode("utf-8", "replace")

    def expect(self, words: str) -> None:
        """Read until the words have come; what was before them is not seen again."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.seen:
            assert time.monotonic() < deadline, (words, self.seen)
            self.read(0.1)
        self.seen = self.seen[self.seen.index(words) + len(words) :]

    def press(self, key: str, until: str) -> None:
        """Press a key again and again until it has done what it should: it does nothing while keys are dead."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while until not in self.seen:
            assert time.monotonic() < deadline, (key, until, self.seen)
            self.type(key)
            self.read(0.1)
        self.expect(until)

    def press_until_end(self, key: str) -> None:
        """The same, for a key that ends the command."""
        assert self.thread is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.thread.is_alive():
            assert time.monotonic() < deadline, (key, self.seen)
            self.type(key)
            self.read(0.05)

    def end(self) -> int:
        assert self.thread is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.thread.is_alive():
            assert time.monotonic() < deadline, self.seen
            self.read(0.05)
        assert self.code is not None
        return self.code

    def close(self) -> None:
        for stream in (self.seat, self.text, self.stdin):
            stream.close()
        os.close(self.hand)


def assert_shape(words: tuple[str, ...], told: Told) -> None:
    name = " ".join(words[:2])
    name = name if name in SCHEMA["x-commands"] else words[0]
    documents = told.lines if name == "watch" and told.code in {0, 1} else [told.json]
    for document in documents:
        wanted = "error" if isinstance(document, dict) and "error" in document else SCHEMA["x-commands"][name]
        schema = {"$ref": f"#/$defs/{wanted}", "$defs": SCHEMA["$defs"]}
        problems = [
            f"{'/'.join(map(str, e.path))}: {e.message}" for e in Draft202012Validator(schema).iter_errors(document)
        ]
        assert not problems, (name, problems, document)


@pytest.fixture
def typist(shell: Shell) -> Iterator[Typist]:
    person = Typist(shell)
    yield person
    person.close()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


class DiskJournal:
    """A journal on the disk: every command finds it as the last one left it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = LogJournal(folder)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.journal, name)

    def close(self) -> None:
        self.journal.close()
        self.journal = LogJournal(self.folder)


@pytest.fixture
def kept(shell: Shell) -> Iterator[Shell]:
    """A shell over a journal on the disk."""
    disk = DiskJournal(shell.home / "journal")
    shell.setting.journal = disk
    yield shell
    disk.journal.close()
