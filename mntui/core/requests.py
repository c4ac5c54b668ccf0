"""What a person (or a schedule, a file, a signal) asks: the closed union of requests. Any of them may be refused."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from mntui.core.frozen import frozen
from mntui.core.values import Json


@frozen
class Approve:
    """Let exactly what `digest` names happen, with `values` replacing what may be edited."""

    ask: str
    digest: str
    values: Mapping[str, Json] = field(default_factory=dict)
    kind: Literal["Approve"] = "Approve"


@frozen
class Reject:
    ask: str
    reason: str
    digest: str = ""
    kind: Literal["Reject"] = "Reject"


@frozen
class Respond:
    """Answer a question, or a budget that was reached (`{"raise_usd": 1}` or "stop")."""

    ask: str
    value: Json
    kind: Literal["Respond"] = "Respond"


@frozen
class Settle:
    """Say what became of an effect in doubt. `result` is the output where it happened."""

    ask: str
    resolution: Literal["happened", "not-happened", "compensate", "abandon"]
    result: Json = None
    kind: Literal["Settle"] = "Settle"


@frozen
class Signal:
    name: str
    payload: Json = None
    kind: Literal["Signal"] = "Signal"


@frozen
class Pause:
    kind: Literal["Pause"] = "Pause"


@frozen
class Resume:
    kind: Literal["Resume"] = "Resume"


@frozen
class Cancel:
    reason: str = ""
    kind: Literal["Cancel"] = "Cancel"


@frozen
class Terminate:
    """End the run at once, whatever is in flight."""

    reason: str = ""
    kind: Literal["Terminate"] = "Terminate"


@frozen
class Retry:
    """Do a failed step again; without a path, every step that stopped the run."""

    path: str = ""
    kind: Literal["Retry"] = "Retry"


@frozen
class Skip:
    """Go on without a step, with an output that a person gives."""

    path: str
    output: Json
    reason: str
    kind: Literal["Skip"] = "Skip"


Request = Approve | Reject | Respond | Settle | Signal | Pause | Resume | Cancel | Terminate | Retry | Skip


@frozen
class Refused:
    """Why a request can't be. `code` is a stable word; `remedy` says what would work instead."""

    code: str
    message: str
    remedy: str = ""
