"""The pictures of the README show what the app shows now. `python -m screenshots` makes them anew."""

import html
import re
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.ui.gallery import NARROW, PICTURES, WIDE, pictures

README = (PICTURES.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_every_picture_is_of_the_screen_as_it_is(tmp_path: Path, size: tuple[int, int]) -> None:
    async with aclosing(pictures(tmp_path, size)) as tour:
        async for name, screen, _ in tour:
            picture = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
            assert written(picture) == written_on(screen), f"{name} looks different: python -m screenshots"


def test_every_picture_that_the_readme_shows_is_there() -> None:
    shown = re.findall(r"\(screenshots/([\w-]+\.svg)\)", README)
    assert len(shown) >= 3
    assert all((PICTURES / name).is_file() for name in shown)


def written(picture: str) -> list[str]:
    """What stands in the rows of a picture, without the blanks between."""
    rows: dict[float, list[tuple[float, str]]] = {}
    body = picture.partition('-matrix"')[2]
    for x, y, text in re.findall(r'<text[^>]*? x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', body, re.DOTALL):
        rows.setdefault(float(y), []).append((float(x), html.unescape(text)))
    found = ["".join(text for _, text in sorted(rows[y])) for y in sorted(rows)]
    return [bare for row in found if (bare := "".join(row.split()))]


def written_on(screen: str) -> list[str]:
    return [bare for row in screen.splitlines() if (bare := "".join(row.split()))]
