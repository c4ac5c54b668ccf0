import pytest

from mntui.core.shown import glance, harmless, plain, whole
from mntui.core.values import Ref


@pytest.mark.parametrize("harm", ["\x1b[2J", "\x07", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff", "\r"])
def test_what_could_move_a_cursor_or_turn_words_round_is_shown_escaped(harm: str) -> None:
    shown = harmless(f"a{harm}b")
    assert harm[0] not in shown
    assert "\\u" in shown


def test_line_ends_stay_and_tabs_are_spaces() -> None:
    assert harmless("a\r\nb\tc") == "a\nb   c"


def test_a_glance_is_one_line_and_never_longer_than_asked() -> None:
    assert glance("one\n two", 20) == "one two"
    assert len(glance("x" * 50, 20)) == 20
    assert glance(Ref("d", 5000, "head")) == "head (5,000 bytes)"


def test_a_whole_value_is_not_cut() -> None:
    assert whole("x" * 9999) == "x" * 9999
    assert whole({"a": [1]}) == '{\n  "a": [\n    1\n  ]\n}'


def test_values_of_our_own_become_json() -> None:
    assert plain({"ref": Ref("d", 1, "h")}) == {"ref": {"digest": "d", "size": 1, "head": "h", "ref": "payload"}}
