"""How many calls may be out at once, by lane."""

from mntui.core.decide import Now
from mntui.worker.admission import TOOL_LANE, Admission
from mntui.worker.flow import FlowLimits, Flows, Hold

LIMITS = {"ollama/small": 1, "openai/large": 2}


def admission(**limits: FlowLimits) -> Admission:
    return Admission(lambda: True, lambda model: LIMITS[model], Flows(limits, lambda: Now(0)), 1)


def test_each_model_has_a_limit_of_its_own() -> None:
    gate = admission()
    gate.enter("a", "ollama/small")
    gate.enter("b", "openai/large")
    assert gate.hold("c", "ollama/small") == Hold("concurrency: ollama/small has 1 call in flight")
    assert gate.hold("c", "openai/large") is None
    gate.enter("c", "openai/large")
    assert gate.hold("d", "openai/large") == Hold("concurrency: openai/large has 2 calls in flight")
    assert gate.hold("d", TOOL_LANE) is None


def test_a_call_that_ends_makes_room_and_one_that_is_in_is_not_asked_again() -> None:
    gate = admission()
    gate.enter("a", "ollama/small")
    assert gate.hold("a", "ollama/small") is None
    gate.leave("a")
    assert gate.hold("b", "ollama/small") is None


def test_a_call_that_leaves_without_an_answer_makes_room_at_its_provider_too() -> None:
    gate = admission(openai=FlowLimits(calls_at_once=1))
    gate.enter("a", "openai/large")
    assert gate.asks("a", 5) is None
    assert gate.hold("b", "openai/large") == Hold("rate limit: openai, 1 call at once")
    gate.leave("a")
    assert gate.hold("b", "openai/large") is None


def test_it_says_how_many_tool_calls_may_still_go_and_whether_any_had_to_wait() -> None:
    gate = admission()
    assert (gate.tool_room, gate.has_refused) == (1, False)
    gate.enter("a", TOOL_LANE)
    assert gate.hold("b", TOOL_LANE) is not None
    assert (gate.tool_room, gate.has_refused) == (0, True)
    gate.leave("a")
    assert gate.tool_room == 1
