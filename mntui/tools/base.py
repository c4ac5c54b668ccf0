"""What a tool call is, as values: its boundary, the call, the one failure it ends with, and the builtin tools.

A call is asked for in three ways: `prepare` (what does the world look like; journaled with the intent), `call`, and
`reconcile` (did the call under this key happen; null: it did not). Absent: behaviour, and any import but the core and
the specs of the builtin tools.
"""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from mntui.core.frozen import frozen
from mntui.core.plan import ToolSpec
from mntui.core.values import Json
from mntui.tools.specs import NEAR
from mntui.tools.specs_far import FAR

Operation = Literal["prepare", "call", "reconcile"]

RESULT_BYTES = 16 * 1024 * 1024
"""The largest result of a tool, as JSON, and the largest file that `files.read` reads."""


class ToolFailure(Exception):
    """A call that brought no result. `kind` is a stable word or the class name of what a Python tool raised.

    `not_sent` says that nothing can have happened in the world, so even an `unsafe` tool needn't be parked in doubt.
    A reconcile that fails with `InDoubt` could not tell what happened: a person must look.
    """

    def __init__(self, kind: str, message: str, *, retryable: bool = False, not_sent: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retryable = retryable
        self.not_sent = not_sent


def refused(kind: str, message: str) -> ToolFailure:
    """A failure from before anything was done, that another try would meet again."""
    return ToolFailure(kind, message, not_sent=True)


@frozen
class Pattern:
    """A rendered `allow` rule. In `rest`, `*` and `**` are wildcards, and a backslash makes the next character plain.

    `base` is the folder that `rest` starts from; it is resolved (links followed) when the rule is used, `rest` never.
    A rule over text that is no path has no base: its `rest` is held against the whole text.
    """

    base: str
    rest: str


@frozen
class Grants:
    """What a call may touch: its run's folder always, what `allow` says by parameter, and nothing else.

    `home` is mntui's own folder and stays closed but for `folder` and `blueprint`; `blueprint` is never written.
    All three are absolute.
    """

    folder: str
    home: str
    blueprint: str
    allow: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)


@frozen
class ToolCall:
    """One request to a tool host. `code` is the path of the pinned tools.py (for `python.*`), `intent` what `prepare`
    returned, `env` the variables that the blueprint names for this tool, with their values."""

    op: Operation
    use: str
    arguments: Mapping[str, Json]
    effect_key: str
    grants: Grants
    timeout_seconds: float
    intent: Json = None
    code: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


BUILTIN: Mapping[str, ToolSpec] = MappingProxyType({spec.use: spec for spec in (*NEAR, *FAR)})
"""The tools that need no code of the blueprint, by what it writes in `use:`."""
