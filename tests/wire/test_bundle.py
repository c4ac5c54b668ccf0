"""A bundle is read back to the byte, and any changed byte is named by its line."""

import json
from typing import Any

import pytest
from bench import RUN_ID, Bench

from mntui.core.events import Ref, RunStarted
from mntui.core.references import references
from mntui.core.retrace import retrace
from mntui.core.run import new_run
from mntui.core.state_digest import state_digest
from mntui.core.values import canonical, digest_of
from mntui.wire.bundle import BEGINNING, BundleBroken, bundle_bytes, line_of, plan_in, read_bundle
from mntui.wire.codec import to_plain

LONG = "wörds " * 1000
TEXT = f"""
steps:
  a: {{set: {{text: "{LONG}", half: 0.1, many: 9007199254740992}}}}
  ok: {{approve: "go?", show: {{x: 1}}}}
"""


def bench_with_payloads() -> tuple[Bench, dict[str, Any]]:
    """A run whose first fact names its plan, as a worker's does."""
    bench = Bench(TEXT)
    first = bench.facts[0]
    plan = to_plain(bench.plan)
    event = first.event
    assert isinstance(event, RunStarted)
    ref = Ref(digest_of(plan), len(canonical(plan)), "{")
    object.__setattr__(event, "plan", ref)
    pending = bench.payloads._pending
    return bench, {ref.digest: plan, **pending}


@pytest.fixture(scope="module")
def bench() -> tuple[Bench, dict[str, Any]]:
    return bench_with_payloads()


@pytest.fixture(scope="module")
def data(bench: tuple[Bench, dict[str, Any]]) -> bytes:
    run, payloads = bench
    return bundle_bytes(RUN_ID, "bench-1", tuple(run.facts), payloads, "0.1.0", state_digest(run.run))


def test_what_is_read_is_what_was_written(bench: tuple[Bench, dict[str, Any]], data: bytes) -> None:
    run, payloads = bench
    bundle = read_bundle(data)
    assert (bundle.run_id, bundle.run, bundle.version) == (RUN_ID, "bench-1", "0.1.0")
    assert bundle.facts == tuple(run.facts)
    assert bundle.plan == run.plan
    named = {ref.digest for fact in run.facts for ref in references(fact.event)}
    assert len(named) == 2
    assert bundle.payloads == {digest: payloads[digest] for digest in named}


def test_it_folds_to_the_state_that_it_recorded(data: bytes) -> None:
    bundle = read_bundle(data)
    retraced = retrace(new_run(bundle.run_id, bundle.plan), bundle.facts)
    assert retraced.divergence is None
    assert state_digest(retraced.run) == bundle.state


def test_the_same_run_gives_the_same_bytes(bench: tuple[Bench, dict[str, Any]], data: bytes) -> None:
    run, payloads = bench
    other = dict(reversed(payloads.items()))
    assert bundle_bytes(RUN_ID, "bench-1", tuple(run.facts), other, "0.1.0", state_digest(run.run)) == data


@pytest.mark.parametrize("start", range(8))
def test_any_changed_byte_is_named_by_its_line(data: bytes, start: int) -> None:
    for place in range(start, len(data), 8 * 13):
        for mask in (0x01, 0x20):
            changed = bytearray(data)
            changed[place] ^= mask
            line = data[:place].count(b"\n") + 1
            with pytest.raises(BundleBroken) as caught:
                read_bundle(bytes(changed))
            # A line's end that was changed joins two lines, or leaves the last without an end: its own line is named.
            assert caught.value.line == line, (place, mask, caught.value)


@pytest.mark.parametrize("keep", [0, 1, 2, 5, -2, -1])
def test_any_cut_is_named(data: bytes, keep: int) -> None:
    for cut in (data[:keep], b"\n".join(data.split(b"\n")[: keep or 1]) + b"\n"):
        if cut != data:
            with pytest.raises(BundleBroken):
                read_bundle(cut)


def test_lines_that_were_moved_or_left_out_are_named(data: bytes) -> None:
    lines = data.splitlines(keepends=True)
    for other in ([*lines[:3], *lines[4:]], [lines[0], lines[2], lines[1], *lines[3:]], [*lines, lines[-1]]):
        with pytest.raises(BundleBroken, match="doesn't follow the line before"):
            read_bundle(b"".join(other))


def rewritten(data: bytes, change: Any) -> bytes:
    """The bundle with lines changed and the whole chain made anew, as a forger would."""
    bodies = [(line["kind"], line["body"]) for line in map(json.loads, data.splitlines())]
    written, prev = [], BEGINNING
    for index, (kind, body) in enumerate(change(bodies)):
        line, prev = line_of(index, kind, body, prev)
        written.append(line)
    return b"".join(written)


WRONG = [
    (lambda lines: lines[1:], "begins with its header"),
    (lambda lines: [("header", {**lines[0][1], "format": 2}), *lines[1:]], "reads format 1"),
    (lambda lines: [lines[0], *lines], "no header"),
    (lambda lines: lines[:-1], "its end is missing"),
    (lambda lines: [*lines[:-1], ("trailer", {**lines[-1][1], "facts": 1})], "counts otherwise"),
    (lambda lines: [line for line in lines if line[0] != "payload"], "a payload that isn't in the bundle"),
    (lambda lines: [*lines[:1], ("payload", {**lines[1][1], "value": 1}), *lines[2:]], "isn't the one of its digest"),
    (lambda lines: [*lines[:2], ("fact", {**lines[2][1], "seq": "1"}), *lines[3:]], "the fact can't be read"),
    (lambda lines: [*lines[:1], ("payload", {}), *lines[2:]], "it is no payload"),
]


@pytest.mark.parametrize(("change", "why"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_a_chain_that_was_made_anew_is_still_looked_into(data: bytes, change: Any, why: str) -> None:
    with pytest.raises(BundleBroken, match=why):
        read_bundle(rewritten(data, change))


@pytest.mark.parametrize("text", [b"", b"\n", b"[]\n", b"{}\n", b'{"index":0}\n', b"\xff\n", b"[" * 100_000 + b"\n"])
def test_what_is_no_bundle_is_refused(text: bytes) -> None:
    with pytest.raises(BundleBroken, match="line 1"):
        read_bundle(text)


def test_a_bundle_without_a_first_fact_has_no_plan() -> None:
    with pytest.raises(BundleBroken, match="first fact"):
        plan_in((), {})
