"""Answering what waits: by digest without a terminal, never twice, never something else than what was read."""

import json

from mntui.tools.base import ToolFailure

APPROVE = """
steps:
  ok: {approve: 'Send it?', show: {to: ada, n: 2}, edit: [to, n]}
  after: {set: {to: '{{ ok.to }}', n: '{{ ok.n }}'}}
outputs: {to: '{{ after.to }}', n: '{{ after.n }}'}
"""
ASK = "steps: {q: {ask: 'Which?', output: {pick: a | b, note: optional string}}}\noutputs: {pick: '{{ q.pick }}'}\n"
UNSAFE = "tools: {send: {use: files.write, effect: unsafe}}\nsteps: {s: {tool: send, with: {path: a.txt, text: hi}}}\n"


def waiting(shell):
    (ask,) = shell("approvals", "--json").json
    return ask


def ended(shell, run):
    shell("watch", run)
    return shell("show", run, "--json").json


def test_nothing_waits_says_so(shell):
    assert shell("approvals").out == "Nothing waits for you.\n"
    assert shell("approvals", "--json").json == []


def test_an_approval_shows_everything_that_will_happen_with_its_digest(shell):
    shell.started(APPROVE)
    ask = waiting(shell)
    text = shell("approvals").out
    for part in ("Send it?", "to: ada", "n: 2", ask["id"], ask["digest"], "may be edited: to, n"):
        assert part in text


def test_without_a_terminal_approving_needs_the_digest_of_what_was_read(shell):
    shell.started(APPROVE)
    told = shell("approve", waiting(shell)["id"])
    assert told.code == 3
    assert "mntui approvals --json" in told.err
    assert waiting(shell)


def test_a_wrong_or_a_shortened_digest_approves_nothing(shell):
    shell.started(APPROVE)
    ask = waiting(shell)
    for digest in ("0" * 64, ask["digest"][:20]):
        told = shell("approve", ask["id"], "--digest", digest, "--json")
        assert (told.code, told.json["error"]["code"]) == (3, "changed")
    assert waiting(shell) == ask


def test_an_approval_with_its_digest_lets_the_run_go_on(shell):
    run = shell.started(APPROVE)
    ask = waiting(shell)
    told = shell("approve", ask["id"], "--digest", ask["digest"], "--json")
    assert (told.code, told.json["run"]) == (0, run)
    assert ended(shell, run)["outputs"] == {"to": "ada", "n": 2}


def test_edits_keep_the_type_of_what_they_replace(shell):
    run = shell.started(APPROVE)
    ask = waiting(shell)
    assert shell("approve", ask["id"], "--digest", ask["digest"], "--set", "to=007", "--set", "n=3").code == 0
    assert ended(shell, run)["outputs"] == {"to": "007", "n": 3}


def test_only_what_may_be_edited_is_edited(shell):
    shell.started("steps: {ok: {approve: 'Send it?', show: {to: ada, n: 2}, edit: [n]}}\n")
    ask = waiting(shell)
    told = shell("approve", ask["id"], "--digest", ask["digest"], "--set", "to=eve")
    assert told.code == 3
    assert "It may be n." in told.err


def test_whoever_comes_second_is_told_who_decided(shell):
    shell.started(APPROVE)
    ask = waiting(shell)
    assert shell("reject", ask["id"], "--reason", "wrong person").code == 0
    told = shell("approve", ask["id"], "--digest", ask["digest"])
    assert told.code == 3
    assert "already rejected by person:ada" in told.err


def test_a_rejection_needs_a_reason_and_keeps_it(shell):
    run = shell.started(APPROVE)
    ask = waiting(shell)
    assert shell("reject", ask["id"]).code == 2
    assert shell("reject", ask["id"], "--reason", "wrong person", "--digest", ask["digest"]).code == 0
    assert any("wrong person" in fact["text"] for fact in shell("events", run, "--json").json)


def test_what_never_waited_is_refused(shell):
    shell.started(APPROVE)
    for words in (["approve", "nonsense"], ["approve", "nobody-1.9"], ["respond", "nobody-1.9", "1"]):
        assert shell(*words).code == 3


def test_a_question_is_answered_by_its_contract(shell):
    run = shell.started(ASK)
    ask = waiting(shell)
    assert shell("respond", ask["id"], "a").code == 2
    told = shell("respond", ask["id"], '{"pick": "c"}', "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "contract")
    assert shell("respond", ask["id"], '{"pick": "a"}').code == 0
    assert ended(shell, run)["outputs"] == {"pick": "a"}


def test_a_question_is_not_approved_and_the_right_command_is_named(shell):
    shell.started(ASK)
    told = shell("approve", waiting(shell)["id"], "--digest", "d")
    assert told.code == 3
    assert "mntui respond" in told.err


def test_an_effect_in_doubt_is_settled_by_somebody_who_looked(shell):
    def lost(_call):
        raise ToolFailure("ConnectionError", "the line went dead", retryable=True)

    shell.world.handlers["write"] = lost
    told = shell("run", shell.blueprint(UNSAFE))
    assert told.code == 5
    assert "nobody knows" in told.err
    ask = waiting(shell)
    assert (ask["kind"], ask["problem"]["message"]) == ("in_doubt", "the line went dead")
    assert shell("settle", ask["id"], "perhaps").code == 2
    assert shell("settle", ask["id"], "compensate").code == 3
    assert shell("settle", ask["id"], "happened", "--result", '{"path": "a.txt"}').code == 0
    assert ended(shell, ask["run"])["state"]["status"] == "succeeded"


def test_json_that_is_none_is_wrong_usage_with_an_example(shell):
    shell.started(ASK)
    for text in ("{", "NaN", str(2**60)):
        told = shell("respond", waiting(shell)["id"], text)
        assert told.code == 2
        assert "'\"yes\"'" in told.err


def test_the_answer_of_a_listed_item_can_be_pasted(shell):
    shell.started(APPROVE)
    words = waiting(shell)["answer"].split()
    assert words[0] == "mntui"
    assert shell(*words[1:]).code == 0


def test_shown_values_stay_json(shell):
    shell.started(APPROVE)
    assert json.loads(shell("approvals", "--json").out)[0]["arguments"] == {"to": "ada", "n": 2}
