"""The builtin file tools: list, read, write (append has a file of its own). A write is whole or not there.

`files.write` puts the text into a hidden file beside the target, named after its effect key and locked while written,
and renames it: dying in between leaves the old text, and a retry takes the hidden file up again. Hidden files are not
listed. Absent: deleting, moving, changing modes, and text in any encoding but UTF-8.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mntui.core.values import Json
from mntui.tools.append import append, prepare_append, reconcile_append
from mntui.tools.base import RESULT_BYTES, ToolCall, ToolFailure, refused
from mntui.tools.descriptors import busy, data_of, lock, read_whole, sync_folder, write_all, written
from mntui.tools.paths import Place, made_folder_of, open_regular, opened_file, opened_folder, place

MOST_FILES = 100_000


def operate(job: ToolCall) -> Json:
    """Do one operation of a `files.*` tool. Raises ToolFailure; any other OSError is worth another try."""
    match job.op, job.use:
        case "call", "files.list":
            return {"files": _listed(job)}
        case "call", "files.read":
            return _read(job)
        case "call", "files.write":
            return _write(job)
        case "call", "files.append":
            return append(job)
        case "prepare", "files.append":
            return prepare_append(job)
        case "reconcile", "files.append":
            return reconcile_append(job)
        case "prepare", _:
            return None
    raise refused("UnknownTool", f"{job.use} has no {job.op}")


def _listed(job: ToolCall) -> list[str]:
    where = place(job.grants, "path", str(job.arguments["path"]), "read")
    found: list[str] = []
    with opened_folder(job.grants, where) as folder:
        for path in _files_in(job, folder, where.path):
            found.append(path)
            if len(found) > MOST_FILES:
                raise refused("TooLarge", f"{where.path} holds more than {MOST_FILES:,} files")
    return sorted(found)


def _files_in(job: ToolCall, folder: int, path: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            named = str(Path(path) / _plain_name(entry.name, path))
            if entry.is_file(follow_symlinks=False) or (entry.is_symlink() and _leads_to_file(job, named)):
                yield named
            elif entry.is_dir(follow_symlinks=False) and job.arguments.get("recursive"):
                yield from _files_below(job, named)


def _files_below(job: ToolCall, path: str) -> Iterator[str]:
    try:
        with opened_folder(job.grants, Place(path, "read")) as folder:
            yield from _files_in(job, folder, path)
    except ToolFailure as failure:
        if failure.kind not in ("Denied", "Missing"):  # Closed to tools, or gone by now: no part of what may be listed.
            raise


def _leads_to_file(job: ToolCall, path: str) -> bool:
    """A link is listed when reading through it would be allowed."""
    try:
        with opened_file(job.grants, place(job.grants, "path", path, "read"), os.O_RDONLY):
            return True
    except ToolFailure:
        return False


def _plain_name(name: str, path: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise refused("NotText", f"a name in {path} isn't UTF-8, so it can't be told: {os.fsencode(name)!r}") from None
    return name


def _read(job: ToolCall) -> Json:
    where = place(job.grants, "path", str(job.arguments["path"]), "read")
    with opened_file(job.grants, where, os.O_RDONLY) as descriptor:
        found = read_whole(descriptor, where.path, RESULT_BYTES)
    try:
        return {"path": where.path, "text": found.decode()}
    except UnicodeDecodeError as error:
        reason = f"byte 0x{found[error.start]:02x} at offset {error.start}"
        raise refused("NotText", f"{where.path} isn't UTF-8 text ({reason})") from None


def _write(job: ToolCall) -> Json:
    where, data = place(job.grants, "path", str(job.arguments["path"]), "write"), data_of(job)
    name = Path(where.path).name
    draft = f".mntui-{hashlib.sha256(f'{job.effect_key}/{name}'.encode()).hexdigest()[:24]}.tmp"
    with made_folder_of(job.grants, where) as folder:
        mode = _mode_of_target(folder, where)
        with _locked_draft(folder, draft) as descriptor:
            os.ftruncate(descriptor, 0)
            write_all(descriptor, data)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
            os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        sync_folder(folder)
    return written(where.path, data)


def _mode_of_target(folder: int, where: Place) -> int | None:
    """The mode that the new text keeps; None for a new file. Opening for writing refuses what may not be replaced."""
    try:
        descriptor = open_regular(folder, where, os.O_WRONLY)
    except ToolFailure as failure:
        if failure.kind == "Missing":
            return None
        raise
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)


@contextmanager
def _locked_draft(folder: int, draft: str) -> Iterator[int]:
    """The hidden file of one effect key. Its lock keeps out a late attempt of the same key that is still writing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, 0o666, dir_fd=folder)
    try:
        lock(descriptor)
        if not _still_named(folder, draft, descriptor):
            raise busy()
        yield descriptor
    except OSError:
        with suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)
        raise
    finally:
        os.close(descriptor)


def _still_named(folder: int, name: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(name, dir_fd=folder, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False
