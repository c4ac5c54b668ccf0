"""What one tool process may use: memory, the size of a file, how many processes; and an end for all that it started.

The system counts processes per user and not per tool, so the limit is what the user has now and so many more; nothing
limits root. On Linux a host adopts what its tools leave behind, so a child that left its group is found and ended too.
Absent: limits of processor time (a call has a timeout), and a sandbox: a program may open what its user can.
"""

import importlib
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from mntui.core.frozen import frozen

ADOPTING: Final = 36
"""PR_SET_CHILD_SUBREAPER of Linux: orphans below this process become its children."""
MOST_ROUNDS: Final = 20


@frozen
class ProcessLimits:
    """Bytes of address space, bytes of one file, processes (threads count); 0 is no limit."""

    memory_bytes: int = 0
    file_bytes: int = 0
    processes: int = 0

    def written(self) -> str:
        return f"{self.memory_bytes}:{self.file_bytes}:{self.processes}"


def limits_in(text: str) -> ProcessLimits:
    """What `written` wrote."""
    memory, file, processes = (int(part) for part in text.split(":"))
    return ProcessLimits(memory, file, processes)


def put_in_force(limits: ProcessLimits) -> None:
    """For this process and whatever it starts. No core files ever: they would hold what tools know.

    A process whose processes are limited runs foreign code, so it also adopts what that leaves behind.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory_bytes:
        _limit(resource.RLIMIT_AS, limits.memory_bytes)
    if limits.file_bytes:
        _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # Then writing fails with an error that can be told.
    if limits.processes:
        _limit(resource.RLIMIT_NPROC, _processes_now() + limits.processes)
        _adopt()


def _adopt() -> None:
    """Become the parent of what tools leave behind, where the system knows that."""
    if sys.platform == "linux":
        with suppress(ImportError, OSError, AttributeError):
            # By name, since it is a tenth of what a host's start costs, and few hosts need it.
            importlib.import_module("ctypes").CDLL(None).prctl(ADOPTING, 1, 0, 0, 0)


def end_children() -> None:
    """Kill everything below this process, again until nothing new turns up."""
    for _ in range(MOST_ROUNDS):
        found = [pid for pid in below(os.getpid()) if not _is_dead(pid)]
        if not found:
            break
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def below(ancestor: int) -> Iterator[int]:
    """Every process that a process started, and these started, as far as the system shows them (Linux)."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            parents[int(entry.parent.name)] = int(entry.read_text(errors="replace").rpartition(")")[2].split()[1])
    for pid in parents:
        up = pid
        while up in parents and parents[up] not in (0, ancestor):
            up = parents[up]
        if parents.get(up) == ancestor:
            yield pid


def _limit(what: int, most: int) -> None:
    """As low as asked for, never above what is in force already. Systems without a limit are left as they are."""
    hard = resource.getrlimit(what)[1]
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (wanted, wanted))


def _processes_now() -> int:
    """Threads of this user, as the system counts them; where they can't be seen, a generous guess."""
    own, count = os.getuid(), 0
    for task in Path("/proc").glob("[0-9]*/task"):
        with suppress(OSError):
            if task.stat().st_uid == own:
                count += sum(1 for _ in task.iterdir())
    return count or 4096


def _is_dead(pid: int) -> bool:
    """Reaps a child of ours that has ended; a zombie further down is as dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state in ("Z", "X")
