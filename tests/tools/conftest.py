"""A world for tool calls: a home with one run, a blueprint, and a box that the rules open."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from mntui.tools.base import Grants, Pattern, ToolCall


@dataclass(frozen=True)
class World:
    root: Path
    folder: Path
    home: Path
    blueprint: Path
    box: Path

    def grants(self, *parameters, base=None):
        rule = Pattern(str(base or self.box), "**")
        return Grants(str(self.folder), str(self.home), str(self.blueprint), dict.fromkeys(parameters, (rule,)))

    def call(
        self, use, op="call", *, key="key", intent=None, grants=None, seconds=20.0, code="", env=None, **arguments
    ):
        allowed = grants or self.grants("path")
        return ToolCall(op, use, arguments, key, allowed, seconds, intent, code, env or {})

    def tools(self, text):
        """A tools.py with this text; its path."""
        path = self.blueprint / "tools.py"
        path.write_text(text)
        return str(path)


@pytest.fixture
def world(tmp_path):
    found = World(
        root=tmp_path,
        folder=tmp_path / "home/runs/invoice-7f3k",
        home=tmp_path / "home",
        blueprint=tmp_path / "blueprint",
        box=tmp_path / "box",
    )
    for folder in (found.folder, found.blueprint, found.box):
        folder.mkdir(parents=True)
    return found


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for good.example and 127.0.0.1, and its key: two files."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=good.example", "-addext", "subjectAltName=DNS:good.example,IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key
