"""Check, backup and rebuild of a journal."""

import shutil
from contextlib import closing
from pathlib import Path

from mntui.core.messages import AskKeeping, Denied, Kept
from mntui.journal.log import read_log
from mntui.journal.remembered import LogJournal
from mntui.journal.segments import segment_paths
from mntui.journal.squeezing import squeezed
from tests.journal.test_store import check_equal, commit, lives, rows, turns


async def kept(journal: LogJournal, what: str, target: str = "") -> Kept | Denied:
    return await journal.keep(AskKeeping(what, target))  # type: ignore[arg-type]


async def test_a_check_finds_nothing_in_a_sound_journal_and_says_what_it_read(tmp_path: Path) -> None:
    of = lives(5)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, turns(of))
        told = await kept(journal, "check")
        assert isinstance(told, Kept)
        assert told.sound
        assert "5 ended runs: log, index and folds agree" in told.sentences[0]


async def test_a_check_names_rows_that_say_something_else_than_the_facts(tmp_path: Path) -> None:
    of = lives(4)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, turns(of))
        await rows(journal, "SELECT 1")
        with journal._index.file.cursor() as cursor:
            cursor.execute("UPDATE run_states SET status = 'failed', cost_micros = 7000 WHERE run = 'bench-1'")
            cursor.execute(
                "DELETE FROM step_states WHERE run = 'bench-2' AND seq = (SELECT max(seq) FROM step_states WHERE run = 'bench-2')"
            )
            cursor.execute("UPDATE facts SET actor = 'nobody' WHERE batch = 3")
        told = await kept(journal, "check")
        assert isinstance(told, Kept)
        assert not told.sound
        text = " ".join(told.sentences)
        assert "doesn't hold batch 3 as the log does" in text
        assert "lists bench-1 otherwise" in text
        assert "steps of bench-2 otherwise" in text


async def test_a_check_names_damage_of_the_log(tmp_path: Path) -> None:
    of = lives(3)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, turns(of))
        (segment,) = segment_paths(tmp_path)
        data = segment.read_bytes()
        at = data.index(squeezed(dict(read_log(tmp_path))[4]))
        segment.write_bytes(data[:at] + b"?" + data[at + 1 :])
        told = await kept(journal, "check")
        assert isinstance(told, Kept)
        assert not told.sound
        assert "is damaged" in told.sentences[0]


async def test_after_a_rebuild_everything_is_as_before(tmp_path: Path) -> None:
    of = lives(4)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, turns(of))
        await rows(journal, "SELECT 1")
        with journal._index.file.cursor() as cursor:
            cursor.execute("DELETE FROM run_states")
        told = await kept(journal, "rebuild")
        assert isinstance(told, Kept)
        await check_equal(journal, of)


async def test_a_backup_made_while_runs_go_on_restores_in_another_home(tmp_path: Path) -> None:
    of = lives(5)
    found = turns(of)
    with closing(LogJournal(tmp_path / "here")) as journal:
        await commit(journal, found[: len(found) // 2])
        told = await kept(journal, "backup", str(tmp_path / "copy"))
        assert isinstance(told, Kept), told
        await commit(journal, found[len(found) // 2 :])
    shutil.copytree(tmp_path / "copy", tmp_path / "there" / "journal")
    with closing(LogJournal(tmp_path / "there" / "journal")) as journal:
        assert not [said for said in journal.opening if "index" not in said.lower()]
        await commit(journal, found[len(found) // 2 :])
        await check_equal(journal, of)


async def test_a_backup_never_writes_into_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with closing(LogJournal(tmp_path / "here")) as journal:
        told = await kept(journal, "backup", str(tmp_path / "full"))
    assert isinstance(told, Denied)
    assert told.code == "no_backup"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]
