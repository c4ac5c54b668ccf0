"""Models by the names that people type: what each costs and takes, nothing zero, every assumption said."""

import pytest

from mntui.core.money import Usage
from mntui.models.candidates import Speed, Unpriceable, candidate
from mntui.models.catalog import Models, Settings
from mntui.models.tokenizers import Tokenizers

TOKENIZERS = Tokenizers()
MODELS = Models()
CALL = Usage(input_tokens=2000, output_tokens=300)


def made(name, models=MODELS, **speeds):
    return candidate(name, models, TOKENIZERS, speeds)


@pytest.mark.parametrize(
    ("typed", "name", "micros", "exact"),
    [
        ("nvidia.nemotron-super-3-120b", "bedrock/nvidia.nemotron-super-3-120b", 495, False),
        ("gemini-3.8-flash", "gemini/gemini-3.8-flash", 2625, False),
        ("gpt-5.4-mini", "openai/gpt-5.4-mini", 2850, True),
        ("gpt-5.4", "openai/gpt-5.4", 9500, True),
        ("openai/gpt-5.4", "openai/gpt-5.4", 9500, True),
        ("claude-sonnet-5-5", "anthropic/claude-sonnet-5-5", 7000, False),
        ("claude-haiku-5-5", "anthropic/claude-haiku-5-5", None, False),
    ],
)
def test_a_name_finds_its_provider_and_its_price_in_the_table(typed, name, micros, exact):
    found = made(typed)
    assert (found.name, found.exact, found.local) == (name, exact, False)
    cost = found.bill(CALL)
    assert cost.micros
    assert micros is None or cost.micros == micros
    assert cost.table.startswith("litellm ")
    assert exact or any("tokens are estimated" in note for note in found.notes)


@pytest.mark.parametrize("typed", ["nemotron3:33b", "ollama/nemotron3:33b"])
def test_a_local_model_costs_energy_and_hardware_at_speeds_that_are_said_to_be_assumed(typed):
    found = made(typed)
    assert (found.name, found.local) == ("ollama/nemotron3:33b", True)
    cost = found.bill(CALL)
    assert cost.energy_micros > 0
    assert cost.hardware_micros > 0
    assert (cost.micros, cost.estimated) == (cost.energy_micros + cost.hardware_micros, True)
    assert found.seconds(CALL) == 2000 / 100 + 300 / 10
    assert any("assumed, since no call of it was measured" in note for note in found.notes)
    assert any("100 W assumed" in note for note in found.notes)


def test_measured_speeds_are_used_where_there_are_some():
    speeds = {"ollama/nemotron3:33b": Speed(4, 2.0, 1000.0, 50.0)}
    found = candidate("nemotron3:33b", MODELS, TOKENIZERS, speeds)
    assert found.seconds(CALL) == 8
    assert any("measured over 4 calls" in note for note in found.notes)


def test_a_model_that_nobody_prices_is_unknown_and_says_what_makes_it_known():
    found = made("openai/gpt-9")
    assert found.bill(CALL).micros is None
    assert any('[prices."openai/gpt-9"]' in note for note in found.notes)
    own = Models(Settings(prices={"openai/gpt-9": {"input": 1, "output": 2}}))
    assert made("openai/gpt-9", own).bill(CALL).micros == 2600
    assert any("your own prices" in note for note in made("openai/gpt-9", own).notes)


def test_a_prefix_is_cached_only_where_the_provider_does_it_unasked():
    assert made("gpt-5.4").caches_from == 1024
    claude = made("claude-sonnet-5-5")
    assert claude.caches_from is None
    assert any("only where it is asked to" in note for note in claude.notes)


def test_a_stand_in_is_no_candidate():
    with pytest.raises(Unpriceable, match="stand-in"):
        made("builtin/extractive")
