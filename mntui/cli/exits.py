"""How a command ends: the exit codes, and the one place where expected errors become them.

A refusal is an answer, told in one or two sentences with its remedy. A bug is not caught here: the process's hook
writes its traceback to a file and says where.
"""

import asyncio
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Final

from mntui.cli.output import Session, error_document, error_text
from mntui.core.messages import Denied
from mntui.engines.base import EngineGone
from mntui.settings import SettingsProblem

DONE: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2
REFUSED: Final = 3
UNREACHABLE: Final = 4
WAITING: Final = 5
INTERRUPTED: Final = 130

Body = Callable[[Session], Awaitable[int]]


class Refusal(Exception):
    """A command can't be done; `denied` says why and what works instead."""

    def __init__(self, denied: Denied, exit_code: int = REFUSED) -> None:
        super().__init__(denied.message)
        self.denied = denied
        self.exit_code = exit_code


def refuse(code: str, message: str, remedy: str = "") -> Refusal:
    return Refusal(Denied(code, message, remedy))


def wrong_usage(message: str, remedy: str = "") -> Refusal:
    return Refusal(Denied("usage", message, remedy), WRONG_USAGE)


def outcome(session: Session, body: Body) -> int:
    """Do a command's body and give its exit code."""
    try:
        return asyncio.run(_coroutine(body, session))
    except Refusal as refusal:
        report(session, refusal.denied)
        return refusal.exit_code
    except EngineGone as gone:
        report(session, Denied("unreachable", gone.message, gone.remedy))
        return UNREACHABLE
    except SettingsProblem as problem:
        report(session, Denied("settings", problem.message, problem.remedy))
        return REFUSED
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say, and closing must not complain either.
        sys.stdout = None  # the documented way to keep the interpreter from flushing it
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


async def _coroutine(body: Body, session: Session) -> int:
    return await body(session)


def report(session: Session, denied: Denied) -> None:
    """Tell an error: as a document on stdout for programs, else as sentences on stderr."""
    if session.json:
        session.document(error_document(denied))
    else:
        session.note(error_text(denied))


def crash_hook(json: bool) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """For `sys.excepthook`: what a person sees of a bug. Python then ends the process with code 1."""

    def hook(kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
        where = _written("".join(traceback.format_exception(kind, bug, trace)))
        message = f"mntui has a bug: {kind.__name__}: {bug}"
        remedy = f"Your runs are safe in their journal. Please report {where}"
        if json:
            sys.stdout.write(f"{_document(message, remedy)}\n")
        else:
            sys.stderr.write(f"error: {message}\n  {remedy}\n")

    return hook


def _document(message: str, remedy: str) -> str:
    from json import dumps

    return dumps(error_document(Denied("bug", message, remedy)))


def _written(text: str) -> Path:
    path = Path(tempfile.gettempdir()) / f"mntui-crash-{time.time_ns()}.txt"
    path.write_text(text, encoding="utf-8")
    return path
