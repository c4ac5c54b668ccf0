"""The tour of which the pictures are made: the app over the recorded run, its clock standing still at chosen moments."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

from textual.widgets import Input
from world import Setting

from mntui.cli.demo import read_recording
from mntui.core.messages import RunFilter, RunRow
from mntui.core.rows import row_of
from mntui.engines.playing import MICROS, Playing
from mntui.engines.recorded import RecordedEngine
from mntui.engines.recording import is_answer
from mntui.ui.going import Go
from tests.ui.person import Person

PICTURES = Path(__file__).parents[2] / "screenshots"
WIDE, NARROW = (120, 36), (80, 24)
RECORDING = read_recording("invoice-reconcile")
BEFORE = {"invoice-m3ka": 1, "invoice-8tzw": 2, "invoice-c5ph": 2, "invoice-x9rd": 5}
"""Runs that are listed besides: the recorded one, so many days ago."""
DAY = 86_400 * MICROS
LOOKED_FOR = 4.0


class Listed(RecordedEngine):
    """With a past: the same run, ended, under other names."""

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        whole = Playing(RECORDING, lambda: 0.0)
        whole.skip_to(lambda _: False)
        row = row_of(whole.run)
        past = [
            replace(
                row,
                run=name,
                id=name,
                started_at=row.started_at - days * DAY,
                ended_at=(row.ended_at or 0) - days * DAY,
            )
            for name, days in BEFORE.items()
        ]
        return (*await super().runs(wanted), *past)


async def pictures(home: Path, size: tuple[int, int]) -> AsyncGenerator[tuple[str, str, str]]:
    """Every picture of this size: its name, the screen as text, the same as an SVG."""
    seconds = [0.0]
    playing = Playing(RECORDING, lambda: seconds[0])
    setting = Setting(home)
    person = Person(setting, Listed(RECORDING, playing), now=playing.now)  # type: ignore[arg-type]  # one engine for another
    playing.skip_to(is_answer)
    seconds[0] += LOOKED_FOR
    run = playing.run.name
    where = f"{size[0]}x{size[1]}"
    async with person.before(*size):
        for name, keys, words in (
            ("home", "2", "invoice-x9rd"),
            ("new-run", "1n", "invoices"),
            ("run", "", "Send this reminder"),
            ("approvals", "", "Send this reminder"),
            ("blueprint", "", "reminders"),
            ("doctor", "", "the worker"),
            ("help", "?", "Enter and space never approve"),
        ):
            if not keys:
                person.app.go(Go(name, {"run": run, "blueprint": "invoice-reconcile"}.get(name, "")))
            await person.press(*["question_mark" if key == "?" else key for key in keys])
            await person.sees(words)
            for field in person.app.screen.query(Input):
                field.cursor_blink = False
            text = await person.still()
            yield f"{name}-{where}", text, person.app.export_screenshot(title="mntui")
            if name == "new-run":
                await person.press("escape")
            elif name != "home":
                await person.app.action_back()
