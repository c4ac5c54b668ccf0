from textual.widgets import Input

from mntui.ui.going import Go
from mntui.ui.screens.approvals import ApprovalsScreen
from mntui.ui.screens.blueprint import BlueprintScreen
from mntui.ui.screens.form import FormScreen
from mntui.ui.screens.home import HomeScreen
from mntui.ui.screens.run import RunScreen
from tests.ui.person import APPROVE, Person

ENDS = "steps: {one: {set: {a: 1}}}\noutputs: {a: '{{ one.a }}'}"
BROKEN = "steps: {one: {tool: nothing}}"
INPUTS = """\
inputs: {who: {type: string, about: whom}, times: {type: integer, default: 2}}
steps: {one: {set: {who: "{{ inputs.who }}", times: "{{ inputs.times }}"}}}
outputs: {who: "{{ one.who }}", times: "{{ one.times }}"}
"""


async def test_home_shows_blueprints_runs_and_what_waits(person: Person) -> None:
    run = await person.started(APPROVE)
    done = await person.started(ENDS, "quick")
    person.setting.blueprint(BROKEN, "broken")
    async with person.before():
        for words in ("bench", "quick", "1 problem", run, done, "waiting", "succeeded", "Send it to Ada?"):
            await person.sees(words)


async def test_n_asks_for_the_inputs_starts_a_run_and_goes_there(person: Person) -> None:
    person.setting.blueprint(INPUTS, "asks")
    async with person.before():
        await person.press("n")
        await person.until(lambda: isinstance(person.app.screen, FormScreen))
        await person.press("ctrl+s")
        assert isinstance(person.app.screen, FormScreen)
        await person.press(*"Bo", "tab", "end", "backspace", "5", "ctrl+s")
        await person.until(lambda: isinstance(person.app.screen, RunScreen))
        await person.until(lambda: person.app.screen.seen is not None and person.app.screen.seen.run.ended)
        assert person.app.screen.seen.run.outputs == {"who": "Bo", "times": 5}
        await person.sees("succeeded")


async def test_enter_in_a_form_goes_to_the_next_field_and_escape_leaves_it(person: Person) -> None:
    person.setting.blueprint(INPUTS, "asks")
    async with person.before():
        await person.press("n")
        await person.until(lambda: isinstance(person.app.focused, Input))
        first = person.app.focused
        await person.press("enter")
        await person.until(lambda: person.app.focused is not first)
        await person.press("escape")
        await person.until(lambda: not isinstance(person.app.screen, FormScreen))
        assert not person.app.desk.overview.rows


async def test_enter_opens_what_the_cursor_is_on(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await person.sees(run)
        await person.press("enter")
        await person.until(lambda: isinstance(person.app.screen, BlueprintScreen))
        await person.press("escape", "2", "enter")
        await person.until(lambda: isinstance(person.app.screen, RunScreen))
        await person.press("q", "3", "enter")
        await person.until(lambda: isinstance(person.app.screen, ApprovalsScreen))


async def test_a_filter_shows_only_rows_that_hold_its_words(person: Person) -> None:
    await person.started(ENDS, "quick")
    await person.started(ENDS, "slow")
    async with person.before():
        await person.sees("slow")
        await person.press("slash", *"qui")
        await person.until(lambda: "slow" not in person.screen.split("2 runs")[0])
        await person.press("enter", "escape")
        await person.sees("slow")


async def test_q_leaves_the_app_and_the_run_goes_on(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await person.press("ctrl+c")
        await person.sees("q leaves")
        await person.press("q")
        await person.until(lambda: person.app.return_code is not None)
    assert person.app.return_code == 0
    assert not person.run(run).ended


async def test_80_by_24_shows_one_pane_at_a_time(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before(80, 24):
        await person.sees("1 blueprints")
        assert "in 14 days" not in person.screen
        await person.press("2")
        await person.sees(run)
        await person.press("tab")
        await person.sees("Send it to Ada?")
        await person.press("4")
        await person.sees("in 14 days")


async def test_s_sorts_runs_f_shows_some_and_the_order_is_remembered(person: Person) -> None:
    waits = await person.started(APPROVE)
    done = await person.started(ENDS, "quick")
    await person.asks(waits)
    async with person.before():
        await person.sees("all, newest first")
        await person.press("s", "s", "s")
        await person.sees("needing first")
        await person.until(lambda: person.screen.index(waits) < person.screen.index(done))
        await person.press("f", "f")
        await person.sees("waiting, needing first")
        await person.until(lambda: done not in person.screen)
    async with person.before():
        await person.sees("all, needing first")


async def test_marked_runs_are_cancelled_together_after_a_y(person: Person) -> None:
    runs = [await person.started(APPROVE, f"bench{number}") for number in range(3)]
    for run in runs:
        await person.asks(run)
    async with person.before():
        await person.press("2", "space", "space", "x")
        await person.sees("Cancel these 2 runs")
        await person.press("y")
        await person.until(lambda: sum(person.run(run).ended == "cancelled" for run in runs) == 2)
    assert sum(bool(person.run(run).ended) for run in runs) == 2


async def test_what_was_typed_into_a_form_stands_there_again(person: Person) -> None:
    person.setting.blueprint(INPUTS, "asks")
    async with person.before():
        await person.press("n")
        await person.until(lambda: isinstance(person.app.screen, FormScreen))
        await person.press(*"Bo", "ctrl+s")
        await person.until(lambda: isinstance(person.app.screen, RunScreen))
        await person.press("escape")
        await person.until(lambda: isinstance(person.app.screen, HomeScreen))
        await person.press("1", "n")
        await person.until(lambda: isinstance(person.app.screen, FormScreen))
        await person.until(lambda: isinstance(person.app.focused, Input) and person.app.focused.value == "Bo")


async def test_a_letter_jumps_to_a_pane(person: Person) -> None:
    async with person.before():
        home = person.app.screen
        assert isinstance(home, HomeScreen)
        await person.press("f2")
        await person.until(lambda: person.app.screen is not home)
        await person.press("f")
        await person.until(lambda: person.app.screen is home and home.opened() is home.four[3])
        await person.press("f2")
        await person.until(lambda: person.app.screen is not home)
        await person.press("7")
        await person.until(lambda: person.app.screen is home)
        assert home.opened() is home.four[3]


async def test_too_small_a_terminal_is_a_sentence_and_nothing_can_be_answered_in_it(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before(50, 12):
        await person.sees("too small")
        person.app.go(Go("approvals"))
        await person.until(lambda: isinstance(person.app.screen, ApprovalsScreen))
        await person.press("a")
        await person.pilot.pause(0.4)
        await person.pilot.resize_terminal(80, 24)
        await person.sees("Send it to Ada?")
    assert person.decided(run) == {}


async def test_the_theme_chosen_last_is_remembered(person: Person) -> None:
    async with person.before():
        await person.press("T", *"nord", "enter")
        await person.until(lambda: person.app.theme == "nord")
    async with person.before():
        assert person.app.theme == "nord"


async def test_keys_that_come_at_once_go_where_the_first_of_them_led(person: Person) -> None:
    await person.started(ENDS, "quick")
    async with person.before():
        await person.sees("quick-")
        await person.flood(["2", "enter"])
        await person.until(lambda: isinstance(person.app.screen, RunScreen))
