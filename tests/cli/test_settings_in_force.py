"""`mntui config`: what is in force and where it comes from; a broken file is told with line, column and remedy."""

from typing import Any


def written(shell: Any, text: str) -> Any:
    shell.home.mkdir(exist_ok=True)
    path = shell.home / "config.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_are_shown(shell):
    told = shell("config", "--json").json
    assert told["exists"] is False
    assert {value["from"] for value in told["values"]} == {"default"}
    assert "not there yet" in shell("config").out


def test_each_value_says_where_it_comes_from(shell):
    written(shell, '[models.roles]\nfast = "a/b"\n[limits]\ntool_calls_at_once = 3\n')
    rows = {value["id"]: value for value in shell("config", "--json").json["values"]}
    assert rows["models.roles.fast"] == {"id": "models.roles.fast", "value": "a/b", "from": "file", "line": 2}
    assert (rows["limits.tool_calls_at_once"]["value"], rows["limits.tool_calls_at_once"]["line"]) == (3, 4)
    lines = shell("config").out.splitlines()
    assert any(line.split() == ["limits.tool_calls_at_once", "3", "line", "4"] for line in lines)


def test_a_broken_file_exits_3_with_line_column_and_remedy_and_shows_what_counts(shell):
    path = written(shell, "[limits]\n  tool_calls_at_onc = 3\n")
    told = shell("config")
    assert told.code == 3
    assert ["limits.tool_calls_at_once", "64", "default"] in [line.split() for line in told.out.splitlines()]
    assert f"{path}:2:3" in told.err
    assert "Did you mean tool_calls_at_once?" in told.err
    assert "    ^" in told.err
    error = shell("config", "--json").json["error"]
    assert (error["code"], error["file"], error["line"], error["column"]) == ("config", str(path), 2, 3)


def test_every_problem_is_told_at_once(shell):
    written(shell, "[limits]\nx = 3\ny = 4\n")
    error = shell("config", "--json").json["error"]
    assert [each["line"] for each in error["more"]] == [2, 3]
