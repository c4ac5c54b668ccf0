"""What a local model costs: the electricity of the seconds in which it worked, and its share of the hardware's price.

Energy is seconds × watts / 3.6e6 × the price of a kWh, hardware is seconds × its price / (life × use). The seconds are
those that Ollama measured (load, prefill, generate); where a server measures nothing it is the time that the call took,
marked as estimated. Calls side by side are each counted whole, so a machine that works on several costs at most this.

Deliberately absent: a meter. Watts are what the person wrote down, else assumed, and the price's name says which.
"""

from collections.abc import Mapping
from fractions import Fraction

from mntui.core.frozen import frozen
from mntui.core.money import Cost, Usage

MICROS = 1_000_000
NANOS_A_MICRO = 1_000
JOULES_A_KWH = 3_600_000
SECONDS_A_YEAR = 365 * 24 * 3600
ACTIVE = ("load_ns", "prefill_ns", "generate_ns")
TELLING_TOKENS = 16
"""Fewer tokens say nothing about how fast a model is."""


@frozen
class EnergySettings:
    """`watts` while a call is worked on. `use_percent` is the share of its life in which the hardware works.

    The speeds, in tokens a second, and `load_seconds` are for estimates before a model's first measured call.
    `loopback_servers` says that a server of one's own behind a base URL on this machine is local too.
    """

    watts: float = 100.0
    watts_assumed: bool = True
    usd_a_kwh: float = 0.30
    hardware_usd: float = 1500.0
    life_years: float = 4.0
    use_percent: float = 20.0
    tokens_a_second: float = 10.0
    prompt_tokens_a_second: float = 100.0
    load_seconds: float = 30.0
    loopback_servers: bool = False

    @property
    def table(self) -> str:
        """What a cost was reckoned with, for people."""
        watts = f"{self.watts:g} W {'assumed' if self.watts_assumed else 'as configured'}"
        life = f"{self.life_years:g} years at {self.use_percent:g} % use"
        return f"energy: {watts}, ${self.usd_a_kwh:g} a kWh; hardware: ${self.hardware_usd:g} over {life}"


def energy_cost(settings: EnergySettings, active_micros: int, *, estimated: bool) -> Cost:
    """What so many microseconds of work cost, energy and hardware apart, each in whole micro-dollars."""
    energy = _whole(active_micros * _exact(settings.watts) * _exact(settings.usd_a_kwh) / JOULES_A_KWH)
    life_seconds = _exact(settings.life_years) * SECONDS_A_YEAR * _exact(settings.use_percent) / 100
    hardware = _whole(active_micros * _exact(settings.hardware_usd) / life_seconds)
    return Cost(energy + hardware, estimated, settings.table, energy, hardware)


def active_micros(timings: Mapping[str, int]) -> int:
    """The microseconds in which a model worked, as its server measured them; 0 where it measured nothing."""
    return sum(timings.get(name, 0) for name in ACTIVE) // NANOS_A_MICRO


class Speeds:
    """How fast each model was at its slowest, in tokens a second: what an estimate before a call goes by."""

    def __init__(self, settings: EnergySettings) -> None:
        self._settings = settings
        self._read: dict[str, Fraction] = {}
        self._wrote: dict[str, Fraction] = {}

    def learn(self, name: str, usage: Usage, timings: Mapping[str, int]) -> None:
        wrote = usage.output_tokens + usage.thinking_tokens
        _slower(self._read, name, usage.input_tokens, timings.get("prefill_ns", 0))
        _slower(self._wrote, name, wrote, timings.get("generate_ns", 0))

    def worst_micros(self, name: str, usage: Usage) -> int:
        """How long a call may take that reads and writes so much, in microseconds."""
        settings = self._settings
        read = self._read.get(name) or _exact(settings.prompt_tokens_a_second)
        wrote = self._wrote.get(name) or _exact(settings.tokens_a_second)
        seconds = usage.input_tokens / read + usage.output_tokens / wrote + _exact(settings.load_seconds)
        return _whole(seconds * MICROS)


def _slower(speeds: dict[str, Fraction], name: str, tokens: int, nanoseconds: int) -> None:
    if tokens >= TELLING_TOKENS and nanoseconds > 0:
        speed = Fraction(tokens * MICROS * NANOS_A_MICRO, nanoseconds)
        speeds[name] = min(speed, speeds.get(name, speed))


def _exact(number: float) -> Fraction:
    """A number as it was written down: 0.3 is three tenths."""
    return Fraction(str(number))


def _whole(amount: Fraction) -> int:
    """Rounded, half a one up."""
    return int((2 * amount + 1) // 2)
