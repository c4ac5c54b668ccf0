"""`mntui diff`: two runs by their steps, in 80 columns; exit 0 where they did the same, else 1."""

import pytest

WORK = """
inputs: {who: {type: string}, big: {type: integer, default: 1}}
models: {fast: {max_tokens: 50}}
agents: {w: {role: executor, model: fast, instructions: "Say it."}}
tools: {save: {use: files.write}}
steps:
  say: {agent: w, with: {text: "Hello {{ inputs.who }}, you owe 20 CHF."}}
  each:
    for_each: "{{ [1, 2] }}"
    steps: {twice: {set: {n: "{{ item + item }}"}}}
  keep: {set: {path: "{{ run.folder }}/a.md", text: "{{ say.text }}"}}
outputs: {said: "{{ say.text }}", path: "{{ keep.path }}"}
"""


@pytest.fixture
def two(shell):
    return shell.started(WORK, "-i", "who=Ada"), shell.started(WORK, "-i", "who=Grace")


def test_what_differs_is_told_by_step_in_eighty_columns(shell, two):
    told = shell("diff", *two)
    assert told.code == 1
    lines = told.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"- {two[0]}")
    assert "  who: Ada → Grace" in lines
    assert "steps: 2 differ, 3 came out the same" in lines
    assert "  ~ say  (agent)  succeeded" in lines
    assert "twice" not in told.out
    assert "RUN_FOLDER" not in told.out


def test_the_document_holds_the_same(shell, two):
    found = shell("diff", *two, "--json").json
    assert (found["same"], found["equal_steps"]) == (False, 3)
    assert [step["id"] for step in found["steps"]] == ["say", "keep"]
    assert [field["name"] for field in found["outcome"]] == ["outputs.said"]
    assert [found[side]["run"] for side in ("before", "after")] == list(two)


def test_a_run_and_its_rerun_did_the_same(shell, two):
    again = shell("rerun", two[0], "--json").json["run"]
    told = shell("diff", two[0], again)
    assert (told.code, told.out.splitlines()[-1]) == (0, "Both did the same in all of 5 steps.")


def test_versions_steps_and_states_that_differ_are_named(shell, two):
    shell.blueprint(
        WORK.replace("  keep:", "  ok: {approve: 'Keep it?', needs: [say]}\n  keep:").replace(
            "[say]}\n", "[say]}\n  more: {set: {n: 1}, needs: [ok]}\n"
        )
    )
    third = shell("run", "bench", "-i", "who=Ada", "--json").json["run"]
    told = shell("diff", two[0], third)
    assert f"mntui blueprint diff bench@{two[0]} bench@{third}" in told.out
    assert "  + ok  (approve)  waiting" in told.out
    assert "  + more  (set)  pending" in told.out
    assert "  status: succeeded → waiting" in told.out


def test_large_values_are_fetched_and_told_by_the_lines_that_differ(shell):
    text = 'inputs: {t: {type: string}}\nsteps: {a: {set: {t: "{{ inputs.t }}"}}}\n'
    lines = "\n".join(f"line {n}" for n in range(900))
    first, second = (shell.started(text, "-i", f"t={each}") for each in (lines, lines.replace("line 500\n", "other\n")))
    told = shell("diff", first, second)
    assert "        -line 500" in told.out
    assert "        +other" in told.out
    assert len(told.out.splitlines()) < 30


def test_an_unknown_run_is_refused(shell, two):
    assert shell("diff", two[0], "nobody-1", "--json").json["error"]["code"] == "unknown_run"
