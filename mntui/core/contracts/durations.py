"""Durations as blueprints write them: `24h`, `1h30m`, `500ms`. Larger units come first, each at most once.

Deliberately absent: bare numbers (seconds or minutes?), fractions, weeks, months, and ISO 8601's `PT1H`.
"""

import re
from typing import Final

from mntui.core.language.operations import describe
from mntui.core.values import Json

LONGEST_SECONDS = 100 * 365 * 86_400
DURATION_PATTERN: Final = "^([0-9]{1,9}(ms|s|m|h|d))+$"
"""For JSON Schema: looser than `seconds_of`, since models' servers know few constructs."""

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_DURATION = re.compile("".join(rf"(?:([0-9]{{1,9}}){unit}(?![a-z]))?" for unit, _ in _UNITS))
_REMEDY = "write a number with its unit: 500ms, 30s, 2m, 24h, 7d, or larger units first: 1h30m"


class ContractProblem(ValueError):
    """Why a value can't be what it is declared to be. `where` leads to the place inside a contract."""

    def __init__(self, message: str, remedy: str = "", where: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.where = where


def seconds_of(duration: Json) -> float:
    """Seconds of a duration's text. Raises ContractProblem."""
    if not isinstance(duration, str):
        raise ContractProblem(f"a duration is text with a unit, got {describe(duration)}", _REMEDY)
    match = _DURATION.fullmatch(duration)
    if match is None or not duration:
        raise ContractProblem(f"{duration[:40]!r} is not a duration", _REMEDY)
    milliseconds = sum(int(count or 0) * size for count, (_, size) in zip(match.groups(), _UNITS, strict=True))
    if milliseconds > LONGEST_SECONDS * 1000:
        raise ContractProblem(f"{duration[:40]} is longer than 100 years", "write a shorter one")
    return milliseconds / 1000
