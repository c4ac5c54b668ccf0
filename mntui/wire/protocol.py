"""The conversation between a client and the worker, as frozen values: what a client says, what the worker says.

Both begin with who they are (`Hello`, `Welcome`). Then a client asks, each question under an id of its own, and the
worker answers each id with one reply, denial or error; a watch with updates until its end. `Closing` is the worker's
last word: what it hasn't answered by then, it hasn't taken, and it may be asked again elsewhere.

`hello`, `welcome`, `drain` and `closing` never change: by them any two versions find out which of them must go.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypeVar, cast

from mntui.core.events import Fact
from mntui.core.frozen import frozen
from mntui.core.messages import (
    Accepted,
    AllWaiting,
    Compared,
    Denied,
    Facts,
    Happened,
    Kept,
    Opened,
    Payload,
    Question,
    RunFilter,
    RunRow,
    Sees,
    SqlRows,
    Start,
    Started,
    Update,
    WorkerStatus,
)
from mntui.core.requests import Request
from mntui.wire.codec import WireProblem, decode_any, encode
from mntui.wire.frames import FRAME_BYTES

PROTOCOL = 1
FACTS_PER_FRAME = 500
CONNECTION = 0
"""The id of what concerns the whole connection."""

Why = Literal["stopped", "replaced", "ended"]
"""Why a worker goes: a person stopped it, a newer one comes, or it ended by itself or by a signal."""
DRAIN_SECONDS = 10.0
"""How long a worker that goes waits for the calls in flight."""

# Codes of failures. A worker that is draining hasn't taken the request.
UNKNOWN_RUN = "unknown_run"
DRAINING = "draining"
MALFORMED = "malformed"
FOREIGN = "foreign"
INTERNAL = "internal"
TOO_MANY = "too_many"


# What a client says


@frozen
class Hello:
    protocol: int
    version: str
    pid: int
    op: Literal["hello"] = "hello"


@frozen
class StartFrame:
    id: int
    body: Start
    op: Literal["start"] = "start"


@frozen
class SendFrame:
    id: int
    run: str
    body: Request
    actor: str
    op: Literal["send"] = "send"


@frozen
class WatchFrame:
    id: int
    run: str
    after: int = 0
    op: Literal["watch"] = "watch"


@frozen
class RunsFrame:
    id: int
    body: RunFilter
    op: Literal["runs"] = "runs"


@frozen
class QueryFrame:
    id: int
    body: Question
    op: Literal["query"] = "query"


@frozen
class StopWatch:
    """End the watch with this id. Answered by End, like a watch that ended by itself."""

    id: int
    op: Literal["stop"] = "stop"


@frozen
class Ping:
    id: int
    op: Literal["ping"] = "ping"


@frozen
class Drain:
    """Admit nothing more, let calls end, and go. `why` comes back to every client in Closing."""

    why: Why
    op: Literal["drain"] = "drain"


RequestFrame = StartFrame | SendFrame | RunsFrame | QueryFrame
ClientFrame = Hello | RequestFrame | WatchFrame | StopWatch | Ping | Drain


# What the worker says


@frozen
class Rows:
    rows: tuple[RunRow, ...]
    kind: Literal["Rows"] = "Rows"


Body = Started | Accepted | Rows | Facts | AllWaiting | Payload | Sees | WorkerStatus | SqlRows | Kept | Compared


@frozen
class Welcome:
    protocol: int
    version: str
    pid: int
    kind: Literal["welcome"] = "welcome"


@frozen
class Answer:
    """`more` where the facts of the body go on in the next frame of this id."""

    id: int
    body: Body
    more: bool = False
    kind: Literal["reply"] = "reply"


@frozen
class Denial:
    id: int
    body: Denied
    kind: Literal["denied"] = "denied"


@frozen
class News:
    """One update of a watch; `more` where its facts go on in the next frame of this id."""

    id: int
    body: Update
    more: bool = False
    kind: Literal["update"] = "update"


@frozen
class End:
    """A watch is over: the run has ended, or the client stopped it."""

    id: int
    kind: Literal["end"] = "end"


@frozen
class Failure:
    """`code` is one of the words above."""

    id: int
    code: str
    message: str
    remedy: str = ""
    kind: Literal["error"] = "error"


@frozen
class Pong:
    id: int
    kind: Literal["pong"] = "pong"


@frozen
class Closing:
    """The last frame of a worker that goes."""

    why: Why
    kind: Literal["closing"] = "closing"


ServerFrame = Welcome | Answer | Denial | News | End | Failure | Pong | Closing
FrameT = TypeVar("FrameT", News, Answer)


@frozen
class Numbered:
    """What can be read of any frame that has an id, even one that can't be understood."""

    id: int = CONNECTION


def decode_client_frame(data: bytes) -> ClientFrame:
    """Raises WireProblem."""
    return cast(ClientFrame, decode_any(ClientFrame, data))


def decode_server_frame(data: bytes) -> ServerFrame:
    """Raises WireProblem."""
    return cast(ServerFrame, decode_any(ServerFrame, data))


def id_of(data: bytes) -> int:
    """The id of a frame that may not be understood; CONNECTION where it has none."""
    try:
        return cast(Numbered, decode_any(Numbered, data)).id
    except WireProblem:
        return CONNECTION


# A long history doesn't fit into one frame: its facts travel in parts, and are joined again by the client.


def pieces(frame: ServerFrame) -> Iterator[bytes]:
    """A frame as payloads that each fit. Raises WireProblem where one fact, or a body without facts, is too large."""
    halves = _halves(frame)
    if halves is None or len(_facts_of(frame)) <= FACTS_PER_FRAME:
        payload = encode(frame)
        if len(payload) <= FRAME_BYTES:
            yield payload
            return
        if halves is None:
            raise WireProblem("", f"it has {len(payload)} bytes; a frame holds {FRAME_BYTES}")
    for half in halves:
        yield from pieces(half)


def joined(frames: Sequence[FrameT]) -> FrameT:
    """Frames that belong together as one: the first, with the facts of all."""
    first = frames[0]
    if len(frames) == 1 or not isinstance(first.body, Opened | Happened | Facts):
        return first
    facts = tuple(fact for frame in frames for fact in _facts_of(frame))
    return replace(first, body=replace(first.body, facts=facts), more=False)


def _halves(frame: ServerFrame) -> tuple[ServerFrame, ServerFrame] | None:
    facts = _facts_of(frame)
    if len(facts) < 2:
        return None
    first, rest = facts[: len(facts) // 2], facts[len(facts) // 2 :]
    match frame:
        case News(id=number, body=Opened() | Happened() as body, more=more):
            return News(number, replace(body, facts=first), more=True), News(number, Happened(rest), more)
        case Answer(id=number, body=Facts() as body, more=more):
            return Answer(number, replace(body, facts=first), more=True), Answer(
                number, replace(body, facts=rest), more
            )
        case _:
            return None


def _facts_of(frame: ServerFrame) -> tuple[Fact, ...]:
    match frame:
        case News(body=Opened(facts=facts) | Happened(facts=facts)) | Answer(body=Facts(facts=facts)):
            return facts
        case _:
            return ()


# Which of two versions is older: by protocol first, then by the numbers of the release.


def age_of(who: Hello | Welcome) -> tuple[int, tuple[int, ...]]:
    """Orders versions: the newer is greater. What follows the release's numbers (`rc1`, `.dev2`) doesn't count."""
    release = re.match(r"\d+(\.\d+)*", who.version)
    return who.protocol, tuple(int(part) for part in release[0].split(".")) if release else ()
