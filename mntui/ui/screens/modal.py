"""Screens that lie over others. One is left once: Textual's own `dismiss` closes whatever lies on top, and calls back
again, when two keys come quickly.
"""

from typing import Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Modal(ModalScreen[Result], Generic[Result], inherit_bindings=False):
    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
