"""What models cost: litellm's bundled table read as JSON, without importing litellm, and a person's own prices over it.

Prices are integers of micro-dollars per million tokens, so a cost is exact. A model that the table doesn't hold, or
holds with zeros, has an unknown price: that is said, and never shown as free. Only the builtin stand-ins cost nothing.

Deliberately absent: the energy of local models, batch and priority tariffs, prices for pictures and sound.
"""

import asyncio
import importlib.metadata
import importlib.util
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

from mntui.core.frozen import frozen
from mntui.core.money import MICROS, Cost, Usage

TABLE_FILE = "model_prices_and_context_window_backup.json"
OWN_TABLE = "your own prices"
_ABOVE = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
_MICROS_PER_MILLION = MICROS * 1_000_000
_KEPT = re.compile(
    r"(?:input_cost_per_token|output_cost_per_token|output_cost_per_reasoning_token|cache_read_input_token_cost"
    r"|cache_creation_input_token_cost)(?:_above_\d+k_tokens)?|litellm_provider|mode|max_input_tokens"
    r"|max_output_tokens|supports_response_schema|supports_function_calling"
)


@frozen
class Tier:
    """What calls cost whose input is above so many tokens."""

    above_tokens: int
    price: "Price"


@frozen
class Price:
    """Micro-dollars per million tokens, and their table. Writing to a cache costs as stated, else as input.

    Thinking costs as stated, else as output. `tiers` come in rising order; the last one that fits prices a whole call.
    """

    input_micros: int
    output_micros: int
    cached_micros: int
    table: str
    written_micros: int | None = None
    thinking_micros: int | None = None
    tiers: tuple[Tier, ...] = ()

    def at(self, input_tokens: int) -> "Price":
        """The price of a call with so much input."""
        fitting = [tier.price for tier in self.tiers if input_tokens > tier.above_tokens]
        return fitting[-1] if fitting else self


@frozen
class Entry:
    """What the table says of one model. `price` is None where it says nothing that can be believed."""

    key: str
    provider: str
    mode: str
    price: Price | None
    context_tokens: int | None
    answer_tokens: int | None
    answers_by_schema: bool
    calls_tools: bool


def cost(price: Price | None, usage: Usage) -> Cost:
    """What a call's usage costs at a price, in whole micro-dollars, half a one rounded up; unknown without a price."""
    if price is None:
        return Cost(micros=None, estimated=usage.estimated)
    at = price.at(usage.input_tokens)
    written_micros = at.input_micros if at.written_micros is None else at.written_micros
    thinking_micros = at.output_micros if at.thinking_micros is None else at.thinking_micros
    fresh = usage.input_tokens - usage.cached_tokens - usage.written_tokens
    total = (
        fresh * at.input_micros
        + usage.cached_tokens * at.cached_micros
        + usage.written_tokens * written_micros
        + usage.output_tokens * at.output_micros
        + usage.thinking_tokens * thinking_micros
    )
    return Cost((2 * total + MICROS) // (2 * MICROS), usage.estimated, price.table)


class PriceTable:
    """The bundled table, read when first asked (some 100 ms), and `own` prices that win over it.

    `own` maps a model's name to dollars per million tokens: `{"openai/gpt-x": {"input": 0.75, "output": 4.5}}`, with
    `cached`, `written` and `thinking` where they differ.
    """

    def __init__(self, own: Mapping[str, Mapping[str, float | str]] | None = None, file: Path | None = None) -> None:
        self._own = {name: own_price(stated) for name, stated in (own or {}).items()}
        self._file = file

    def own(self, name: str) -> Price | None:
        """What the person says that a model costs."""
        return self._own.get(name)

    def price(self, name: str) -> Price | None:
        """What a model costs, by its name PROVIDER/NAME; None while unknown."""
        if name in self._own:
            return self._own[name]
        entry = self.entry(name)
        return entry.price if entry is not None else None

    def entry(self, name: str) -> Entry | None:
        """The table's entry for a model: under its name, or without the provider where the entry is that provider's."""
        key = self._key(name)
        return _entry(key, self._rows[key], self.name) if key is not None else None

    def like(self, part: str) -> tuple[str, ...]:
        """The keys of language models that contain a text."""
        return tuple(key for key, row in self._rows.items() if part in key and row.get("mode") in {"chat", "responses"})

    @property
    def providers(self) -> frozenset[str]:
        return frozenset(str(row.get("litellm_provider", "")) for row in self._rows.values())

    @cached_property
    def name(self) -> str:
        """The table's name with its date: it carries none of its own, so it is the day on which it was installed."""
        if self._path is None:
            return "no price table"
        day = datetime.fromtimestamp(self._path.stat().st_mtime, UTC).date().isoformat()
        if self._file is not None:
            return f"{self._file.name} of {day}"
        return f"litellm {importlib.metadata.version('litellm')}, installed {day}"

    async def ready(self) -> None:
        """Read it in a thread, so that asking for a price later takes no time."""
        if "_rows" not in self.__dict__:
            await asyncio.to_thread(lambda: self._rows)

    def _key(self, name: str) -> str | None:
        provider, _, rest = name.partition("/")
        if name in self._rows:
            return name
        row = self._rows.get(rest)
        if row is None or not rest:
            return None
        owner = str(row.get("litellm_provider", ""))
        return rest if owner == provider or owner.startswith((f"{provider}_", f"{provider}-")) else None

    @cached_property
    def _path(self) -> Path | None:
        if self._file is not None:
            return self._file
        found = importlib.util.find_spec("litellm")
        return Path(found.origin).with_name(TABLE_FILE) if found is not None and found.origin else None

    @cached_property
    def _rows(self) -> Mapping[str, Mapping[str, Any]]:
        """Only the columns that are looked at are kept: the whole table would be some 20 MB."""
        try:
            text = self._path.read_text(encoding="utf-8") if self._path is not None else "{}"
        except OSError:
            return {}
        read = json.loads(text, parse_float=Decimal, object_pairs_hook=_columns)
        return {key: row for key, row in read.items() if isinstance(row, dict)}


def own_price(stated: Mapping[str, float | str]) -> Price:
    """A person's own price, in dollars per million tokens. Raises ValueError."""
    unknown = set(stated) - {"input", "output", "cached", "written", "thinking"}
    if unknown or not {"input", "output"} <= set(stated):
        raise ValueError("a price has `input` and `output`, and perhaps `cached`, `written` and `thinking`")
    try:
        micros = {name: int(Decimal(str(value)) * MICROS) for name, value in stated.items()}
    except (InvalidOperation, OverflowError) as error:
        raise ValueError("a price is dollars per million tokens, for example 0.75") from error
    if min(micros.values()) < 0:
        raise ValueError("a price is not negative")
    return Price(
        micros["input"],
        micros["output"],
        micros.get("cached", micros["input"]),
        OWN_TABLE,
        micros.get("written"),
        micros.get("thinking"),
    )


def _columns(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if isinstance(value, dict) or _KEPT.fullmatch(key)}


def _entry(key: str, row: Mapping[str, Any], table: str) -> Entry:
    levels = sorted(int(found[1]) for column in row if (found := _ABOVE.fullmatch(column)))
    base = _price(row, "", table)
    tiers = tuple(
        Tier(level * 1000, above)
        for level in levels
        if (above := _price(row, f"_above_{level}k_tokens", table)) is not None
    )
    if base is not None and tiers:
        base = Price(
            base.input_micros,
            base.output_micros,
            base.cached_micros,
            table,
            base.written_micros,
            base.thinking_micros,
            tiers,
        )
    return Entry(
        key,
        str(row.get("litellm_provider", "")),
        str(row.get("mode", "")),
        base,
        _count(row.get("max_input_tokens")),
        _count(row.get("max_output_tokens")),
        row.get("supports_response_schema") is True,
        row.get("supports_function_calling") is True,
    )


def _price(row: Mapping[str, Any], suffix: str, table: str) -> Price | None:
    """The prices of one tier; what a tier doesn't state costs what it costs below. Zeros mean that nobody knows."""

    def micros(column: str) -> int | None:
        value = row.get(column + suffix, row.get(column))
        return None if value is None else int(Decimal(str(value)) * _MICROS_PER_MILLION)

    read, answered = micros("input_cost_per_token"), micros("output_cost_per_token")
    if read is None or answered is None or not (read or answered):
        return None
    cached = micros("cache_read_input_token_cost")
    return Price(
        read,
        answered,
        read if cached is None else cached,
        table,
        micros("cache_creation_input_token_cost"),
        micros("output_cost_per_reasoning_token"),
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None
