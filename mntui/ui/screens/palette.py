"""The palette: type a few letters of what to do or where to go; Enter takes what the cursor is on.

It offers what it is handed and knows nothing of it. Deliberately absent: anything that answers what waits for a person.
"""

from collections.abc import Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from mntui.ui.going import Go
from mntui.ui.keys import PALETTE, bindings
from mntui.ui.pages.write import fit, line, row
from mntui.ui.screens.modal import Modal
from mntui.ui.widgets.chosen import RowPicked
from mntui.ui.widgets.rows import Row, Rows

TITLE_COLUMNS, KEY_COLUMNS = 30, 8
SCATTERED = 1000
"""Letters that stand apart in a name fit worse than any that stand together."""


class Offer(NamedTuple):
    """One thing to do: an action of the screen, or a place. `keys` do the same."""

    title: str
    keys: str
    about: str
    does: str | Go


class PaletteScreen(Modal[Offer], inherit_bindings=False):
    """Gives the offer that was taken, or None."""

    BINDINGS = bindings(PALETTE)
    AUTO_FOCUS = "Input"

    def __init__(self, offers: Sequence[Offer], asked: str) -> None:
        super().__init__()
        self._offers = offers
        self._found: Sequence[Offer] = offers
        self.typed, self.list = Input(placeholder=asked, compact=True), Rows(id="found")
        self.list.can_focus, self.list.lit = False, True

    def compose(self) -> ComposeResult:
        yield Vertical(self.typed, self.list, id="palette")

    def on_mount(self) -> None:
        self._draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._found = matching(self._offers, event.value)
        self._draw()
        self.list.action_first()

    def on_input_submitted(self, _: Input.Submitted) -> None:
        self._take()

    def on_row_picked(self, _: RowPicked) -> None:
        self._take()

    def action_move(self, rows: int) -> None:
        self.list.step(rows)

    def action_drop(self) -> None:
        self.dismiss(None)

    def _take(self) -> None:
        cursor = self.list.cursor
        self.dismiss(self._found[int(cursor)] if cursor else None)

    def _draw(self) -> None:
        found = self._found
        self.list.show(lambda width: [Row(str(at), (offer_line(each, width),)) for at, each in enumerate(found)])


def offer_line(offer: Offer, width: int) -> tuple[tuple[str, str], ...]:
    cells = [(offer.title, TITLE_COLUMNS, "value"), (offer.keys, KEY_COLUMNS, "key")]
    return fit(line(*row(cells), (f"  {offer.about}", "muted")), width)


def matching(offers: Sequence[Offer], typed: str) -> list[Offer]:
    """What fits the letters, the best first; all of it where there are none."""
    wanted = typed.lower().strip()
    scored = [(score(offer.title.lower(), wanted), at, offer) for at, offer in enumerate(offers)]
    fits = sorted((points, at, offer) for points, at, offer in scored if points is not None)
    return [offer for _, _, offer in fits]


def score(name: str, wanted: str) -> int | None:
    """Less is better: where the letters begin; far worse where they only stand apart; None where they aren't there."""
    if (at := name.find(wanted)) >= 0:
        return at
    place = first = -1
    for letter in wanted.replace(" ", ""):
        place = name.find(letter, place + 1)
        if place < 0:
            return None
        first = place if first < 0 else first
    return SCATTERED + place - first
