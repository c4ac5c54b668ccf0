"""When nothing happens, nothing is drawn: the two views of a run don't send their one cursor to and fro."""

from mntui.ui.going import Go
from mntui.ui.screens.run import RunScreen
from tests.ui.person import Person

CHAIN = """\
steps:
  one: {set: {a: 1}}
  two: {set: {a: "{{ one.a }}"}}
  three: {set: {a: "{{ two.a }}"}}
  check: {approve: "Is it {{ three.a }}?"}
  last: {needs: [check], set: {a: 1}}
"""
LISTENED_SECONDS = 1.0
MOST_HEARD = 400


async def test_the_cursor_rests_after_keys_of_which_the_screen_hears_late(person: Person) -> None:
    run = await person.started(CHAIN)
    await person.asks(run)
    async with person.before(120, 36):
        person.app.go(Go("run", run))
        await person.sees("waits for you")
        screen = person.app.screen
        assert isinstance(screen, RunScreen)
        await person.until(lambda: screen.graph.cursor == screen.steps.cursor == screen.cursor == "check")
        for _ in range(2):
            screen.steps.step(-1)
        await person.until(lambda: screen.cursor == "two")
        await person.still()
        person.heard.clear()
        await person.pilot.pause(LISTENED_SECONDS)
        assert screen.graph.cursor == screen.steps.cursor == screen.cursor == "two"
    assert person.heard["CursorMoved"] == 0
    assert sum(person.heard.values()) < MOST_HEARD, person.heard
