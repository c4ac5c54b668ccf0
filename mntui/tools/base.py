"""What a tool call is, as values: its boundary, the call, the one failure it ends with, and the builtin tools.

A call is asked for in three ways: `prepare` (what does the world look like; journaled with the intent), `call`, and
`reconcile` (did the call under this key happen; null: it did not). Absent: behaviour, and any import but the core.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from mntui.core.plan import ToolSpec
from mntui.core.values import Json

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


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rendered `allow` rule. In `rest`, `*` and `**` are wildcards, and a backslash makes the next character plain.

    `base` is the folder that `rest` starts from; it is resolved (links followed) when the rule is used, `rest` never.
    A rule over text that is no path has no base: its `rest` is held against the whole text.
    """

    base: str
    rest: str


@dataclass(frozen=True, slots=True)
class Grants:
    """What a call may touch: its run's folder always, what `allow` says by parameter, and nothing else.

    `home` is mntui's own folder and stays closed but for `folder` and `blueprint`; `blueprint` is never written.
    All three are absolute.
    """

    folder: str
    home: str
    blueprint: str
    allow: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
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


_PATH: Json = {"type": "string", "minLength": 1}
_DIGEST: Json = {"type": "string", "description": "SHA-256 (hex) of the text written"}


def _object(properties: Mapping[str, Json], required: tuple[str, ...]) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


_TABLE: Json = {
    "anyOf": [
        _PATH,
        _object(
            {
                "path": _PATH,
                "columns": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "name in the query: name in the file",
                },
                "types": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "name in the query: text, integer, number, decimal(P,S), boolean, date or timestamp",
                },
            },
            ("path",),
        ),
    ]
}

_SPECS = (
    ToolSpec(
        use="files.list",
        about="List the files in a folder, sorted, as absolute paths. Hidden files (.name) are left out.",
        parameters=_object(
            {"path": _PATH, "recursive": {"type": "boolean", "description": "folders inside it too (default: false)"}},
            ("path",),
        ),
        result=_object({"files": {"type": "array", "items": {"type": "string"}}}, ("files",)),
        effect="none",
        paths={"path": "read"},
    ),
    ToolSpec(
        use="files.read",
        about="Read a UTF-8 text file of at most 16 MiB.",
        parameters=_object({"path": _PATH}, ("path",)),
        result=_object({"path": {"type": "string"}, "text": {"type": "string"}}, ("path", "text")),
        effect="none",
        paths={"path": "read"},
    ),
    ToolSpec(
        use="files.write",
        about="Write a text file whole, in place of what was there. Missing folders are made.",
        parameters=_object({"path": _PATH, "text": {"type": "string"}}, ("path", "text")),
        result=_object({"path": {"type": "string"}, "digest": _DIGEST}, ("path", "digest")),
        effect="keyed",
        paths={"path": "write"},
    ),
    ToolSpec(
        use="files.append",
        about="Add text at the end of a file, which is made if it is missing.",
        parameters=_object({"path": _PATH, "text": {"type": "string"}}, ("path", "text")),
        result=_object({"path": {"type": "string"}, "digest": _DIGEST}, ("path", "digest")),
        effect="reconcilable",
        paths={"path": "write"},
        exclusive="path",
        prepares=True,
    ),
    ToolSpec(
        use="sql.query",
        about=(
            "Ask one SELECT (DuckDB SQL) of CSV, Parquet or JSON files. CSV columns are text unless `types` says "
            "otherwise; parameters are written $name."
        ),
        parameters=_object(
            {
                "query": {"type": "string", "minLength": 1},
                "tables": {"type": "object", "additionalProperties": _TABLE},
                "params": {"type": "object"},
            },
            ("query",),
        ),
        result=_object(
            {
                "columns": {"type": "array", "items": {"type": "string"}},
                "rows": {"type": "array", "items": {"type": "object"}},
                "count": {"type": "integer"},
            },
            ("columns", "rows", "count"),
        ),
        effect="none",
        paths={"tables": "read"},
    ),
)

BUILTIN: Mapping[str, ToolSpec] = MappingProxyType({spec.use: spec for spec in _SPECS})
"""The tools that need no code of the blueprint, by what it writes in `use:`."""
