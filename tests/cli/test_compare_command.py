"""`mntui compare`: a finished run on many models, with no network, no litellm, and no row that is zero or silent."""

import pytest

AGENTS = """
models: {fast: {prefer: [builtin/extractive], max_tokens: 100}}
agents: {writer: {role: executor, model: fast, instructions: "Say in one line what this is about."}}
steps:
  each:
    for_each: "{{ ['a stone of 12 kg', 'a river', 'the sea'] }}"
    steps: {draft: {agent: writer, with: {about: "{{ item }}"}}}
  all: {agent: writer, with: {drafts: "{{ each.results }}"}}
"""
SIX = (
    "nemotron3:33b",
    "nvidia.nemotron-super-3-120b",
    "gemini-3.8-flash",
    "gpt-5.4-mini",
    "gpt-5.4",
    "claude-sonnet-5-5",
)
OTHERS = ("claude-haiku-5-5", "gpt-5.4-nano", "nvidia.nemotron-nano-3-30b", "ollama/qwen3:4b")


@pytest.fixture
def run(shell):
    return shell.started(AGENTS)


def test_no_row_is_zero_or_silently_unknown(shell, run):
    told = shell("compare", run, "--models", ",".join((*SIX, *OTHERS)), "--json").json
    assert [step["id"] for step in told["steps"]] == ["each/draft", "all"]
    assert len(told["columns"]) == 1 + len(SIX) + len(OTHERS)
    for at, column in enumerate(told["columns"][1:], start=1):
        assert column["total"]["micros"] > 0, column
        assert column["total"]["passed"] is None
        assert all(step["cells"][at]["micros"] > 0 for step in told["steps"])
        if column["local"]:
            assert column["total"]["energy_micros"] > 0
            assert column["total"]["hardware_micros"] > 0
            assert any("assumed" in note for note in column["notes"])
        if column["total"]["estimated"]:
            assert column["notes"]
    assert told["changes"][0]["before"] == "builtin/extractive"
    assert f"+models: {{fast: {{prefer: [{told['changes'][0]['after']}, builtin/extractive]" in told["patch"]


def test_a_model_without_a_price_is_called_unknown_and_never_best(shell, run):
    told = shell("compare", run, "--models", "openai/gpt-9,gpt-5.4", "--json").json
    assert told["columns"][1]["total"]["micros"] is None
    assert any("nobody here knows what it costs" in note for note in told["columns"][1]["notes"])
    assert {step["best"]["model"] for step in told["steps"]} == {"openai/gpt-5.4"}
    said = shell("compare", run, "--models", "openai/gpt-9,gpt-5.4").out
    assert "unknown" in said
    assert '[prices."openai/gpt-9"]' in said


@pytest.mark.parametrize("models", ["builtin/extractive", "", ","])
def test_what_cannot_be_compared_is_refused_with_a_remedy(shell, run, models):
    told = shell("compare", run, "--models", models, "--json")
    assert told.code in {2, 3}
    assert told.json["error"]["remedy"]


def test_a_run_that_asked_no_model_has_nothing_to_compare(shell):
    run = shell.started("steps: {a: {set: {n: 1}}}\n")
    assert shell("compare", run, "--models", "gpt-5.4", "--json").json["error"]["code"] == "no_calls"
