"""The card of what waits: its keys are always in sight, and what was edited can be looked at as a diff."""

from mntui.ui.going import Go
from tests.ui.person import Person

LETTER = """\
steps:
  draft: {set: {to: ada, body: "Dear Ada,\\n\\nplease pay 120.\\n\\nYours"}}
  check: {approve: "Send it to Ada?", show: {to: "{{ draft.to }}", body: "{{ draft.body }}"}, edit: [body]}
"""


async def at_the_card(person: Person) -> str:
    run = await person.started(LETTER)
    await person.asks(run)
    person.app.go(Go("run", run))
    await person.sees("waits for you")
    return run


async def edited(person: Person, lines: int) -> None:
    await person.press("e")
    await person.sees("What you change here")
    await person.press(*"Hey", *["enter"] * lines, "ctrl+s")
    await person.sees("✎ edited")


async def test_the_keys_of_an_edited_card_stay_in_sight_and_say_how_to_read_on(person: Person) -> None:
    async with person.before(120, 36):
        run = await at_the_card(person)
        await edited(person, 30)
        await person.sees("a approve as edited")
        await person.sees("J read on")
        await person.press("a")
        await person.sees("read to its end first (J)")
        assert person.decided(run) == {}
        await person.press("J", "J")
        await person.until(lambda: "J read on" not in person.screen)
        await person.press("a")
        await person.until(lambda: person.run(run).ended)
    assert person.decided(run) == {f"{run}.1": "approved with edits"}


async def test_d_shows_what_was_edited_as_a_diff(person: Person) -> None:
    async with person.before(120, 36):
        await at_the_card(person)
        await edited(person, 0)
        await person.press("d")
        await person.sees("-Dear Ada,")
        await person.sees("+HeyDear Ada,")
        await person.sees(" please pay 120.")
        await person.press("d")
        await person.until(lambda: "-Dear Ada," not in person.screen)
