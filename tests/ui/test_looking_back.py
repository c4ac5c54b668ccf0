"""Looking back at a run: each state is the fold of that many facts, whatever way one came there."""

from hypothesis import given
from hypothesis import strategies as st

from mntui.core.evolve import replay
from mntui.core.run import Run, new_run
from mntui.ui.going import Go
from mntui.ui.live import Seen
from mntui.ui.past import Past
from mntui.ui.screens.run import RunScreen
from tests.ui.person import APPROVE, Person

ENDS = """\
steps:
  one: {set: {a: 1}}
  each: {for_each: "{{ [1, 2, 3] }}", as: x, steps: {two: {set: {b: "{{ x }}"}}}}
outputs: {a: '{{ one.a }}'}
"""


async def seen_run(person: Person, text: str) -> Seen:
    run = await person.started(text)
    async with person.before():
        await person.until(lambda: person.run(run).ended)
        person.app.go(Go("run", run))
        await person.until(lambda: isinstance(person.app.screen, RunScreen) and person.app.screen.seen is not None)
        screen = person.app.screen
        assert isinstance(screen, RunScreen)
        await person.until(lambda: screen.seen is not None and screen.seen.run.ended)
        assert screen.seen is not None
        return screen.seen


async def test_every_state_on_the_way_back_is_the_fold_of_so_many_facts(person: Person) -> None:
    now = await seen_run(person, ENDS)
    past = Past()
    for count in range(len(now.facts) - 1, 0, -1):
        past.move(now, -1)
        assert past.at == count
        assert past.seen(now).run == folded(now, count)
    past.move(now, -1)
    assert past.at == 1, "before the first fact there is nothing"
    past.move(now, len(now.facts))
    assert past.at is None
    assert past.seen(now) is now


async def test_any_walk_through_time_ends_where_the_sum_of_its_steps_does(person: Person) -> None:
    now = await seen_run(person, ENDS)

    @given(st.lists(st.integers(-15, 15), max_size=12))
    def walks(steps: list[int]) -> None:
        past = Past()
        for step in steps:
            past.move(now, step)
        shown = past.seen(now)
        assert shown.run == folded(now, past.at or len(now.facts))

    walks()


def folded(now: Seen, count: int) -> Run:
    return replay(new_run(now.run.id, now.run.plan), now.facts[:count])


async def test_arrows_look_back_nothing_can_be_answered_there_and_esc_is_now(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        person.app.go(Go("run", run))
        await person.sees("Send it to Ada?")
        await person.press("left")
        await person.sees("as it was at fact")
        await person.until(lambda: "waits for you" not in person.screen)
        await person.press("a")
        await person.sees("Nothing here waits for you")
        await person.press("shift+left", "right")
        await person.sees("as it was at fact 2 of")
        await person.press("escape")
        await person.sees("waits for you")
        assert isinstance(person.app.screen, RunScreen)
    assert person.decided(run) == {}
