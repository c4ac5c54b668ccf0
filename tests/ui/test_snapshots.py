"""Every screen cell by cell, as text: a change that nobody meant is seen. MNTUI_SNAPSHOTS=write makes them anew.

Colours stand beside the text of one size: a letter a cell, and what each letter is in the dark theme and in the light.
"""

import os
import re
import string
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.style import Style

from mntui.ui.going import Go
from mntui.ui.paint import DARK, LIGHT
from tests.ui.person import Person

FOLDER = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 36), (160, 45)]
STYLED = (120, 36)
LETTERS = "." + string.ascii_letters + string.digits
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
BROKEN = """\
steps:
  first: {tool: nothing}
  second: {set: {a: "{{ frist.a }}"}}
"""


async def tour(person: Person, run: str) -> AsyncIterator[str]:
    """Each screen by its name, with that screen before the person."""
    await person.press("2")
    await person.sees(run)
    yield "home"
    person.app.go(Go("run", run))
    await person.sees("Send this to Ada?")
    yield "run"
    await person.press("left", "left")
    await person.sees("as it was at fact")
    yield "run-then"
    await person.press("escape", "6")
    await person.sees("What is the current state?")
    yield "run-state"
    await person.press("4", "z")
    await person.sees("No model has answered yet")
    yield "run-cost"
    person.app.go(Go("approvals"))
    await person.sees("please pay 120")
    yield "approvals"
    await person.press("e")
    await person.sees("What you change here")
    yield "form"
    await person.press("escape")
    person.app.go(Go("blueprint", "broken"))
    await person.sees("is not declared")
    yield "blueprint"
    person.app.go(Go("doctor"))
    await person.sees("the worker runs")
    yield "doctor"
    person.app.go(Go("scorecard"))
    await person.sees("no golden suites")
    yield "scorecard"
    await person.press("question_mark")
    await person.sees("Enter and space never approve")
    yield "help"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_looks_as_it_did(person: Person, size: tuple[int, int]) -> None:
    person.setting.blueprint(BROKEN, "broken")
    run = await person.started(RUN, "letter")
    await person.asks(run)
    async with person.before(*size):
        async for name in tour(person, run):
            compared(f"{name}-{size[0]}x{size[1]}", known(person, await person.still(), run))
            if size == STYLED:
                compared(f"{name}-colours", await colours(person))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_in_ascii_nothing_but_letters_is_drawn(person: Person, size: tuple[int, int]) -> None:
    person.environment = {"MNTUI_ASCII": "1"}
    person.setting.blueprint(BROKEN, "broken")
    run = await person.started(RUN, "letter")
    await person.asks(run)
    async with person.before(*size):
        async for name in tour(person, run):
            drawn = await person.still()
            assert drawn.isascii(), [char for char in drawn if not char.isascii()]
            compared(f"{name}-{size[0]}x{size[1]}-ascii", known(person, drawn, run))


def known(person: Person, screen: str, run: str) -> str:
    """The screen as it was written down: what is another one each time (names, digests, folders) is the same here."""
    text = screen.replace(run, "letter-xxxx")
    text = re.sub(r"[0-9a-f]{64}", "d" * 64, text)
    return re.sub(r"\d\.\ds", "0.0s", text)


async def colours(person: Person) -> str:
    """A letter for each cell, then what each letter is in both themes."""
    person.app.theme = DARK.name
    await person.still()
    dark = cells(person)
    person.app.theme = LIGHT.name
    await person.still()
    light = cells(person)
    person.app.theme = DARK.name
    pairs = [list(zip(*rows, strict=True)) for rows in zip(dark, light, strict=True)]
    names = dict(zip(dict.fromkeys(pair for row in pairs for pair in row), LETTERS, strict=False))
    grid = ["".join(names[pair] for pair in row) for row in pairs]
    return "\n".join([*grid, "", *(f"{letter}  {told(one)}  |  {told(two)}" for (one, two), letter in names.items())])


def cells(person: Person) -> list[list[Style]]:
    return [
        [segment.style or Style() for segment in strip for _ in range(segment.cell_length)]
        for strip in person.app.screen._compositor.render_strips()
    ]


def told(style: Style) -> str:
    colours = [colour.name if colour else "default" for colour in (style.color, style.bgcolor)]
    return " on ".join(colours) + (" bold" if style.bold else "") + (" reverse" if style.reverse else "")


def compared(name: str, text: str) -> None:
    path = FOLDER / f"{name}.txt"
    if os.environ.get("MNTUI_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8"), f"{name} looks different:\n{text}"
