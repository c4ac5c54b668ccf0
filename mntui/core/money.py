"""Money and tokens as integers: one micro-dollar is the unit, sums never see a float.

A figure knows whether it was measured or estimated; an unknown price is None and is never summed as zero in silence.
"""

from decimal import Decimal, InvalidOperation

from mntui.core.frozen import frozen

MICROS = 1_000_000


@frozen
class Usage:
    """Tokens of one model call as its provider counts them. `input_tokens` includes the cached and written ones."""

    input_tokens: int = 0
    cached_tokens: int = 0
    written_tokens: int = 0
    thinking_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False


@frozen
class Cost:
    """What a call cost. `micros` is None while the price is unknown; `table` names the price table and its date.

    A local model's cost is all energy and hardware, told apart; a provider's is neither.
    """

    micros: int | None = 0
    estimated: bool = False
    table: str = ""
    energy_micros: int = 0
    hardware_micros: int = 0


@frozen
class Spend:
    """A running total. `unknown_calls` counts calls without a price, so a total can say that it is a lower bound.

    `energy_micros` and `hardware_micros` are the part of `micros` that local models took.
    """

    micros: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    unknown_calls: int = 0
    estimated_calls: int = 0
    energy_micros: int = 0
    hardware_micros: int = 0

    def plus(self, usage: Usage, cost: Cost) -> "Spend":
        return Spend(
            self.micros + (cost.micros or 0),
            self.input_tokens + usage.input_tokens,
            self.output_tokens + usage.output_tokens + usage.thinking_tokens,
            self.calls + 1,
            self.unknown_calls + (cost.micros is None),
            self.estimated_calls + (cost.estimated or usage.estimated),
            self.energy_micros + cost.energy_micros,
            self.hardware_micros + cost.hardware_micros,
        )


def micros_of_usd(amount: float | str) -> int:
    """Micro-dollars of an amount in dollars, by its decimal text, rounded half even. Raises ValueError."""
    try:
        micros = Decimal(str(amount)) * MICROS
        return int(micros.to_integral_value())
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise ValueError(f"not an amount of dollars: {amount!r}") from error


def usd(micros: int | None) -> str:
    """How people read an amount: `$0.0127`, `$1.84`, `unknown`."""
    if micros is None:
        return "unknown"
    if micros == 0:
        return "$0"
    digits = 2 if abs(micros) >= MICROS else 4 if abs(micros) >= 100 else 6
    return f"${micros / MICROS:.{digits}f}"
