"""What the builtin tools of this machine's own files are: arguments, result, effect class, and what they may touch.

Absent: behaviour, and the tools that reach further than files (`specs_far`).
"""

from collections.abc import Mapping
from typing import Final

from mntui.core.plan import Bound, ToolSpec
from mntui.core.values import Json

PATH: Json = {"type": "string", "minLength": 1}
DIGEST: Json = {"type": "string", "description": "SHA-256 (hex) of the text written"}


def an_object(properties: Mapping[str, Json], required: tuple[str, ...]) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


TABLE: Json = {
    "anyOf": [
        PATH,
        an_object(
            {
                "path": PATH,
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

NEAR: Final = (
    ToolSpec(
        use="files.list",
        about="List the files in a folder, sorted, as absolute paths. Hidden files (.name) are left out.",
        parameters=an_object(
            {"path": PATH, "recursive": {"type": "boolean", "description": "folders inside it too (default: false)"}},
            ("path",),
        ),
        result=an_object({"files": {"type": "array", "items": {"type": "string"}}}, ("files",)),
        effect="none",
        paths={"path": "read"},
    ),
    ToolSpec(
        use="files.read",
        about="Read a UTF-8 text file of at most 16 MiB.",
        parameters=an_object({"path": PATH}, ("path",)),
        result=an_object({"path": {"type": "string"}, "text": {"type": "string"}}, ("path", "text")),
        effect="none",
        paths={"path": "read"},
    ),
    ToolSpec(
        use="files.write",
        about="Write a text file whole, in place of what was there. Missing folders are made.",
        parameters=an_object({"path": PATH, "text": {"type": "string"}}, ("path", "text")),
        result=an_object({"path": {"type": "string"}, "digest": DIGEST}, ("path", "digest")),
        effect="keyed",
        paths={"path": "write"},
    ),
    ToolSpec(
        use="files.append",
        about="Add text at the end of a file, which is made if it is missing.",
        parameters=an_object({"path": PATH, "text": {"type": "string"}}, ("path", "text")),
        result=an_object({"path": {"type": "string"}, "digest": DIGEST}, ("path", "digest")),
        effect="reconcilable",
        paths={"path": "write"},
        exclusive="path",
        prepares=True,
    ),
    ToolSpec(
        use="sql.query",
        about=(
            "Ask one SELECT of CSV, Parquet or JSON files (DuckDB SQL), or of named DuckDB or SQLite files, whose "
            "tables are written NAME.table. CSV columns are text unless `types` says otherwise; parameters are written "
            "$name. Where `allow.writes` opens one database, one INSERT, UPDATE, DELETE, CREATE, ALTER or DROP may "
            "change it, once."
        ),
        parameters=an_object(
            {
                "query": {"type": "string", "minLength": 1},
                "tables": {"type": "object", "additionalProperties": TABLE},
                "databases": {
                    "type": "object",
                    "additionalProperties": PATH,
                    "description": "name in the query: a .duckdb, .sqlite, .sqlite3 or .db file",
                },
                "params": {"type": "object"},
            },
            ("query",),
        ),
        result=an_object(
            {
                "columns": {"type": "array", "items": {"type": "string"}},
                "rows": {"type": "array", "items": {"type": "object"}},
                "count": {"type": "integer", "description": "rows found, or rows changed"},
            },
            ("columns", "rows", "count"),
        ),
        effect="none",
        paths={"tables": "read", "databases": "read"},
        bounds={
            "writes": Bound(
                "path", "database files that a query may change, beside those in the run's folder", least="keyed"
            )
        },
    ),
)
