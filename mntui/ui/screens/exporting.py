"""A run as a page of Markdown in the person's folder, from its own screen."""

from mntui.core.export_markdown import markdown
from mntui.core.messages import AskPayload, Payload
from mntui.core.values import Ref
from mntui.ui.live import Seen
from mntui.ui.screens.page import Page


def export_run(page: Page, seen: Seen) -> None:
    page.begin(_export(page, seen))


async def _export(page: Page, seen: Seen) -> None:
    """A file that is there already is never written over."""
    outputs = seen.run.outputs
    if isinstance(outputs, Ref):
        reply = await page.desk.query(AskPayload(outputs.digest))
        outputs = reply.value if isinstance(reply, Payload) else None
    path = page.desk.given.cwd / f"{seen.run.name}.md"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(markdown(seen.run, seen.facts, outputs))
    except FileExistsError:
        page.say(f"{path} is there already. Move it away, or: mntui export {seen.run.name} --to md --out FILE", "warn")
    except OSError as error:
        page.say(f"{path} can't be written: {error.strerror}. Start mntui in a folder of your own.", "bad")
    else:
        page.say(f"Written: {path}", "good")
