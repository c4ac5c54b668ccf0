"""Screens cell by cell, as text: a change that nobody meant is seen. MNTUI_SNAPSHOTS=write makes them anew."""

import os
import re
from pathlib import Path

import pytest

from mntui.ui.going import Go
from tests.ui.person import Person

FOLDER = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 36), (160, 45)]
RUN = """\
about: Writes to a customer once a person has read it.
inputs: {who: {type: string, default: Ada, about: the customer}}
steps:
  read: {set: {debt: 120}}
  draft: {set: {subject: "Your invoice", body: "Dear {{ inputs.who }},\\n\\nplease pay {{ read.debt }}."}}
  check:
    approve: "Send this to {{ inputs.who }}?"
    show: {to: "{{ inputs.who }}", subject: "{{ draft.subject }}", body: "{{ draft.body }}"}
    edit: [subject, body]
  send: {set: {sent: "{{ check.to }}"}}
  note: {needs: [read], set: {noted: true}}
outputs: {sent: "{{ send.sent }}"}
budget: {usd: 0.50}
"""


def compared(name: str, screen: str, run: str) -> None:
    """The screen as it was written down, the run's name being another one each time."""
    text = re.sub(r"[0-9a-f]{64}", "d" * 64, screen.replace(run, "letter-xxxx"))
    text = re.sub(r"\d\.\ds", "0.0s", text) + "\n"
    path = FOLDER / f"{name}.txt"
    if os.environ.get("MNTUI_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} looks different:\n{text}"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_home_run_and_approvals_look_as_they_did(person: Person, size: tuple[int, int]) -> None:
    run = await person.started(RUN, "letter")
    where = f"{size[0]}x{size[1]}"
    async with person.before(*size):
        await person.asks(run)
        await person.press("2")
        await person.sees("◆ waiting")
        compared(f"home-{where}", person.screen, run)
        person.app.go(Go("run", run))
        await person.sees("check")
        await person.sees("Send this to Ada?")
        compared(f"run-{where}", person.screen, run)
        person.app.go(Go("approvals"))
        await person.sees("please pay 120")
        compared(f"approvals-{where}", person.screen, run)


async def test_in_ascii_nothing_but_letters_is_drawn(person: Person) -> None:
    person.environment = {"MNTUI_ASCII": "1"}
    run = await person.started(RUN, "letter")
    async with person.before():
        await person.asks(run)
        for go in (Go("run", run), Go("approvals")):
            person.app.go(go)
            await person.sees("Send this to Ada?")
            compared(f"{go.place}-ascii-120x36", person.drawn, run)
            assert person.drawn.isascii(), [c for c in person.drawn if not c.isascii()]
