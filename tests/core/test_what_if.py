"""A run's calls on another model: same questions, same answers, its tokens, its prices, its cache."""

from mntui.core.money import Cost, Usage
from mntui.core.spending import Entry
from mntui.core.what_if import CACHE_MICROS, MESSAGE_TOKENS, Candidate, PastCall, on, recorded, shared_prefix

STABLE = "the same instructions " * 100


def words(text: str) -> int:
    return len(text.split())


def candidate(name: str = "a/b", *, exact: bool = True, caches_from: int | None = 50) -> Candidate:
    """A dollar a million for input, ten cents for what is cached, two dollars for output, in words."""

    def bill(usage: Usage) -> Cost:
        fresh = usage.input_tokens - usage.cached_tokens
        written = usage.output_tokens + usage.thinking_tokens
        return Cost(fresh * 10 + usage.cached_tokens + written * 20, usage.estimated)

    return Candidate(name, words, exact, bill, lambda _usage: 1.5, caches_from)


def past(
    sent: tuple[str, ...], said: str | None, *, at: int = 0, model: str = "x/y", agent: str = "w", **usage: int
) -> PastCall:
    cost = Cost(77)
    return PastCall(Entry("each[1]/draft", "1.0", 1, model, "answer", at, Usage(**usage), cost), agent, sent, said, 900)


def test_the_same_questions_and_answers_are_counted_and_priced() -> None:
    (only,) = on(candidate(), [past(("be brief", "one two three"), "four five")])
    assert (only.step, only.input_tokens, only.output_tokens) == ("each/draft", 5 + 2 * MESSAGE_TOKENS, 2)
    assert only.micros == (5 + 2 * MESSAGE_TOKENS) * 10 + 2 * 20
    assert (only.estimated, only.seconds) == (False, 1.5)


def test_where_it_is_the_model_that_was_asked_what_was_billed_stands() -> None:
    calls = [past(("a", "b"), "c", model="a/b", input_tokens=9, output_tokens=4)]
    assert on(candidate(), calls) == recorded(calls)
    assert (recorded(calls)[0].micros, recorded(calls)[0].seconds) == (77, 0.9)


def test_the_prefix_that_the_call_before_of_the_same_agent_had_costs_as_cached() -> None:
    calls = [past((STABLE, "first"), "x"), past((STABLE, "second"), "x"), past((STABLE, "third"), "x", agent="other")]
    assert [call.cached_tokens for call in on(candidate(), calls)] == [0, 300, 0]
    assert [call.cached_tokens for call in on(candidate(caches_from=301), calls)] == [0, 0, 0]
    assert [call.cached_tokens for call in on(candidate(caches_from=None), calls)] == [0, 0, 0]


def test_after_five_minutes_nothing_is_remembered() -> None:
    calls = [past((STABLE, "a"), "x"), past((STABLE, "b"), "x", at=CACHE_MICROS + 1)]
    assert [call.cached_tokens for call in on(candidate(), calls)] == [0, 0]


def test_a_prefix_ends_in_the_middle_of_the_first_text_that_differs() -> None:
    assert list(shared_prefix(("same", "abcd", "tail"), ("same", "abXd", "tail"))) == ["same", "ab"]
    assert list(shared_prefix(("same",), ("same", "more"))) == ["same"]


def test_an_attempt_without_an_answer_keeps_its_counts_and_is_an_estimate() -> None:
    (only,) = on(candidate(), [past((), None, input_tokens=30, output_tokens=2)])
    assert (only.micros, only.estimated) == (30 * 10 + 2 * 20, True)


def test_a_foreign_tokenizer_or_carried_over_thinking_is_an_estimate() -> None:
    assert on(candidate(exact=False), [past(("a",), "b")])[0].estimated
    thought = on(candidate(), [past(("a",), "b", thinking_tokens=5)])[0]
    assert (thought.output_tokens, thought.estimated) == (6, True)
