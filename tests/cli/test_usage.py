"""Exit codes, errors, help, and what a fresh process must not import."""

import io
import json
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from typer.main import get_command

from mntui import __version__
from mntui.cli.app import build, main
from mntui.cli.bugs import crash_hook
from mntui.engines.base import EngineGone

LATER = (
    "bench",
    "fork",
    "migrate",
)


def leaves(command, words=()):
    """Every command that does something, with the words that lead to it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, each in inner.items():
        yield from leaves(each, (*words, name))


COMMANDS = dict(leaves(get_command(build())))


def test_alone_it_gives_an_overview_of_what_to_type_next(shell):
    told = shell()
    assert told.code == 0
    for word in ("mntui run", "mntui approvals", "mntui --help"):
        assert word in told.out


def test_the_version_is_the_packages(shell):
    assert shell("--version").out == f"mntui {__version__}\n"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_takes_json_and_home_and_shows_an_example(words):
    command = COMMANDS[words]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--json", "--home"} <= options
    assert command.epilog.startswith(f"Example: mntui {' '.join(words)}")


@pytest.mark.parametrize("word", LATER)
def test_what_comes_later_is_not_offered(shell, word):
    assert shell(word).code == 2


@pytest.mark.parametrize(
    "words", [("runz",), ("run",), ("run", "a", "--bad"), ("blueprint", "chekc"), ("runs", "--limit", "x")]
)
def test_wrong_usage_exits_2_on_stderr_or_as_a_document(shell, words):
    told = shell(*words)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: ")
    assert "--help" in told.err
    documented = shell(*words, "--json")
    assert (documented.code, documented.err) == (2, "")
    assert documented.json["error"]["code"] == "usage"


def test_a_worker_that_cannot_be_reached_exits_4_with_a_remedy(shell):
    @asynccontextmanager
    async def nowhere(_settings):
        raise EngineGone("no worker answers", "mntui worker start")
        yield

    for words in (["runs"], ["runs", "--json"]):
        out, err = io.StringIO(), io.StringIO()
        around = replace(shell.around(io.StringIO(), out, err), open_engine=nowhere)
        assert main(words, around) == 4
        assert "mntui worker start" in out.getvalue() + err.getvalue()


def test_a_home_that_cannot_be_is_refused(shell):
    around = shell.around(io.StringIO(), io.StringIO(), err := io.StringIO())
    around.environment["MNTUI_LOG_LEVEL"] = "LOUD"
    assert main(["runs"], around) == 3
    assert "MNTUI_LOG_LEVEL" in err.getvalue()


@pytest.mark.parametrize("json_wanted", [False, True])
def test_a_bug_is_one_sentence_and_a_file_never_a_traceback(tmp_path, capsys, json_wanted):
    words = ["runs", f"--home={tmp_path}", *(["--json"] if json_wanted else [])]
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError("that can't be")
    crash_hook(words, {})(RuntimeError, caught.value, caught.tb)
    told = capsys.readouterr()
    (written,) = tmp_path.glob("crash-*.txt")
    assert "Traceback" in written.read_text()
    assert "Traceback" not in told.out + told.err
    assert str(written) in (json.loads(told.out)["error"]["remedy"] if json_wanted else told.err)


def test_a_reader_that_goes_away_is_no_error(shell):
    class Gone(io.StringIO):
        def write(self, _text):
            raise BrokenPipeError

    kept = sys.stdout
    try:
        assert main(["tools"], shell.around(io.StringIO(), Gone(), err := io.StringIO())) == 1
    finally:
        sys.stdout = kept
    assert err.getvalue() == ""


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from mntui.cli.app import main; from mntui.cli.opening import of_process;"
        "code = main(['--help'], of_process());"
        "print([m for m in ('litellm', 'duckdb', 'textual', 'pydantic', 'jinja2', 'jsonschema', 'rich.live',"
        " 'mntui.core.events') if m in sys.modules], code)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[] 0"
