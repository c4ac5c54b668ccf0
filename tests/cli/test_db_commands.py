"""`mntui db`: check, backup and rebuild, over a journal on the disk."""

import io
import json

import pytest
import typer
from typer.main import get_command

from mntui.cli import app_db
from mntui.cli.options import STYLE
from mntui.journal.remembered import LogJournal

SIMPLE = "steps:\n  a: {set: {n: 1}}\n"


@pytest.fixture
def db(shell):
    """Type `mntui db …` in a home with one run."""
    app = typer.Typer(**STYLE)
    app.add_typer(app_db.build(), name="db")

    def type_words(*words):
        shell.setting.journal = LogJournal(shell.home / "journal")
        out, err = io.StringIO(), io.StringIO()
        around = shell.around(io.StringIO(), out, err)
        code = get_command(app).main(["db", *words], standalone_mode=False, obj=around)
        shell.setting.journal.close()
        return code, out.getvalue(), err.getvalue()

    shell.setting.journal = LogJournal(shell.home / "journal")
    type_words.run = shell.started(SIMPLE)
    return type_words


def test_a_sound_journal_is_told_so(db):
    code, out, _ = db("check")
    assert code == 0
    assert "agree" in out
    assert json.loads(db("check", "--json")[1])["sound"] is True


def test_a_backup_put_back_in_another_home_holds_the_runs(db, shell):
    code, out, _ = db("backup", "copy")
    assert code == 0
    assert "batches" in out
    journal = LogJournal(shell.folder / "copy")
    assert list(journal.names()) == [db.run]
    journal.close()
    code, _, err = db("backup", "copy")
    assert code == 3
    assert "isn't empty" in err


def test_a_rebuild_is_waited_for(db):
    code, out, _ = db("rebuild")
    assert (code, out) == (0, "The index is built.\n")
    assert db("check")[0] == 0
