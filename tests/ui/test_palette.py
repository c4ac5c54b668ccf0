"""The palette: everything but answers, by its name; the themes in the same way."""

import pytest

from mntui.ui.screens.approvals import ApprovalsScreen
from mntui.ui.screens.blueprint import BlueprintScreen
from mntui.ui.screens.doctor import DoctorScreen
from mntui.ui.screens.home import HomeScreen
from mntui.ui.screens.palette import Offer, PaletteScreen, matching, score
from mntui.ui.screens.run import RunScreen
from tests.ui.person import APPROVE, Person


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_a_few_letters_and_enter_do_it(person: Person, key: str) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before(80, 24):
        for typed, place in (
            (run, RunScreen),
            ("blueprint ben", BlueprintScreen),
            ("doct", DoctorScreen),
            ("approvals", ApprovalsScreen),
        ):
            await person.press(key)
            await person.until(lambda: isinstance(person.app.screen, PaletteScreen))
            await person.press(
                *("space" if letter == " " else "minus" if letter == "-" else letter for letter in typed)
            )
            await person.press("enter")
            await person.until(lambda place=place: isinstance(person.app.screen, place))
            await person.press("escape")
            await person.until(lambda: isinstance(person.app.screen, HomeScreen))
    assert person.decided(run) == {}


async def test_escape_leaves_it_however_fast_and_whatever_is_pressed_in_it(person: Person) -> None:
    async with person.before():
        for key in ("pagedown", "up", "down", "pageup", "enter"):
            await person.flood(["ctrl+p", key, "escape", "escape"])
            await person.press("escape")
        await person.until(lambda: isinstance(person.app.screen, HomeScreen))


async def test_colours_are_chosen_by_name(person: Person) -> None:
    async with person.before():
        await person.press("T", *"dracula", "enter")
        await person.until(lambda: person.app.theme == "dracula")


def test_letters_together_fit_better_than_letters_apart_and_what_does_not_fit_is_left_out() -> None:
    names = ["approvals", "copy", "run letter-7f3k", "rerun"]
    offers = [Offer(name, "", "", "x") for name in names]
    assert [offer.title for offer in matching(offers, "")] == names
    assert [offer.title for offer in matching(offers, "run")] == ["run letter-7f3k", "rerun"]
    assert [offer.title for offer in matching(offers, "rl7")] == ["run letter-7f3k"]
    assert score("copy", "run") is None
