"""Look after a journal whose worker can't start: `python -m mntui.journal.alone check|rebuild|accept FOLDER`.

`accept` takes for lost what the log lost and its index can't give back; the journal then opens again. It answers with
JSON on standard output: {"sentences", "sound"}, or {"error": [code, message, remedy]}.

Absent: a worker. No run goes on here.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

from mntui.core.messages import AskKeeping, Denied, Kept
from mntui.core.values import Json
from mntui.journal.log import accept_loss
from mntui.journal.refusals import LogBusy, LogDamaged
from mntui.journal.remembered import INDEX_FILE, LogJournal
from mntui.journal.store import Index

LOOK_SECONDS: Final = 0.1
PRIVATE_UMASK: Final = 0o077


async def answer(what: str, folder: Path) -> Json:
    try:
        told = _accepted(folder) if what == "accept" else []
        with closing(LogJournal(folder)) as journal:
            told += journal.opening
            kept = await _kept(journal, "check" if what == "check" else "rebuild")
    except LogDamaged as damaged:
        return {"sentences": [str(damaged), damaged.remedy], "sound": False}
    except (LogBusy, OSError) as error:
        return {"error": ["busy", str(error), getattr(error, "remedy", "free some space, and ask again")]}
    if isinstance(kept, Denied):
        return {"error": [kept.code, kept.message, kept.remedy]}
    return {"sentences": [*told, *kept.sentences], "sound": kept.sound}


async def _kept(journal: LogJournal, what: Literal["check", "rebuild"]) -> Denied | Kept:
    await _until_built(journal)
    kept = await journal.keep(AskKeeping(what))
    await _until_built(journal)
    return kept


async def _until_built(journal: LogJournal) -> None:
    while journal.building():  # noqa: ASYNC110 - another thread builds, and tells nobody
        await asyncio.sleep(LOOK_SECONDS)


def _accepted(folder: Path) -> list[str]:
    index = Index(folder / INDEX_FILE)
    try:
        lost = accept_loss(folder, applied=index.applied, restore=index.restored)
    finally:
        index.close()
    return [f"{damage.sentence} It counts as lost now." for damage in lost]


def main(arguments: Sequence[str]) -> None:
    os.umask(PRIVATE_UMASK)
    what, folder = arguments[0], Path(arguments[1])
    nothing = {"sentences": ["There is no journal yet."], "sound": True}
    json.dump(asyncio.run(answer(what, folder)) if folder.is_dir() else nothing, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
