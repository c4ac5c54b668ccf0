"""Models by name: opening one, which can be used here and why not, its price, how many of its calls are out at once."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mntui.core.money import Cost, Usage
from mntui.models.base import ModelFailure, ModelRequest
from mntui.models.catalog import Models, Settings
from mntui.models.machine import model_settings
from mntui.models.ollama_host import OllamaSettings
from mntui.models.prices import cost
from tests.models.stub_server import Stub, shown, stubbed

NO_OLLAMA = OllamaSettings("127.0.0.1:1")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.json"
    path.write_text('{"answers": {"s": ["hello"]}}')
    return path


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with stubbed() as stub:
        yield stub


def test_the_stand_in_opens_by_its_name_and_says_that_it_is_simulated() -> None:
    model = Models().open("builtin/extractive")
    assert (model.name, model.simulated, model.count_tokens("12345")) == ("builtin/extractive", True, 2)


async def test_a_script_opens_by_its_path_or_from_the_settings_and_logs_its_calls(script: Path) -> None:
    log = script.with_name("calls.log")
    for model in (
        Models(Settings(calls_log=log)).open(f"builtin/scripted:{script}"),
        Models(Settings(script, log)).open("builtin/scripted"),
    ):
        reply = await model.reply(ModelRequest(model.name, (), "executor", "s", 1), lambda _: None)
        assert reply.text == "hello"
    assert log.read_text() == "s\t1\n" * 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ollama/qwen3:4b", "no Ollama answers at http://127.0.0.1:1"),
        ("openai/gpt-5.4-mini", "OPENAI_API_KEY isn't set"),
        ("gemini/gemini-3.8-flash", "GEMINI_API_KEY isn't set or GOOGLE_API_KEY"),
        (
            "bedrock/x",
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE or AWS_BEARER_TOKEN_BEDROCK isn't set",
        ),
        ("custom/x", "CUSTOM_BASE_URL isn't set"),
        ("nosuch/x", "no such provider is known"),
        ("perplexity/x", "PERPLEXITYAI_API_KEY or PERPLEXITY_API_KEY isn't set"),
        ("deepinfra/x", "DEEPINFRA_API_KEY isn't set"),
        ("builtin/scripted", "it needs a file of answers"),
        ("builtin/scripted:/no/such.yaml", "there is no file /no/such.yaml"),
        ("builtin/faulty", "there is no such builtin model"),
        ("gpt", "a model's name is PROVIDER/NAME"),
    ],
)
async def test_a_model_that_cannot_be_used_says_why_and_what_can(name: str, reason: str) -> None:
    refusal = await Models(Settings(ollama=NO_OLLAMA)).usable(name)
    assert refusal is not None
    assert sorted(refusal.reason.split()) == sorted(reason.split())
    assert refusal.remedy


@pytest.mark.parametrize("name", ["builtin/scripted", "builtin/faulty", "gpt", "ollama/x"])
def test_what_cannot_be_a_model_is_not_opened(name: str) -> None:
    with pytest.raises(ModelFailure) as raised:
        Models().open(name)
    assert (raised.value.kind, bool(raised.value.remedy)) == ("missing", True)


async def test_a_local_model_must_be_there_and_able(stub: Stub) -> None:
    stub.models = {"able:1b": shown(), "plain:1b": shown("completion"), "vectors:1b": shown("embedding")}
    models = Models(Settings(ollama=OllamaSettings(stub.url)))
    assert await models.usable("ollama/able:1b", tools=True) is None
    assert await models.usable("ollama/plain:1b") is None
    for name, tools, reason in (
        ("ollama/plain:1b", True, "can't call tools"),
        ("ollama/vectors:1b", False, "embedding model"),
        ("ollama/other", False, "doesn't have it"),
    ):
        refusal = await models.usable(name, tools=tools)
        assert refusal is not None
        assert reason in refusal.reason
    assert refusal.remedy == "mntui models pull other"
    await models.aclose()


async def test_the_largest_that_fits_into_memory_stands_by_first_and_no_embedding_model(stub: Stub) -> None:
    stub.models = {"small:1b": shown(), "mid:8b": shown(), "huge:70b": shown(), "vectors": shown("embedding")}
    stub.sizes = {"small:1b": 1 << 30, "mid:8b": 5 << 30, "huge:70b": 40 << 30}
    models = Models(Settings(ollama=OllamaSettings(stub.url, memory_bytes=16 << 30)))
    assert await models.stand_by() == ("ollama/mid:8b", "ollama/small:1b", "ollama/huge:70b")
    await models.aclose()


async def test_a_key_or_a_server_of_ones_own_makes_a_cloud_usable(stub: Stub) -> None:
    keyed = Models(Settings(environment={"OPENAI_API_KEY": "k"}))
    assert await keyed.usable("openai/gpt-5.4-mini") is None
    assert keyed.clouds_ready() == ("openai",)
    own = Models(Settings(environment={"OPENAI_BASE_URL": f"{stub.url}/v1"}))
    assert await own.usable("openai/llama") is None
    gone = Models(Settings(environment={"CUSTOM_BASE_URL": "http://127.0.0.1:1/v1"}))
    refusal = await gone.usable("custom/llama")
    assert refusal is not None
    assert "127.0.0.1:1 can't be reached" in refusal.reason


def test_builtin_models_cost_nothing_and_local_ones_have_no_known_price(script: Path) -> None:
    models = Models()
    usage = Usage(input_tokens=900, output_tokens=10, estimated=True)
    for name in ("builtin/extractive", f"builtin/scripted:{script}"):
        assert cost(models.price(name), usage) == Cost(0, estimated=True, table="builtin")
    assert models.price("ollama/llama3") is None
    assert models.price("openai/no-such-model") is None
    assert models.price("openai/gpt-5.4-mini") is not None
    assert cost(None, usage) == Cost(None, estimated=True)


def test_a_local_model_works_on_one_call_after_the_other() -> None:
    models = Models(model_settings({}))
    assert (models.calls_at_once("ollama/x"), models.calls_at_once("openai/x")) == (1, 16)
    assert Models(model_settings({"OLLAMA_NUM_PARALLEL": "4"})).calls_at_once("ollama/x") == 4


def test_what_is_opened_and_looked_for_imports_no_provider() -> None:
    told = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout == "[]\n"


ALONE = """
import asyncio, sys
import mntui.worker.build
from mntui.models.catalog import Models
from mntui.models.machine import model_settings
models = Models(model_settings({"OLLAMA_HOST": "127.0.0.1:1"}))
async def main():
    await models.usable("ollama/qwen3:4b")
    await models.usable("openai/gpt-5.4-nano")
    await models.stand_by()
    models.open("openai/gpt-5.4"), models.open("ollama/x"), models.price("openai/gpt-5.4")
asyncio.run(main())
print([name for name in ("litellm", "ollama", "httpx", "openai") if name in sys.modules])
"""
