"""Nothing is approved, answered or ended by accident: floods, Enter, space, keys that come too soon, items that change."""

import random
import string

import pytest
from sizes import sized
from textual.events import AppBlur, AppFocus

from mntui.core.requests import Approve
from mntui.ui.going import Go
from mntui.ui.keys import KEYS
from mntui.ui.screens.approvals import ApprovalsScreen
from mntui.ui.screens.home import HomeScreen
from mntui.ui.screens.run import RunScreen
from tests.ui.person import APPROVE, Person

TWO = """\
steps:
  one: {approve: "First?", show: {a: 1}, edit: [a]}
  two: {approve: "Second?", show: {a: 2}, edit: [a]}
"""
MANY = """\
tools: {pay: {use: python.pay, effect: unsafe, approve: always}}
steps:
  one: {approve: "First?", show: {a: 1}, edit: [a]}
  two: {approve: "Second?", show: {a: 2}}
  pay: {tool: pay, with: {amount: 5}}
  who: {ask: "Who?"}
  form: {ask: "Which?", output: {name: string}}
"""
LEAVING = {"ctrl+q", "ctrl+s"}
"""Leaving the app, and starting a run from its form, are no answers."""
TABLE = sorted({key for row in KEYS for key in row.keys.split(",")} - LEAVING)
TYPED = [*string.ascii_letters, *string.digits, "enter", "space", "backspace", "y", "enter", "a", "a", "r", "y"]


async def at(person: Person, place: str, what: str) -> None:
    person.app.go(Go(place, what))  # type: ignore[arg-type]
    wanted = {"run": RunScreen, "approvals": ApprovalsScreen}[place]
    await person.until(lambda: isinstance(person.app.screen, wanted))
    await person.sees("waits for you" if place == "run" else "approve")


@pytest.mark.parametrize("tick", [0.0, 0.002, 0.4])
@pytest.mark.parametrize("place", ["approvals", "run"])
async def test_a_flood_of_random_keys_decides_nothing(person: Person, place: str, tick: float) -> None:
    run = await person.started(MANY)
    await person.asks(run, 5)
    random_keys = random.Random(f"{place} {tick}")
    left = sized(500, 17_000)
    while left > 0:
        async with person.before():
            await at(person, place, run if place == "run" else "")
            person.tick = tick
            await person.flood(random_keys.choices([*TABLE, *TYPED], k=min(left, 200)))
            person.tick = 0.0
        left -= 200
    assert person.decided(run) == {}
    assert not person.run(run).ended
    assert not person.run(run).ending
    assert person.setting.world.count("pay") == 0


@pytest.mark.parametrize("place", ["approvals", "run"])
async def test_enter_and_space_never_approve(person: Person, place: str) -> None:
    run = await person.started(TWO)
    await person.asks(run, 2)
    async with person.before():
        await at(person, place, run if place == "run" else "")
        await person.press(*["enter", "space"] * 3, *["space"] * 2, *["enter"] * 2)
    assert person.decided(run) == {}


async def test_a_key_right_after_an_item_appears_is_dead(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at(person, "approvals", "")
        await person.pilot.press("a")
        await person.sees("only just appeared")
        person.seconds += 0.49
        await person.pilot.press("a")
        assert person.decided(run) == {}
        await person.press("a")
        await person.until(lambda: person.run(run).ended)


async def test_a_key_right_after_the_terminal_got_the_focus_back_is_dead(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at(person, "approvals", "")
        person.seconds += 5
        person.app.post_message(AppBlur())
        person.app.post_message(AppFocus())
        await person.pilot.pause()
        await person.pilot.press("a")
        await person.sees("only just come back")
    assert person.decided(run) == {}


async def test_an_item_replaced_under_the_cursor_is_not_decided(person: Person) -> None:
    run = await person.started(TWO)
    await person.asks(run, 2)
    async with person.before():
        await at(person, "approvals", "")
        person.seconds += 5
        first = person.run(run).asks[f"{run}.1"]
        await person.worker.send(run, Approve(first.id, first.digest), "person:bo")
        await person.until(lambda: "First?" not in person.screen)
        await person.pilot.press("a")
        await person.sees("only just appeared")
    assert person.decided(run) == {f"{run}.1": "approved"}


async def test_an_item_replaced_between_the_key_and_its_effect_is_not_decided(person: Person) -> None:
    run = await person.started(TWO)
    await person.asks(run, 2)
    async with person.before():
        await at(person, "approvals", "")
        await person.press("a")
        first = person.run(run).asks.get(f"{run}.1")
        if first is not None:
            await person.worker.send(run, Approve(first.id, first.digest), "person:bo")
        await person.until(lambda: "First?" not in person.screen)
        await person.until(lambda: "Second?" in person.screen)
    assert f"{run}.2" not in person.decided(run)


async def test_another_key_right_behind_ends_the_answer(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at(person, "approvals", "")
        person.seconds += 5
        await person.flood(["a"])
        await person.sees("too fast")
    assert person.decided(run) == {}


async def test_nothing_is_answered_while_a_text_field_has_the_keys(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at(person, "approvals", "")
        await person.press("slash", "a", "a", "enter", "a")
        await person.press("escape")
    assert set(person.decided(run)) <= {f"{run}.1"}


async def test_a_line_takes_no_enter_in_its_first_half_second(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at(person, "approvals", "")
        await person.press("r")
        await person.sees("Reject it. Why?")
        await person.pilot.press("n", "o", "enter")
        await person.sees("too fast")
        assert person.decided(run) == {}
        await person.press("enter")
        await person.until(lambda: not person.run(run).asks)


async def test_what_does_not_fit_must_be_read_to_its_end_first(person: Person) -> None:
    lines = "\\n".join(f"line {number}" for number in range(80))
    run = await person.started(f'steps: {{check: {{approve: "All of it?", show: {{text: "{lines}"}}}}}}')
    await person.asks(run)
    async with person.before():
        await at(person, "approvals", "")
        await person.press("a")
        await person.sees("read to its end first")
        assert person.decided(run) == {}
        await person.press("enter", "G")
        await person.sees("line 79")
        await person.press("a")
        await person.until(lambda: person.run(run).ended)


async def test_the_palette_offers_no_answers(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at(person, "approvals", "")
        assert person.app.rooms is not None
        offered = [offer.title for offer in person.app.rooms.offers("approvals")]
    assert offered
    assert not [title for title in offered if title.split()[0] in {"approve", "reject", "edit", "mark"}]


async def test_cancelling_needs_a_deliberate_y(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await at(person, "run", run)
        await person.press("x")
        await person.sees(f"Cancel {run}?")
        await person.pilot.press("y")
        await person.sees("only just appeared")
        await person.press("enter", "space")
        assert not person.run(run).ending
        await person.press("y")
        await person.until(lambda: person.run(run).ended)
    assert person.run(run).ended == "cancelled"


async def test_home_answers_nothing(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        assert isinstance(person.app.screen, HomeScreen)
        await person.press("3", "r", "space", "y", "a")
        await person.until(lambda: isinstance(person.app.screen, ApprovalsScreen))
    assert person.decided(run) == {}
