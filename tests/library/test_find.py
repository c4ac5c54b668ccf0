"""The order of lookup: a path, then ./blueprints, HOME/blueprints, and what is shipped."""

import pytest

from mntui.library.find import NotFound, find, list_blueprints, shipped_folder


@pytest.fixture
def places(tmp_path):
    return tmp_path / "home", tmp_path / "here"


def make(folder, name):
    (folder / name).mkdir(parents=True)
    (folder / name / "blueprint.yaml").write_text(f"blueprint: {name}\n")
    return folder / name


def test_a_folder_or_a_file_is_a_path(places):
    home, here = places
    folder = make(here, "mine")
    assert find("./mine", home, here).path == folder
    assert find(str(folder / "blueprint.yaml"), home, here).path == folder / "blueprint.yaml"
    assert find("mine", home, here).origin == "path"


def test_a_name_is_looked_up_here_before_home(places):
    home, here = places
    own = make(home / "blueprints", "triage")
    assert find("triage", home, here).path == own
    near = make(here / "blueprints", "triage")
    assert (find("triage", home, here).path, find("triage", home, here).origin) == (near, "here")


def test_a_folder_without_a_blueprint_does_not_hide_a_name(places):
    home, here = places
    (here / "triage").mkdir(parents=True)
    own = make(home / "blueprints", "triage")
    assert find("triage", home, here).path == own


def test_shipped_blueprints_have_names(places):
    home, here = places
    shipped = {path.name for path in shipped_folder().iterdir() if (path / "blueprint.yaml").is_file()}
    assert {found.name for found in list_blueprints(home, here)} == shipped


def test_an_unknown_name_is_answered_with_the_nearest_and_all_others(places):
    home, here = places
    make(home / "blueprints", "support-triage")
    with pytest.raises(NotFound) as raised:
        find("suport-triage", home, here)
    assert "Did you mean `support-triage`?" in raised.value.remedy
    assert "support-triage" in raised.value.known


@pytest.mark.parametrize(
    "wanted", ["../outside", "no/such", "no.yaml", "", "Capital", "a b", "~nobody/x", "x" * 5000, "a\0b"]
)
def test_what_is_neither_a_path_nor_a_name_is_not_found(wanted, places):
    home, here = places
    here.mkdir()
    with pytest.raises(NotFound) as raised:
        find(wanted, home, here)
    assert raised.value.remedy
