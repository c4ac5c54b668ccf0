"""The words and glyphs of every screen: one table, so that a state is always a glyph and a word, and the same ones.

A glyph never stands alone; `ascii` is for terminals whose fonts lack the others or draw them twice as wide.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mntui.core.frozen import frozen
from mntui.core.money import Spend, usd

if TYPE_CHECKING:  # What a first picture must not wait for.
    from mntui.core.run import Node

MICROS_A_SECOND: Final = 1_000_000


@frozen
class Look:
    """How a state looks. `style` is a colour by its terminal name, never the only sign."""

    word: str
    glyph: str
    ascii: str
    style: str

    def sign(self, *, ascii_only: bool) -> str:
        return self.ascii if ascii_only else self.glyph


LOOKS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        "pending": Look("pending", "○", ".", "dim"),
        "running": Look("running", "◐", ">", "cyan"),
        "waiting": Look("waiting", "◆", "?", "yellow"),
        "paused": Look("paused", "‖", "=", "yellow"),
        "succeeded": Look("succeeded", "✓", "+", "green"),
        "failed": Look("failed", "✗", "x", "red"),
        "skipped": Look("skipped", "–", "-", "dim"),
        "cancelled": Look("cancelled", "⊘", "/", "dim"),
    }
)
"""By the status words of runs and steps."""

WAITING_FOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "approval": "an approval",
        "question": "an answer",
        "in_doubt": "an effect in doubt",
        "budget": "the budget",
        "signal": "a signal",
        "timer": "a time",
        "failure": "a failed step",
    }
)
"""What a run waits for, in a sentence."""

EFFECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "changes nothing",
        "keyed": "once, by its key",
        "reconcilable": "once, by asking what happened",
        "unsafe": "can't be taken back or repeated safely",
    }
)
"""What the effect class of a tool promises."""


def iso(at: int) -> str:
    """An instant for programs: `2026-11-22T09:45:07.123456Z`."""
    return instant(at).isoformat(timespec="microseconds").replace("+00:00", "Z")


def instant(at: int) -> datetime:
    """Microseconds since 1970 as a date and time in UTC, exactly."""
    seconds, micros = divmod(at, MICROS_A_SECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def span(micros: int) -> str:
    """A length of time at a glance: `0.4s`, `41s`, `2m10s`, `3h05m`, `2d04h`."""
    seconds = max(micros, 0) / MICROS_A_SECOND
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    for size, unit, inner_size, inner in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            return f"{whole // size}{unit}{whole % size // inner_size:02}{inner}"
    return f"{whole}s"


def spent(spend: Spend) -> str:
    """What was spent, saying when it is a lower bound or an estimate: `at least $0.0127 (2 calls of unknown price)`."""
    text, notes = usd(spend.micros), []
    if spend.energy_micros or spend.hardware_micros:
        notes.append(f"energy {usd(spend.energy_micros)}, hardware {usd(spend.hardware_micros)}")
    if spend.unknown_calls:
        calls = "call" if spend.unknown_calls == 1 else "calls"
        notes.append(f"{spend.unknown_calls} {calls} of unknown price")
        text = f"at least {text}"
    elif spend.estimated_calls and spend.micros:
        notes.append("partly estimated")
    return f"{text} ({'; '.join(notes)})" if notes else text


def took(node: "Node", now: int) -> str:
    """How long a step has taken, or is taking; empty before it starts."""
    if node.started_at is None:
        return ""
    return span((node.ended_at or now) - node.started_at)
