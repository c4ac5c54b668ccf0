"""What the README says is so: its example checks clean, its commands exist, its two set-up commands are the ones."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from mntui.cli.app import build
from mntui.library.load import load
from mntui.library.report import report_text
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = get_command(build()).commands  # type: ignore[attr-defined]


def test_the_example_of_a_blueprint_checks_without_a_warning(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "blueprint.yaml").write_text(example)
    loaded = load(tmp_path, BUILTIN, describe_source)
    assert loaded.plan is not None, report_text(loaded.findings)
    assert not loaded.findings


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`mntui ([a-z]+)", README))))
def test_every_command_that_is_named_exists(command: str) -> None:
    assert command in COMMANDS


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "<!-- tests -->" in README
    assert "README.md" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("path", re.findall(r"`((?:tests|mntui|blueprints)/[\w/.-]*)`", README))
def test_every_place_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()
