"""A patch of a blueprint's models: it applies, changes nothing else, and reads back as it should."""

import shutil
import subprocess

import pytest

from mntui.library.patch import patch_of, preferring
from mntui.library.yaml import parse_yaml

TEXTS = {
    "flow": "models: {fast: {prefer: [a/one, 'b/two'], max_tokens: 300}, big: {}}  # kept\nsteps: {}\n",
    "block": "models:\n  fast:\n    # the cheap one\n    prefer:\n      - a/one\n      - b/two   # second\n    max_tokens: 300\n  big: {}\n",
    "mixed": "models:\n  fast: {max_tokens: 300}\n  big:\n    max_tokens: 5\nsteps: {}",
    "first": "models:\n  fast: {prefer: [c/new, a/one]}\n  big: {prefer: []}\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_it_reads_back_with_the_chosen_models_first(name):
    before = TEXTS[name]
    after = preferring(before, {"fast": "c/new", "big": "d/huge"})
    old, new = (parse_yaml(text.encode()).root.value for text in (before, after))
    assert [new["models"][role]["prefer"][0] for role in ("fast", "big")] == ["c/new", "d/huge"]
    assert set(old["models"]["fast"].get("prefer", [])) <= set(new["models"]["fast"]["prefer"])
    for role in ("fast", "big"):
        assert {key: value for key, value in new["models"][role].items() if key != "prefer"} == {
            key: value for key, value in old["models"][role].items() if key != "prefer"
        }


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no `patch` here")
@pytest.mark.parametrize("name", TEXTS)
def test_the_patch_applies(tmp_path, name):
    before = TEXTS[name]
    after = preferring(before, {"fast": "c/new", "big": "d/huge"})
    file = tmp_path / "blueprint.yaml"
    file.write_text(before)
    subprocess.run(
        ["patch", "-p1"], cwd=tmp_path, input=patch_of(before, after), text=True, check=True, capture_output=True
    )
    assert file.read_text() == after


def test_a_role_that_is_not_there_cannot_be_changed():
    with pytest.raises(ValueError, match="no slow"):
        preferring(TEXTS["flow"], {"slow": "a/b"})


def test_nothing_changed_is_no_patch():
    assert patch_of("same\n", "same\n") == ""
