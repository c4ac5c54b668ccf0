import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.ui.drawing.text import cells, plain
from mntui.ui.pages.write import ago, apart, fit, line, paragraph, wrapped

WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=200)


@given(WORDS, st.integers(8, 60))
def test_wrapping_leaves_nothing_out_and_fits(text: str, width: int) -> None:
    rows = wrapped(text, width)
    assert all(cells(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())


def test_words_stay_whole_where_they_fit_and_leading_spaces_stay() -> None:
    assert wrapped("  one two three", 9) == ["  one two", "  three"]


def test_foreign_text_can_do_nothing_but_be_read() -> None:
    assert plain(line("a\x1b[2Jb\u202ec")) == "a\\u001b[2Jb\\u202ec"
    assert [plain(row) for row in paragraph("one\ttwo\nthree\x07", 40)] == ["one two", "three\\u0007"]


@given(WORDS, st.integers(1, 40))
def test_a_line_is_cut_to_its_width(text: str, width: int) -> None:
    assert sum(cells(part) for part, _ in fit(line(text, (text, "title")), width)) <= width


def test_both_ends_of_a_line_are_seen_and_the_beginning_gives_way() -> None:
    assert plain(apart(line("a"), line("end"), 8)) == "a    end"


@pytest.mark.parametrize(("seconds", "told"), [(0, "now"), (41, "41s"), (600, "10m"), (7200, "2h"), (200_000, "2d")])
def test_times_past_are_one_short_word(seconds: int, told: str) -> None:
    assert ago(0, seconds * 1_000_000) == told
