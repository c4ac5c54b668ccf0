"""Starting a run from a screen: its inputs in a form, trust where it is needed, then the run itself."""

from collections.abc import Mapping

from mntui.core.messages import Denied, Start
from mntui.core.values import Json
from mntui.library.trust import capabilities, trust
from mntui.ui.desk import told
from mntui.ui.forms import input_fields, values_of
from mntui.ui.going import Go
from mntui.ui.screens.page import Page
from mntui.ui.screens.sure import SureScreen
from mntui.ui.shelf import Shelved


def ask_inputs(page: Page, each: Shelved) -> None:
    """The form of a new run. What is left as it was is left out, so that a default stays the blueprint's own."""
    plan = each.loaded.plan
    if plan is None:
        page.say(f"{each.name} has {each.state}: press b to see them.", "bad")
        return
    if not each.trusted:
        _ask_trust(page, each)
        return
    form = input_fields(plan)
    before = {field.name: field.text for field in form.fields}

    def start(texts: Mapping[str, str]) -> None:
        changed = {name: text for name, text in texts.items() if text != before[name]}
        page.begin(begin_run(page, str(each.found.path), values_of(form, changed), {}))

    page.ask_form(form, start)


async def begin_run(page: Page, blueprint: str, inputs: Mapping[str, Json], models: Mapping[str, str]) -> None:
    """Start it, and go there."""
    given = page.desk.given
    reply = await page.desk.start(Start(blueprint, str(given.cwd), inputs, models, actor=given.person))
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
