"""`mntui run`: inputs, first lines, how far it goes without a terminal, and what it tells at the end."""

import json

import pytest

HELLO = """
inputs: {who: {type: string}, n: {type: integer, default: 2}, tags: {type: list, default: []}}
models: {fast: {max_tokens: 50}}
agents: {w: {role: executor, model: fast, instructions: "Say it."}}
steps:
  say: {agent: w, with: {text: "Hello {{ inputs.who }}, you owe 20 CHF."}}
outputs: {text: "{{ say.text }}", n: "{{ inputs.n }}", tags: "{{ inputs.tags }}"}
success: {short: "inputs.n < 10"}
"""
APPROVE = "steps: {ok: {approve: 'Send it?', show: {to: ada}, edit: [to]}}\noutputs: {to: '{{ ok.to }}'}\n"


def test_a_run_that_ends_well_prints_its_outputs_and_exits_0(shell):
    told = shell("run", shell.blueprint(HELLO), "-i", "who=Ada")
    assert told.code == 0, told
    assert "✓ succeeded" in told.out
    assert "a success: short" in told.out
    assert "text: Hello Ada, you owe 20 CHF." in told.out


def test_the_models_bound_and_the_folder_come_first_and_a_stand_in_says_so(shell):
    told = shell("run", shell.blueprint(HELLO), "-i", "who=Ada")
    first, second = told.err.splitlines()[:2]
    assert str(shell.home / "runs") in first
    assert second == "  fast: builtin/extractive  (a stand-in, not a language model)"


def test_json_is_one_document_and_nothing_else_on_stdout(shell):
    told = shell("run", shell.blueprint(HELLO), "-i", "who=Ada", "--json")
    assert told.json["status"] == "succeeded"
    assert told.json["success"] is True
    assert told.json["outputs"] == {"text": "Hello Ada, you owe 20 CHF.", "n": 2, "tags": []}


def test_a_run_that_ended_without_success_exits_1(shell):
    told = shell("run", shell.blueprint(HELLO), "-i", "who=Ada", "-i", "n=12", "--json")
    assert (told.code, told.json["status"], told.json["success"]) == (1, "succeeded", False)
    told = shell("run", "bench", "-i", "who=Ada", "-i", "n=12")
    assert "not a success: short doesn't hold" in told.out


def test_a_run_that_failed_exits_1_and_says_where_and_why(shell):
    told = shell(
        "run",
        shell.blueprint(
            "steps: {s: {set: {a: '{{ inputs.x }}'}}}\ninputs: {x: {type: map, default: {}}}\n"
            "outputs: {a: '{{ s.a.b }}'}"
        ),
    )
    assert told.code == 1
    assert "✗ failed" in told.out
    assert "mntui show bench-" in told.out


def test_all_wrong_and_missing_inputs_are_listed_at_once_and_nothing_starts(shell):
    told = shell("run", shell.blueprint(HELLO), "-i", "n=x", "-i", "whoo=2", "--json")
    assert told.code == 3
    codes = [each["code"] for each in told.json["error"]["more"]]
    assert codes == ["wrong_input", "unknown_input", "missing_input"]
    assert shell("runs", "--json").json == []


def test_inputs_are_read_by_their_type_and_win_over_the_file(shell):
    (shell.folder / "in.yaml").write_text("who: File\nn: 3\ntags: [a]\n")
    told = shell("run", shell.blueprint(HELLO), "--inputs", "in.yaml", "-i", "who=007", "-i", 'tags=["b", 1]', "--json")
    assert told.json["outputs"] == {"text": "Hello 007, you owe 20 CHF.", "n": 3, "tags": ["b", 1]}


def test_an_input_may_be_the_text_of_a_file(shell):
    (shell.folder / "who.txt").write_text("Grace")
    told = shell("run", shell.blueprint(HELLO), "-i", "who=@who.txt", "--json")
    assert told.json["outputs"]["text"].startswith("Hello Grace")
    told = shell("run", "bench", "-i", "who=@nowhere.txt", "--json")
    assert told.code == 3
    assert "nowhere.txt" in told.json["error"]["message"]


def test_a_path_is_seen_from_where_the_command_was_typed(shell):
    (shell.folder / "box").mkdir()
    name = shell.blueprint(
        "inputs: {box: {type: path}}\nsteps: {s: {set: {a: '{{ inputs.box }}'}}}\noutputs: {a: '{{ s.a }}'}"
    )
    told = shell("run", name, "-i", "box=box", "--json")
    assert told.json["outputs"] == {"a": str(shell.folder / "box")}


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", '{"a": 1'])
def test_a_file_of_inputs_that_is_no_map_is_refused_with_its_place(shell, text):
    path = shell.folder / ("in.json" if text.startswith("{") else "in.yaml")
    path.write_text(text)
    told = shell("run", shell.blueprint(HELLO), "--inputs", path.name)
    assert told.code == 3
    assert path.name in told.err


def test_without_a_terminal_it_stops_where_a_person_must_act_and_says_what_to_type(shell):
    told = shell("run", shell.blueprint(APPROVE))
    assert told.code == 5
    ask = shell("approvals", "--json").json[0]
    assert f"$ mntui approve {ask['id']} --digest {ask['digest']}" in told.out
    assert f"$ mntui reject {ask['id']} --reason TEXT" in told.out


def test_waiting_for_a_signal_or_a_time_is_told_too(shell):
    told = shell("run", shell.blueprint("steps: {a: {wait: {signal: paid}}, b: {wait: {for: 2h}}}"))
    assert told.code == 5
    assert "mntui signal bench-" in told.out
    assert "b: it waits for a time, until " in told.out


def test_detach_returns_when_the_run_is_durable(shell):
    told = shell("run", shell.blueprint(APPROVE), "--detach", "--json")
    assert (told.code, told.json["status"]) == (0, "running")
    assert [row["run"] for row in shell("runs", "--json").json] == [told.json["run"]]


def test_a_budget_that_was_reached_waits_and_is_answered(shell):
    name = shell.blueprint(HELLO + "budget: {tokens: 5}\n")
    told = shell("run", name, "-i", "who=Ada", "--json")
    assert told.code == 5
    (ask,) = told.json["waiting"]
    assert ask["kind"] == "budget"
    assert shell("respond", ask["id"], '{"raise_tokens": 100000}', "--json").code == 0
    assert shell("watch", told.json["run"], "--json").code == 0


def test_options_that_make_no_sense_are_wrong_usage(shell):
    name = shell.blueprint(HELLO)
    for words in (
        ["-i", "who"],
        ["-i", "who=a", "-i", "who=b"],
        ["--budget", "much"],
        ["--budget", "-1"],
        ["--model", "fast="],
        ["--model", "a/b", "--model", "c/d"],
        ["--detach", "--no-wait"],
    ):
        told = shell("run", name, *words)
        assert told.code == 2, words
        assert told.err.startswith("error: ")


def test_a_model_that_cannot_be_used_is_refused_by_name(shell):
    told = shell("run", shell.blueprint(HELLO), "-i", "who=Ada", "--model", "fast=openai/gpt-9", "--json")
    assert told.code == 3
    assert "openai/gpt-9" in told.json["error"]["message"]


def test_an_unknown_blueprint_is_refused_with_the_nearest_name(shell):
    shell.blueprint(HELLO)
    told = shell("run", "bensh")
    assert told.code == 3
    assert "bench" in told.err


def test_a_broken_blueprint_is_refused_at_its_line_with_a_caret(shell):
    told = shell("run", shell.blueprint("steps:\n  s: {sett: {a: 1}}\n"))
    assert told.code == 3
    assert "blueprint.yaml:3:" in told.err
    assert "^" in told.err
    error = shell("run", "bench", "--json").json["error"]
    assert error["line"] == 3 or {each["line"] for each in error["more"]} == {3}


def test_a_blueprint_from_elsewhere_runs_nothing_until_it_is_trusted(shell):
    folder = shell.folder / "elsewhere"
    folder.mkdir()
    (folder / "blueprint.yaml").write_text("blueprint: elsewhere\nsteps: {s: {set: {a: 1}}}\n")
    told = shell("run", "./elsewhere", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "untrusted")
    shown = shell("blueprint", "trust", "./elsewhere", "--json")
    assert (shown.code, shown.json["trusted"]) == (3, False)
    assert shell("blueprint", "trust", "./elsewhere", "--key", "0" * 64).code == 3
    assert shell("blueprint", "trust", "./elsewhere", "--key", shown.json["key"], "--json").json["trusted"] is True
    assert shell("run", "./elsewhere").code == 0


def test_text_of_models_and_tools_cannot_steer_the_terminal(shell):
    told = shell("run", shell.blueprint(HELLO), "-i", "who=\x1b[2J\x07\u202eAda", "-i", "n=1")
    assert "\x1b" not in told.out
    assert "\\u001b[2J\\u0007\\u202eAda" in told.out


def test_a_long_retry_counts_as_waiting_and_a_short_one_does_not(shell):
    def fail(_call):
        from mntui.tools.base import ToolFailure

        raise ToolFailure("Busy", "try later", retryable=True)

    shell.world.handlers["read"] = fail
    told = shell(
        "run",
        shell.blueprint(
            "tools: {read: {use: files.read}}\nsteps: {s: {tool: read, with: {path: a.txt}, "
            "retry: {initial_interval: 90s, maximum_interval: 90s}}}"
        ),
    )
    assert told.code == 5
    assert "read is tried again after attempt 1 failed: try later" in told.out


def test_outputs_are_whole_in_json_even_if_they_are_large(shell):
    name = shell.blueprint(
        "steps: {s: {set: {a: '{{ inputs.t }}'}}}\ninputs: {t: {type: string}}\noutputs: {a: '{{ s.a }}'}"
    )
    text = "x" * 9000
    assert shell("run", name, "-i", f"t={text}", "--json").json["outputs"] == {"a": text}
    assert json.dumps(text)[:100] in shell("show", "bench", "s", "--full", "--json").out
