"""A run in one file: lines of JSON, each chained to the one before by SHA-256, so that any changed byte is named.

A header (format, run, version), then the facts in order, each large value right before the first fact that names it,
and a trailer with the counts and the digest of the state that the facts fold to. The same run gives the same bytes.
Every line is exactly as `line_of` writes it, so a changed space is found like a changed amount.

Deliberately absent: a signature. Whoever rewrites the whole chain isn't found out here; but a fact that can't have
followed is (`core.retrace`). Nothing is redacted yet: a bundle holds all that the journal holds.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Final

from mntui.core.events import Fact, RunStarted
from mntui.core.frozen import frozen
from mntui.core.plan import Plan
from mntui.core.references import references
from mntui.core.values import Json, Ref, digest_of
from mntui.wire.codec import WireProblem, from_plain, to_plain

FORMAT: Final = 1
BEGINNING: Final = "0" * 64
_KEYS: Final = {"index", "kind", "body", "prev", "hash"}


class BundleBroken(ValueError):
    """A file that is no whole bundle: the line (from 1) and what is wrong with it, as a sentence without its end."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


@frozen
class Bundle:
    """What a file holds. `version` is of the mntui that wrote it, `state` the digest that it recorded."""

    run_id: str
    run: str
    version: str
    facts: tuple[Fact, ...]
    payloads: Mapping[str, Json]
    state: str

    @property
    def plan(self) -> Plan:
        return plan_in(self.facts, self.payloads)


def plan_in(facts: tuple[Fact, ...], payloads: Mapping[str, Json]) -> Plan:
    """The plan that a run's first fact names. Raises BundleBroken where there is none that reads."""
    event = facts[0].event if facts else None
    if not isinstance(event, RunStarted):
        raise BundleBroken(2, "a bundle's first fact is RunStarted")
    try:
        return from_plain(Plan, payloads[event.plan.digest] if isinstance(event.plan, Ref) else event.plan)
    except WireProblem as problem:
        raise BundleBroken(2, f"its plan can't be read: {problem}") from problem


# Writing


def bundle_bytes(
    run_id: str, run: str, facts: tuple[Fact, ...], payloads: Mapping[str, Json], version: str, state: str
) -> bytes:
    """The whole file. `payloads` holds every large value that a fact names, by digest (else KeyError)."""
    written: list[bytes] = []
    prev = BEGINNING
    for index, (kind, body) in enumerate(_bodies(run_id, run, facts, payloads, version, state)):
        line, prev = line_of(index, kind, body, prev)
        written.append(line)
    return b"".join(written)


def _bodies(
    run_id: str, run: str, facts: tuple[Fact, ...], payloads: Mapping[str, Json], version: str, state: str
) -> Iterator[tuple[str, Json]]:
    yield "header", {"format": FORMAT, "mntui": version, "name": run, "run": run_id}
    brought: set[str] = set()
    for fact in facts:
        for ref in references(fact.event):
            if ref.digest not in brought:
                brought.add(ref.digest)
                yield "payload", {"digest": ref.digest, "value": payloads[ref.digest]}
        yield "fact", to_plain(fact)
    yield "trailer", {"facts": len(facts), "payloads": len(brought), "state": state}


def line_of(index: int, kind: str, body: Json, prev: str) -> tuple[bytes, str]:
    """One line with its end, and its hash."""
    content = {"index": index, "kind": kind, "body": body, "prev": prev}
    digest = hashlib.sha256(_json(content)).hexdigest()
    return _json({**content, "hash": digest}) + b"\n", digest


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


# Reading


def read_bundle(data: bytes) -> Bundle:
    """A bundle, every byte of it proven. Raises BundleBroken at the first line that isn't as it was written."""
    lines = _chained(data)
    (kind, header), (last_kind, trailer) = lines[0], lines[-1]
    if kind != "header":
        raise BundleBroken(1, "a bundle begins with its header")
    if header.get("format") != FORMAT:
        raise BundleBroken(1, f"its format is {header.get('format')}; this mntui reads format {FORMAT}")
    if last_kind != "trailer":
        raise BundleBroken(len(lines), "its end is missing: the last line of a bundle is its trailer")
    for number, (kind, _) in enumerate(lines[1:-1], 2):
        if kind not in {"fact", "payload"}:
            raise BundleBroken(number, f"between header and trailer there are facts and payloads, no {kind}")
    payloads = _payloads(lines)
    facts = _facts(lines, payloads)
    counted = {"facts": len(facts), "payloads": len(payloads)}
    if counted != {key: trailer.get(key) for key in counted}:
        raise BundleBroken(len(lines), f"its trailer counts otherwise than {counted}")
    return Bundle(
        str(header.get("run")),
        str(header.get("name")),
        str(header.get("mntui")),
        facts,
        payloads,
        str(trailer.get("state")),
    )


def _chained(data: bytes) -> list[tuple[str, Json]]:
    """Kind and body of every line, the chain proven."""
    if not data:
        raise BundleBroken(1, "it is empty")
    raw = data.split(b"\n")
    if raw.pop() != b"":
        raise BundleBroken(len(raw) + 1, "the line has no end: the file was cut")
    found: list[tuple[str, Json]] = []
    prev = BEGINNING
    for number, text in enumerate(raw, 1):
        line = _parsed(number, text)
        expected, digest = line_of(line["index"], line["kind"], line["body"], line["prev"])
        if line["hash"] != digest:
            raise BundleBroken(number, f"its content doesn't fit its hash (a {line['kind']} was changed)")
        if expected != text + b"\n":
            raise BundleBroken(number, "it isn't written as mntui writes it: its bytes were changed, not its meaning")
        if line["prev"] != prev or line["index"] != number - 1:
            raise BundleBroken(number, "it doesn't follow the line before: lines were left out, added or moved")
        prev = digest
        found.append((line["kind"], line["body"]))
    return found


def _parsed(number: int, text: bytes) -> dict[str, Json]:
    try:
        line = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise BundleBroken(number, f"it is no JSON ({error})") from error
    if not isinstance(line, dict) or set(line) != _KEYS or not isinstance(line["body"], dict):
        raise BundleBroken(number, "it is no line of a bundle: it has index, kind, body, prev and hash")
    return line


def _payloads(lines: list[tuple[str, Json]]) -> dict[str, Json]:
    payloads: dict[str, Json] = {}
    for number, (kind, body) in enumerate(lines, 1):
        if kind != "payload":
            continue
        try:
            fits = digest_of(body["value"]) == body["digest"]
        except (KeyError, ValueError) as error:
            raise BundleBroken(number, f"it is no payload ({error})") from error
        if not fits:
            raise BundleBroken(number, "the value isn't the one of its digest")
        payloads[body["digest"]] = body["value"]
    return payloads


def _facts(lines: list[tuple[str, Json]], payloads: Mapping[str, Json]) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    for number, (kind, body) in enumerate(lines, 1):
        if kind != "fact":
            continue
        try:
            fact = from_plain(Fact, body)
        except WireProblem as problem:
            raise BundleBroken(number, f"the fact can't be read: {problem}") from problem
        missing = [ref.digest for ref in references(fact.event) if ref.digest not in payloads]
        if missing:
            raise BundleBroken(number, f"it names a payload that isn't in the bundle: {missing[0]}")
        facts.append(fact)
    return tuple(facts)
