"""When a key may decide something: only when a person has seen exactly this item, and pressed this one key.

The field's worst complaints are approvals given by accident. So an answer counts only if the item has stood unchanged
on the screen for half a second, the terminal has had the focus as long, and the key came alone: none shortly before
it, and none shortly after (see `alone`). A paste, a flood or a cat never comes
alone. Time is handed in.
"""

from typing import Final

DEAD_SECONDS: Final = 0.5
ALONE_SECONDS: Final = 0.15
NEVER: Final = float("-inf")


class Guard:
    """One for the whole app. `shown` names what can be decided now (its id, digest and edits), or is empty."""

    def __init__(self) -> None:
        self.shown = ""
        self.keys = 0
        self._since = NEVER
        self._focused_since = NEVER
        self._focused = True
        self._last_key = NEVER
        self._key_before = NEVER

    def show(self, item: str, now: float) -> None:
        """This is on the screen now; nothing happens if it was there already."""
        if item != self.shown:
            self.shown = item
            self._since = now

    def appeared(self, now: float) -> None:
        """What is shown has just come (back) before the person's eyes."""
        self._since = now

    def focus(self, now: float) -> None:
        self._focused = True
        self._focused_since = now

    def blur(self) -> None:
        self._focused = False

    def key(self, now: float) -> None:
        """Any key at all. One that comes while the terminal hasn't the focus shows that it has it again."""
        if not self._focused:
            self.focus(now)
        self.keys += 1
        self._key_before, self._last_key = self._last_key, now

    def deaf(self, now: float) -> str:
        """Why the key just pressed decides nothing, as a sentence; empty where it may."""
        if not self.shown:
            return "Nothing here waits for you."
        if now - self._since < DEAD_SECONDS:
            return "It has only just appeared: look first, then press again."
        if not self._focused or now - self._focused_since < DEAD_SECONDS:
            return "You have only just come back: look first, then press again."
        if self._last_key - self._key_before < ALONE_SECONDS:
            return "Keys came too fast; nothing was decided."
        return ""
