"""`mntui rerun`: really again, from the same inputs and version, under new keys, and it says so."""

import pytest

WORK = """
inputs: {who: {type: string}, note: {type: string, default: hello}}
models: {fast: {max_tokens: 50}}
agents: {w: {role: executor, model: fast, instructions: "Say it."}}
tools: {post: {use: python.post, effect: keyed}}
steps:
  say: {agent: w, with: {text: "Hello {{ inputs.who }}, you owe 20 CHF."}}
  post: {tool: post, with: {text: "{{ inputs.note }} {{ inputs.who }}"}}
outputs: {said: "{{ say.text }}", note: "{{ inputs.note }}"}
"""


@pytest.fixture
def run(shell):
    (shell.home / "blueprints" / "bench").mkdir(parents=True)
    (shell.home / "blueprints" / "bench" / "tools.py").write_text("def post(text: str, *, idempotency_key: str): ...\n")
    return shell.started(WORK, "-i", "who=Ada")


def effect_keys(shell, run):
    return [
        each["event"]["effect_key"]
        for each in shell("events", run, "--json").json
        if each["kind"] == "ToolCallStarted" and each["event"]["effect_key"]
    ]


def test_everything_is_called_again_under_new_keys_and_it_says_so(shell, run):
    told = shell("rerun", run)
    assert told.code == 0, told
    assert "models and tools are called again" in told.err
    assert "under new keys: post 1×" in told.err
    assert shell.world.count("post") == 2
    again = shell("runs", "--json").json[0]["run"]
    assert again != run
    assert not set(effect_keys(shell, run)) & set(effect_keys(shell, again))
    assert shell("show", again, "--json").json["rerun_of"] == run
    assert f"a rerun of {run}" in shell("show", again).out
    assert shell("show", run, "--json").json["rerun_of"] is None


def test_inputs_are_the_same_but_for_those_that_are_given(shell, run):
    told = shell("rerun", run, "-i", "note=bye", "--json").json
    assert told["outputs"] == {"said": "Hello Ada, you owe 20 CHF.", "note": "bye"}
    wrong = shell("rerun", run, "-i", "nte=bye", "--json")
    assert (wrong.code, wrong.json["error"]["remedy"]) == (3, "Did you mean note?")


def test_the_version_that_the_run_keeps_is_used_and_todays_only_when_asked_for(shell, run):
    shell.blueprint(
        WORK.replace('{{ inputs.note }}"}', 'edited"}').replace("who: {type: string}, note", "who: {type: string}, n2")
    )
    assert shell("rerun", run, "--json").json["outputs"]["note"] == "hello"
    refused = shell("rerun", run, "--today", "--json")
    assert refused.code == 3  # The edit still reads inputs.note.
    shell.blueprint("inputs: {who: {type: string}}\nsteps: {a: {set: {x: 1}}}\noutputs: {who: '{{ inputs.who }}!'}\n")
    told = shell("rerun", run, "--today")
    assert told.code == 0, told
    assert "who: Ada!" in told.out
    assert "left out, since today's version has no such input: note" in told.err


def test_the_budget_and_the_models_are_those_of_the_run_unless_others_are_given(shell, run):
    told = shell("rerun", run, "--model", "fast=nowhere/at-all", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "model")
    first = shell.started(WORK, "-i", "who=Bob", "--budget", "0.25")
    again = shell("rerun", first, "--detach", "--json").json["run"]
    assert shell("show", again, "--json").json["state"]["budget_usd"] == 0.25
    again = shell("rerun", first, "--budget", "0.5", "--detach", "--json").json["run"]
    assert shell("show", again, "--json").json["state"]["budget_usd"] == 0.5


def test_an_approval_is_asked_again(shell):
    run = shell.started("steps: {ok: {approve: 'Send it?', show: {to: ada}}}\n")
    ask = shell("approvals", "--json").json[0]
    assert shell("approve", ask["id"], "--digest", ask["digest"]).code == 0
    told = shell("rerun", run, "--json")
    assert (told.code, told.json["status"]) == (5, "waiting")


def test_what_cannot_be_is_refused(shell, run):
    assert shell("rerun", "nobody-7", "--json").json["error"]["code"] == "unknown_run"
    assert shell("rerun", run, "--detach", "--no-wait").code == 2
