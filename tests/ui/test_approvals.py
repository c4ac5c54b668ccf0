"""Answering what waits, by keys, over a real worker."""

from mntui.core.requests import Approve
from mntui.ui.screens.approvals import ApprovalsScreen
from tests.ui.person import APPROVE, Person


async def at_approvals(person: Person, item: str) -> None:
    await person.press("a")
    await person.until(lambda: isinstance(person.app.screen, ApprovalsScreen))
    await person.sees(item)


async def test_a_approves_exactly_what_is_shown(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at_approvals(person, "Send it to Ada?")
        await person.press("a")
        await person.until(lambda: person.run(run).ended)
        await person.sees("Nothing waits for you")
    assert person.run(run).outputs == {"to": "ada", "copies": 3}
    assert {d.by for d in person.run(run).decided.values()} == {"person:ada"}


async def test_r_rejects_with_a_reason_that_was_typed(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at_approvals(person, "Send it to Ada?")
        await person.press("r")
        await person.sees("Reject it. Why?")
        await person.press(*"no", "enter")
        await person.until(lambda: not person.run(run).asks)
    assert person.decided(run) == {f"{run}.1": "rejected"}


async def test_a_rejection_without_a_reason_is_asked_again_and_escape_leaves_it(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at_approvals(person, "Send it to Ada?")
        await person.press("r")
        await person.sees("Reject it. Why?")
        await person.press("enter")
        await person.sees("a reason is needed")
        await person.press("escape")
        await person.until(lambda: "Reject it" not in person.screen)
    assert person.decided(run) == {}


async def test_e_edits_and_a_approves_the_edited_values(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at_approvals(person, "Send it to Ada?")
        await person.press("e")
        await person.sees(f"edit {run}.1")
        await person.press("tab", "tab", "end", "backspace", "7", "ctrl+s")
        await person.sees("copies ✎ edited")
        await person.sees("approve as edited")
        await person.press("a")
        await person.until(lambda: person.run(run).ended)
    assert person.run(run).outputs == {"to": "ada", "copies": 7}


async def test_a_value_that_breaks_its_type_keeps_the_form_open(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at_approvals(person, "Send it to Ada?")
        await person.press("e")
        await person.sees(f"edit {run}.1")
        await person.press("tab", "tab", "end", "x", "ctrl+s")
        await person.sees("is not a number")
        await person.press("escape")
        await person.until(lambda: f"edit {run}.1" not in person.screen)
        assert "✎" not in person.screen
    assert person.decided(run) == {}


async def test_what_cannot_be_taken_back_needs_a_typed_y(person: Person) -> None:
    run = await person.started(UNSAFE)
    await person.asks(run)
    async with person.before():
        await at_approvals(person, "can't be taken back")
        await person.press("a")
        await person.sees("Type y and Enter")
        await person.press("n", "enter")
        await person.sees("not approved")
        assert person.decided(run) == {}
        await person.press("backspace", "y", "enter")
        await person.until(lambda: person.run(run).ended)
    assert person.setting.world.count("pay") == 1


UNSAFE = """\
tools: {pay: {use: python.pay, effect: unsafe, approve: always}}
steps: {pay: {tool: pay, with: {amount: 5}}}
"""
TWO = """\
steps:
  one: {approve: "First?", show: {a: 1}}
  two: {approve: "Second?", show: {a: 2}}
"""


async def test_space_marks_and_one_a_approves_all_that_are_marked(person: Person) -> None:
    run = await person.started(TWO)
    await person.asks(run, 2)
    async with person.before():
        await at_approvals(person, "First?")
        await person.press("space")
        await person.sees("1 marked")
        await person.press("j")
        await person.press("space")
        await person.sees("2 marked")
        assert person.decided(run) == {}
        await person.press("a")
        await person.until(lambda: person.run(run).ended)
    assert set(person.decided(run).values()) == {"approved"}


QUESTION = """\
steps:
  who: {ask: "Who gets it?", output: {name: string, copies: integer, note: optional string}}
  why: {needs: [who], ask: "And why?"}
outputs: {who: "{{ who.name }}", copies: "{{ who.copies }}"}
"""


async def test_a_question_with_fields_is_answered_in_a_form(person: Person) -> None:
    run = await person.started(QUESTION)
    await person.asks(run)
    async with person.before():
        await at_approvals(person, "Who gets it?")
        await person.press("a")
        await person.sees(f"answer {run}.1")
        await person.press(*"Bo", "tab", "2", "ctrl+s")
        await person.sees("And why?")
        await person.press("a")
        await person.sees("Your answer:")
        await person.press(*"so", "enter")
        await person.until(lambda: person.run(run).ended)
    assert person.run(run).outputs == {"who": "Bo", "copies": 2}


async def test_o_goes_to_the_run_and_d_shows_the_item_alone(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at_approvals(person, "Send it to Ada?")
        await person.press("d")
        await person.until(lambda: "queue" not in person.screen)
        await person.press("escape")
        await person.sees("queue (1)")
        await person.press("o")
        await person.sees(f"bench › {run}")


async def test_an_item_that_somebody_else_decides_leaves_and_closes_the_line(person: Person) -> None:
    run = await person.started(TWO)
    await person.asks(run, 2)
    async with person.before():
        await at_approvals(person, "First?")
        await person.press("r")
        await person.sees("Reject it. Why?")
        await person.press(*"late")
        ask = person.run(run).asks[f"{run}.1"]
        await person.worker.send(run, Approve(ask.id, ask.digest), "person:bo")
        await person.until(lambda: "Reject it" not in person.screen)
        await person.press("enter")
    assert person.decided(run) == {f"{run}.1": "approved"}


async def test_what_is_wrong_with_a_line_is_seen_however_long_its_question(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before(80, 24):
        await person.press("a")
        await person.sees("Send it to Ada?")
        screen = person.app.screen
        assert isinstance(screen, ApprovalsScreen)
        screen.typed.open("What became of it? " + "happened or not " * 6 + "abandon", lambda _: None)
        await person.pilot.press("enter")
        await person.sees("press Enter again")
        await person.sees("abandon")
