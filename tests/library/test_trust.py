"""Who may run without asking, and what makes a trusted blueprint ask again."""

import shutil
from pathlib import Path

import pytest

from mntui.library.load import load
from mntui.library.trust import TrustBookBroken, capabilities, is_trusted, note_import, read_trust, trust
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source

TRIAGE = Path(__file__).parent.parent / "fixtures" / "support-triage"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(TRIAGE, tmp_path / "here" / "blueprints" / "support-triage"))


def trusted(folder, home):
    return is_trusted(load(folder, BUILTIN, describe_source), home, read_trust(home))


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_blueprint_from_anywhere_asks_once(folder, home):
    assert not trusted(folder, home)
    trust(load(folder, BUILTIN, describe_source), home)
    assert trusted(folder, home)
    assert (home / "trust.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("blueprint.yaml", "{use: files.append}", "{use: files.write}"),
        ("blueprint.yaml", 'allow: {path: "{{ inputs.inbox }}/**"}', 'allow: {path: "/**"}'),
        ("blueprint.yaml", "approve: always", "approve: never"),
        ("blueprint.yaml", "effect: keyed,", "effect: keyed, env: [HOME],"),
        ("blueprint.yaml", "some-docs-server@1.2.3", "other-docs-server@6.6.6"),
        ("blueprint.yaml", "tools: [read_ticket, search]", "tools: [read_ticket, send_reply]"),
        ("tools.py", "outbox", "elsewhere"),
    ],
)
def test_a_change_of_capabilities_code_or_servers_asks_again(folder, home, name, old, new):
    trust(load(folder, BUILTIN, describe_source), home)
    replace(folder / name, old, new)
    assert load(folder, BUILTIN, describe_source).plan is not None
    assert not trusted(folder, home)


def test_a_change_of_a_prompt_does_not_ask_again(folder, home):
    trust(load(folder, BUILTIN, describe_source), home)
    (folder / "prompts" / "sorter.md").write_text("Sort differently.\n")
    assert trusted(folder, home)


def test_ones_own_blueprints_are_trusted_unless_import_put_them_there(home):
    shutil.copytree(TRIAGE, home / "blueprints" / "mine")
    assert trusted(home / "blueprints" / "mine", home)
    note_import("mine", home)
    assert not trusted(home / "blueprints" / "mine", home)


def test_a_link_in_ones_own_folder_is_judged_by_where_it_leads(folder, home):
    (home / "blueprints").mkdir(parents=True)
    (home / "blueprints" / "linked").symlink_to(folder)
    assert not trusted(home / "blueprints" / "linked", home)


def test_a_blueprint_with_problems_is_never_trusted(folder, home):
    trust(load(folder, BUILTIN, describe_source), home)
    replace(folder / "blueprint.yaml", "steps:", "stepz:")
    assert not trusted(folder, home)
    with pytest.raises(ValueError, match="problems"):
        trust(load(folder, BUILTIN, describe_source), home)


@pytest.mark.parametrize("text", ["{", "[]", '{"trusted": 5, "imported": []}', "{}"])
def test_a_broken_trust_file_is_named_and_trusts_nothing(home, text):
    home.mkdir()
    (home / "trust.json").write_text(text)
    with pytest.raises(TrustBookBroken, match=r"trust\.json"):
        read_trust(home)


def test_capabilities_are_listed_for_people(folder):
    loaded = load(folder, BUILTIN, describe_source)
    lines = capabilities(loaded.plan, loaded.source)
    assert "tool list_tickets = files.list: effect none, path within {{ inputs.inbox }}/**" in lines
    assert "tool log_spam = files.append: effect reconcilable, path (write) within the run's folder only" in lines
    assert "tool send_reply = python.send_reply: effect keyed, asks at each call" in lines
    assert "server docs = npx -y some-docs-server@1.2.3" in lines
    assert "agent writer may call read_ticket, search" in lines
    assert any(line.startswith("code tools.py (digest ") for line in lines)
