"""The command line over a worker in this process. Every command opens a worker of its own and lets it die at its end."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from world import Setting, World

from mntui.cli.app import main
from mntui.cli.opening import Surroundings
from mntui.engines.base import Engine
from mntui.settings import Settings

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
        self.engines: list[Engine] = []

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
        environment = {"MNTUI_HOME": str(self.home), "USER": "ada", "NO_COLOR": "1"}
        now = lambda: self.setting.clock().at  # noqa: E731 - one word
        return Surroundings(self.open, stdin, stdout, stderr, self.folder, environment, now)

    @asynccontextmanager
    async def open(self, _settings: Settings) -> AsyncIterator[Engine]:
        worker = self.setting.worker()
        await worker.adopt()
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


def assert_shape(words: tuple[str, ...], told: Told) -> None:
    name = " ".join(words[:2]) if words[0] in {"blueprint", "worker"} else words[0]
    documents = told.lines if name == "watch" and told.code in {0, 1} else [told.json]
    for document in documents:
        wanted = "error" if isinstance(document, dict) and "error" in document else SCHEMA["x-commands"][name]
        schema = {"$ref": f"#/$defs/{wanted}", "$defs": SCHEMA["$defs"]}
        problems = [
            f"{'/'.join(map(str, e.path))}: {e.message}" for e in Draft202012Validator(schema).iter_errors(document)
        ]
        assert not problems, (name, problems, document)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)
