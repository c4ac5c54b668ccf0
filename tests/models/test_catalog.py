"""Models by name: opening, prices, costs, and which model serves which role."""

from pathlib import Path

import pytest

from mntui.core.money import Cost, Usage
from mntui.core.plan import RolePlan
from mntui.models.base import ModelFailure, ModelRequest
from mntui.models.catalog import Models, Price, Settings, cost


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.json"
    path.write_text('{"answers": {"s": ["hello"]}}')
    return path


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
        ("ollama/qwen3:4b", "local and cloud models come in a later version"),
        ("openai/gpt-5.4-mini", "local and cloud models come in a later version"),
        ("builtin/scripted", "it needs a file of answers"),
        ("builtin/scripted:/no/such.yaml", "there is no file /no/such.yaml"),
        ("builtin/faulty", "there is no such builtin model"),
        ("gpt", "a model's name is PROVIDER/NAME"),
    ],
)
def test_a_model_that_cannot_be_used_says_why_and_what_can(name: str, reason: str) -> None:
    assert Models().usable(name) == reason
    with pytest.raises(ModelFailure) as raised:
        Models().open(name)
    assert raised.value.kind == "missing"
    assert reason in raised.value.message
    assert "builtin/extractive" in raised.value.remedy


def test_builtin_models_cost_nothing_and_others_have_no_known_price(script: Path) -> None:
    models = Models()
    usage = Usage(input_tokens=900, output_tokens=10, estimated=True)
    for name in ("builtin/extractive", f"builtin/scripted:{script}"):
        assert cost(models.price(name), usage) == Cost(0, estimated=True, table="builtin")
    assert models.price("openai/gpt-5.4-mini") is None
    assert cost(None, usage) == Cost(None, estimated=True)


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


def test_a_role_binds_to_its_override_then_the_default_then_the_first_usable_preferred_one(script: Path) -> None:
    scripted = f"builtin/scripted:{script}"
    roles = {"fast": RolePlan(prefer=("ollama/qwen3:4b", scripted)), "strong": RolePlan()}
    bound, problems = Models().bind(roles, {"fast": "builtin/extractive"}, scripted)
    assert problems == ()
    assert bound["fast"].why == "fast is served by builtin/extractive, as --model fast=builtin/extractive says"
    assert bound["strong"].model == scripted
    bound, problems = Models().bind(roles, {}, None)
    assert (bound["fast"].model, bound["strong"].model, problems) == (scripted, "builtin/extractive", ())
    assert bound["fast"].why == (
        f"fast is served by {scripted}, which the blueprint prefers; before it: "
        "ollama/qwen3:4b: local and cloud models come in a later version"
    )


def test_the_stand_in_serves_what_nothing_else_can_and_says_why() -> None:
    bound, problems = Models().bind({"fast": RolePlan(prefer=("ollama/qwen3:4b", "openai/gpt-5.4-nano"))}, {}, None)
    assert problems == ()
    assert bound["fast"].model == "builtin/extractive"
    assert bound["fast"].why == (
        "fast is served by builtin/extractive, a stand-in that extracts and is no language model "
        "(ollama/qwen3:4b: local and cloud models come in a later version; "
        "openai/gpt-5.4-nano: local and cloud models come in a later version)"
    )


@pytest.mark.parametrize(
    ("plan", "overrides", "default", "message"),
    [
        (RolePlan(prefer=("ollama/x",), builtin_allowed=False), {}, None, "builtin: never"),
        (RolePlan(prefer=("builtin/extractive",), builtin_allowed=False), {}, None, "builtin: never"),
        (RolePlan(builtin_allowed=False), {}, "builtin/extractive", "builtin: never"),
        (RolePlan(), {"fast": "openai/x"}, None, "openai/x can't serve the role fast"),
        (RolePlan(), {}, "openai/x", "later version"),
        (RolePlan(), {"fsat": "builtin/extractive"}, None, "no model role fsat"),
    ],
)
def test_a_role_that_must_not_or_cannot_be_served_is_a_problem_with_a_remedy(
    plan: RolePlan, overrides: dict[str, str], default: str | None, message: str
) -> None:
    _, (problem,) = Models().bind({"fast": plan}, overrides, default)
    assert problem.kind == "missing"
    assert message in problem.message
    assert problem.remedy


def test_a_script_may_serve_a_role_without_stand_ins_where_a_person_names_it(script: Path) -> None:
    bound, problems = Models(Settings(script)).bind({"fast": RolePlan(builtin_allowed=False)}, {}, "builtin/scripted")
    assert (bound["fast"].model, problems) == ("builtin/scripted", ())
