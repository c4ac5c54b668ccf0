"""How fast a provider is asked, on a clock that only this file moves."""

import pytest

from mntui.core.decide import Now
from mntui.worker.flow import FlowLimits, Flows, Hold

SECOND = 1_000_000
WALL = 1_700_000_000_000_000


class Provider:
    """A provider's flow, with a clock and calls that are counted."""

    def __init__(self, **limits: int) -> None:
        self.now = 0
        self.sent = 0
        self.flows = Flows({"p": FlowLimits(**limits)}, lambda: Now(WALL + self.now, "boot", self.now))

    def ask(self, tokens: int = 0) -> str | Hold:
        """The key of a call that went out, or why it didn't."""
        hold = self.flows.hold("p/m", tokens)
        if hold is not None:
            return hold
        self.sent += 1
        key = str(self.sent)
        self.flows.goes("p/m", key, tokens)
        return key

    def ask_all(self) -> list[str]:
        """As many calls as may go at once."""
        keys = []
        while isinstance(key := self.ask(), str):
            keys.append(key)
        return keys


def test_without_limits_everything_goes() -> None:
    provider = Provider()
    assert all(provider.ask(10**9) == str(number) for number in range(1, 200))


@pytest.mark.parametrize(("limit", "size"), [({"requests_a_minute": 60}, 0), ({"tokens_a_minute": 6000}, 100)])
def test_over_ten_minutes_no_more_goes_out_than_the_limit_and_no_less(limit: dict[str, int], size: int) -> None:
    provider = Provider(**limit)
    while provider.now < 600 * SECOND:
        asked = provider.ask(size)
        if isinstance(asked, Hold):
            assert asked.until is not None
            assert asked.until > WALL + provider.now
            provider.now = asked.until - WALL
        else:
            provider.flows.answered("p/m", asked, size)
    assert 600 <= provider.sent <= 600 + 10


def test_a_call_larger_than_the_bucket_goes_when_it_is_full_and_the_next_waits_for_it() -> None:
    provider = Provider(tokens_a_minute=600)
    big = provider.ask(1000)
    assert big == "1"
    hold = provider.ask(100)
    assert hold == Hold("rate limit: p, 600 tokens a minute", WALL + 100 * SECOND + 1)
    provider.flows.answered("p/m", big, 50)
    assert provider.ask(50) == "2"


def test_a_refusal_closes_the_provider_until_the_time_that_it_named() -> None:
    provider = Provider()
    key = provider.ask()
    assert isinstance(key, str)
    provider.flows.refused("p/m", key, 12.5)
    assert provider.ask() == Hold("rate limit: p asked to wait", WALL + 12_500_000)
    provider.now = 12_500_000
    assert isinstance(provider.ask(), str)


def test_after_a_refusal_half_as_many_go_out_and_with_each_answer_more() -> None:
    provider = Provider(calls_at_once=8)
    keys = provider.ask_all()
    assert len(keys) == 8
    for key in keys:
        provider.flows.refused("p/m", key, 1)
    provider.now = SECOND
    keys = provider.ask_all()
    assert len(keys) == 4, "eight refusals of one time are one lesson"
    for _ in range(60):
        for key in keys:
            provider.flows.answered("p/m", key, 0)
        keys = provider.ask_all()
    assert len(keys) == 8


def test_it_never_comes_to_a_standstill() -> None:
    provider = Provider(calls_at_once=2)
    for _ in range(20):
        keys = provider.ask_all()
        assert keys
        for key in keys:
            provider.flows.refused("p/m", key, None)
        provider.now += SECOND


def test_providers_do_not_know_of_each_other() -> None:
    provider = Provider()
    key = provider.ask()
    assert isinstance(key, str)
    provider.flows.refused("p/m", key, 60)
    assert provider.flows.hold("q/m", 0) is None
