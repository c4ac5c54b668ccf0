import os
from pathlib import Path

import pytest

from mntui.tools.notify import operate

FAKE = """#!/bin/sh
for word in "$@"; do printf '%s\\n' "$word"; done > "$0.said"
"""


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    """A desktop's program of the test's own, first in PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("notify-send", "osascript"):
        (folder / name).write_text(FAKE)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_without_a_desktop_the_line_stands_in_the_runs_folder_once_however_often_it_comes(world, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    call = world.call("notify", text="three wait\nfor you\x1b[2J", title="Approvals")
    for _ in range(2):
        assert operate(call) == {"by": "", "line": "Approvals: three wait for you [2J"}
    assert (world.folder / "notices.txt").read_text() == "Approvals: three wait for you [2J  [key]\n"
    operate(world.call("notify", text="again", key="other"))
    assert len((world.folder / "notices.txt").read_text().splitlines()) == 2


def test_a_desktop_gets_the_texts_as_arguments_and_never_as_a_script(world, desktop):
    found = operate(world.call("notify", text='"; do shell script "touch pwned"', title="--help"))
    said = Path(f"{desktop}/{found['by']}.said").read_text().splitlines()
    assert said[-3:] in (
        ["--", "--help", "&quot;; do shell script &quot;touch pwned&quot;"],
        ["--", '"; do shell script "touch pwned"', "--help"],
    )


def test_a_link_in_place_of_the_file_is_not_followed(world, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    (world.root / "elsewhere").touch()
    (world.folder / "notices.txt").symlink_to(world.root / "elsewhere")
    with pytest.raises(Exception, match=r"isn't allowed|symbolic|symlink"):
        operate(world.call("notify", text="x"))
    assert (world.root / "elsewhere").read_text() == ""
