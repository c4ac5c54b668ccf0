"""Starting a run from a screen: its inputs in a form, trust where it is needed, then the run itself."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial

from mntui.core.messages import Denied, Start
from mntui.core.plan import Plan
from mntui.library.trust import capabilities, trust
from mntui.ui.desk import told
from mntui.ui.going import Go
from mntui.ui.new_run import new_run_form, start_of
from mntui.ui.screens.page import Page
from mntui.ui.screens.sure import SureScreen
from mntui.ui.shelf import Shelved


def ask_inputs(page: Page, each: Shelved) -> None:
    """The form of a new run, once it is known which models could serve; then the run itself."""
    if each.loaded.plan is None:
        page.say(f"{each.name} has {each.state}: press b to see them.", "bad")
    elif not each.trusted:
        _ask_trust(page, each)
    else:
        # A call that is still to be made: where the page is left at once, nothing has begun.
        ask: Callable[[], Coroutine[None, None, None]] = partial(_ask, page, each, each.loaded.plan)
        page.run_worker(ask)  # type: ignore[arg-type]  # mypy finds no result type in the three forms it may have


async def _ask(page: Page, each: Shelved, plan: Plan) -> None:
    desk = page.desk
    preferred = dict.fromkeys(name for role in plan.models.values() for name in role.prefer)
    offers = await desk.given.models(list(preferred)) if plan.models else ()
    form = new_run_form(plan, offers, desk.memory.texts(plan.name), desk.given.cwd)

    def start(texts: Mapping[str, str]) -> None:
        own = {field.name: field.text for field in new_run_form(plan, (), {}, desk.given.cwd).fields}
        desk.memory.keep_texts(plan.name, {name: text for name, text in texts.items() if text != own[name]})
        empty = Start(str(each.found.path), str(desk.given.cwd), actor=desk.given.person)
        page.begin(begin_run(page, start_of(plan, empty, texts)))

    page.ask_form(form, start)


async def begin_run(page: Page, start: Start) -> None:
    """Start it, and go there."""
    reply = await page.desk.start(start)
    if isinstance(reply, Denied):
        page.say(told(reply), "bad")
    else:
        page.post_message(Go("run", reply.run))


def _ask_trust(page: Page, each: Shelved) -> None:
    assert each.loaded.plan is not None
    may = capabilities(each.loaded.plan, each.loaded.source) or ("nothing but asking models and people",)
    question = f"{each.name} comes from elsewhere ({each.loaded.folder}). It may:\n" + "\n".join(f"  {m}" for m in may)

    def decided(sure: bool | None) -> None:
        if sure:
            trust(each.loaded, page.desk.given.home)
            page.say(f"{each.name} is trusted from now on; press n to start it.", "good")

    page.app.push_screen(SureScreen(page.desk, f"{question}\nTrust it?"), decided)
