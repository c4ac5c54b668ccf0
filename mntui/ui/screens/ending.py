"""Ending runs from a list, after asking once more."""

from collections.abc import Sequence

from mntui.core.messages import Denied
from mntui.core.requests import Cancel
from mntui.ui.desk import told
from mntui.ui.screens.page import Page
from mntui.ui.screens.sure import SureScreen


def cancel_runs(page: Page, names: Sequence[str]) -> None:
    if not names:
        page.say("There is no run under the cursor.")
        return
    which = names[0] if len(names) == 1 else f"these {len(names)} runs: {', '.join(names)}"

    def decided(sure: bool | None) -> None:
        if sure:
            page.begin(_cancel(page, names))

    question = f"Cancel {which}? Nothing more is begun; effects in flight are let end."
    page.app.push_screen(SureScreen(page.desk, question), decided)


async def _cancel(page: Page, names: Sequence[str]) -> None:
    """Each by itself; those that refuse are told, the others end."""
    replies = [(name, await page.desk.send(name, Cancel())) for name in names]
    refused = [f"{name}: {told(reply)}" for name, reply in replies if isinstance(reply, Denied)]
    if refused:
        page.say("\n".join(refused), "bad")
    else:
        page.say(f"Cancelled: {', '.join(names)}", "good")
