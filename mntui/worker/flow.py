"""How fast each provider is asked: calls at once, requests and tokens a minute, and what its refusals teach.

Requests and tokens are buckets that fill evenly; a call takes what it may use and gives back what it didn't. After a
refusal (429) nothing is asked until the time that the provider named, and half as many calls go out at once; each
answer lets the window grow again (AIMD). All of it is worker memory: what isn't let through has no fact, no reservation
and no place in a queue here, since it stays in its run's own frontier, which `max_parallel` bounds.

Deliberately absent: retries. The refused call itself is tried again by the journaled rules of its run.
"""

from collections.abc import Mapping
from typing import Final

from mntui.core.frozen import frozen
from mntui.worker.clock import Clock

BURST: Final = 6
"""A bucket holds a sixth of its minute, so a call never waits for long and a minute is never used up at once."""
MICROS: Final = 1_000_000
MINUTE_MICROS: Final = 60 * MICROS
PAUSE_SECONDS: Final = 1.0
"""How long a provider is left alone that refuses without saying for how long."""
LONGEST_PAUSE_SECONDS: Final = 3600.0


@frozen
class FlowLimits:
    """What one provider is asked at most; None is no limit."""

    calls_at_once: int | None = None
    requests_a_minute: int | None = None
    tokens_a_minute: int | None = None


@frozen
class Hold:
    """Why a call has to wait, and until when by wall time in microseconds; None until another call ends."""

    why: str
    until: int | None = None


class Bucket:
    """So much a minute. `level` may be below zero: what was taken beyond it is waited for by whoever comes next."""

    def __init__(self, a_minute: int | None, now: int) -> None:
        self._a_minute = a_minute or 0
        self._capacity = max((a_minute or 0) / BURST, 1.0)
        self._level = self._capacity
        self._at = now

    def wait_micros(self, amount: int, now: int) -> int:
        """How long until so much may be taken; more than a bucket holds is let go once it is full."""
        if not self._a_minute:
            return 0
        self._fill(now)
        missing = min(amount, self._capacity) - self._level
        # A hair of what rounding leaves must not hold a call back for ever.
        return 0 if missing <= 1e-6 else round(missing * MINUTE_MICROS / self._a_minute) + 1

    def take(self, amount: float, now: int) -> None:
        if self._a_minute:
            self._fill(now)
            self._level = min(self._level - amount, self._capacity)

    def _fill(self, now: int) -> None:
        self._level = min(self._level + (now - self._at) * self._a_minute / MINUTE_MICROS, self._capacity)
        self._at = now


class Flow:
    """One provider. Instants are microseconds of elapsed time."""

    def __init__(self, provider: str, limits: FlowLimits, now: int) -> None:
        self._provider = provider
        self._limits = limits
        self._requests = Bucket(limits.requests_a_minute, now)
        self._tokens = Bucket(limits.tokens_a_minute, now)
        self._window: float | None = limits.calls_at_once
        self._closed_until = 0
        self._out: dict[str, tuple[int, int]] = {}

    def hold(self, tokens: int, now: int) -> tuple[str, int | None] | None:
        """Why a call has to wait, and until when; None where it may go."""
        if now < self._closed_until:
            return f"rate limit: {self._provider} asked to wait", self._closed_until
        if self._window is not None and len(self._out) >= max(int(self._window), 1):
            at_once = max(int(self._window), 1)
            return f"rate limit: {self._provider}, {at_once} call{'s' * (at_once != 1)} at once", None
        wait = self._requests.wait_micros(1, now)
        if wait:
            return f"rate limit: {self._provider}, {self._limits.requests_a_minute} requests a minute", now + wait
        wait = self._tokens.wait_micros(tokens, now)
        if wait:
            return f"rate limit: {self._provider}, {self._limits.tokens_a_minute} tokens a minute", now + wait
        return None

    def goes(self, key: str, tokens: int, now: int) -> None:
        self._requests.take(1, now)
        self._tokens.take(tokens, now)
        self._out[key] = (tokens, now)

    def answered(self, key: str, used: int, now: int) -> None:
        """An answer: what it didn't use is given back, and the window grows."""
        tokens, _ = self._out.pop(key, (used, now))
        self._tokens.take(used - tokens, now)
        if self._window is None:
            return
        most = self._limits.calls_at_once
        self._window += 1 / max(self._window, 1)
        if most is not None:
            self._window = min(self._window, most)

    def refused(self, key: str, after_seconds: float | None, now: int) -> None:
        """A refusal. Calls that went out before the last one teach nothing new: they halve nothing again."""
        at_once = len(self._out)
        tokens, went = self._out.pop(key, (0, now))
        self._tokens.take(-tokens, now)
        pause = PAUSE_SECONDS if after_seconds is None else min(after_seconds, LONGEST_PAUSE_SECONDS)
        if went >= self._closed_until:
            self._window = max(at_once / 2 if self._window is None else min(self._window, at_once) / 2, 1.0)
        self._closed_until = max(self._closed_until, now + round(pause * MICROS))

    def gone(self, key: str, now: int) -> None:
        """A call that ended in another way; one that never went out is not known here."""
        tokens, _ = self._out.pop(key, (0, now))
        self._tokens.take(-tokens, now)


class Flows:
    """The flow of every provider, by the name in front of a model's slash."""

    def __init__(self, limits: Mapping[str, FlowLimits], clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._flows: dict[str, Flow] = {}

    def hold(self, model: str, tokens: int) -> Hold | None:
        """Why a call of a model that may use so many tokens has to wait; None where it may go."""
        now = self._clock()
        held = self._of(model, now.elapsed).hold(tokens, now.elapsed)
        if held is None:
            return None
        why, until = held
        return Hold(why, None if until is None else now.at + until - now.elapsed)

    def goes(self, model: str, key: str, tokens: int) -> None:
        now = self._clock().elapsed
        self._of(model, now).goes(key, tokens, now)

    def answered(self, model: str, key: str, used: int) -> None:
        now = self._clock().elapsed
        self._of(model, now).answered(key, used, now)

    def refused(self, model: str, key: str, after_seconds: float | None) -> None:
        now = self._clock().elapsed
        self._of(model, now).refused(key, after_seconds, now)

    def gone(self, model: str, key: str) -> None:
        now = self._clock().elapsed
        self._of(model, now).gone(key, now)

    def _of(self, model: str, now: int) -> Flow:
        provider = model.partition("/")[0]
        if provider not in self._flows:
            self._flows[provider] = Flow(provider, self._limits.get(provider, FlowLimits()), now)
        return self._flows[provider]
