import hashlib
import os
import stat
from pathlib import Path

import pytest

from mntui.tools.base import RESULT_BYTES, ToolFailure
from mntui.tools.files import operate


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def refusal(call):
    with pytest.raises(ToolFailure) as caught:
        operate(call)
    assert caught.value.not_sent
    return caught.value


def test_a_folder_is_listed_sorted_absolute_and_without_hidden_files(world):
    for name in ("b.txt", "a.txt", ".DS_Store", "in/c.txt", ".git/d"):
        (world.box / name).parent.mkdir(exist_ok=True)
        (world.box / name).write_text("x")
    box = str(world.box)
    assert operate(world.call("files.list", path=box)) == {"files": [f"{box}/a.txt", f"{box}/b.txt"]}
    deep = operate(world.call("files.list", path=box, recursive=True))
    assert deep == {"files": [f"{box}/a.txt", f"{box}/b.txt", f"{box}/in/c.txt"]}


def test_links_are_listed_when_they_may_be_read(world):
    (world.root / "secret").write_text("s")
    (world.box / "a").write_text("a")
    (world.box / "good").symlink_to("a")
    (world.box / "bad").symlink_to(world.root / "secret")
    (world.box / "broken").symlink_to("nothing")
    os.mkfifo(world.box / "pipe")
    found = operate(world.call("files.list", path=str(world.box)))
    assert [Path(path).name for path in found["files"]] == ["a", "good"]


def test_a_recursive_list_follows_no_links_and_leaves_the_home_out(world):
    (world.home / "journal").write_text("j")
    (world.root / "a").write_text("a")
    (world.box / "loop").symlink_to(world.root)
    grants = world.grants("path", base=world.root)
    found = operate(world.call("files.list", path=str(world.root), recursive=True, grants=grants))
    assert found == {"files": [str(world.root / "a")]}


def test_a_list_of_what_is_no_folder_is_refused(world):
    (world.box / "a").write_text("a")
    assert refusal(world.call("files.list", path=str(world.box / "a"))).kind == "Denied"
    assert refusal(world.call("files.list", path=str(world.box / "b"))).kind == "Missing"
    assert refusal(world.call("files.list", path="/etc")).kind == "Denied"


def test_a_name_that_is_no_text_is_told(world):
    (world.box / os.fsdecode(b"\xff.txt")).write_text("x")
    assert refusal(world.call("files.list", path=str(world.box))).kind == "NotText"


def test_a_file_is_read_as_it_is(world):
    (world.box / "a").write_bytes("\ufeffä\r\n".encode())
    assert operate(world.call("files.read", path=f"{world.box}/a")) == {
        "path": f"{world.box}/a",
        "text": "\ufeffä\r\n",
    }


def test_a_file_that_is_not_utf8_is_told_with_the_place(world):
    (world.box / "a").write_bytes(b"abc\xff")
    failure = refusal(world.call("files.read", path=f"{world.box}/a"))
    assert failure.kind == "NotText"
    assert "byte 0xff at offset 3" in failure.message


def test_a_file_that_is_too_large_is_refused_with_its_size(world):
    with (world.box / "a").open("wb") as file:
        file.truncate(RESULT_BYTES + 1)
    failure = refusal(world.call("files.read", path=f"{world.box}/a"))
    assert failure.kind == "TooLarge"
    assert "16,777,217 bytes" in failure.message


def test_a_write_makes_folders_and_says_the_digest(world):
    found = operate(world.call("files.write", path="out/deep/a.md", text="ä"))
    path = world.folder / "out/deep/a.md"
    assert path.read_text() == "ä"
    assert found == {"path": str(path), "digest": hashlib.sha256("ä".encode()).hexdigest()}
    assert names(path.parent) == ["a.md"]


def test_a_write_replaces_the_text_and_keeps_the_mode(world):
    path = world.box / "a"
    path.write_text("a long old text")
    path.chmod(0o640)
    operate(world.call("files.write", path=str(path), text="new"))
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_write_with_the_same_key_again_is_harmless(world):
    call = world.call("files.write", path="a", text="x")
    assert operate(call) == operate(call)
    assert (world.folder / "a").read_text() == "x"
    assert names(world.folder) == ["a"]


def test_a_write_takes_up_the_draft_of_an_attempt_that_died(world):
    draft = hashlib.sha256(b"key/a").hexdigest()[:24]
    (world.folder / f".mntui-{draft}.tmp").write_text("half of something much longer")
    operate(world.call("files.write", path="a", text="x"))
    assert (world.folder / "a").read_text() == "x"
    assert names(world.folder) == ["a"]


def test_a_write_never_goes_through_a_link_to_a_closed_place(world):
    (world.root / "secret").write_text("s")
    (world.folder / "a").symlink_to(world.root / "secret")
    assert refusal(world.call("files.write", path="a", text="x")).kind == "Denied"
    assert (world.root / "secret").read_text() == "s"


def test_a_write_onto_a_folder_or_a_pipe_is_refused(world):
    os.mkfifo(world.folder / "pipe")
    (world.folder / "in").mkdir()
    assert refusal(world.call("files.write", path="pipe", text="x")).kind == "NotAFile"
    assert refusal(world.call("files.write", path="in", text="x")).kind == "NotAFile"
    assert refusal(world.call("files.write", path=".", text="x")).kind in ("NotAFile", "Denied")


def test_half_a_surrogate_pair_is_no_text(world):
    assert refusal(world.call("files.write", path="a", text="\ud800")).kind == "NotText"
    assert names(world.folder) == []


def test_only_append_prepares_and_reconciles(world):
    assert operate(world.call("files.write", "prepare", path="a", text="x")) is None
    assert refusal(world.call("files.write", "reconcile", path="a", text="x")).kind == "UnknownTool"
    assert refusal(world.call("files.delete", path="a")).kind == "UnknownTool"
