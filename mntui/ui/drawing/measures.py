"""What a run's times and costs add up to, found in one pass over its nodes: when it was busy, and what each step cost
with everything inside it. A view of a very large run may take this more rarely than it draws.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from mntui.core.frozen import frozen
from mntui.core.money import Spend
from mntui.core.plan import ApproveWork, AskWork, ForEachWork, WaitWork
from mntui.core.run import ENDED, Call, Node, Run
from mntui.core.step_paths import ancestors
from mntui.core.steps import step_of


class Stretch(NamedTuple):
    """A piece of a step's time, in microseconds. A container holds, others run or wait."""

    start: int
    end: int
    kind: Literal["running", "waiting", "holding"]


@frozen
class Measures:
    """`now` is when they were taken (the end of an ended run), `busy` the spans with a call out, in order and apart."""

    now: int
    busy: tuple[tuple[int, int], ...]
    spends: Mapping[str, Spend]


def measure(run: Run, now: int) -> Measures:
    """Of all nodes; `spends` has only steps that cost something, and what is around them."""
    now = now if run.ended_at is None else run.ended_at
    spans: list[tuple[int, int]] = []
    spends: dict[str, Spend] = {}
    for node in run.nodes.values():
        if node.calls:
            spans.extend(calls_of(node, now))
        if node.spend.calls or node.spend.micros:
            for path in (node.path, *ancestors(node.path)):
                spends[path] = _plus(spends[path], node.spend) if path in spends else node.spend
    return Measures(now, tuple(_merged(sorted(spans))), spends)


def _plus(a: Spend, b: Spend) -> Spend:
    return Spend(
        a.micros + b.micros,
        a.input_tokens + b.input_tokens,
        a.output_tokens + b.output_tokens,
        a.calls + b.calls,
        a.unknown_calls + b.unknown_calls,
        a.estimated_calls + b.estimated_calls,
    )


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    held: tuple[int, int] | None = None
    for start, end in spans:
        if held is not None and start <= held[1]:
            held = held[0], max(held[1], end)
            continue
        if held is not None:
            yield held
        held = start, end
    if held is not None:
        yield held


def calls_of(node: Node, now: int) -> Iterator[tuple[int, int]]:
    """When the calls of a step were out; of a repeated call only the last attempt is known to a run."""
    for call in node.calls.values():
        if call.started_at:
            yield call.started_at, _end(call, now)


def _end(call: Call, now: int) -> int:
    return now if call.status == "running" else max(call.ended_at, call.started_at)


def stretches(run: Run, node: Node, now: int) -> tuple[Stretch, ...]:
    """A step's time: waiting as a whole, running where a call is out; all of it where it makes no calls."""
    if node.started_at is None:
        return ()
    end = max(now if node.ended_at is None else node.ended_at, node.started_at)
    match step_of(run, node.path).work:
        case ForEachWork():
            return (Stretch(node.started_at, end, "holding"),)
        case ApproveWork() | AskWork() | WaitWork():
            return (Stretch(node.started_at, end, "waiting"),)
        case _ if not node.calls:
            return (Stretch(node.started_at, end, "running"),)
        case _:
            out = (Stretch(start, stop, "running") for start, stop in calls_of(node, now))
            return (Stretch(node.started_at, end, "waiting"), *out)


def is_open(node: Node) -> bool:
    """Whether a step has begun and not ended."""
    return node.started_at is not None and node.status not in ENDED
