"""`mntui doctor`: what runs depend on, one line each with a word and a remedy. It works when the worker can't start.

Nothing is started, mended or sent anywhere: it reads, writes one small file of its own to time the disk, and knocks at
Ollama's door if that is on this machine.
"""

from collections.abc import Iterable
from typing import Final

from mntui.cli.checks import Check, config, disk, home, keys, machine, python, sandbox, terminal
from mntui.cli.checks_worker import journal, ollama, worker
from mntui.cli.codes import DONE, FAILED
from mntui.cli.exits import Body
from mntui.cli.output import Session, paint
from mntui.core.values import Json
from mntui.settings import SettingsProblem

_LOOKS: Final = {
    "ok": ("✓", "+", "ok", "green"),
    "note": ("!", "!", "note", "yellow"),
    "problem": ("✗", "x", "problem", "red"),
}
INDENT: Final = " " * 23


def doctor() -> Body:
    async def body(session: Session) -> int:
        checks = await checked(session)
        healthy = all(check.status != "problem" for check in checks)
        session.answer(_document(checks, healthy=healthy), "\n".join(_lines(session, checks)))
        return DONE if healthy else FAILED

    return body


async def checked(session: Session) -> list[Check]:
    """All of them, in the order in which they are told."""
    checks = [python(), machine(), terminal(session)]
    try:
        settings = session.settings
    except SettingsProblem as wrong:
        checks.append(Check("home", "problem", wrong.message, wrong.remedy))
    else:
        checks += [home(settings), *disk(settings), config(settings)]
        running, about_worker = await worker(settings)
        checks += [about_worker, await journal(settings, running)]
    environment = session.around.environment
    return [*checks, await ollama(environment), keys(environment), sandbox()]


def _document(checks: Iterable[Check], *, healthy: bool) -> Json:
    return {
        "healthy": healthy,
        "checks": [{"id": c.id, "status": c.status, "said": c.said, "remedy": c.remedy} for c in checks],
    }


def _lines(session: Session, checks: Iterable[Check]) -> Iterable[str]:
    for check in checks:
        sign, ascii_sign, word, style = _LOOKS[check.status]
        shown = paint(f"{ascii_sign if session.ascii else sign} {word:<8}", style)
        first, *others = check.said.split("\n")
        yield f"{shown}  {check.id:<9}  {first}"
        yield from (f"{INDENT}{line}" for line in others)
        arrow = "->" if session.ascii else "→"
        for number, line in enumerate(check.remedy.split("\n") if check.remedy else []):
            yield f"{INDENT}{arrow if number == 0 else ' ' * len(arrow)} {line}"
