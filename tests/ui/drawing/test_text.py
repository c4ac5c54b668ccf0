"""Cells, cuts and merged segments."""

import pytest

from mntui.ui.drawing.text import cells, cut, in_ascii, joined, left, plain, right


@pytest.mark.parametrize(("text", "width"), [("plan", 4), ("…─◐", 3), ("請求書", 6), ("e\u0301", 1), ("Zürich", 6)])
def test_a_text_is_as_wide_as_a_terminal_shows_it(text, width):
    assert cells(text) == width


def test_a_cut_never_takes_half_a_letter():
    assert cut("請求書", 4) == "請…"
    assert cells(left("請求書", 4)) == 4
    assert cut("plan", 4) == "plan"
    assert cut("plan", 0) == ""


def test_texts_are_filled_on_either_side():
    assert left("a", 3) == "a  "
    assert right("a", 3) == "  a"


def test_segments_of_one_style_are_one():
    line = joined([("a", "x"), ("", "y"), ("b", "x"), ("c", "")])
    assert line == (("ab", "x"), ("c", ""))
    assert plain(line) == "abc"


def test_ascii_keeps_names_and_turns_lines():
    assert in_ascii("╰─┬─╯ ├│┤ ━▸ ▰▱") == "+-+-+ +|+ -> #-"
