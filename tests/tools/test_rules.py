import pytest

from mntui.core.language.expressions import render
from mntui.core.plan import ToolPlan
from mntui.tools.base import BUILTIN, Pattern
from mntui.tools.patterns import covers, lets_pass
from mntui.tools.rules import path_pattern, rendered_rules, text_pattern


def rule(template, blueprint="/blueprint", **inputs):
    return path_pattern(template, lambda text: render(text, {"inputs": inputs}), blueprint)


def test_wildcards_count_where_the_blueprint_writes_them():
    inbox = rule("{{ inputs.box }}/**", box="/box")
    assert covers(inbox, "/box")
    assert covers(inbox, "/box/a")
    assert covers(inbox, "/box/a/b.txt")
    assert not covers(inbox, "/boxes")
    assert not covers(inbox, "/")
    one = rule("{{ inputs.box }}/*.csv", box="/box")
    assert covers(one, "/box/a.csv")
    assert not covers(one, "/box/a/b.csv")
    assert not covers(one, "/box")


def test_wildcards_in_an_inserted_value_are_plain_characters():
    starred = rule("{{ inputs.box }}/*", box="/box/**")
    assert not covers(starred, "/box/a/b")
    assert covers(starred, "/box/**/b")
    named = rule("data/{{ inputs.name }}/*", name="**")
    assert not covers(named, "/blueprint/data/a/b")
    assert covers(named, "/blueprint/data/**/b")
    assert covers(rule("data/{{ inputs.name }}", name="\\*"), "/blueprint/data/\\*")


def test_double_stars_stand_for_any_number_of_segments_anywhere():
    deep = rule("/srv/**/in/*.txt")
    assert covers(deep, "/srv/in/a.txt")
    assert covers(deep, "/srv/x/y/in/a.txt")
    assert not covers(deep, "/srv/x/a.txt")
    assert covers(rule("/srv/**/**"), "/srv")
    assert not covers(rule("/srv/" + "**/" * 30 + "b"), "/srv/" + "a/" * 200)


def test_a_relative_rule_starts_in_the_blueprints_folder():
    assert covers(rule("data/**"), "/blueprint/data/a")
    assert not covers(rule("data/**"), "/data/a")
    assert covers(rule("{{ inputs.name }}/**", name="x"), "/blueprint/x/a")


def test_a_rule_without_wildcards_is_one_path():
    assert covers(rule("/srv/a.txt"), "/srv/a.txt")
    assert not covers(rule("/srv/a.txt"), "/srv/a.txt/b")
    assert covers(rule("{{ inputs.file }}", file="/srv/a b*.txt"), "/srv/a b*.txt")


def test_an_input_may_be_part_of_a_segment():
    backup = rule("{{ inputs.file }}.bak", file="/srv/a")
    assert covers(backup, "/srv/a.bak")
    assert not covers(backup, "/srv/a/.bak")
    assert covers(rule("/srv/{{ inputs.year }}-*.csv", year=2026), "/srv/2026-05.csv")


def test_an_expression_may_hold_braces_in_its_text():
    assert covers(rule("/srv/{{ inputs.name ~ '}}' }}/*", name="a"), "/srv/a}}/b")


@pytest.mark.parametrize(
    ("template", "inputs"),
    [
        ("data/{{ inputs.name }}/**", {"name": "../../etc"}),
        ("{{ inputs.name }}/**", {"name": "../etc"}),
        ("{{ inputs.box }}/{{ inputs.name }}", {"box": "/box", "name": ".."}),
        ("{{ inputs.box }}/.{{ inputs.name }}/x", {"box": "/box", "name": "."}),
        ("../other/**", {}),
        ("/srv/../etc/**", {}),
        ("{{ inputs.box }}/**", {"box": ""}),
        ("{{ inputs.box }}/**", {"box": ["/a"]}),
        ("{{ inputs.box }}/**", {"box": None}),
    ],
)
def test_a_rule_that_climbs_or_inserts_nothing_is_refused(template, inputs):
    with pytest.raises(ValueError):
        rule(template, **inputs)


def test_links_are_followed_in_what_a_person_gave_and_nowhere_after(tmp_path):
    (tmp_path / "real/secret").mkdir(parents=True)
    (tmp_path / "real/in").mkdir()
    (tmp_path / "given").symlink_to(tmp_path / "real")
    (tmp_path / "real/link").symlink_to(tmp_path / "real/secret")
    assert covers(rule("{{ inputs.box }}/in/*", box=str(tmp_path / "given")), str(tmp_path / "real/in/a"))
    assert not covers(rule("{{ inputs.box }}/link/*", box=str(tmp_path / "given")), str(tmp_path / "real/secret/a"))
    assert not covers(rule("link/*", blueprint=str(tmp_path / "real")), str(tmp_path / "real/secret/a"))


def test_other_parameters_are_held_against_their_whole_text():
    allow = {"to": (text_pattern("*@example.com", lambda _: ""),), "n": (text_pattern("3", lambda _: ""),)}
    assert lets_pass(allow, "to", "a@example.com")
    assert not lets_pass(allow, "to", "a@example.com.evil.org")
    assert not lets_pass(allow, "to", "a/b@example.com")
    assert lets_pass(allow, "to", ["a@example.com", "b@example.com"])
    assert not lets_pass(allow, "to", ["a@example.com", "b@evil.org"])
    assert lets_pass(allow, "n", 3)
    assert lets_pass(allow, "subject", "anything")
    urls = {"url": (text_pattern("https://docs.example/**", lambda _: ""),)}
    assert lets_pass(urls, "url", "https://docs.example/a/b")
    assert not lets_pass(urls, "url", "https://docs.example/a/../../b")
    assert not lets_pass(urls, "url", "https://docs.example.org/a")


def test_every_rule_of_a_tool_is_rendered_by_what_its_parameter_holds():
    tool = ToolPlan(
        "query",
        "sql.query",
        BUILTIN["sql.query"],
        "none",
        allow={"tables": ("{{ inputs.box }}/*.csv",), "query": ("select *",)},
    )
    rules = rendered_rules(tool, lambda text: render(text, {"inputs": {"box": "/box"}}), "/blueprint")
    assert rules == {"tables": (Pattern("/box", "*.csv"),), "query": (Pattern("", "select *"),)}
