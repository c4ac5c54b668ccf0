"""Where a person wants to go. Screens say it and know no other screen; the app opens what is meant."""

from typing import Literal

from textual.message import Message

Place = Literal["run", "approvals", "blueprint", "compare", "scorecard", "doctor", "help"]


class Go(Message):
    """`what` is a run, an id of something that waits, a blueprint, or the screen that help is wanted for; it is
    empty where the place needs none.

    `instead` where the screen that says it is left for good.
    """

    def __init__(self, place: Place, what: str = "", *, instead: bool = False) -> None:
        super().__init__()
        self.place: Place = place
        self.what = what
        self.instead = instead
