"""What crosses between a person's program and whatever runs the runs: starts, answers, updates, rows. Plain data.

The same messages serve a worker in this process, a worker behind its socket, and later an engine of many machines.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from mntui.core.compare import Matrix
from mntui.core.events import Fact, Stored
from mntui.core.frozen import frozen
from mntui.core.plan import Plan
from mntui.core.run import Ask, RunStatus
from mntui.core.values import Json


@frozen
class Start:
    """Start a run of `blueprint` (a name, or a path seen from `cwd`). `models` binds roles; "" binds all the others.

    `out` is a folder into which the files of the run's folder are copied when it ends. `rerun_of` names a run that has
    ended: its pinned version is started again with its inputs, frozen: only model calls are made.
    `again_of` names the run whose inputs these are: without a `blueprint`, the version that it is pinned to is started.
    """

    blueprint: str
    cwd: str
    inputs: Mapping[str, Json] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    budget_micros: int | None = None
    out: str = ""
    actor: str = "person"
    rerun_of: str = ""
    again_of: str = ""
    kind: Literal["Start"] = "Start"


@frozen
class Bound:
    """The model that a role got, and the sentence that says why; `simulated` for the builtin stand-ins."""

    role: str
    model: str
    why: str
    simulated: bool = False


@frozen
class Started:
    """The run is durable. `notes` are warnings of the blueprint's check, as sentences."""

    run: str
    id: str
    folder: str
    models: tuple[Bound, ...] = ()
    notes: tuple[str, ...] = ()
    kind: Literal["Started"] = "Started"


@frozen
class Accepted:
    """A request became facts, the last of them `seq`; it is durable."""

    run: str
    seq: int
    kind: Literal["Accepted"] = "Accepted"


@frozen
class Denied:
    """A start, request or question that can't be: the error of cli.md's `--json`, with the place where there is one."""

    code: str
    message: str
    remedy: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    more: tuple["Denied", ...] = ()
    kind: Literal["Denied"] = "Denied"


@frozen
class Opened:
    """The first update of a watch: the plan, and every fact so far. Folding them gives the run."""

    id: str
    run: str
    plan: Plan
    facts: tuple[Fact, ...]
    kind: Literal["Opened"] = "Opened"


@frozen
class Happened:
    facts: tuple[Fact, ...]
    kind: Literal["Happened"] = "Happened"


@frozen
class Pulsed:
    """Live text of a model call, from `offset` characters on. It may be lost; the outcome replaces it."""

    key: str
    path: str
    offset: int
    text: str
    kind: Literal["Pulsed"] = "Pulsed"


@frozen
class Queued:
    """Commands that the run could begin but that a limit holds back: what, and which limit. Worker memory only.

    `until` is when that limit lets go, where it is known (microseconds since 1970); `loading` are calls that wait until
    their model is in memory, and what is told of that.
    """

    waiting: Mapping[str, str]
    until: Mapping[str, int] = field(default_factory=dict)
    loading: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["Queued"] = "Queued"


Update = Opened | Happened | Pulsed | Queued


@frozen
class RunRow:
    """One line of `mntui runs`. Times in microseconds since 1970, money in micro-dollars."""

    id: str
    run: str
    blueprint: str
    status: RunStatus
    waiting_for: tuple[str, ...]
    success: bool | None
    steps_ended: int
    steps: int
    cost_micros: int
    cost_known: bool
    started_at: int
    ended_at: int | None
    folder: str


@frozen
class RunFilter:
    """`status` and `blueprint` are exact; empty means any. Newest first, `limit` rows at most."""

    status: str = ""
    blueprint: str = ""
    limit: int = 50
    kind: Literal["RunFilter"] = "RunFilter"


@frozen
class Waiting:
    """Something that waits for a person, with the run it belongs to."""

    run: str
    run_id: str
    ask: Ask


# Questions: they may be asked again, where a worker goes away before it has answered


@frozen
class AskEvents:
    """The facts of a run after a sequence number. Answered by Facts."""

    run: str
    after: int = 0
    kind: Literal["AskEvents"] = "AskEvents"


@frozen
class AskWaiting:
    """All that waits for a person. Answered by AllWaiting."""

    kind: Literal["AskWaiting"] = "AskWaiting"


@frozen
class AskPayload:
    """A large value by its digest. Answered by Payload."""

    digest: str
    kind: Literal["AskPayload"] = "AskPayload"


@frozen
class AskSees:
    """What the agent of a step sees at its next or last model call. Answered by Sees."""

    run: str
    path: str
    kind: Literal["AskSees"] = "AskSees"


@frozen
class AskStatus:
    """The worker itself. Answered by WorkerStatus."""

    kind: Literal["AskStatus"] = "AskStatus"


@frozen
class AskSql:
    """One SELECT over every run, at most `limit` rows of it. Answered by SqlRows."""

    query: str
    limit: int = 10_000
    kind: Literal["AskSql"] = "AskSql"


@frozen
class AskKeeping:
    """Check the journal against its index, copy it into the folder `target`, build the index again, or free room.

    Answered by Kept. Building goes on after the answer, and the worker's status tells how far it is.
    """

    what: Literal["check", "backup", "rebuild", "prune"]
    target: str = ""
    kind: Literal["AskKeeping"] = "AskKeeping"


@frozen
class AskCompare:
    """What a run's model calls would have cost on other models. Answered by Compared.

    `reruns` names frozen reruns of it, whose figures are real and stand in for what would have been; where it names
    none, the last one of each model that the index knows.
    """

    run: str
    models: tuple[str, ...]
    reruns: tuple[str, ...] = ()
    kind: Literal["AskCompare"] = "AskCompare"


@frozen
class DeleteRuns:
    """Forget runs that have ended, with their facts, their large values and their folders. There is no way back.

    Answered by Kept. Those that were deleted already count as deleted, so it may be asked again.
    """

    runs: tuple[str, ...]
    actor: str = "person"
    kind: Literal["DeleteRuns"] = "DeleteRuns"


Question = AskEvents | AskWaiting | AskPayload | AskSees | AskStatus | AskSql | AskKeeping | DeleteRuns | AskCompare


@frozen
class Facts:
    id: str
    run: str
    facts: tuple[Fact, ...]
    kind: Literal["Facts"] = "Facts"


@frozen
class AllWaiting:
    waiting: tuple[Waiting, ...]
    kind: Literal["AllWaiting"] = "AllWaiting"


@frozen
class Payload:
    value: Json
    kind: Literal["Payload"] = "Payload"


@frozen
class SeenMessage:
    role: str
    text: str


@frozen
class Sees:
    """The messages of a model call, the tools offered, and how many tokens that is by the model's own count."""

    path: str
    model: str
    tokens: int
    messages: tuple[SeenMessage, ...]
    tools: tuple[str, ...] = ()
    contract: Stored = None
    kind: Literal["Sees"] = "Sees"


@frozen
class WorkerStatus:
    """`opening` holds what the journal reported when it was opened (torn tails, damage), as sentences."""

    pid: int
    version: str
    protocol: int
    started_at: int
    home: str
    runs_live: int
    opening: tuple[str, ...] = ()
    kind: Literal["WorkerStatus"] = "WorkerStatus"


@frozen
class SqlRows:
    """What a SELECT gave; `truncated` where there was more. Numbers that JSON can't hold exactly are text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Json, ...], ...]
    truncated: bool = False
    kind: Literal["SqlRows"] = "SqlRows"


@frozen
class Kept:
    """What a check, a copy or a rebuild came to, as sentences; `sound` is False where a check found something wrong."""

    sentences: tuple[str, ...]
    sound: bool = True
    kind: Literal["Kept"] = "Kept"


@frozen
class Compared:
    matrix: Matrix
    kind: Literal["Compared"] = "Compared"


Reply = Facts | AllWaiting | Payload | Sees | WorkerStatus | SqlRows | Kept | Compared
