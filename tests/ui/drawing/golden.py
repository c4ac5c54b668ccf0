"""Drawings kept as text files beside the tests. `MNTUI_GOLDEN=write` writes what is drawn now, to be looked at."""

import os
from collections.abc import Iterable
from pathlib import Path

from mntui.ui.drawing.text import Line, plain

FOLDER = Path(__file__).parent / "golden"


def check_golden(name: str, lines: Iterable[Line]) -> None:
    """The lines are those of `golden/NAME.txt`; blanks at their ends don't matter."""
    drawn = "".join(plain(line).rstrip() + "\n" for line in lines)
    file = FOLDER / f"{name}.txt"
    if os.environ.get("MNTUI_GOLDEN") == "write":
        file.write_text(drawn)
    assert drawn == file.read_text()
