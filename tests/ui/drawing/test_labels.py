"""Labels stay apart, however short they get."""

from hypothesis import given
from hypothesis import strategies as st

from mntui.ui.drawing.labels import shortened
from mntui.ui.drawing.text import cells

NAMES = st.lists(st.text("abc_", min_size=1, max_size=14), unique=True, min_size=1, max_size=30)


@given(NAMES, st.integers(5, 20))
def test_labels_fit_and_differ(texts, longest):
    short = shortened(texts, longest)
    assert len(set(short)) == len(texts)
    assert all(cells(text) <= longest for text in short)


def test_what_fits_stays_whole():
    assert shortened(["plan", "draft_patch"], 11) == ("plan", "draft_patch")


def test_twins_keep_what_tells_them_apart():
    assert shortened(["search_the_archive", "search_the_ledger"], 12) == ("sear…archive", "sear…_ledger")


def test_an_odd_one_out_is_cut_at_its_end():
    assert shortened(["reconcile_everything", "plan"], 9) == ("reconcil…", "plan")
