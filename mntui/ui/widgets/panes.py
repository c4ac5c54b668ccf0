"""A screen of panes, of which one is open: it has the keys, and where there is room for one only, it is shown."""

from typing import Any, ClassVar

from textual.events import DescendantFocus
from textual.screen import Screen

from mntui.ui.keys import PANES, bindings
from mntui.ui.widgets.pane import Pane


class PanesScreen(Screen[Any], inherit_bindings=False):
    """A pane of class `-empty` is passed over by tab. Containers of panes bear the class `box`.

    `scope` names the screen's rows in the table of keys.
    """

    scope: ClassVar[str] = ""
    BINDINGS = bindings(PANES)

    def look(self) -> None:
        """Something changed that this screen may show: draw it."""

    def say(self, text: str, style: str = "muted") -> None:
        """Say a sentence to the person, for a while."""

    def panes(self) -> list[Pane]:
        return list(self.query(Pane))

    def open_pane(self, pane: Pane) -> None:
        around = {pane, *pane.ancestors}
        for each in self.query("Pane, .box"):
            each.set_class(each in around, "-open")
        self.set_focus(pane.main)  # At once: `focus()` waits its turn, and the next key would go to the pane before.

    def opened(self) -> Pane | None:
        return next((pane for pane in self.panes() if pane.has_class("-open")), None)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """A click, too, opens a pane."""
        inside = [each for each in event.widget.ancestors if isinstance(each, Pane)]
        if inside and not inside[0].has_class("-open"):
            self.open_pane(inside[0])

    def action_next_pane(self, way: int) -> None:
        panes = [pane for pane in self.panes() if not pane.has_class("-empty")]
        at = next((index for index, pane in enumerate(panes) if pane.has_class("-open")), -1)
        if panes:
            self.open_pane(panes[(at + way) % len(panes)])

    def tell_hidden(self) -> None:
        """Where only one pane is shown, its title says which others there are."""
        alone = self.has_class("-narrow") and not self.has_class("-two")
        panes = self.panes()
        filled = [pane for pane in panes if not pane.has_class("-empty")] if alone else []
        for pane in panes:
            pane.beside(tuple(other.title for other in filled if other is not pane))

    def seen_panes(self) -> list[Pane]:
        """Those that stand on the screen and have something in them."""
        return [pane for pane in self.panes() if pane.is_on_screen and pane.display and not pane.has_class("-empty")]

    def action_zoom(self) -> None:
        self.toggle_class("-zoom")
        self.look()

    def step_back(self) -> bool:
        """Close what is open inside this screen; False where there is nothing, so that one goes back."""
        zoomed = self.has_class("-zoom")
        self.remove_class("-zoom")
        return zoomed
