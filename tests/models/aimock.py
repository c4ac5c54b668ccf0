"""npm's @copilotkit/aimock: servers that nobody here wrote, for Ollama's, OpenAI's and Anthropic's wire formats.

It is installed once into pytest's cache folder (some 10 MB, no dependencies, its scripts not run). Without npm, or
without a registry, what needs it is skipped, saying so.
"""

import fcntl
import json
import re
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

VERSION = "1.43.0"
PACKAGE = "@copilotkit/aimock"
INSTALL_SECONDS = 120


def installed(folder: Path) -> Path:
    """The program, installed below a folder where it isn't yet. Skips the test where it can't be."""
    program = folder / VERSION / "node_modules" / PACKAGE / "dist" / "cli.js"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes, one installation
        if program.exists():
            return program
        if shutil.which("npm") is None or shutil.which("node") is None:
            pytest.skip("npm and node aren't there: no aimock")
        command = ["npm", "install", "--prefix", str(folder / VERSION), "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            subprocess.run([*command, f"{PACKAGE}@{VERSION}"], check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"npm can't install aimock: {error}")
    return program


@contextmanager
def aimock(program: Path, folder: Path, fixtures: list[dict[str, Any]], *flags: str) -> Iterator[str]:
    """A server with these fixtures, and its address. `flags` are those of its command line (`--chaos-drop 1`)."""
    server = Server(program, folder, fixtures, *flags)
    try:
        yield server.url
    finally:
        server.pull_the_plug()


class Server:
    """An aimock as a process. `port` 0 is any free one."""

    def __init__(self, program: Path, folder: Path, fixtures: list[dict[str, Any]], *flags: str, port: int = 0) -> None:
        file = folder / "fixtures.json"
        file.write_text(json.dumps({"fixtures": fixtures}))
        self._process = subprocess.Popen(
            ["node", str(program), "-p", str(port), "-f", str(file), *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = _address(self._process)
        self.port = int(self.url.rpartition(":")[2])
        # What it says later is read away, or it would stop at a full pipe.
        threading.Thread(target=self._process.communicate, daemon=True).start()

    def pull_the_plug(self) -> None:
        self._process.kill()
        self._process.wait()


def requests_of(url: str) -> list[Any]:
    """The bodies of the calls that a server got, by its own log: chats that ask something."""
    with urllib.request.urlopen(f"{url}/__aimock/journal?limit=10000") as reply:
        entries = json.load(reply)
    bodies = [entry["body"] for entry in (entries["entries"] if isinstance(entries, dict) else entries)]
    return [body for body in bodies if body and body.get("messages")]


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line
        if found := re.search(r"listening on (http://[\d.]+:\d+)", line):
            return found[1]
    raise AssertionError(f"aimock said no address: {said}")
