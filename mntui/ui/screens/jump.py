"""Jump: every pane gets a letter, and that letter goes there. Any other key leaves it as it was."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.events import Key
from textual.widgets import Static

from mntui.ui.keys import JUMP, bindings
from mntui.ui.screens.modal import Modal

LETTERS = "asdfghjkl"


class JumpScreen(Modal[int], inherit_bindings=False):
    """Gives the number of a place, or None. `places` are the corners of what can be gone to."""

    BINDINGS = bindings(JUMP)

    def __init__(self, places: Mapping[int, tuple[int, int]]) -> None:
        super().__init__()
        self._letters = dict(zip(LETTERS, places, strict=False))
        self._places = places

    def compose(self) -> ComposeResult:
        for letter, number in self._letters.items():
            sign = Static(f" {letter} ", classes="jump")
            sign.styles.offset = self._places[number]
            yield sign

    def on_key(self, event: Key) -> None:
        event.stop()
        self.dismiss(self._letters.get(event.key))

    def action_drop(self) -> None:
        self.dismiss(None)
