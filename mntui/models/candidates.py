"""Models as they are named in a comparison: what each would count, cost and take, and every assumption in words.

A name without its provider is looked up in the price table; one with a tag (`nemotron3:33b`) that the table doesn't
hold is Ollama's, on this machine. Nothing is asked of any server. A model without a known price stays unknown, with
the line that makes it known.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.money import Cost, Usage
from mntui.core.what_if import Candidate
from mntui.models.catalog import Models
from mntui.models.energy import energy_cost
from mntui.models.ollama import PREFIX
from mntui.models.prices import OWN_TABLE, PriceTable, cost
from mntui.models.tokenizers import Tokenizers

CACHES_FROM: Final[Mapping[str, int]] = MappingProxyType(
    {"openai": 1024, "azure": 1024, "gemini": 2048, "vertex_ai": 2048, "deepseek": 64}
)
"""Providers that remember a prefix without being asked, and the tokens from which on, as they document it."""
LOCAL_CACHES_FROM: Final = 1
_TOKENS = "its tokenizer isn't at hand: tokens are estimated with OpenAI's o200k"


@frozen
class Speed:
    """How fast a model was in the calls that were measured: tokens a second read and written, seconds of a call."""

    calls: int
    p50_seconds: float | None = None
    read_a_second: float | None = None
    written_a_second: float | None = None


class Unpriceable(Exception):
    """A name that can't be compared; `message` says why, `remedy` what would do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def candidate(name: str, models: Models, tokenizers: Tokenizers, speeds: Mapping[str, Speed]) -> Candidate:
    """A model that might be asked. Raises Unpriceable for the builtin stand-ins, which are no language models."""
    full, resolved = full_name(name, models.table)
    count, exact = tokenizers.of(full)
    notes = (*resolved, *(() if exact else (_TOKENS,)))
    speed = speeds.get(full, Speed(0))
    if models.is_local(full):
        return _local(full, models, count, exact, speed, notes)
    return _cloud(full, models, count, exact, speed, notes)


def full_name(name: str, table: PriceTable) -> tuple[str, tuple[str, ...]]:
    """A model's name with its provider, and what was taken for granted. Raises Unpriceable."""
    if name.startswith("builtin/"):
        raise Unpriceable(f"{name} is a stand-in, not a language model", "Name real models: openai/gpt-5.4-mini, …")
    if "/" in name or table.own(name) is not None:
        return name, ()
    entry = table.entry(name)
    if entry is not None:
        provider = "gemini" if table.entry(f"gemini/{name}") else _PROVIDERS.get(entry.provider, entry.provider)
        if provider.startswith("vertex_ai-"):
            provider = "vertex_ai"
        return f"{provider}/{name}", (f"{name} is taken as {provider}/{name}",)
    if ":" in name:
        return f"{PREFIX}{name}", (f"{name} is taken as {PREFIX}{name}, on this machine",)
    return name, ()


_PROVIDERS: Final[Mapping[str, str]] = MappingProxyType({"bedrock_converse": "bedrock"})
"""Where the table's name of a provider isn't the one that calls go by."""


def _cloud(
    name: str, models: Models, count: Callable[[str], int], exact: bool, speed: Speed, notes: tuple[str, ...]
) -> Candidate:
    price = models.price(name)
    provider = name.partition("/")[0]
    if price is None:
        notes = (*notes, f"nobody here knows what it costs. {_remedy(name, models.table)}")
    elif price.table == OWN_TABLE:
        notes = (*notes, "by your own prices")
    cheaper = price is not None and price.cached_micros < price.input_micros
    caches_from = CACHES_FROM.get(provider) if cheaper else None
    if cheaper and caches_from is None:
        notes = (
            *notes,
            f"{provider} remembers a prefix only where it is asked to, which mntui doesn't do: none is cached",
        )

    def bill(usage: Usage) -> Cost:
        return cost(price, usage)

    return Candidate(name, count, exact, bill, lambda _usage: speed.p50_seconds, caches_from, notes=notes)


def _local(
    name: str, models: Models, count: Callable[[str], int], exact: bool, speed: Speed, notes: tuple[str, ...]
) -> Candidate:
    energy = models.energy
    read = speed.read_a_second or energy.prompt_tokens_a_second
    written = speed.written_a_second or energy.tokens_a_second
    if speed.read_a_second and speed.written_a_second:
        how = f"measured over {speed.calls} call{'s' * (speed.calls != 1)}"
    else:
        how = "assumed, since no call of it was measured here"

    def seconds(usage: Usage) -> float:
        fresh = usage.input_tokens - usage.cached_tokens
        return fresh / read + (usage.output_tokens + usage.thinking_tokens) / written

    def bill(usage: Usage) -> Cost:
        return energy_cost(energy, round(seconds(usage) * 1_000_000), estimated=True)

    told = (f"reads {read:.0f} and writes {written:.0f} tokens a second: {how}", energy.table)
    return Candidate(name, count, exact, bill, seconds, LOCAL_CACHES_FROM, local=True, notes=(*notes, *told))


def _remedy(name: str, table: PriceTable) -> str:
    rest = name.rpartition("/")[2]
    near = get_close_matches(rest, table.like(rest[:5]), 3, 0.5) if rest else []
    meant = f"Near: {', '.join(near)}. " if near else ""
    return f'{meant}A price of your own goes into config.toml: [prices."{name}"]'
