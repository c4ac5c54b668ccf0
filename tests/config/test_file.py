"""config.toml: what is right counts, what is wrong is told with its line and a remedy, and nothing stops a worker."""

import re
from pathlib import Path

import pytest

from mntui.config.file import Config, in_force, read_config, write_template
from mntui.config.keys import SETTINGS, TEMPLATE


def config_of(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return read_config(path)


def forced(config: Config, **environment: str) -> dict[str, tuple[object, str, int]]:
    return {key: (value, source, line) for key, value, source, line in in_force(config, environment)}


def test_without_a_file_the_defaults_are_in_force(tmp_path: Path) -> None:
    config = read_config(tmp_path / "config.toml")
    assert not config.exists
    found = forced(config)
    assert found["local.watts"] == (100, "default", 0)
    assert {key: each for key, each in found.items() if not key.startswith("local.")} == {
        "models.default": (None, "default", 0),
        "budget.day_usd": (None, "default", 0),
        "limits.tool_calls_at_once": (64, "default", 0),
        "limits.model_calls_at_once": (16, "default", 0),
        "worker.idle_seconds": (600, "default", 0),
        "worker.log_level": ("INFO", "default", 0),
    }


def test_what_the_file_sets_is_in_force_with_its_line_and_the_environment_wins(tmp_path: Path) -> None:
    config = config_of(
        tmp_path, "[worker]\nidle_seconds = 2.5\nlog_level = 'DEBUG'\n[limits]\ntool_calls_at_once = 1\n"
    )
    assert config.problems == ()
    found = forced(config, MNTUI_LOG_LEVEL="ERROR")
    assert found["worker.idle_seconds"] == (2.5, "file", 2)
    assert found["worker.log_level"] == ("ERROR", "environment", 0)
    assert config.number("limits", "tool_calls_at_once") == 1
    assert config.number("limits", "model_calls_at_once") == 16
    assert config.given("worker", "log_level") == "DEBUG"


MODELS = """
[models]
default = "m/all"
roles.fast = "m/fast"
[blueprints.one.models]
fast = "m/one"
[blueprints."two words".models]
default = "m/two"
"""


@pytest.mark.parametrize(
    ("blueprint", "role", "model"),
    [
        ("one", "fast", "m/one"),
        ("one", "deep", "m/all"),
        ("two words", "fast", "m/two"),
        ("three", "fast", "m/fast"),
        ("three", "deep", "m/all"),
    ],
)
def test_the_nearer_word_about_a_role_wins(tmp_path: Path, blueprint: str, role: str, model: str) -> None:
    chosen = config_of(tmp_path, MODELS).model_of(blueprint, role)
    assert chosen is not None
    assert chosen.model == model


def test_where_a_model_was_named_is_told(tmp_path: Path) -> None:
    config = config_of(tmp_path, MODELS)
    chosen = config.model_of("two words", "fast")
    assert chosen is not None
    assert chosen.place == 'config.toml line 8 (blueprints."two words".models.default)'
    assert Config(tmp_path).model_of("one", "fast") is None


WRONG = [
    ("[modles]\ndefault = 'x'", 1, 2, "no setting modles", "Did you mean models?"),
    ("[worker]\nidle_second = 1", 2, 1, "no setting worker.idle_second", "Did you mean idle_seconds?"),
    ("[limits]\nzzz = 1", 2, 1, "no setting limits.zzz", "may hold: tool_calls_at_once or model_calls_at_once"),
    (
        "zzz = 1",
        1,
        1,
        "no setting zzz",
        "the file may hold: models, blueprints, prices, budget, limits, local, worker or keys",
    ),
    ("[models]\ndefault = 3", 2, 1, "must be the name of a model", 'default = "builtin/extractive"'),
    ("[models]\nroles = 'x'", 2, 1, "is a table", "[models.roles]"),
    ("models = 1", 1, 1, "is a table", "[models]"),
    ("[limits]\ntool_calls_at_once = 0", 2, 1, "from 1 to 10,000", "tool_calls_at_once = 64"),
    ("[limits]\ntool_calls_at_once = 1.5", 2, 1, "whole number", "tool_calls_at_once = 64"),
    ("[limits]\n  model_calls_at_once = true", 2, 3, "whole number", "model_calls_at_once = 16"),
    ("[worker]\nidle_seconds = -1", 2, 1, "from 0 to", "idle_seconds = 600"),
    ("[worker]\nidle_seconds = nan", 2, 1, "from 0 to", "idle_seconds = 600"),
    ("[prices.'a/b']\ninput = 'x'\noutput = 1", 2, 1, "must be dollars", "input = 0.75"),
    ("[prices.'a/b']\ninput = 1", 1, 2, "needs input and output", "input = 0.75"),
    ("[worker]\nlog_level = 'LOUD'", 2, 1, "must be one of DEBUG", 'log_level = "INFO"'),
    ("[worker]\n\nidle_seconds = soon", 3, 16, "it is no TOML", "quotes"),
    ("[worker]\na = 1\na = 2", 3, 6, "it is no TOML", "quotes"),
    ("[worker", 1, 8, "it is no TOML", "quotes"),
]


@pytest.mark.parametrize(("text", "line", "column", "message", "remedy"), WRONG, ids=lambda value: str(value)[:30])
def test_what_is_wrong_is_told_with_its_place_and_a_remedy(
    tmp_path: Path, text: str, line: int, column: int, message: str, remedy: str
) -> None:
    (problem,) = config_of(tmp_path, text).problems
    assert (problem.line, problem.column) == (line, column), problem
    assert message in problem.message
    assert remedy in problem.remedy
    assert f"line {line}" in problem.sentence


def test_prices_are_by_model_and_whole(tmp_path: Path) -> None:
    config = config_of(tmp_path, "[prices.'a/b']\ninput = 1\noutput = 2.5\n[prices.'c/d']\ninput = 1\n")
    assert config.prices() == {"a/b": {"input": 1.0, "output": 2.5}}


def test_what_is_right_beside_it_counts(tmp_path: Path) -> None:
    config = config_of(tmp_path, "[limits]\ntool_calls_at_once = 0\nmodel_calls_at_once = 2\nx = 1\n")
    assert [problem.line for problem in config.problems] == [2, 4]
    assert config.number("limits", "tool_calls_at_once") == 64
    assert config.number("limits", "model_calls_at_once") == 2


@pytest.mark.parametrize(
    "data", [b"a = '\xff'", b"a" * 2_000_000, b"x = " + b"[" * 100_000], ids=["utf8", "big", "deep"]
)
def test_what_cannot_be_read_is_a_problem_and_never_an_exception(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.toml").write_bytes(data)
    config = read_config(tmp_path / "config.toml")
    assert len(config.problems) == 1
    assert config.values == {}


def test_a_folder_in_its_place_is_a_problem(tmp_path: Path) -> None:
    (problem,) = read_config(tmp_path).problems
    assert "can't be read" in problem.message


def test_the_file_that_is_written_first_sets_nothing_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    write_template(path)
    config = read_config(path)
    assert (config.exists, config.values, config.problems) == (True, {}, ())
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("[limits]\n")
    write_template(path)
    assert path.read_text() == "[limits]\n"


def test_a_place_where_it_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    write_template(tmp_path / "none" / "config.toml")
    assert not [*tmp_path.iterdir()]


def test_every_line_of_it_that_is_off_is_right_when_it_is_on(tmp_path: Path) -> None:
    on = re.sub(r"(?m)^# (\[[^\]]+\]|\W?[a-z_.]+\W? = .*)$", r"\1", TEMPLATE)
    config = config_of(tmp_path, on)
    assert config.problems == ()
    defaults = {each.key: each.default for each in SETTINGS if each.default is not None}
    assert {key: config.values[key].value for key in defaults} == defaults
    assert len(config.values) == len(SETTINGS) - 3, "all but the parts of a price that may be left out"
