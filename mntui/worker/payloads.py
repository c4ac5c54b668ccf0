"""Large values: kept once by digest, carried into the journal by the batch that first names them.

A value over 4 KiB becomes a Ref in the state and on the wire; `load` gives it back, from memory or from the journal.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields

from mntui.core.events import AskedCall, Event, Stored
from mntui.core.values import HEAD_CHARACTERS, PAYLOAD_BYTES, Json, Ref, canonical
from mntui.journal.base import Journal


class Payloads:
    """The large values of one run while it is live. `pending` ones aren't durable yet."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._pending: dict[str, Json] = {}

    def keep(self, value: Json) -> Stored:
        """The value itself, or a Ref to it. Raises ValueError for what isn't JSON (NaN, integers beyond 2^53)."""
        data = canonical(value)
        if len(data) <= PAYLOAD_BYTES and not looks_like_ref(value):
            return value
        digest = hashlib.sha256(data).hexdigest()
        if not self._journal.holds(digest):
            self._pending[digest] = value
        return Ref(digest, len(data), data[:HEAD_CHARACTERS].decode(errors="ignore"))

    def load(self, value: Stored) -> Json:
        """The JSON behind a stored value. Raises KeyError for a payload that the journal doesn't have."""
        if not isinstance(value, Ref):
            return value
        if value.digest in self._pending:
            return self._pending[value.digest]
        return self._journal.payload(value.digest)

    def named_by(self, events: Iterable[Event]) -> Mapping[str, Json]:
        """The pending values that these events name, by digest: what their batch must carry."""
        if not self._pending:
            return {}
        digests = {ref.digest for event in events for ref in refs_of(event)}
        return {digest: self._pending[digest] for digest in digests if digest in self._pending}

    def written(self, digests: Iterable[str]) -> None:
        """These are durable now; the journal gives them back from here on."""
        for digest in digests:
            self._pending.pop(digest, None)


def refs_of(event: Event) -> tuple[Ref, ...]:
    """Every Ref that a fact names."""
    found: list[Ref] = []
    for each in fields(event):
        value = getattr(event, each.name)
        if isinstance(value, Ref):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(a.arguments for a in value if isinstance(a, AskedCall) and isinstance(a.arguments, Ref))
    return tuple(found)


def looks_like_ref(value: Json) -> bool:
    """A person's own map that reads like a Ref is kept as a payload, so the two can never be confused."""
    return isinstance(value, dict) and value.get("ref") == "payload"
