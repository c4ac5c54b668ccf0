"""At a terminal: questions are asked inline, and nothing is ever answered by accident."""

import asyncio
import termios

import pytest

from mntui.cli.terminal import Terminal
from mntui.core.requests import Reject
from mntui.tools.base import ToolFailure

HINT = "[q] leave running"
APPROVE = """
steps:
  ok: {approve: 'Send it?', show: {to: ada, n: 2}, edit: [to, n]}
  after: {set: {to: '{{ ok.to }}', n: '{{ ok.n }}'}}
outputs: {to: '{{ after.to }}', n: '{{ after.n }}'}
"""
UNSAFE = (
    "tools: {send: {use: files.write, effect: unsafe, approve: always}}\n"
    "steps: {s: {tool: send, with: {path: a.txt, text: hi}}}\n"
)
ASK = "steps: {q: {ask: 'Which?', output: {pick: a | b, n: integer, note: optional string}}}\noutputs: {q: '{{ q }}'}\n"


def outputs(shell):
    return shell("show", shell("runs", "--json").json[0]["run"], "--json").json["outputs"]


def waiting(shell):
    return [ask["id"] for ask in shell("approvals", "--json").json]


# The terminal itself


async def test_what_was_typed_before_a_question_and_in_its_first_half_second_is_thrown_away(typist):
    typist.type("aaaa")
    with Terminal(typist.stdin, typist.text) as terminal:
        settling = asyncio.create_task(terminal.settle())
        await asyncio.sleep(0)
        typist.type("aaaa")
        await settling
        typist.type("s")
        assert await terminal.key("as") == "s"


@pytest.mark.parametrize("flood", ["ya", "a\n", "aaaa", "\x1b[A", "\n", " "])
async def test_a_key_counts_only_alone_so_a_paste_or_an_arrow_key_never_does(typist, flood):
    with Terminal(typist.stdin, typist.text) as terminal:
        pressed = asyncio.create_task(terminal.key("as"))
        await asyncio.sleep(0)
        typist.type(flood)
        while not pressed.done():
            await asyncio.sleep(0.01)
            typist.type("s")
        assert await pressed == "s"


async def test_a_line_is_read_as_text_and_echoed_and_the_terminal_is_as_before_afterwards(typist):
    before = termios.tcgetattr(typist.seat.fileno())
    with Terminal(typist.stdin, typist.text) as terminal:
        line = asyncio.create_task(terminal.line("name: "))
        await asyncio.sleep(0)
        typist.expect("name: ")
        typist.type("Zoë\n")
        assert await line == "Zoë"
    typist.expect("Zoë")
    assert termios.tcgetattr(typist.seat.fileno()) == before


# Inside `mntui run`


def test_neither_typed_ahead_keys_nor_enter_nor_space_approve(shell, typist):
    typist.type("aaaa\n\n  a")
    typist.start("run", shell.blueprint(APPROVE))
    typist.expect(HINT)
    typist.type("aa")
    typist.type("\n")
    for _ in range(20):
        typist.type(" ")
        typist.type("\n")
    typist.press_until_end("s")
    assert typist.end() == 5
    assert len(waiting(shell)) == 1
    assert "mntui approve" in typist.out.getvalue()


def test_the_item_is_shown_whole_with_its_digest_before_the_keys_are_named(shell, typist):
    typist.start("run", shell.blueprint(APPROVE))
    for words in ("Send it?", "to: ada", "n: 2", "may be edited: to, n", "digest ", "[a]pprove"):
        typist.expect(words)
    typist.press_until_end("q")
    assert typist.end() == 5


def test_a_approves_and_the_run_goes_on_to_its_outputs(shell, typist):
    typist.start("run", shell.blueprint(APPROVE))
    typist.expect(HINT)
    typist.press_until_end("a")
    assert typist.end() == 0
    assert "to: ada" in typist.out.getvalue()
    assert outputs(shell) == {"to": "ada", "n": 2}


def test_an_edit_is_shown_again_and_only_then_approved(shell, typist):
    typist.start("run", shell.blueprint(APPROVE))
    typist.expect(HINT)
    typist.press("e", "Enter keeps ada): ")
    typist.type("grace\n")
    typist.expect("Enter keeps 2): ")
    typist.type("three\n")
    typist.expect("error: ")
    typist.expect("Enter keeps 2): ")
    typist.type("3\n")
    typist.expect("to: grace")
    typist.expect("[a]pprove as edited")
    typist.press_until_end("a")
    assert typist.end() == 0
    assert outputs(shell) == {"to": "grace", "n": 3}


def test_an_editor_may_be_used_and_what_it_leaves_unchanged_stays(shell, typist, tmp_path):
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\ncase "$(cat "$1")" in ada) echo grace > "$1";; esac\n')
    editor.chmod(0o755)
    typist.start("run", shell.blueprint(APPROVE), EDITOR=str(editor))
    typist.expect(HINT)
    typist.press("e", "to: grace")
    typist.expect("[a]pprove as edited")
    typist.press_until_end("a")
    assert typist.end() == 0
    assert outputs(shell) == {"to": "grace", "n": 2}


def test_a_rejection_asks_why_and_an_empty_reason_goes_back(shell, typist):
    typist.start("run", shell.blueprint(APPROVE.replace("edit: [to, n]", "on_reject: fail")))
    typist.expect(HINT)
    typist.press("r", "goes back) ")
    typist.type("\n")
    typist.expect(HINT)
    typist.press("r", "goes back) ")
    typist.type("wrong person\n")
    assert typist.end() == 1
    assert "wrong person" in typist.out.getvalue()


def test_what_cannot_be_taken_back_needs_a_typed_yes(shell, typist):
    typist.start("run", shell.blueprint(UNSAFE))
    typist.expect(HINT)
    typist.press("a", "Type yes and Enter: ")
    typist.type("y\n")
    typist.expect(HINT)
    assert shell.world.count("write") == 0
    typist.press("a", "Type yes and Enter: ")
    typist.type("yes\n")
    assert typist.end() == 0
    assert shell.world.count("write") == 1


def test_a_question_is_answered_field_by_field(shell, typist):
    typist.start("run", shell.blueprint(ASK))
    typist.expect(HINT)
    typist.press("a", "pick (a or b): ")
    typist.type("c\n")
    typist.expect("n (integer): ")
    typist.type("4\n")
    typist.expect("note (string, may be left out): ")
    typist.type("\n")
    typist.expect("expected one of")
    typist.press("a", "pick (a or b): ")
    typist.type("b\n")
    typist.expect("n (integer): ")
    typist.type("5\n")
    typist.expect("note (string, may be left out): ")
    typist.type("\n")
    assert typist.end() == 0
    assert outputs(shell)["q"] == {"pick": "b", "n": 5}


def test_a_budget_is_raised_by_a_typed_amount(shell, typist):
    name = shell.blueprint(
        "models: {fast: {max_tokens: 50}}\nagents: {w: {role: executor, model: fast, instructions: Say it.}}\n"
        "budget: {tokens: 5}\nsteps: {s: {agent: w, with: {text: You owe 20 CHF.}}}\n"
    )
    typist.start("run", name)
    typist.expect(HINT)
    typist.press("a", "how many tokens? (or cheaper, finish, stop): ")
    typist.type("100000\n")
    assert typist.end() == 0


def test_an_effect_in_doubt_is_settled_by_a_typed_word(shell, typist):
    def lost(_call):
        raise ToolFailure("ConnectionError", "the line went dead", retryable=True)

    shell.world.handlers["write"] = lost
    typist.start("run", shell.blueprint(UNSAFE.replace(", approve: always", "")))
    typist.expect("the line went dead")
    typist.expect(HINT)
    typist.press("a", "What became of it?")
    typist.type("perhaps\n")
    typist.expect("error: ")
    typist.press("a", "What became of it?")
    typist.type("happened\n")
    typist.expect("as JSON")
    typist.type('{"path": "a.txt"}\n')
    assert typist.end() == 0


def test_an_item_that_somebody_else_decides_is_no_longer_asked(shell, typist):
    typist.start("run", shell.blueprint(APPROVE.replace("edit: [to, n]", "on_reject: fail")))
    typist.expect(HINT)
    worker, loop = shell.open_now
    run = next(iter(worker.roster.names))
    asyncio.run_coroutine_threadsafe(worker.send(run, Reject(f"{run}.1", "no"), "person:eve"), loop).result(10)
    typist.expect("was rejected by eve")
    assert typist.end() == 1


def test_several_items_are_asked_one_after_the_other_each_with_dead_keys(shell, typist):
    typist.start("run", shell.blueprint("steps: {a: {approve: 'First?'}, b: {approve: 'Second?'}}"))
    typist.expect("First?")
    typist.expect(HINT)
    typist.press("s", "Second?")
    typist.expect(HINT)
    typist.press_until_end("s")
    assert typist.end() == 5
    assert len(waiting(shell)) == 2


# `mntui approve`


@pytest.mark.parametrize(("typed", "code"), [("\n", 5), ("yes\n", 5), ("y\n", 0)])
def test_approve_shows_the_item_and_asks_for_a_typed_y(shell, typist, typed, code):
    shell("run", shell.blueprint(APPROVE))
    typist.type("y\n")
    typist.start("approve", waiting(shell)[0])
    typist.expect("to: ada")
    typist.expect("Type y and Enter")
    typist.type(typed)
    assert typist.end() == code
    assert len(waiting(shell)) == (0 if code == 0 else 1)


def test_approve_shows_the_values_as_they_were_edited_on_the_command_line(shell, typist):
    shell("run", shell.blueprint(APPROVE))
    typist.start("approve", waiting(shell)[0], "--set", "to=grace")
    typist.expect("to: grace")
    typist.expect("Type y and Enter")
    typist.type("y\n")
    assert typist.end() == 0


def test_a_stale_digest_is_refused_even_at_a_terminal(shell, typist):
    shell("run", shell.blueprint(APPROVE))
    typist.start("approve", waiting(shell)[0], "--digest", "0" * 64)
    typist.press("y\n", "isn't what you were shown")
    assert typist.end() == 3


def test_trusting_a_blueprint_shows_what_it_may_do_and_asks_for_a_typed_y(shell, typist):
    folder = shell.folder / "elsewhere"
    folder.mkdir()
    (folder / "blueprint.yaml").write_text(
        "blueprint: elsewhere\ntools: {w: {use: files.write}}\nsteps: {s: {tool: w, with: {path: a, text: b}}}\n"
    )
    typist.start("run", "./elsewhere")
    typist.expect("tool w = files.write")
    typist.expect("Type y and Enter")
    typist.type("y\n")
    assert typist.end() == 0
