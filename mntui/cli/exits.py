"""How a command ends: the one place where expected errors become exit codes.

A refusal is an answer, told in one or two sentences with its remedy. A bug is not caught here: it reaches the hook of
the process (see `bugs`).
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from mntui.cli.codes import FAILED, INTERRUPTED, REFUSED, UNREACHABLE, WRONG_USAGE
from mntui.cli.output import Session, error_document, error_text
from mntui.core.messages import Denied
from mntui.engines.base import EngineGone
from mntui.settings import SettingsProblem

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
