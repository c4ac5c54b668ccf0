"""Prices as integers: the bundled table, tiers, a person's own, and what is not known."""

import json
from pathlib import Path

import pytest

from mntui.core.money import Cost, Usage
from mntui.models.prices import Price, PriceTable, Tier, cost, own_price

TABLE = {
    "gpt-x": {
        "litellm_provider": "openai", "mode": "chat", "supports_response_schema": True,
        "input_cost_per_token": 7.5e-07, "output_cost_per_token": 4.5e-06, "cache_read_input_token_cost": 7.5e-08,
        "input_cost_per_token_above_100k_tokens": 1.5e-06, "output_cost_per_token_above_100k_tokens": 9e-06,
        "input_cost_per_token_above_272k_tokens": 3e-06, "input_cost_per_token_priority": 1.0,
        "search_context_cost_per_query": {"search_context_size_high": 0.01}, "max_input_tokens": 400000,
    },
    "claude-x": {
        "litellm_provider": "anthropic", "mode": "chat", "input_cost_per_token": 2e-06, "output_cost_per_token": 1e-05,
        "cache_creation_input_token_cost": 2.5e-06, "cache_read_input_token_cost": 1e-07,
    },
    "gemini/flash": {
        "litellm_provider": "gemini", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
        "output_cost_per_reasoning_token": 3e-06,
    },
    "nvidia.nemo": {
        "litellm_provider": "bedrock_converse", "mode": "chat",
        "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6.5e-07,
    },
    "free/model": {"litellm_provider": "free", "mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
    "free/silent": {"litellm_provider": "free", "mode": "chat"},
    "text-embedding": {"litellm_provider": "openai", "mode": "embedding", "input_cost_per_token": 1e-8},
}  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> PriceTable:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(TABLE))
    return PriceTable(file=file)


@pytest.mark.parametrize(
    ("name", "micros"),
    [
        ("openai/gpt-x", (750_000, 4_500_000, 75_000)),
        ("gpt-x", (750_000, 4_500_000, 75_000)),
        ("anthropic/claude-x", (2_000_000, 10_000_000, 100_000)),
        ("gemini/flash", (1_000_000, 2_000_000, 1_000_000)),
        ("bedrock/nvidia.nemo", (150_000, 650_000, 150_000)),
    ],
)
def test_a_model_is_found_under_its_name_or_its_providers(
    table: PriceTable, name: str, micros: tuple[int, int, int]
) -> None:
    price = table.price(name)
    assert price is not None
    assert (price.input_micros, price.output_micros, price.cached_micros) == micros
    assert price.table.startswith("prices.json of 20")


@pytest.mark.parametrize(
    "name", ["openai/claude-x", "ollama/gpt-x", "free/model", "free/silent", "openai/none", "none", ""]
)
def test_what_is_not_known_is_none_and_never_zero(table: PriceTable, name: str) -> None:
    assert table.price(name) is None


def test_a_tier_prices_the_whole_call_and_keeps_what_it_does_not_state(table: PriceTable) -> None:
    price = table.price("openai/gpt-x")
    assert price is not None
    assert [tier.above_tokens for tier in price.tiers] == [100_000, 272_000]
    at = {tokens: price.at(tokens) for tokens in (100_000, 100_001, 272_001)}
    assert [each.input_micros for each in at.values()] == [750_000, 1_500_000, 3_000_000]
    assert at[100_001].cached_micros == 75_000
    assert cost(price, Usage(200_000, output_tokens=10)).micros == 300_000 + 90


def test_writing_to_a_cache_and_thinking_cost_what_the_table_says(table: PriceTable) -> None:
    assert cost(table.price("anthropic/claude-x"), Usage(1_000_000, written_tokens=1_000_000)).micros == 2_500_000
    assert cost(table.price("gemini/flash"), Usage(thinking_tokens=1000, output_tokens=1000)).micros == 5_000


@pytest.mark.parametrize(
    ("usage", "micros"),
    [
        (Usage(input_tokens=1_000_000), 750_000),
        (Usage(input_tokens=1_000_000, cached_tokens=400_000), 480_000),
        (Usage(input_tokens=1_000_000, written_tokens=1_000_000), 900_000),
        (Usage(output_tokens=1000, thinking_tokens=1000), 9_000),
        (Usage(input_tokens=2), 2),
        (Usage(cached_tokens=6, input_tokens=6), 0),
        (Usage(cached_tokens=7, input_tokens=7), 1),
    ],
)
def test_a_cost_is_whole_micro_dollars_with_halves_rounded_up(usage: Usage, micros: int) -> None:
    price = Price(750_000, 4_500_000, 75_000, "table 2026-11-01", written_micros=900_000)
    assert cost(price, usage) == Cost(micros, table="table 2026-11-01")


def test_writing_to_a_cache_costs_as_input_where_the_table_does_not_say() -> None:
    assert cost(Price(10_000_000, 0, 0, "t"), Usage(input_tokens=5, written_tokens=5)).micros == 50


def test_ones_own_price_wins_also_for_a_local_model(tmp_path: Path) -> None:
    table = PriceTable({"ollama/x": {"input": 0.1, "output": "0.25", "cached": 0}}, tmp_path / "none.json")
    assert table.price("ollama/x") == Price(100_000, 250_000, 0, "your own prices")
    assert table.price("openai/gpt-x") is None


@pytest.mark.parametrize("stated", [{"input": 1}, {"input": 1, "output": -1}, {"input": "x", "output": 1}, {"in": 1}])
def test_a_price_of_ones_own_that_is_none_is_refused(stated: dict[str, float | str]) -> None:
    with pytest.raises(ValueError, match="price"):
        own_price(stated)


def test_the_bundled_table_knows_the_models_of_the_published_scorecard() -> None:
    table = PriceTable()
    names = (
        "openai/gpt-5.4", "openai/gpt-5.4-mini", "openai/gpt-5.4-nano", "anthropic/claude-sonnet-5-5",
        "gemini/gemini-3.8-flash", "bedrock/nvidia.nemotron-super-3-120b",
    )  # fmt: skip
    assert all(table.price(name) is not None for name in names)
    assert table.price("openai/gpt-5.4-mini") == Price(750_000, 4_500_000, 75_000, table.name)
    assert table.name.startswith("litellm 1.")
    assert table.price("openai/gpt-5.4").tiers[0] == Tier(  # type: ignore[union-attr]
        272_000, Price(5_000_000, 22_500_000, 500_000, table.name)
    )
