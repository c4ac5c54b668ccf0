from hypothesis import given
from hypothesis import strategies as st

from mntui.ui.drawing.text import cells, plain
from mntui.ui.pages.markdown import markdown_page

PAGE = """\
# Report

Two **bold** words and `code`.

- one
- two that is longer than the width of this page

| name | amount |
|------|-------:|
| Ada  | 12 |

```
kept  as  it is
```
"""


def test_marks_are_gone_and_what_they_marked_is_there() -> None:
    rows = [plain(row).rstrip() for row in markdown_page(PAGE, 30)]
    assert rows[0] == "Report"
    assert "Two bold words and code." in rows
    assert rows[rows.index("• two that is longer than") + 1] == "  the width of this page"
    assert rows[rows.index("name  amount") + 1] == "Ada   12"
    assert "  kept  as  it is" in rows


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=300), st.integers(20, 90))
def test_any_text_fits_and_is_harmless(text: str, width: int) -> None:
    for row in markdown_page(text, width):
        assert sum(cells(part) for part, _ in row) <= width
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for part, _ in row for char in part)
