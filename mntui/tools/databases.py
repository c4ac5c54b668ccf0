"""Database files that a query names: which one is meant, whether it may be changed, and a name to open it by.

The kind goes by the ending, since looking inside would drop the locks that this process holds on a file. A file is
opened through the descriptor of its folder and looked at before and after, so a link that is swapped in is refused. One
DuckDB file serves one call at a time: the system can't tell apart two openings of one process, so the folder is locked.

A change is made in one transaction with a row of `mntui_effects` in the same file: its effect key and what it gave. A
call that comes again finds the row, changes nothing, and gives the same. Absent: SQL (`sql` and `sqlite` have it).
"""

import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.tools.base import Grants, ToolCall, ToolFailure, refused
from mntui.tools.paths import Place, folder_of, made_folder_of, place
from mntui.tools.tables import NAME

Kind = Literal["duckdb", "sqlite"]
EFFECTS: Final = "mntui_effects"
RESERVED: Final = frozenset({"main", "temp", "memory", "system", "information_schema", "pg_catalog"})
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        ".duckdb": "duckdb",
        ".ddb": "duckdb",
        ".sqlite": "sqlite",
        ".sqlite3": "sqlite",
        ".db": "sqlite",
        ".db3": "sqlite",
    }
)
_WAIT_SECONDS: Final = 0.02


@frozen
class Database:
    """A database file by its name in the query."""

    name: str
    kind: Kind
    where: Place


def databases_of(job: ToolCall) -> tuple[Database, ...]:
    """The databases of a call, to be read. Raises ToolFailure on names, endings and paths that can't be."""
    given: Mapping[str, Json] = job.arguments.get("databases") or {}
    found = tuple(_database(job.grants, name, str(path)) for name, path in given.items())
    if len({each.kind for each in found}) > 1:
        raise refused("SqlError", "one query asks DuckDB files or SQLite files, not both")
    return found


def changed_one(job: ToolCall, databases: tuple[Database, ...]) -> Database:
    """The one database that a call may change. Raises ToolFailure `Denied` where nothing was declared."""
    if "writes" not in job.grants.allow:
        raise refused("Denied", "this query changes something, and the blueprint declares no `allow` rule for `writes`")
    if len(databases) != 1:
        raise refused("SqlError", f"a query that changes something names one database, not {len(databases)}")
    if EFFECTS in str(job.arguments["query"]).casefold():
        raise refused(
            "Denied", f"the table {EFFECTS} is what keeps a change from being made twice: queries leave it alone"
        )
    where = place(job.grants, "writes", databases[0].where.path, "write")
    return Database(databases[0].name, databases[0].kind, where)


@contextmanager
def opened_as(grants: Grants, database: Database) -> Iterator[str]:
    """A file name that leads to the checked file and to nothing else, while the folder stays open."""
    where = database.where
    folder_at = made_folder_of if where.use == "write" else folder_of
    with folder_at(grants, where) as folder:
        name = Path(where.path).name
        before = _identity(folder, name)
        if before is None and where.use == "read":
            raise refused("Missing", f"there is nothing at {where.path}")
        pinned = f"/proc/self/fd/{folder}"
        yield f"{pinned}/{name}" if Path(pinned).exists() else where.path
        after = _identity(folder, name)
    if before is not None and before != after:
        raise ToolFailure("Denied", f"{where.path} was replaced while it was open")


@contextmanager
def alone(grants: Grants, databases: tuple[Database, ...], seconds: float) -> Iterator[None]:
    """Wait for the calls before, folder by folder in one order. For DuckDB files: SQLite knows its own openings."""
    folders = {str(Path(database.where.path).parent): database.where for database in databases}
    until = time.monotonic() + seconds
    with ExitStack() as held:
        for path in sorted(folders):
            where = folders[path]
            folder = held.enter_context((made_folder_of if where.use == "write" else folder_of)(grants, where))
            descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
            held.callback(os.close, descriptor)
            while not _locked(descriptor):
                if time.monotonic() > until:
                    message = "another query is still busy with a database of this folder"
                    raise ToolFailure("Busy", message, retryable=True, not_sent=True)
                time.sleep(_WAIT_SECONDS)
        yield


def check_same(database: Database, path: str) -> None:
    """After a database was opened: SQLite goes by the name that a descriptor stands for, so both must still be one."""
    with suppress(FileNotFoundError):  # A new file may come with the first change.
        if not Path(path).samefile(database.where.path):
            raise refused("Denied", f"{database.where.path} was replaced while it was being opened")


def kept_result(columns: list[str], rows: list[dict[str, Json]], count: int) -> str:
    """What a change gave, as the row of its effect keeps it."""
    return json.dumps({"columns": columns, "rows": rows, "count": count}, ensure_ascii=False)


def _database(grants: Grants, name: str, path: str) -> Database:
    if not NAME.fullmatch(name) or name.casefold() in RESERVED:
        raise refused(
            "SqlError", f"{name!r} can't name a database: use letters, digits and _, and no word of SQL's own"
        )
    where = place(grants, "databases", path, "read")
    kind = _KINDS.get(Path(where.path).suffix.lower())
    if kind is None:
        raise refused("BadDatabase", f"{where.path} is no database: {', '.join(_KINDS)}")
    return Database(name, kind, where)


def _identity(folder: int, name: str) -> tuple[int, int] | None:
    """Which regular file stands there, without opening it. Raises ToolFailure for anything else."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise refused("NotAFile", f"{name} is no plain file")
    return found.st_dev, found.st_ino


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
