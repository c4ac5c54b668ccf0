"""`mntui eval`: the value alone on stdout, its type beside it, and a place and a remedy where there is none."""

import pytest

WORK = """
inputs: {n: {type: integer, default: 4}}
steps:
  first: {set: {names: ["ann", "bob"], n: "{{ inputs.n }}"}}
  each:
    for_each: "{{ first.names }}"
    as: who
    steps: {greet: {set: {text: "Dear {{ who }}"}}}
  ok: {approve: "Go on?"}
"""


@pytest.fixture
def run(shell):
    return shell.started(WORK)


def test_the_value_is_all_that_stdout_holds_and_the_type_is_told_beside_it(shell, run):
    told = shell("eval", run, "first.n + 1")
    assert (told.code, told.out, told.err) == (0, "5\n", "(integer)\n")
    told = shell("eval", run, "who ~ '!'", "--at", "each[1]/greet")
    assert (told.out, told.err) == ("bob!\n", "(string, as each[1]/greet sees it)\n")
    told = shell("eval", run, "each.results | map(attribute='output.greet.text')", "--json").json
    assert told["type"] == "list"
    assert told["value"] == ["Dear ann", "Dear bob"]


def test_it_changes_nothing(shell, run):
    before = shell("events", run, "--json").json
    shell("eval", run, "first.n")
    assert shell("events", run, "--json").json == before


def test_a_mistake_is_shown_at_its_place_with_what_was_meant(shell, run):
    told = shell("eval", run, "1 + frist.n")
    assert told.code == 3
    assert told.err.splitlines()[:2] == ["    1 + frist.n", "        ^"]
    assert "Did you mean `first`?" in told.err
    error = shell("eval", run, "1 + frist.n", "--json").json["error"]
    assert (error["code"], error["line"], error["column"]) == ("unknown_name", 1, 5)
    assert "waiting" in shell("eval", run, "ok.text").err


def test_a_large_value_is_fetched_where_it_is_read(shell):
    run = shell.started(
        'inputs: {t: {type: string}}\nsteps: {a: {set: {t: "{{ inputs.t }}"}}}\n', "-i", f"t={'x' * 9000}"
    )
    assert shell("eval", run, "a.t | length").out == "9000\n"


@pytest.mark.parametrize("words", [("eval", "nobody-1", "1"), ("eval", "RUN", "1", "--at", "nowhere")])
def test_an_unknown_run_or_step_is_refused(shell, run, words):
    told = shell(*(run if word == "RUN" else word for word in words), "--json")
    assert told.code == 3
    assert told.json["error"]["remedy"]
