"""What the terminal itself is told: its title, and a notice on the desktop. Sequences as values; the app writes them.

A notice goes out by OSC 9, which most terminals that can show one understand; those of GNOME's library by OSC 777.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mntui.core.shown import glance

if TYPE_CHECKING:
    from mntui.core.messages import Waiting
    from mntui.ui.overview import Overview

KEEP_TITLE: Final = "\x1b[22;0t"
"""The terminal remembers the title that it has; GIVE_TITLE gives it back when the app is left."""
GIVE_TITLE: Final = "\x1b[23;0t"


def title(waiting: int) -> str:
    """`◆1 mntui`, so that a person sees from another window that something waits."""
    return f"\x1b]0;{f'◆{waiting} ' if waiting else ''}mntui\x07"


def notice(waiting: "Waiting", environment: Mapping[str, str]) -> str:
    """A notice on the desktop; what is asked may be foreign text, and is made harmless."""
    words = f"{waiting.run} waits for you: {glance(waiting.ask.question, 120)}".replace(";", ",")
    return f"\x1b]777;notify;mntui;{words}\x07" if environment.get("VTE_VERSION") else f"\x1b]9;{words}\x07"


def asks_for_notice(before: "Overview", now: "Overview") -> bool:
    """Whether something waits that didn't before. What waited when the app was opened is on the screen already."""
    known = {each.ask.id for each in before.waiting}
    return before.worker is not None and any(each.ask.id not in known for each in now.waiting)
