"""`shell.run`: a declared program with a list of arguments, in a declared folder, until it ends or its time is over.

Nothing is read by a shell. The program is found by its name in the folders of PATH, never in a folder that a run may
write, or by the absolute path that was declared. It gets a clean environment and the variables that the blueprint
names; its output is bounded while it is written. Each call has a host of its own, whose process group ends with the
call; whatever the program left behind ends too.

Absent: terminals, pipes between programs, and a sandbox.
"""

import os
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from mntui.core.values import Json
from mntui.tools.base import Grants, ToolCall, ToolFailure, refused
from mntui.tools.bounds import program_refusal
from mntui.tools.limits import end_children
from mntui.tools.paths import opened_folder, place

OUTPUT_BYTES: Final = 1024 * 1024
KEY_VARIABLE: Final = "MNTUI_EFFECT_KEY"
LEAST_SECONDS: Final = 0.1
PIECE: Final = 64 * 1024
_SHOWN: Final = 2000


def operate(job: ToolCall) -> Json:
    """Do one operation of `shell.run`. Raises ToolFailure."""
    match job.op:
        case "call":
            return run(job)
        case "prepare":
            return None
    raise refused("UnknownTool", f"{job.use} has no {job.op}")


def run(job: ToolCall) -> Json:
    """Start it, wait for it, end what is left of it. Raises ToolFailure; `not_sent` where it never started."""
    command = [str(word) for word in job.arguments["command"]]
    denied = program_refusal(command, job.grants.allow)
    if denied:
        raise refused("Denied", denied)
    if any("\0" in word for word in command):
        raise refused("BadArguments", "an argument can't hold a NUL character")
    program = _program(command[0], job.grants)
    with _started(job, program, command) as process:
        output = _Output(process, _ended(process))
        in_time = output.wait(str(job.arguments.get("stdin") or ""), max(job.timeout_seconds * 0.9, LEAST_SECONDS))
    return _told(job, output, process.returncode, in_time=in_time)


def _told(job: ToolCall, output: "_Output", code: int, *, in_time: bool) -> Json:
    name = job.arguments["command"][0]
    if output.too_large:
        raise ToolFailure("TooLarge", f"{name} wrote more than {OUTPUT_BYTES:,} bytes, so it was ended")
    if not in_time:
        message = f"{name} took longer than {job.timeout_seconds * 0.9:g} s and was ended, with all that it started"
        raise ToolFailure("TimeoutError", message, retryable=True)
    stdout, stderr = output.texts()
    if code not in (job.arguments.get("exit_codes") or [0]):
        ended = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        said = (stderr or stdout).strip()[-_SHOWN:]
        raise ToolFailure("ExitCode", f"{name} {ended}{': ' + said if said else ''}")
    return {"exit_code": code, "stdout": stdout, "stderr": stderr}


class _Output:
    """What a program writes, read by a thread a stream until there is too much of it."""

    def __init__(self, process: "subprocess.Popen[bytes]", end: Callable[[], None]) -> None:
        self._process = process
        self._end = end
        self._read: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self.too_large = False

    def wait(self, stdin: str, seconds: float) -> bool:
        """Whether the program and whatever writes in its name ended in time; it is ended in any case."""
        process = self._process
        assert process.stdout is not None
        assert process.stderr is not None
        threads = [
            threading.Thread(target=self._feed, args=(stdin.encode(errors="replace"),), daemon=True),
            threading.Thread(target=self._drain, args=(process.stdout, "stdout"), daemon=True),
            threading.Thread(target=self._drain, args=(process.stderr, "stderr"), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        finally:
            self._end()
            for thread in threads:
                thread.join()
        return True

    def texts(self) -> tuple[str, str]:
        return self._read["stdout"].decode(errors="replace"), self._read["stderr"].decode(errors="replace")

    def _feed(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as stdin:
                stdin.write(data)
        except BrokenPipeError:
            return  # It didn't want to read more, which is its own business.

    def _drain(self, stream: IO[bytes], name: str) -> None:
        kept = self._read[name]
        while piece := os.read(stream.fileno(), PIECE):
            if len(kept) + len(piece) > OUTPUT_BYTES:
                self.too_large = True
                self._end()
                return
            kept += piece


def _ended(process: "subprocess.Popen[bytes]") -> Callable[[], None]:
    def end() -> None:
        process.kill()
        end_children()

    return end


@contextmanager
def _started(job: ToolCall, program: str, command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    where = place(job.grants, "folder", str(job.arguments.get("folder") or job.grants.folder), "read")
    with opened_folder(job.grants, where) as folder:
        standing = f"/proc/self/fd/{folder}"
        try:
            process = subprocess.Popen(
                [program, *command[1:]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=standing if Path(standing).exists() else where.path,
                env={**os.environ, KEY_VARIABLE: job.effect_key},
            )
        except (OSError, ValueError) as error:
            raise refused("NotStarted", f"{command[0]} can't be started: {error}") from None
    with process:
        yield process


def _program(name: str, grants: Grants) -> str:
    """The file of a program. A folder that a run may write has no programs."""
    if name.startswith("/"):
        return name
    closed = [os.path.realpath(each) for each in (grants.folder, grants.home)]
    for folder in os.environ.get("PATH", "").split(":"):
        real = f"{os.path.realpath(folder)}/"
        path = f"{folder}/{name}"
        if folder.startswith("/") and not any(real.startswith(f"{own}/") for own in closed) and _is_program(path):
            return path
    raise refused("NotStarted", f"there is no program {name} in the folders of PATH")


def _is_program(path: str) -> bool:
    try:
        return stat.S_ISREG(Path(path).stat().st_mode) and os.access(path, os.X_OK)
    except OSError:
        return False
