"""What the model calls of a run would have cost on another model: its tokens, its prices, its prefix cache.

The other model is taken to be asked the same and to say the same: its own tokenizer counts both, handed in from
outside, and what the provider's own cache would have known from the call before of the same agent costs as cached.
Thinking tokens are carried over as they were recorded. Whether its answers would have been any good isn't known here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from mntui.core.compare import Measured
from mntui.core.frozen import frozen
from mntui.core.money import Cost, Usage
from mntui.core.spending import Entry
from mntui.core.step_paths import plan_path

CACHE_MICROS: Final = 300_000_000
"""How long a prefix is taken to be remembered: five minutes, the least that providers state."""
MESSAGE_TOKENS: Final = 4
"""What a message takes beside its text, as OpenAI documents for its chat format."""


@frozen
class PastCall:
    """An attempt that was billed. `sent` are the texts in their order: what is declared, then each message.

    `said` is None where there was no answer: then the counts are those that were recorded.
    """

    entry: Entry
    agent: str
    sent: tuple[str, ...] = ()
    said: str | None = None
    milliseconds: int = 0

    @property
    def step(self) -> str:
        return plan_path(self.entry.path)


@frozen
class Candidate:
    """A model that might have been asked. `count` counts a text's tokens, by its own tokenizer where `exact`.

    `caches_from` is the shortest prefix, in tokens, that its provider remembers; None where it remembers none.
    """

    name: str
    count: Callable[[str], int]
    exact: bool
    bill: Callable[[Usage], Cost]
    seconds: Callable[[Usage], float | None]
    caches_from: int | None = None
    local: bool = False
    notes: tuple[str, ...] = ()


def recorded(calls: Iterable[PastCall]) -> tuple[Measured, ...]:
    """The calls as they were."""
    return tuple(_as_it_was(call) for call in calls)


def on(candidate: Candidate, calls: Iterable[PastCall]) -> tuple[Measured, ...]:
    """The calls as they would have been. Where it is the model that was asked, what was billed stands."""
    before: dict[str, PastCall] = {}
    found = []
    for call in calls:
        found.append(_repriced(candidate, call, before.get(call.agent)))
        if call.said is not None:
            before[call.agent] = call
    return tuple(found)


def _as_it_was(call: PastCall) -> Measured:
    entry, usage, cost = call.entry, call.entry.usage, call.entry.cost
    return Measured(
        call.step,
        cost.micros,
        usage.input_tokens,
        usage.cached_tokens,
        usage.output_tokens + usage.thinking_tokens,
        entry.estimated,
        call.milliseconds / 1000 if call.milliseconds else None,
        cost.energy_micros,
        cost.hardware_micros,
    )


def _repriced(candidate: Candidate, call: PastCall, before: PastCall | None) -> Measured:
    if call.entry.model == candidate.name:
        return _as_it_was(call)
    usage = _usage(candidate, call, before)
    cost = candidate.bill(usage)
    return Measured(
        call.step,
        cost.micros,
        usage.input_tokens,
        usage.cached_tokens,
        usage.output_tokens + usage.thinking_tokens,
        cost.estimated or usage.estimated,
        candidate.seconds(usage),
        cost.energy_micros,
        cost.hardware_micros,
    )


def _usage(candidate: Candidate, call: PastCall, before: PastCall | None) -> Usage:
    past = call.entry.usage
    if call.said is None:
        whole = past.output_tokens + past.thinking_tokens
        return Usage(input_tokens=past.input_tokens, output_tokens=whole, estimated=True)
    sent = sum(candidate.count(text) + MESSAGE_TOKENS for text in call.sent)
    cached = _cached(candidate, call, before)
    return Usage(
        input_tokens=sent,
        cached_tokens=min(cached, sent),
        output_tokens=candidate.count(call.said),
        thinking_tokens=past.thinking_tokens,
        estimated=not candidate.exact or past.thinking_tokens > 0,
    )


def _cached(candidate: Candidate, call: PastCall, before: PastCall | None) -> int:
    if before is None or candidate.caches_from is None or call.entry.at - before.entry.at > CACHE_MICROS:
        return 0
    shared = sum(candidate.count(text) for text in shared_prefix(before.sent, call.sent))
    return shared if shared >= candidate.caches_from else 0


def shared_prefix(before: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """What two calls have in common from their beginning on: whole texts, then the beginning of the first other one."""
    for old, new in zip(before, now, strict=False):
        if old != new:
            yield new[: _common(old, new)]
            return
        yield new


def _common(old: str, new: str) -> int:
    """How many characters two texts share from their beginning, found by halving."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[:middle] == new[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
