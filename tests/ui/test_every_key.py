"""Every key of the table is pressed on its screen, in two sizes: nothing breaks, and one gets back."""

import pytest

from mntui.ui.going import Go
from mntui.ui.keys import GRAPH, LIST, PAGE, PANES, of_scope
from mntui.ui.screens.page import Page
from tests.ui.person import Person

SHOWS = """\
steps:
  one: {approve: "First?", show: {a: 1}, edit: [a]}
  each: {for_each: "{{ [1, 2] }}", as: x, steps: {two: {ask: "Second {{ x }}?"}}}
  fails: {tool: pay, with: {amount: 5}}
tools: {pay: {use: python.pay, effect: unsafe, approve: always}}
"""
LEAVES = {"app.quit", "app.leave"}
SCREENS = ("home", "run", "approvals", "blueprint", "compare", "scorecard", "doctor", "help")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
@pytest.mark.parametrize("scope", SCREENS)
async def test_every_key_can_be_pressed(person: Person, scope: str, size: tuple[int, int]) -> None:
    run = await person.started(SHOWS)
    keys = [key for key in of_scope(scope, PANES, LIST, GRAPH, PAGE, "app") if key.id not in LEAVES]
    async with person.before(*size):
        await person.asks(run, 4)
        await there(person, scope, run)
        home = person.app.screen
        for key in dict.fromkeys(name for row in keys for name in row.keys.split(",")):
            await person.press(key)
            await back(person, home, scope, run)
    assert not person.run(run).ended


async def there(person: Person, scope: str, run: str) -> None:
    if scope == "help":
        await person.press("question_mark")
    elif scope != "home":
        place = scope
        what = {"run": run, "compare": run, "blueprint": "bench"}.get(place, "")
        person.app.go(Go(place, what))  # type: ignore[arg-type]
    await person.until(lambda: isinstance(person.app.screen, Page) and person.app.screen.scope == scope)


async def back(person: Person, screen: object, scope: str, run: str) -> None:
    """To the screen that is looked at, however far a key has led."""
    for _ in range(4):
        if person.app.screen is screen or (isinstance(person.app.screen, Page) and person.app.screen.scope == scope):
            return
        await person.press("escape")
        await person.pilot.pause()
    await there(person, scope, run)
