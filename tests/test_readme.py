"""What the README says is so: its example checks clean, its commands exist, its two set-up commands are the ones."""

import re
import shlex
from contextlib import closing
from pathlib import Path

import pytest
from typer.main import get_command

from mntui.cli.app import build
from mntui.core.messages import AskSql, SqlRows
from mntui.journal.remembered import LogJournal
from mntui.journal.views import VIEWS
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


INNER_VIEWS = {"attempts", "attempt_endings"}
SAID_OF_VIEWS = README.partition("<!-- views -->")[2].partition("\n## ")[0]
VIEWS_TOLD = dict(re.findall(r"^- `(\w+)`, one row[^:]*: (.*?)(?=^- `|\Z)", SAID_OF_VIEWS, re.MULTILINE | re.DOTALL))
QUESTIONS = re.findall(r"^mntui sql .*$", README.partition("<!-- sql -->")[2].partition("```\n\n")[0], re.MULTILINE)


async def answered(folder: Path, query: str) -> SqlRows:
    with closing(LogJournal(folder)) as journal:
        told = await journal.sql(AskSql(query))
    assert isinstance(told, SqlRows), told
    return told


@pytest.mark.parametrize("view", sorted(VIEWS.keys() - INNER_VIEWS))
async def test_every_column_of_every_view_is_told_in_its_order(view: str, tmp_path: Path) -> None:
    told = [re.findall(r"`(\w+)`", said)[0] for said in VIEWS_TOLD[view].split("·")]
    assert told == list((await answered(tmp_path, f"SELECT * FROM {view}")).columns)


def test_no_view_is_told_that_is_not_there() -> None:
    assert VIEWS_TOLD.keys() == VIEWS.keys() - INNER_VIEWS


@pytest.mark.parametrize("line", QUESTIONS)
async def test_every_question_of_the_readme_is_answered(line: str, tmp_path: Path) -> None:
    await answered(tmp_path, shlex.split(line)[2])


def test_there_are_worked_questions() -> None:
    assert len(QUESTIONS) >= 5
