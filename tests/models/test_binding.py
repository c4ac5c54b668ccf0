"""Which model serves which role, and the sentence that says why."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mntui.core.plan import RolePlan
from mntui.models.binding import bind
from mntui.models.catalog import Models, Settings
from mntui.models.ollama_host import OllamaSettings
from tests.models.stub_server import Stub, shown, stubbed

NOTHING = Models(Settings(ollama=OllamaSettings("127.0.0.1:1")))
PREFERS = RolePlan(prefer=("ollama/qwen3:4b", "openai/gpt-5.4-nano"))


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.json"
    path.write_text('{"answers": {"s": ["hello"]}}')
    return f"builtin/scripted:{path}"


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with stubbed() as stub:
        yield stub


@pytest.fixture
async def local(stub: Stub) -> AsyncIterator[Models]:
    models = Models(Settings(ollama=OllamaSettings(stub.url)))
    yield models
    await models.aclose()


async def test_a_role_binds_to_its_override_then_the_default_then_the_config_then_the_first_usable_preferred_one(
    script: str,
) -> None:
    roles = {"fast": RolePlan(prefer=("ollama/qwen3:4b", script)), "strong": RolePlan()}
    config = {"fast": ("builtin/extractive", "config.toml line 3"), "strong": (script, "config.toml line 4")}
    bound, problems = await bind(NOTHING, roles, {"fast": "builtin/extractive"}, script, (), config)
    assert problems == ()
    assert bound["fast"].why == "fast is served by builtin/extractive, as --model fast=builtin/extractive says"
    assert bound["strong"].why == f"strong is served by {script}, as --model {script} says"
    bound, problems = await bind(NOTHING, roles, {}, None, (), config)
    assert [each.model for each in bound.values()] == ["builtin/extractive", script]
    assert bound["strong"].why.endswith("as config.toml line 4 says")
    bound, problems = await bind(NOTHING, roles, {}, None)
    assert (bound["fast"].model, bound["strong"].model, problems) == (script, "builtin/extractive", ())
    assert bound["fast"].why == (
        f"fast is served by {script}, which the blueprint prefers; before it: "
        "ollama/qwen3:4b: no Ollama answers at http://127.0.0.1:1"
    )


async def test_the_stand_in_serves_what_nothing_else_can_and_says_how_to_get_a_real_model() -> None:
    bound, problems = await bind(NOTHING, {"fast": PREFERS}, {}, None)
    assert problems == ()
    assert bound["fast"].model == "builtin/extractive"
    assert bound["fast"].why.startswith(
        "fast is served by builtin/extractive, a stand-in that extracts and is no language model "
        "(ollama/qwen3:4b: no Ollama answers at http://127.0.0.1:1; openai/gpt-5.4-nano: OPENAI_API_KEY isn't set). "
        "A real model: `ollama pull qwen3:4b`"
    )


async def test_an_installed_model_that_is_able_serves_before_the_stand_in_and_is_named(
    stub: Stub, local: Models
) -> None:
    stub.models = {"plain:9b": shown("completion"), "able:1b": shown(), "vectors:1b": shown("embedding")}
    stub.sizes = {"plain:9b": 9, "able:1b": 1, "vectors:1b": 99}
    roles = {"fast": PREFERS, "strong": RolePlan()}
    bound, problems = await bind(local, roles, {}, None, with_tools={"fast"})
    assert problems == ()
    assert [each.model for each in bound.values()] == ["ollama/able:1b", "ollama/plain:9b"]
    assert bound["fast"].why == (
        "fast is served by ollama/able:1b, an installed model that is able to "
        "(ollama/qwen3:4b: Ollama doesn't have it; openai/gpt-5.4-nano: OPENAI_API_KEY isn't set)"
    )


async def test_a_preferred_installed_model_serves_as_preferred(stub: Stub, local: Models) -> None:
    stub.models = {"qwen3:4b": shown(), "huge:70b": shown()}
    bound, _ = await bind(local, {"fast": PREFERS}, {}, None)
    assert bound["fast"].why == "fast is served by ollama/qwen3:4b, which the blueprint prefers"


async def test_no_cloud_is_chosen_that_nobody_named() -> None:
    models = Models(Settings(environment={"ANTHROPIC_API_KEY": "k"}))
    bound, _ = await bind(models, {"fast": PREFERS}, {}, None)
    assert bound["fast"].model == "builtin/extractive"


@pytest.mark.parametrize(
    ("plan", "overrides", "default", "message"),
    [
        (RolePlan(prefer=("ollama/x",), builtin_allowed=False), {}, None, "builtin: never"),
        (RolePlan(prefer=("builtin/extractive",), builtin_allowed=False), {}, None, "builtin: never"),
        (RolePlan(builtin_allowed=False), {}, "builtin/extractive", "builtin: never"),
        (RolePlan(), {"fast": "openai/x"}, None, "openai/x can't serve the role fast: OPENAI_API_KEY isn't set"),
        (RolePlan(), {}, "openai/x", "OPENAI_API_KEY"),
        (RolePlan(), {"fsat": "builtin/extractive"}, None, "no model role fsat"),
    ],
)
async def test_a_role_that_must_not_or_cannot_be_served_is_a_problem_with_a_remedy(
    plan: RolePlan, overrides: dict[str, str], default: str | None, message: str
) -> None:
    _, (problem,) = await bind(NOTHING, {"fast": plan}, overrides, default)
    assert problem.kind == "missing"
    assert message in problem.message
    assert problem.remedy


async def test_a_configured_model_that_cannot_be_used_names_the_place() -> None:
    _, (problem,) = await bind(
        NOTHING, {"fast": RolePlan()}, {}, None, (), {"fast": ("openai/x", "config.toml line 3")}
    )
    assert "config.toml line 3" in problem.message


async def test_a_script_may_serve_a_role_without_stand_ins_where_a_person_names_it(script: str) -> None:
    bound, problems = await bind(NOTHING, {"fast": RolePlan(builtin_allowed=False)}, {}, script)
    assert (bound["fast"].model, problems) == (script, ())
