"""The Compare screen: what is unknown is never a zero, stand-ins are named, and nothing is called."""

import pytest

from mntui.core.compare import Cell, Change, Choice, Column, Matrix
from mntui.ui.drawing.text import cells, plain
from mntui.ui.going import Go
from mntui.ui.pages.compare import compare_page
from mntui.ui.screens.compare import CompareScreen
from tests.ui.person import Person

MODELS = ("openai/gpt-5.4-mini", "gemini/flash", "local/unknown", "a/b", "c/d", "e/f")


def made() -> Matrix:
    now = Cell(micros=16_900, calls=2, passed=True, p50_seconds=1.5)
    others = (
        Cell(micros=4_100, calls=2, estimated=True),
        Cell(micros=2_800, calls=2, estimated=True, passed=False),
        Cell(micros=None, calls=2, estimated=True),
        *(Cell(micros=20_000, calls=2) for _ in MODELS[3:]),
    )
    recorded = Column("builtin/extractive", "recorded", now, stand_in=True)
    columns = (recorded, *(Column(name, "what_if", cell) for name, cell in zip(MODELS, others, strict=True)))
    return Matrix(
        "letter-7f3k", "letter", "2026-11-20", ("plan",), columns, {"plan": (now, *others)},
        best=(Choice("plan", MODELS[0], 4_100, estimated=True),), mix_micros=4_100, mix_estimated=True,
        changes=(Change("fast", "builtin/extractive", MODELS[0], 0, 4_100),), patch="--- a\n+++ b\n",
    )  # fmt: skip


@pytest.mark.parametrize("width", [78, 118, 158])
def test_every_line_fits_and_says_what_is_estimated_unknown_or_worse(width: int) -> None:
    lines = [plain(line) for line in compare_page(made(), width, 0)]
    text = "\n".join(lines)
    assert all(cells(line) <= width for line in lines)
    assert "$0.0169" in text
    assert "~$0.0041 ▼76%" in text
    assert "~$0.0041 mix" in text
    assert "a stand-in → $0.0041" in text
    assert "stand-in, no model" in text


def test_the_models_beside_are_reached_by_going_to_the_right() -> None:
    at_first = "\n".join(plain(line) for line in compare_page(made(), 78, 0))
    later = "\n".join(plain(line) for line in compare_page(made(), 78, 2))
    assert "unknown" not in at_first.split("what would change")[0]
    assert "~unknown" in later.replace(" ", "")
    assert "extractive*" in at_first
    assert "extractive*" in later


async def test_it_asks_for_models_and_shows_what_the_worker_reckons(person: Person) -> None:
    run = await person.started('steps: {a: {set: {x: 1}}, b: {approve: "Go on?", show: {x: 1}}}\n')
    await person.asks(run)
    async with person.before():
        person.app.go(Go("run", run))
        await person.sees("Go on?")
        await person.press("c")
        await person.until(lambda: isinstance(person.app.screen, CompareScreen))
        await person.sees("m names the models")
        await person.press("m")
        await person.sees("Models, with commas")
        await person.press(*"openai/gpt", "enter")
        await person.until(lambda: "m names the models" not in person.screen and "reckoning" not in person.screen)
        assert person.app.desk.memory.word("compare.models", "") == "openai/gpt"
    assert person.decided(run) == {}
