"""From batches to rows of the index, and back to the very bytes.

The text of each event is cut out of the batch as it was written, never spelled again. Where the cut pieces, put
together by the same rule by which a batch is restored, aren't the batch byte for byte, the batch is kept whole besides:
so any batch can be put back into a damaged log, where a checksum judges it.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from mntui.core.events import Event, Fact, RunStarted
from mntui.core.values import Json
from mntui.journal.base import Batch
from mntui.wire.codec import encode

_HEAD: Final = b'{"facts":['
_TAIL: Final = b'],"payloads":{'
_END: Final = b',"version":1,"taint":[],"generation":0}'

Row = tuple[Any, ...]


class Rows:
    """The rows of some batches, by table. `names` are those of runs by their ids; runs that begin here are added."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self.facts: list[Row] = []
        self.payloads: list[Row] = []
        self.kept: list[Row] = []
        self.last = 0

    def add(self, number: int, batch: Batch, data: bytes) -> None:
        """Batches come in order."""
        if not batch.facts:
            self._add_left_over(number, batch, data)
            return
        heads = [head_of(fact.run, fact.seq, fact.at, fact.actor) for fact in batch.facts]
        bodies = cut(heads, data) or [encode(fact.event) for fact in batch.facts]
        values = [(digest, _value(digest, value)) for digest, value in batch.payloads.items()]
        if put_together(heads, bodies, values) != data:
            self.kept.append((number, data.decode()))
        for place, (fact, body) in enumerate(zip(batch.facts, bodies, strict=True)):
            if isinstance(fact.event, RunStarted):
                self._names[fact.run] = fact.event.name
            self.facts.append(fact_row(number, place, self._names.get(fact.run), fact, body.decode()))
        for place, (digest, value) in enumerate(values):
            self.payloads.append((digest, number, place, value.decode()))
        self.last = number

    def _add_left_over(self, number: int, batch: Batch, data: bytes) -> None:
        """What stays of a batch whose run was deleted, or the word that it was."""
        self.keep(number, data)
        values = batch.payloads.items()
        self.payloads += [(d, number, place, _value(d, value).decode()) for place, (d, value) in enumerate(values)]

    def keep(self, number: int, data: bytes) -> None:
        """Only the batch as a whole: nothing in it can be read, or no column holds its values."""
        self.kept.append((number, data.decode()))
        self.last = number


def fact_row(number: int, place: int, name: str | None, fact: Fact, body: str) -> Row:
    event: Event = fact.event
    usage, cost = getattr(event, "usage", None), getattr(event, "cost", None)
    return (
        number,
        place,
        name,
        fact.run,
        fact.seq,
        fact.at,
        fact.actor,
        event.kind,
        getattr(event, "path", None),
        getattr(event, "call", None),
        getattr(event, "attempt", None),
        getattr(event, "ask", None),
        getattr(event, "tool", None),
        getattr(event, "model", None),
        cost.micros if cost is not None else None,
        usage.input_tokens if usage is not None else None,
        usage.output_tokens + usage.thinking_tokens if usage is not None else None,
        body,
    )


def cut(heads: Sequence[bytes], data: bytes) -> list[bytes] | None:
    """The text behind each head as it stands in a batch, None where that can't be told for certain."""
    start = len(_HEAD) + len(heads[0])
    if not data.startswith(_HEAD + heads[0]):
        return None
    bodies = []
    for _, following in pairwise(heads):
        between = _END + b"," + following
        stop = data.find(between, start)
        # Somebody's own JSON inside an event may look like the next fact.
        if stop < 0 or data.find(between, stop + 1) >= 0:
            return None
        bodies.append(data[start:stop])
        start = stop + len(between)
    stop = data.rfind(_END + _TAIL, start)
    if stop < 0 or data.find(_END + _TAIL, start) != stop:
        return None
    return [*bodies, data[start:stop]]


def put_together(heads: Sequence[bytes], bodies: Sequence[bytes], values: Sequence[tuple[str, bytes]]) -> bytes:
    """A batch's bytes from its pieces."""
    facts = b",".join(head + body + _END for head, body in zip(heads, bodies, strict=True))
    payloads = b",".join(b'"%s":%s' % (digest.encode(), value) for digest, value in values)
    return b"".join((_HEAD, facts, _TAIL, payloads, b"}}"))


def head_of(run: str, seq: int, at: int, actor: str) -> bytes:
    """What stands in front of an event."""
    return b'{"run":%s,"seq":%d,"at":%d,"actor":%s,"event":' % (_text(run), seq, at, _text(actor))


def _value(digest: str, value: Json) -> bytes:
    """A payload's text, spelled as in a batch."""
    alone = encode(Batch((), {digest: value}))
    return alone[len(_HEAD) + len(_TAIL) + len(digest) + 3 : -2]


@lru_cache(1024)
def _text(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def batch_of(facts: Iterable[Row], values: Iterable[Row]) -> bytes:
    """The bytes of a batch from its rows: (run, seq, at, actor, body) in order, and (digest, value) in order."""
    rows = list(facts)
    heads = [head_of(run, seq, at, actor) for run, seq, at, actor, _ in rows]
    bodies = [str(body).encode() for *_, body in rows]
    return put_together(heads, bodies, [(digest, str(value).encode()) for digest, value in values])
