"""`mntui sql`: over the runs of a home by way of the worker, and over a named file."""

import csv
import io
import json

import duckdb
import pytest
import typer
from typer.main import get_command

from mntui.cli.app_sql import declare
from mntui.cli.options import STYLE
from mntui.journal.remembered import LogJournal

SIMPLE = "steps:\n  a: {set: {n: 1}}\n"


@pytest.fixture
def ask(shell):
    """Type `mntui sql` in a home whose journal is on the disk, with one run in it."""
    app = typer.Typer(**STYLE)
    declare(app)
    app.command("other")(lambda: None)

    def type_words(*words):
        shell.setting.journal = LogJournal(shell.home / "journal")
        out, err = io.StringIO(), io.StringIO()
        around = shell.around(io.StringIO(), out, err)
        code = get_command(app).main(["sql", *words], standalone_mode=False, obj=around)
        shell.setting.journal.close()
        return code, out.getvalue(), err.getvalue()

    shell.setting.journal = LogJournal(shell.home / "journal")
    type_words.run = shell.started(SIMPLE)
    return type_words


@pytest.fixture
def database(shell):
    path = shell.folder / "evidence.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE cases AS SELECT range AS n, repeat('long ', 50) AS text FROM range(5)")
    return path


def test_rows_come_as_a_table_as_csv_and_as_json(ask):
    query = "SELECT run, status, waiting_for FROM runs"
    code, out, _ = ask(query)
    assert code == 0
    assert ask.run in out
    assert "succeeded" in out
    rows = list(csv.reader(io.StringIO(ask(query, "--format", "csv")[1])))
    assert rows == [["run", "status", "waiting_for"], [ask.run, "succeeded", "[]"]]
    wanted = {"columns": ["run", "status", "waiting_for"], "rows": [[ask.run, "succeeded", []]], "truncated": False}
    assert json.loads(ask(query, "--format", "json")[1]) == wanted
    assert json.loads(ask(query, "--json")[1]) == wanted


def test_whatever_is_no_select_is_refused_with_a_remedy(ask):
    code, out, err = ask("DELETE FROM facts")
    assert (code, out) == (3, "")
    assert "this is DELETE" in err
    assert json.loads(ask("DELETE FROM facts", "--json")[1])["error"]["code"] == "sql_not_select"


def test_what_was_left_out_is_said(ask):
    code, out, err = ask("FROM range(10)", "--limit", "3")
    assert code == 0
    assert len(out.splitlines()) == 4
    assert "There is more" in err


def test_a_format_that_is_none_is_wrong_usage(ask):
    assert ask("SELECT 1", "--format", "xml")[0] == 2


def test_a_named_file_is_read_and_never_changed(ask, database):
    before = database.read_bytes()
    code, out, _ = ask("SELECT n, text FROM cases WHERE n > 2", "--db", str(database))
    assert code == 0
    assert "…" in out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert ask("DELETE FROM cases", "--db", str(database))[0] == 3
    assert ask("SELECT * FROM read_text('/etc/passwd')", "--db", str(database))[0] == 3
    assert database.read_bytes() == before


def test_a_file_that_is_none_or_no_database_is_told(ask, shell):
    assert "there is no file" in ask("SELECT 1", "--db", "nowhere.duckdb")[2]
    (shell.folder / "text.duckdb").write_text("text" * 5000)
    code, _, err = ask("SELECT 1", "--db", "text.duckdb")
    assert code == 3
    assert "not a valid DuckDB" in err
