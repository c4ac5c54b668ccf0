"""How many calls may be out at once, by lane."""

from mntui.worker.admission import TOOL_LANE, Admission

LIMITS = {"ollama/small": 1, "openai/large": 2}


def admission() -> Admission:
    return Admission(lambda: True, lambda model: LIMITS[model], 1)


def test_each_model_has_a_limit_of_its_own() -> None:
    gate = admission()
    gate.enter("a", "ollama/small")
    gate.enter("b", "openai/large")
    assert gate.refusal("c", "ollama/small") == "concurrency: ollama/small has 1 call in flight"
    assert gate.refusal("c", "openai/large") == ""
    gate.enter("c", "openai/large")
    assert gate.refusal("d", "openai/large") == "concurrency: openai/large has 2 calls in flight"
    assert gate.refusal("d", TOOL_LANE) == ""


def test_a_call_that_ends_makes_room_and_one_that_is_in_is_not_asked_again() -> None:
    gate = admission()
    gate.enter("a", "ollama/small")
    assert gate.refusal("a", "ollama/small") == ""
    gate.leave("a")
    assert gate.refusal("b", "ollama/small") == ""
