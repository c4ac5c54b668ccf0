"""Another model takes over: fallbacks where one can't answer, a stronger role where an answer fails its check."""

from bench import Bench
from catalogs import Priced

from mntui.core.events import ModelSwitched
from mntui.core.requests import Retry

TEXT = """
models:
  fast: {fallback: [p/second, q/third], max_tokens: 100, escalate: strong}
  strong: {max_tokens: 900, fallback: [p/second, r/last]}
agents: {w: {role: executor, model: fast, instructions: Be brief., max_turns: 2}}
recovery: {retry: {maximum_attempts: 2}, on_failure: pause}
steps: {a: {agent: w, with: {x: 1}, output: {n: integer}}}
"""
PLAIN = TEXT.replace(", escalate: strong", "")


def agent(text: str = TEXT) -> Bench:
    return Bench(text, models={"fast": "p/first", "strong": "r/strong"}, catalog=Priced())


def served(bench: Bench) -> str:
    """Who is being asked."""
    (call,) = (call for call in bench.node("a").calls.values() if call.status == "running")
    return call.model


def switches(bench: Bench) -> list[tuple[str, str, str]]:
    events = [fact.event for fact in bench.facts]
    return [(event.model, event.role, event.cause) for event in events if isinstance(event, ModelSwitched)]


def test_an_outage_uses_up_the_tries_of_a_model_and_then_the_next_has_tries_of_its_own() -> None:
    bench = agent()
    bench.model_fails("a#1.0")
    bench.later(60)
    assert served(bench) == "p/first"
    bench.model_fails("a#1.0")
    assert served(bench) == "p/second"
    bench.model_fails("a#1.0")
    bench.later(60)
    assert served(bench) == "p/second"
    bench.says("a#1.0", value={"n": 1})
    assert bench.status() == "succeeded"
    assert switches(bench) == [("p/second", "fast", "fallback")]
    assert bench.begun == [f"a#1.0@0.{attempt}" for attempt in (1, 2, 3, 4)]
    bench.check_replay()


def test_who_takes_over_last_is_the_stronger_role_and_then_its_own_fallbacks_each_model_once() -> None:
    bench = agent()
    for wanted in ("p/first", "p/second", "q/third", "r/strong", "r/last"):
        assert served(bench) == wanted
        bench.model_fails("a#1.0", "auth", retryable=False)
    assert list(bench.run.held) == ["a"]
    assert bench.run.held["a"].kind == "auth"
    bench.check_replay()


def test_a_short_rate_limit_is_waited_for_and_a_long_one_is_not() -> None:
    bench = agent()
    bench.model_fails("a#1.0", "rate_limited", after=2)
    bench.later(3)
    assert served(bench) == "p/first"
    bench.model_fails("a#1.0", "rate_limited", after=30)
    assert served(bench) == "p/second"


def test_without_a_fallback_a_rate_limit_uses_up_no_tries() -> None:
    bench = agent(PLAIN.replace("fallback: [p/second, q/third], ", ""))
    for _ in range(30):
        bench.model_fails("a#1.0", "rate_limited")
        bench.later(60)
        assert served(bench) == "p/first"
    bench.says("a#1.0", value={"n": 1})
    assert bench.status() == "succeeded"


def test_a_broken_contract_goes_to_the_stronger_role_which_does_not_see_the_broken_answers() -> None:
    bench = agent()
    bench.says("a#1.0", "nonsense", violation="it is no JSON")
    assert served(bench) == "p/first"
    bench.says("a#2.0", "again nonsense", violation="it is no JSON")
    assert served(bench) == "r/strong"
    assert switches(bench) == [("r/strong", "strong", "escalate")]
    assert bench.run.reserved_tokens > 900
    from_strong = bench.requests["a#3.0"]
    assert from_strong.max_tokens == 900
    assert not any("nonsense" in message.text for message in from_strong.messages)
    bench.says("a#3.0", "worse", violation="it is no JSON")
    assert any("worse" in message.text for message in bench.requests["a#4.0"].messages)
    bench.says("a#4.0", value={"n": 1})
    assert bench.status() == "succeeded"
    bench.check_replay()


def test_without_a_stronger_role_a_broken_contract_goes_to_the_next_fallback() -> None:
    bench = agent(PLAIN)
    bench.says("a#1.0", violation="no")
    bench.says("a#2.0", violation="no")
    assert served(bench) == "p/second"


def test_what_another_model_could_not_help_is_not_handed_over() -> None:
    bench = agent()
    bench.model_fails("a#1.0", "refused", retryable=False)
    assert (switches(bench), list(bench.run.held)) == ([], ["a"])


def test_a_persons_retry_goes_back_to_the_first() -> None:
    bench = agent(PLAIN)
    for _ in range(3):
        bench.model_fails("a#1.0", "missing", retryable=False)
    assert list(bench.run.held) == ["a"]
    bench.ask(Retry("a"))
    assert served(bench) == "p/first"
    bench.model_fails("a#1.0", "missing", retryable=False)
    assert served(bench) == "p/second"
    bench.check_replay()


def test_a_worker_that_dies_goes_on_with_whoever_had_taken_over() -> None:
    bench = agent()
    bench.model_fails("a#1.0", "missing", retryable=False)
    bench.dies()
    assert served(bench) == "p/second"
    bench.says("a#1.0", value={"n": 1})
    assert bench.status() == "succeeded"
    bench.check_replay()
