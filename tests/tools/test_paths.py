import os

import pytest

from mntui.tools.base import ToolFailure
from mntui.tools.paths import Place, folder_of, made_folder_of, names_of_paths, opened_file, opened_folder, place


def read(world, path, grants=None):
    grants = grants or world.grants("path")
    with opened_file(grants, place(grants, "path", str(path), "read"), os.O_RDONLY) as descriptor:
        return os.read(descriptor, 100)


def denied(world, path, grants=None, use="read"):
    grants = grants or world.grants("path")
    with pytest.raises(ToolFailure) as caught, made_folder_of(grants, place(grants, "path", str(path), use)):
        pass
    assert caught.value.not_sent
    return caught.value.kind


def refusal(world, path, grants=None):
    with pytest.raises(ToolFailure) as caught:
        read(world, path, grants)
    assert caught.value.not_sent
    return caught.value.kind


def test_a_covered_file_is_read(world):
    (world.box / "a.txt").write_text("a")
    assert read(world, world.box / "a.txt") == b"a"


def test_relative_paths_start_in_the_runs_folder_which_is_always_open(world):
    (world.folder / "a.txt").write_text("a")
    assert read(world, "a.txt", world.grants()) == b"a"
    with made_folder_of(world.grants(), place(world.grants(), "path", "deep/er/b.txt", "write")):
        assert (world.folder / "deep/er").is_dir()


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../secret", "../other/a", "/", "a/../../../../secret"])
def test_what_no_rule_covers_is_denied(world, path):
    (world.root / "secret").write_text("s")
    assert refusal(world, path) == "Denied"


def test_a_rule_of_one_parameter_opens_nothing_for_another(world):
    (world.box / "a").write_text("a")
    assert refusal(world, world.box / "a", world.grants("other")) == "Denied"


def test_a_link_out_of_the_box_is_denied(world):
    (world.root / "secret").mkdir()
    (world.root / "secret/a").write_text("s")
    (world.box / "file").symlink_to(world.root / "secret/a")
    (world.box / "folder").symlink_to(world.root / "secret")
    (world.folder / "out").symlink_to(world.root / "secret")
    assert refusal(world, world.box / "file") == "Denied"
    assert refusal(world, world.box / "folder/a") == "Denied"
    assert refusal(world, "out/a") == "Denied"
    assert denied(world, "out/new", use="write") == "Denied"
    assert not (world.root / "secret/new").exists()


def test_a_link_within_the_box_is_followed(world):
    (world.box / "a").write_text("a")
    (world.box / "link").symlink_to("a")
    assert read(world, world.box / "link") == b"a"


def test_a_file_swapped_for_a_link_after_the_check_is_not_opened(world):
    (world.root / "secret").write_text("s")
    (world.box / "a").write_text("a")
    grants = world.grants("path")
    where = place(grants, "path", str(world.box / "a"), "read")
    (world.box / "a").unlink()
    (world.box / "a").symlink_to(world.root / "secret")
    with pytest.raises(ToolFailure, match="became a link"), opened_file(grants, where, os.O_RDONLY):
        pass


def test_a_folder_swapped_for_a_link_after_the_check_is_not_entered(world):
    (world.root / "secret").mkdir()
    (world.root / "secret/a").write_text("s")
    (world.box / "in").mkdir()
    (world.box / "in/a").write_text("a")
    grants = world.grants("path")
    where = place(grants, "path", str(world.box / "in/a"), "read")
    (world.box / "in").rename(world.box / "was")
    (world.box / "in").symlink_to(world.root / "secret")
    with pytest.raises(ToolFailure) as caught, opened_file(grants, where, os.O_RDONLY):
        pass
    assert caught.value.kind == "Denied"


def test_mntuis_own_folder_is_closed_whatever_the_rules_say(world):
    (world.home / "journal").write_text("j")
    (world.home / "runs/other").mkdir()
    (world.home / "runs/other/a").write_text("a")
    open_to_all = world.grants("path", base="/")
    assert refusal(world, world.home / "journal", open_to_all) == "Denied"
    assert refusal(world, "../other/a", open_to_all) == "Denied"
    assert denied(world, world.home / "new/a", open_to_all, "write") == "Denied"
    assert not (world.home / "new").exists()
    with pytest.raises(ToolFailure), opened_folder(open_to_all, place(open_to_all, "path", str(world.home), "read")):
        pass


def test_mntuis_own_folder_is_known_by_identity_and_not_by_name(world):
    (world.home / "journal").write_text("j")
    grants = world.grants("path", base="/")
    same = Place(str(world.root / "also"), "read")
    (world.home).rename(world.root / "moved")
    (world.root / "home").symlink_to(world.root / "moved")
    with pytest.raises(ToolFailure) as caught, folder_of(grants, Place(f"{world.root}/moved/journal", "read")):
        pass
    assert caught.value.kind == "Denied"
    with folder_of(grants, same):
        pass


def test_a_blueprint_inside_the_home_is_read_and_its_neighbours_are_not(world):
    for name in ("mine", "other"):
        (world.home / f"blueprints/{name}").mkdir(parents=True)
        (world.home / f"blueprints/{name}/a").write_text(name)
    base = world.grants("path", base="/")
    grants = type(base)(base.folder, base.home, str(world.home / "blueprints/mine"), base.allow)
    assert read(world, world.home / "blueprints/mine/a", grants) == b"mine"
    assert refusal(world, world.home / "blueprints/other/a", grants) == "Denied"


def test_the_blueprints_folder_is_never_written(world):
    (world.blueprint / "data").mkdir()
    (world.blueprint / "data/a").write_text("a")
    grants = world.grants("path", base=world.blueprint)
    assert read(world, world.blueprint / "data/a", grants) == b"a"
    assert denied(world, world.blueprint / "data/a", grants, "write") == "Denied"
    assert denied(world, world.blueprint / "new/b", grants, "write") == "Denied"
    assert not (world.blueprint / "new").exists()


def test_a_run_inside_the_blueprints_folder_may_still_write_its_own(world):
    grants = type(world.grants())(str(world.folder), str(world.home), str(world.root), {})
    with made_folder_of(grants, place(grants, "path", "deep/b", "write")):
        assert (world.folder / "deep").is_dir()


def test_a_link_that_a_blueprint_brings_does_not_open_what_it_leads_to(world):
    (world.root / "secret").mkdir()
    (world.root / "secret/a").write_text("s")
    (world.blueprint / "data").symlink_to(world.root / "secret")
    grants = world.grants("path", base=world.blueprint / "data")
    assert refusal(world, world.blueprint / "data/a", grants) == "Denied"


def test_pipes_devices_folders_and_the_kernels_files_are_refused_at_once(world):
    os.mkfifo(world.folder / "pipe")
    (world.folder / "folder").mkdir()
    everything = world.grants("path", base="/")
    assert refusal(world, "pipe") == "NotAFile"
    assert refusal(world, "folder") == "NotAFile"
    assert refusal(world, "/dev/zero", everything) == "NotAFile"
    if os.path.ismount("/proc"):
        assert refusal(world, "/proc/self/environ", everything) == "Denied"
        assert refusal(world, "/proc/self/cwd/../proc/version", everything) in ("Denied", "Missing")


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "x" * 5000])
def test_text_that_can_be_no_path_is_refused(world, path):
    assert refusal(world, path) == "BadPath"


def test_a_missing_file_or_folder_is_told_as_missing(world):
    assert refusal(world, "nothing") == "Missing"
    assert refusal(world, "no/thing") == "Missing"
    (world.folder / "file").write_text("f")
    assert refusal(world, "file/below") == "Denied"


def test_the_paths_of_a_map_of_tables_are_found():
    tables = {"a": "x.csv", "b": {"path": "y.csv", "columns": {"id": "z"}}, "c": 3}
    assert list(names_of_paths(tables)) == ["x.csv", "y.csv"]
    assert list(names_of_paths(["a", "b"])) == ["a", "b"]
