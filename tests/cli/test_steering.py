"""Steering a run: each command is one request, and what the run refuses is told with what works instead."""

import pytest

WAITS = "steps: {w: {wait: {signal: paid}}, after: {set: {amount: '{{ w.amount }}'}}}\noutputs: {amount: '{{ after.amount }}'}\n"


def status(shell, run):
    return shell("show", run, "--json").json["state"]["status"]


def test_pause_and_resume(shell):
    run = shell.started(WAITS)
    assert shell("pause", run, "--json").json["accepted"] is True
    assert status(shell, run) == "paused"
    told = shell("pause", run)
    assert (told.code, f"mntui resume {run}" in told.err) == (3, True)
    assert shell("resume", run).code == 0
    assert status(shell, run) == "waiting"


def test_a_signal_carries_json_to_the_step_that_waits(shell):
    run = shell.started(WAITS)
    assert shell("signal", run, "paid", "{").code == 2
    assert shell("signal", run, "paid", '{"amount": 120}').code == 0
    shell("watch", run)
    assert shell("show", run, "--json").json["outputs"] == {"amount": 120}


@pytest.mark.parametrize("command", ["cancel", "terminate"])
def test_a_run_that_was_ended_by_a_person_is_cancelled_and_watching_it_exits_1(shell, command):
    run = shell.started(WAITS)
    assert shell(command, run, "--reason", "by mistake").code == 0
    assert shell("watch", run).code == 1
    assert status(shell, run) == "cancelled"
    assert shell(command, run).code == 3


def test_retry_of_what_did_not_fail_is_refused(shell):
    run = shell.started(WAITS)
    assert shell("retry", run, "w").code == 3
    assert shell("retry", run).code == 3
    assert shell("retry", run, "nothing").code == 3


def test_skip_goes_on_with_the_output_that_a_person_gives(shell):
    run = shell.started(WAITS)
    assert shell("skip", run, "w", "--output", '{"amount": 5}').code == 2
    assert shell("skip", run, "w", "--output", "{", "--reason", "x").code == 2
    assert shell("skip", run, "w", "--output", '{"amount": 5}', "--reason", "paid in cash").code == 0
    assert shell("watch", run).code == 0
    assert shell("show", run, "--json").json["outputs"] == {"amount": 5}


def test_an_unknown_run_is_refused_before_anything_is_sent(shell):
    for words in (
        ["pause", "x"],
        ["signal", "x", "paid"],
        ["retry", "x"],
        ["skip", "x", "s", "--output", "1", "--reason", "y"],
    ):
        told = shell(*words, "--json")
        assert (told.code, told.json["error"]["code"]) == (3, "unknown_run"), words
