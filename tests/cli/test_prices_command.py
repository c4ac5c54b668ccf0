"""`mntui prices`: a known price with its table, an unknown one as an error with near names."""

import io
import json
from pathlib import Path

import pytest

from mntui.cli.exits import Refusal
from mntui.cli.output import Session
from mntui.cli.prices_text import prices


@pytest.fixture
def session(shell):

    around = shell.around(io.StringIO(), io.StringIO(), io.StringIO())
    return Session(around, json=True)


async def test_a_known_price_comes_with_its_table_and_its_tiers(session):
    assert await prices("openai/gpt-5.4")(session) == 0
    told = json.loads(session.around.stdout.getvalue())
    assert (told["input_micros"], told["output_micros"], told["cached_micros"]) == (2_500_000, 15_000_000, 250_000)
    assert [tier["above_tokens"] for tier in told["tiers"]] == [272_000]
    assert told["table"].startswith("litellm ")


@pytest.mark.parametrize(
    ("model", "remedy"), [("openai/gpt-5.4-minni", "Near: gpt-5.4-mini"), ("ollama/x", '[prices."ollama/x"]')]
)
async def test_an_unknown_price_is_an_error_and_never_a_zero(session, model, remedy):
    with pytest.raises(Refusal) as raised:
        await prices(model)(session)
    assert raised.value.denied.code == "unknown_price"
    assert remedy in raised.value.denied.remedy


async def test_a_price_of_ones_own_stands_in_the_config(session):
    home = Path(session.settings.home)
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('[prices."ollama/x"]\ninput = 0.1\noutput = 0.25\n')
    await prices("ollama/x")(session)
    assert json.loads(session.around.stdout.getvalue())["output_micros"] == 250_000


def test_the_command_prints_it_in_dollars_and_its_document_keeps_its_shape(shell):
    said = shell("prices", "openai/gpt-5.4-mini")
    assert said.code == 0
    assert "input $0.7500" in said.out
    assert shell("prices", "openai/gpt-5.4-mini", "--json").json["id"] == "openai/gpt-5.4-mini"
    assert shell("prices", "ollama/x", "--json").code == 3
