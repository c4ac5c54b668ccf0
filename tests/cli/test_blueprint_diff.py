"""`mntui blueprint diff`: files, names and what runs keep, told apart by steps; exit 0 where nothing differs, else 1."""

import pytest

from mntui.journal.remembered import LogJournal

ONE = """version: "1"
tools: {save: {use: files.write}}
steps:
  say: {set: {text: "Hello"}}
  keep: {tool: save, with: {path: a.md, text: "{{ say.text }}"}}
"""
TWO = (
    ONE.replace('"1"', '"2"').replace("files.write}", 'files.write, allow: {path: "/tmp/**"}}').replace("Hello", "Bye")
)


@pytest.fixture
def other(shell):
    shell.blueprint(ONE)
    return shell.blueprint(TWO, "other")


@pytest.fixture
def ask(shell):
    """A home on the disk: what runs keep is found by its index."""

    def on_disk(*words):
        shell.setting.journal = LogJournal(shell.home / "journal")
        told = shell(*words)
        shell.setting.journal.close()
        return told

    shell.blueprint(ONE)
    on_disk.run = on_disk("run", "bench", "--json").json["run"]
    return on_disk


def test_what_it_may_do_more_comes_before_all_else(shell, other):
    told = shell("blueprint", "diff", "bench", other)
    assert told.code == 1
    lines = told.out.splitlines()
    assert lines[0].startswith("- bench 1 (")
    assert lines[3:5] == ["It may do more", "  tool save: path within /tmp/** now"]
    assert "      text: Hello → Bye" in lines or "      set.text: Hello → Bye" in lines
    found = shell("blueprint", "diff", "bench", other, "--json").json
    assert (found["same"], found["wider"]) == (False, ["tool save: path within /tmp/** now"])
    assert {(each["section"], each["name"]) for each in found["changes"]} >= {("steps", "say"), ("tools", "save")}


def test_nothing_differs_between_a_blueprint_and_itself(shell, other):
    told = shell("blueprint", "diff", "bench", str(shell.home / "blueprints" / "bench"))
    assert (told.code, told.out.splitlines()[-1]) == (0, "Nothing differs.")
    (shell.home / "blueprints" / "bench").rename(shell.folder / "kept")
    shell.blueprint(f"# a comment\n{ONE}")
    told = shell("blueprint", "diff", "./kept", "bench")
    assert (told.code, told.out.splitlines()[-1]) == (0, "Nothing differs but how it is written.")


def test_a_version_that_a_run_keeps_is_named_by_digest_version_or_run(shell, ask):
    shell.blueprint(TWO)
    by_run = ask("blueprint", "diff", f"bench@{ask.run}", "bench", "--json").json
    assert by_run["before"]["kept_by"] == ask.run
    assert (by_run["before"]["version"], by_run["after"]["version"]) == ("1", "2")
    for which in (by_run["before"]["digest"][:6], "1"):
        assert ask("blueprint", "diff", f"bench@{which}", "bench", "--json").json == by_run


def test_what_is_not_there_is_refused_with_what_is(shell, ask):
    for wanted in ("bench@nothing", "nobody@1", "x'--@1", "nowhere"):
        told = ask("blueprint", "diff", wanted, "bench", "--json")
        assert told.code == 3
        assert told.json["error"]["remedy"]
    assert ask.run in ask("blueprint", "diff", "bench@nothing", "bench").err
    shell.blueprint(ONE.replace("Hello", "Bye"))
    ask("run", "bench")
    assert ask("blueprint", "diff", "bench@1", "bench", "--json").json["error"]["code"] == "ambiguous_version"


def test_a_broken_blueprint_is_refused_at_its_line(shell, other):
    shell.blueprint("steps: {a: {tool: nothing}}\n", "broken")
    error = shell("blueprint", "diff", other, "broken", "--json").json["error"]
    assert error["line"] == 2
