"""`files.append`: an effect that can be asked afterwards whether it happened.

`prepare` records where the file ended, before the call. What stands behind that place later is the whole text, a part
of it (the process died while writing: it is cut back), nothing, or something else; then somebody else wrote, and only
a person can tell. Needed from outside: one call at a time per path, and a reconcile before the next one.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from mntui.core.values import Json
from mntui.tools.base import ToolCall, ToolFailure
from mntui.tools.descriptors import data_of, lock, read_at, sync_folder, write_all, written
from mntui.tools.paths import Place, folder_of, made_folder_of, open_regular, opened_file, place

TAIL_BYTES = 64 * 1024

Found = Literal["whole", "part", "none", "other"]

_NOTHING = hashlib.sha256(b"").hexdigest()


def prepare_append(job: ToolCall) -> Json:
    """Where the file ends now, and a digest of its last 64 KiB, which tells later whether it is still the same file."""
    where = _place(job)
    data_of(job)
    try:
        with opened_file(job.grants, where, os.O_RDONLY) as descriptor:
            offset = os.fstat(descriptor).st_size
            return {"path": where.path, "offset": offset, "tail": _tail_digest(descriptor, offset)}
    except ToolFailure as failure:
        if failure.kind != "Missing":
            raise
        return {"path": where.path, "offset": 0, "tail": _NOTHING}


def append(job: ToolCall) -> Json:
    """Add the text once: what an earlier try with the same intent already wrote is found and kept, or cut back."""
    where, data = _place(job), data_of(job)
    intent = prepare_append(job) if job.intent is None else job.intent
    with _opened(job, where) as descriptor:
        found = _found(descriptor, where, intent, data)
        if found == "other":
            message = f"{where.path} was changed by somebody else since this call was prepared"
            raise ToolFailure("Changed", message, retryable=True, not_sent=True)
        if found == "part":
            os.ftruncate(descriptor, intent["offset"])
        if found != "whole":
            _write_or_cut_back(descriptor, where, intent, data)
        os.fsync(descriptor)
    with folder_of(job.grants, where) as folder:
        sync_folder(folder)
    return written(where.path, data)


def reconcile_append(job: ToolCall) -> Json:
    """What became of an append whose outcome is lost: its result, or None when nothing of it is in the file (any more).

    Raises ToolFailure `InDoubt` where the file can't tell.
    """
    where, data = _place(job), data_of(job)
    if job.intent is None:
        raise ToolFailure("InDoubt", f"nothing was recorded about {where.path} before the call")
    found = _settled(job, where, data)
    if found == "other":
        raise ToolFailure("InDoubt", f"{where.path} was changed by somebody else around the call")
    return written(where.path, data) if found == "whole" else None


def _settled(job: ToolCall, where: Place, data: bytes) -> Found:
    try:
        with opened_file(job.grants, where, os.O_RDWR | os.O_APPEND) as descriptor:
            lock(descriptor)
            found = _found(descriptor, where, job.intent, data)
            if found == "part":
                os.ftruncate(descriptor, job.intent["offset"])
            os.fsync(descriptor)
            return found
    except ToolFailure as failure:
        if failure.kind != "Missing":
            raise
        return "none" if job.intent["offset"] == 0 and job.intent["path"] == where.path else "other"


def _found(descriptor: int, where: Place, intent: Json, data: bytes) -> Found:
    """What stands behind the recorded end of the recorded file."""
    offset = intent["offset"]
    if intent["path"] != where.path or os.fstat(descriptor).st_size < offset:
        return "other"
    if _tail_digest(descriptor, offset) != intent["tail"]:
        return "other"
    after = read_at(descriptor, offset, len(data))
    if after == data:
        return "whole"
    if not data.startswith(after):
        return "other"
    return "part" if after else "none"


def _write_or_cut_back(descriptor: int, where: Place, intent: Json, data: bytes) -> None:
    """A disk that fills up in the middle leaves nothing behind, so the failure may say that nothing was sent."""
    try:
        write_all(descriptor, data)
    except OSError as error:
        if _found(descriptor, where, intent, data) not in ("part", "none"):
            raise
        os.ftruncate(descriptor, intent["offset"])
        raise ToolFailure(type(error).__name__, str(error), retryable=True, not_sent=True) from None


@contextmanager
def _opened(job: ToolCall, where: Place) -> Iterator[int]:
    """Writing goes by O_APPEND, so a writer that knows nothing of us is never written over."""
    flags = os.O_RDWR | os.O_APPEND
    with made_folder_of(job.grants, where) as folder:
        try:
            created = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(Path(where.path).name, flags | created, 0o666, dir_fd=folder)
        except FileExistsError:
            descriptor = open_regular(folder, where, flags)
    try:
        lock(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def _tail_digest(descriptor: int, offset: int) -> str:
    start = max(0, offset - TAIL_BYTES)
    return hashlib.sha256(read_at(descriptor, start, offset - start)).hexdigest()


def _place(job: ToolCall) -> Place:
    return place(job.grants, "path", str(job.arguments["path"]), "write")
