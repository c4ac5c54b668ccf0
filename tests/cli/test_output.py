"""What is printed: columns that line up, text that can do nothing but be read, a place with its caret."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.cli.output import cut, error_document, error_text, glance, paint, plain, printable, table
from mntui.core.messages import Denied
from mntui.core.money import Spend
from mntui.core.values import Ref

SEQUENCES = re.compile(r"\x1b\[(?:0|1|2|31|32|33|36)m")


@given(st.text())
def test_no_text_can_do_anything_to_a_terminal(text):
    shown = SEQUENCES.sub("", printable(text, coloured=True))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert "\x1b" not in printable(text, coloured=False)


@given(st.text(st.characters(categories=("L", "N", "P"))))
def test_ordinary_text_is_printed_as_it_is(text):
    assert printable(text, coloured=True) == printable(text, coloured=False) == text


def test_our_own_colours_pass_where_they_are_wanted():
    assert printable(paint("x", "red"), coloured=True) == "\x1b[31mx\x1b[0m"
    assert printable(paint("x", "red"), coloured=False) == "x"


def test_text_cannot_conceal_itself():
    assert printable("pay \x1b[8mnot\x1b[0m", coloured=True).startswith("pay \\u001b[8mnot")


def test_columns_line_up_whatever_their_colour_and_the_last_is_cut():
    text = table(("a", "b"), [(paint("xx", "red"), "1"), ("y", "long " * 30)], 40)
    lines = printable(text, coloured=False).splitlines()
    assert [line[4:5] for line in lines] == ["b", "1", "l"]
    assert max(map(len, lines)) == 40


def test_a_glance_is_one_line():
    assert glance("a\nb") == "a b"
    assert glance({"a": 1}) == '{"a": 1}'
    assert glance(Ref("d", 12345, "the head")) == "the head (12,345 bytes)"
    assert cut("x" * 10, 5) == "xxxx…"


def test_named_tuples_and_dataclasses_become_maps():
    assert plain(Spend(micros=1))["micros"] == 1
    assert plain((Ref("d", 1, "h"),)) == [{"digest": "d", "size": 1, "head": "h", "ref": "payload"}]


def test_an_error_shows_its_line_with_a_caret_under_the_place(tmp_path):
    file = tmp_path / "blueprint.yaml"
    file.write_text("a: 1\n\tb: 2\n")
    lines = printable(error_text(Denied("c", "wrong", "mend it", str(file), 2, 5)), coloured=False).splitlines()
    assert lines == ["error: wrong", f"  {file}:2:5", "    \tb: 2", "    \t   ^", "  mend it"]


def test_an_error_of_a_file_that_has_gone_still_names_the_place():
    assert "  gone.yaml:2:5" in error_text(Denied("c", "wrong", "", "gone.yaml", 2, 5))


@pytest.mark.parametrize("message", ["2 things are wrong: one; two", "2 things are wrong"])
def test_several_errors_are_told_once_each(message):
    both = Denied("many", message, "fix", more=(Denied("a", "one", "fix"), Denied("b", "two", "it")))
    text = printable(error_text(both), coloured=False)
    assert text.splitlines() == ["error: 2 things are wrong", "error: one", "  fix", "error: two", "  it"]
    assert [each["code"] for each in error_document(both)["error"]["more"]] == ["a", "b"]
