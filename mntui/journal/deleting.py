"""Runs that are deleted: the durable word for it, and what of the log's batches goes with them.

The word is a batch of its own, so a crash leaves a run deleted or not, and nothing in between; whoever reads the log,
or builds an index from it, hears it. What the run leaves behind goes after that, and a second word says that it has
gone; where that one is missing, the next to open the log goes on.

    {"facts":[],"payloads":{},"deleted":[{"id":…,"run":…,"folder":…}],"at":…,"actor":…}
    {"facts":[],"payloads":{},"purged":N}                        all that was deleted up to batch N has gone

A batch without facts is what stays of one whose run is gone, with those of its payloads that other runs name. The names
of payloads are looked for in the text of all that stays, so rather one too many stays than one too few.

Absent: files, and a way back.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import field
from typing import Final, NamedTuple

from mntui.core.events import Fact
from mntui.core.frozen import frozen
from mntui.journal.base import Batch
from mntui.wire.codec import decode, encode

BREATH: Final = 16
_HEAD: Final = b'{"facts":[],"payloads":{},"'
_WITHOUT_FACTS: Final = b'{"facts":[],'
_RUN: Final = re.compile(rb'\{"run":"([^"\\]+)","seq":\d+,"at":')
_DIGEST: Final = re.compile(rb'"digest":"([0-9a-f]{64})"')


class Gone(NamedTuple):
    """A deleted run: its id, its name, and where its files were."""

    id: str
    run: str
    folder: str


@frozen
class Deleted:
    runs: tuple[Gone, ...]


@frozen
class Purged:
    """Everything deleted up to this batch has gone."""

    number: int


def deletion(runs: Iterable[Gone], at: int, actor: str) -> bytes:
    """The batch that says that these runs are deleted."""
    gone = [run._asdict() for run in runs]
    return _word({"deleted": gone, "at": at, "actor": actor})


def purged(number: int) -> bytes:
    return _word({"purged": number})


def word_of(data: bytes) -> Deleted | Purged | None:
    """What a batch says of deleted runs, None for any other batch."""
    if not data.startswith(_HEAD):
        return None
    said = json.loads(data)
    if "deleted" in said:
        return Deleted(tuple(Gone(each["id"], each["run"], each["folder"]) for each in said["deleted"]))
    return Purged(int(said["purged"])) if "purged" in said else None


def is_left_over(data: bytes) -> bool:
    """Whether a batch has no facts: it may have had some before."""
    return data.startswith(_WITHOUT_FACTS)


def concerns(data: bytes, gone: Collection[str]) -> bool:
    """Whether a batch may hold facts of a deleted run."""
    return bool(gone) and any(found[1].decode() in gone for found in _RUN.finditer(data))


@frozen
class Going:
    """What can go: `batches` hold facts of deleted runs or payloads that only those named, `payloads` by digest."""

    batches: frozenset[int] = frozenset()
    payloads: frozenset[str] = field(default_factory=frozenset)


def going(read: Callable[[], Iterable[tuple[int, bytes]]], gone: Collection[str], breathe: Callable[[], None]) -> Going:
    """Look through a whole log, twice: what deleted runs brought, and what of it others name. `read` begins anew."""
    batches, candidates = set[int](), set[str]()
    for number, data in _slowly(read(), breathe):
        if _is_candidate(data, gone):
            batch = decode(Batch, data)
            batches.add(number)
            if all(fact.run in gone for fact in batch.facts):
                candidates.update(batch.payloads)
    named = set[str]()
    for number, data in _slowly(read(), breathe) if candidates else ():
        text = data if number not in batches else encode(Batch(_staying(decode(Batch, data), gone)))
        named.update(found[1].decode() for found in _DIGEST.finditer(text))
        named &= candidates
    return Going(frozenset(batches), frozenset(candidates - named))


def left_of(data: bytes, gone: Collection[str], dropped: Collection[str]) -> bytes:
    """What stays of a batch: the same bytes where nothing goes."""
    if not _is_candidate(data, gone):
        return data
    batch = decode(Batch, data)
    facts = _staying(batch, gone)
    payloads = {digest: value for digest, value in batch.payloads.items() if facts or digest not in dropped}
    if len(facts) == len(batch.facts) and len(payloads) == len(batch.payloads):
        return data
    return encode(Batch(facts, payloads))


def _is_candidate(data: bytes, gone: Collection[str]) -> bool:
    return not data.startswith(_HEAD) and (is_left_over(data) or concerns(data, gone))


def _staying(batch: Batch, gone: Collection[str]) -> tuple[Fact, ...]:
    return tuple(fact for fact in batch.facts if fact.run not in gone)


def _slowly(read: Iterable[tuple[int, bytes]], breathe: Callable[[], None]) -> Iterator[tuple[int, bytes]]:
    """A long reading that lets others have the interpreter."""
    for number, each in enumerate(read):
        if number % BREATH == 0:
            breathe()
        yield each


def _word(said: dict[str, object]) -> bytes:
    return json.dumps({"facts": [], "payloads": {}, **said}, ensure_ascii=False, separators=(",", ":")).encode()
