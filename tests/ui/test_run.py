from world import boom

from mntui.ui.drawing.text import plain
from mntui.ui.going import Go
from mntui.ui.screens.run import RunScreen
from tests.ui.person import APPROVE, Person

ITEMS = """\
steps:
  each: {for_each: "{{ ['ada', 'bo'] }}", as: who, steps: {ask: {approve: "Go {{ who }}?", show: {who: "{{ who }}"}}}}
  end: {needs: [each], set: {done: true}}
outputs: {done: "{{ end.done }}"}
success: {all: "each.failed == 0"}
"""
FAILS = """\
tools: {read: {use: python.read, effect: none}}
steps: {first: {set: {a: 1}}, second: {needs: [first], tool: read, retry: {maximum_attempts: 1}}}
recovery: {on_failure: pause}
"""


async def before_run(person: Person, run: str) -> RunScreen:
    person.app.go(Go("run", run))
    await person.until(lambda: isinstance(person.app.screen, RunScreen) and person.app.screen.seen is not None)
    screen = person.app.screen
    assert isinstance(screen, RunScreen)
    return screen


async def test_the_graph_moves_as_the_run_goes_and_the_result_is_shown_at_its_end(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await before_run(person, run)
        await person.sees("◆ check")
        await person.sees("✓ draft")
        await person.sees("○ send")
        await person.sees("Send it to Ada?")
        await person.press("a")
        await person.sees("✓ send")
        await person.sees("✓ succeeded")
        await person.sees("outputs")


async def test_v_shows_the_table_and_enter_opens_a_container(person: Person) -> None:
    run = await person.started(ITEMS)
    await person.asks(run, 2)
    async with person.before():
        await before_run(person, run)
        await person.press("v")
        await person.sees("each 0/2")
        await person.press("enter")
        await person.sees("[1]")
        await person.press("enter")
        await person.until(lambda: "[1]" not in person.screen)


async def test_n_goes_to_what_waits_wherever_it_is(person: Person) -> None:
    run = await person.started(ITEMS)
    await person.asks(run, 2)
    async with person.before():
        screen = await before_run(person, run)
        await person.press("v", "n")
        await person.until(lambda: screen.cursor == "each[0]/ask")
        await person.sees("Go ada?")
        await person.press("n")
        await person.until(lambda: screen.cursor == "each[1]/ask")
        await person.sees("Go bo?")
        await person.press("N")
        await person.until(lambda: screen.cursor == "each[0]/ask")


async def test_p_pauses_and_goes_on(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await before_run(person, run)
        await person.press("p")
        await person.sees("‖ paused")
        await person.press("p")
        await person.until(lambda: not person.run(run).paused)


async def test_w_says_why_it_is_not_moving_and_with_which_key_to_go_on(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await before_run(person, run)
        await person.press("w")
        await person.sees("it waits for your approval")
        await person.sees("press a, or type: mntui approve")


async def test_t_tries_again_what_failed(person: Person) -> None:
    person.setting.world.handlers["read"] = boom()
    run = await person.started(FAILS)
    async with person.before():
        await person.until(lambda: person.run(run).held)
        await before_run(person, run)
        await person.sees("✗ second")
        del person.setting.world.handlers["read"]
        await person.press("t")
        await person.until(lambda: person.run(run).ended)
        await person.sees("✓ second")


async def test_each_tab_shows_its_page(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    pages = {
        "1": "leads to",
        "2": "started",
        "3": "No agent works in this step",
        "4": "$0",
        "5": "It makes no calls",
        "6": "What is the current state?",
        "7": "has not ended yet",
    }
    async with person.before():
        await before_run(person, run)
        for key, words in pages.items():
            await person.press(key)
            await person.sees(words)


async def test_r_starts_a_new_run_from_the_same_inputs_after_a_y(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        first = await before_run(person, run)
        await person.press("R")
        await person.sees("Start a new run")
        await person.press("y")
        await person.until(lambda: isinstance(person.app.screen, RunScreen) and person.app.screen is not first)
        other = person.app.screen.run_name
        assert other != run
        await person.until(lambda: other in [row.run for row in person.app.desk.overview.rows])
        await person.press("left_square_bracket")
        await person.until(lambda: isinstance(person.app.screen, RunScreen) and person.app.screen.run_name == run)


async def test_on_a_narrow_screen_a_leads_to_where_the_item_is_shown_whole(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before(80, 24):
        await before_run(person, run)
        await person.sees("Send it to Ada?")
        await person.press("a")
        await person.sees("queue (1)")
        assert person.decided(run) == {}
        await person.press("a")
        await person.until(lambda: person.run(run).ended)


async def test_a_run_that_is_not_there_is_a_sentence(person: Person) -> None:
    async with person.before():
        person.app.go(Go("run", "nothing-7f3k"))
        await person.sees("There is no run nothing-7f3k")


async def test_x_writes_the_run_as_a_page_and_never_over_a_file(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await before_run(person, run)
        await person.press("X")
        await person.sees("Written:")
        page = person.setting.home / f"{run}.md"
        assert page.read_text().startswith("# ")
        page.write_text("mine")
        await person.press("X")
        await person.sees("is there already")
        assert page.read_text() == "mine"


async def test_the_card_says_what_comes_next_and_the_foot_offers_only_what_can_be_done(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await before_run(person, run)
        await person.sees("then: send")
        await person.sees("e edit")
        assert "try again" not in person.screen
        await person.press("a")
        await person.sees("✓ succeeded")
        await person.sees("R rerun")
        foot = person.screen.splitlines()[-1]
        assert "approve" not in foot
        assert "pause" not in foot


async def test_o_opens_the_file_that_an_output_names_in_the_editor_where_there_is_no_desktop(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before():
        await before_run(person, run)
        await person.press("o")
        await person.sees("There is no desktop to open it on. It lies here:")


async def test_a_click_on_a_row_and_on_a_step_of_the_graph_moves_the_cursor(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    async with person.before(120, 36):
        person.app.go(Go("run", run))
        await person.sees("waits for you")
        screen = person.app.screen
        assert isinstance(screen, RunScreen)
        await person.until(lambda: screen.graph.cursor == screen.cursor == "check")
        await person.until(lambda: any("draft" in plain(each) for each in screen.steps.text))
        row = ["draft" in plain(each) for each in screen.steps.text].index(True)
        await person.pilot.click(screen.steps, offset=(6, row))
        await person.until(lambda: screen.graph.cursor == screen.cursor == "draft")
        assert person.app.focused is screen.steps
        await person.sees("○ send")
        shown = person.screen.splitlines()
        line = ["○ send" in text for text in shown].index(True)
        await person.pilot.click(offset=(shown[line].index("send") + 1, line))
        await person.until(lambda: screen.steps.cursor == screen.cursor == "send")
        assert person.app.focused is screen.graph
