"""`notify`: tell the person at this machine something, as loudly as the machine can.

The line always goes to notices.txt in the run's folder, so nothing is lost where there is no desktop. The class is
`none`: a popup that comes twice after a crash does no harm, and a run must never wait in doubt over one. The line is
written once, known by its effect key. Absent: sounds, buttons, and notifications to other machines.
"""

import os
import shutil
import subprocess
import sys
from html import escape
from typing import Final

from mntui.core.values import Json
from mntui.tools.base import ToolCall, ToolFailure, refused
from mntui.tools.descriptors import read_whole, write_all
from mntui.tools.paths import made_folder_of, opened_file, place

NOTICES: Final = "notices.txt"
SECONDS: Final = 5.0
_APPLESCRIPT: Final = ("on run argv", "display notification (item 1 of argv) with title (item 2 of argv)", "end run")


def operate(job: ToolCall) -> Json:
    """Show it, and write the line. Raises ToolFailure."""
    if job.op == "prepare":
        return None
    if job.op != "call":
        raise refused("UnknownTool", f"{job.use} has no {job.op}")
    title, text = _one_line(job.arguments.get("title") or "mntui"), _one_line(job.arguments["text"])
    line = f"{title}: {text}"
    _write(job, line)
    return {"by": _shown(title, text), "line": line}


def _one_line(given: Json) -> str:
    """Control characters would reach a terminal one day."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(given)).split())


def _write(job: ToolCall, line: str) -> None:
    if job.effect_key in _written(job):
        return
    with made_folder_of(job.grants, place(job.grants, "path", NOTICES, "write")) as folder:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(NOTICES, flags, 0o600, dir_fd=folder)
    try:
        write_all(descriptor, f"{line}  [{job.effect_key}]\n".encode(errors="replace"))
    finally:
        os.close(descriptor)


def _written(job: ToolCall) -> str:
    try:
        with opened_file(job.grants, place(job.grants, "path", NOTICES, "read"), os.O_RDONLY) as descriptor:
            return read_whole(descriptor, NOTICES, 16 * 1024 * 1024).decode(errors="replace")
    except ToolFailure as failure:
        if failure.kind != "Missing":
            raise
        return ""


def _shown(title: str, text: str) -> str:
    """Which program showed it; "" where none did. The texts are arguments of their own, never part of a script."""
    program = "osascript" if sys.platform == "darwin" else "notify-send"
    found = shutil.which(program)
    if found is None:
        return ""
    script = [part for line in _APPLESCRIPT for part in ("-e", line)]
    arguments = [*script, "--", text, title] if program == "osascript" else ["--", escape(title), escape(text)]
    try:
        done = subprocess.run([found, *arguments], timeout=SECONDS, capture_output=True, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return program if done.returncode == 0 else ""
