"""What the doctor says of the machine and the home, each with a remedy where something is wrong."""

import asyncio
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mntui.cli.checks import config, disk, home, keys, machine, python, sandbox, terminal
from mntui.cli.checks_worker import ollama
from mntui.cli.output import Session
from mntui.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "run")


@pytest.fixture
def made(settings: Settings) -> Settings:
    settings.home.mkdir(mode=0o700)
    return settings


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def session(shell: Any) -> Session:
    """A session at something that says it is a terminal."""
    around = shell.around(io.StringIO(), Screen(), io.StringIO())
    around.environment.pop("NO_COLOR")
    around.environment["TERM"] = "xterm-256color"
    return Session(around)


def test_this_python_and_this_machine_will_do():
    assert (python().status, machine().status) == ("ok", "ok")


def test_a_terminal_is_told_with_its_colours_and_letters(session):
    session.around.environment["COLORTERM"] = "truecolor"
    assert terminal(session).said.startswith("xterm-256color, ")
    assert "16 million colours, unicode" in terminal(session).said


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [({"TERM": "dumb"}, "Set TERM"), ({"TMUX": "/tmp/tmux"}, "tmux-256color"), ({"TERM": ""}, "Set TERM")],
    ids=["dumb", "tmux", "none"],
)
def test_what_a_terminal_lacks_has_a_remedy(session, variables, remedy):
    session.around.environment.update(variables)
    found = terminal(session)
    assert found.status == "note"
    assert remedy in found.remedy


def test_no_colours_are_a_choice_and_no_fault(session):
    session.around.environment["NO_COLOR"] = "1"
    assert "no colours (NO_COLOR)" in terminal(session).said


def test_a_home_that_is_not_there_yet_is_fine_and_nothing_is_made(settings):
    assert home(settings).status == "ok"
    assert [check.status for check in disk(settings)] == ["ok"]
    assert config(settings).status == "ok"
    assert not settings.home.exists()


def test_a_home_that_others_can_read_is_noted_with_the_command(made):
    assert home(made).status == "ok"
    made.home.chmod(0o755)
    assert (home(made).status, home(made).remedy) == ("note", f"chmod 700 {made.home}")
    assert made.home.stat().st_mode & 0o077


def test_a_file_in_its_place_is_a_problem(settings):
    settings.home.touch()
    assert home(settings).status == "problem"


def test_the_disk_is_timed_and_left_as_it_was(made):
    room, speed = disk(made)
    assert "free; log 0 bytes, index 0 bytes, run folders 0 bytes" in room.said
    assert "durable writes a second" in speed.said
    assert [*made.home.iterdir()] == []


def test_what_journal_and_runs_hold_is_counted(made):
    made.journal.mkdir()
    (made.journal / "1.log").write_bytes(b"x" * 200_000)
    assert "log 2" in disk(made)[0].said


def test_a_broken_config_is_a_problem_with_its_line(made):
    made.config.write_text("[limits]\nx = 1\n")
    assert (config(made).status, "line 2" in config(made).said) == ("problem", True)
    made.config.write_text("[limits]\ntool_calls_at_once = 1\n")
    assert "sets 1 of its settings" in config(made).said


def test_keys_are_told_by_name_and_never_by_value():
    found = keys({"OPENAI_API_KEY": "sk-secret", "ANTHROPIC_API_KEY": "", "OTHER": "x"})
    assert "OPENAI_API_KEY" in found.said
    assert "ANTHROPIC" not in found.said
    assert "sk-secret" not in repr(found)
    assert keys({}).status == "ok"


def test_the_sandbox_is_told_as_it_is():
    assert "doesn't use it yet" in sandbox().said


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody listens: it is bound, so nobody else can."""
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


async def test_an_ollama_that_does_not_answer_is_noted(closed_port):
    found = await ollama({"OLLAMA_HOST": f"127.0.0.1:{closed_port}"})
    assert (found.status, f"127.0.0.1:{closed_port}" in found.said) == ("note", True)


async def test_an_ollama_that_answers_is_fine():
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await ollama({"OLLAMA_HOST": f"http://127.0.0.1:{port}"})).status == "ok"


async def test_another_machines_ollama_is_never_knocked_at():
    assert "wasn't asked" in (await ollama({"OLLAMA_HOST": "192.0.2.1"})).said


async def test_an_address_that_is_none_is_noted():
    assert (await ollama({"OLLAMA_HOST": "localhost:many"})).status == "note"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_home_of_another_user_is_a_problem(made):
    os.chown(made.home, 65534, 65534)
    assert home(made).status == "problem"
