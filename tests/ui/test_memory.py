from pathlib import Path

import pytest

from mntui.ui.memory import MOST_CHARACTERS, Memory


def test_what_was_kept_is_there_after_another_opening_and_only_for_this_user(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"
    memory = Memory(path)
    memory.keep_theme("nord")
    memory.keep_word("runs.order", "dearest")
    memory.keep_texts("letter", {"who": "Ada", "long": "x" * (MOST_CHARACTERS + 1)})
    again = Memory(path)
    assert again.theme({"nord"}, "other") == "nord"
    assert again.theme({"gone"}, "other") == "other"
    assert again.word("runs.order", "newest") == "dearest"
    assert again.texts("letter") == {"who": "Ada"}
    assert again.texts("other") == {}
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "held", ["", "{", "[]", '{"theme": 3, "forms": [], "runs.order": {}}', '{"forms": {"letter": 1}}']
)
def test_a_file_that_holds_something_else_counts_as_empty(tmp_path: Path, held: str) -> None:
    path = tmp_path / "screen.json"
    path.write_text(held)
    memory = Memory(path)
    assert memory.theme({"nord"}, "other") == "other"
    assert memory.texts("letter") == {}
    assert memory.word("runs.order", "newest") == "newest"
    memory.keep_texts("letter", {"who": "Bo"})
    assert Memory(path).texts("letter") == {"who": "Bo"}


def test_a_place_that_cannot_be_written_is_given_up_in_silence(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "none" / "screen.json")
    memory.keep_theme("nord")
    assert memory.theme({"nord"}, "other") == "nord"
