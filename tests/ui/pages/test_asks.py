"""An item is shown whole: whatever it holds, nothing is cut and nothing reaches beyond the width."""

from hypothesis import given
from hypothesis import strategies as st

from mntui.core.messages import Waiting
from mntui.core.run import Ask
from mntui.core.values import Json
from mntui.ui.drawing.text import cells, plain
from mntui.ui.pages.asks import card_page, item_page, name_of

TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs", "Cc"]), max_size=300)
VALUES = st.dictionaries(TEXT.filter(bool), TEXT | st.integers() | st.lists(TEXT, max_size=3), max_size=4)


def waiting(shown: Json, edit: tuple[str, ...] = ()) -> Waiting:
    ask = Ask("run.1", "approval", "step", "", "Send it?", 0, digest="d" * 64, shown=shown, edit=edit)
    return Waiting("run", "id", ask)


@given(VALUES, st.integers(30, 120))
def test_no_row_reaches_beyond_the_width(shown: dict[str, Json], width: int) -> None:
    for row in item_page(waiting(shown, tuple(shown)), {}, 0, width):
        assert sum(cells(text) for text, _ in row) <= width


@given(st.text("abcdefgh ", min_size=1, max_size=2000), st.integers(30, 120))
def test_every_letter_of_a_value_is_there(text: str, width: int) -> None:
    shown = "".join(
        plain(row) for row in card_page(waiting({"text": text, "a name that is long enough": text}), {}, 0, width)
    )
    assert "".join(shown.split()).count("".join(text.split())) >= 2


def test_what_was_edited_is_shown_as_it_would_be_approved() -> None:
    shown = [plain(row) for row in card_page(waiting({"to": "ada", "copies": 3}, ("to",)), {"to": "bo"}, 0, 60)]
    assert "to ✎ edited" in shown
    assert "  bo" in shown
    assert not [row for row in shown if "ada" in row]


def test_another_digest_edit_or_number_is_another_item() -> None:
    one = waiting({"to": "ada"})
    assert name_of(one, {}) == name_of(waiting({"to": "ada"}), {})
    assert name_of(one, {"to": "bo"}) != name_of(one, {})
    other = Ask("run.1", "approval", "step", "", "Send it?", 0, digest="e" * 64, shown={"to": "ada"})
    assert name_of(Waiting("run", "id", other), {}) != name_of(one, {})
