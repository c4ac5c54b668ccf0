"""`mntui db`: ask the worker to check, copy, build again or free room, and tell what came of it.

Where no worker can be reached, `check` and `rebuild` are done by a process of their own over the journal itself.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final, Literal

from mntui.cli.codes import DONE, FAILED
from mntui.cli.exits import Body, Refusal, refuse
from mntui.cli.output import Session
from mntui.cli.processes import tree_environment
from mntui.core.messages import AskKeeping, AskStatus, Denied, Kept, WorkerStatus
from mntui.engines.base import Engine, EngineGone

LOOK_SECONDS: Final = 0.5
INDEX_WORD: Final = "The index is built again"
ALONE: Final = "mntui.journal.alone"


def check() -> Body:
    async def body(session: Session) -> int:
        try:
            kept = await _asked(session, AskKeeping("check"))
        except EngineGone as gone:
            kept = await _alone(session, "check", gone)
        return _told(session, kept)

    return body


def backup(folder: str) -> Body:
    async def body(session: Session) -> int:
        return _told(session, await _asked(session, AskKeeping("backup", str(_target(session, folder)))))

    return body


def _target(session: Session, folder: str) -> Path:
    return (session.around.cwd / Path(folder).expanduser()).resolve()


def prune() -> Body:
    async def body(session: Session) -> int:
        return _told(session, await _asked(session, AskKeeping("prune")))

    return body


def rebuild() -> Body:
    """Wait until it is built, and say now and then how far it is."""

    async def body(session: Session) -> int:
        try:
            async with session.engine() as engine:
                kept = await _kept(engine, AskKeeping("rebuild"))
                await _until_built(session, engine)
        except EngineGone as gone:
            kept = await _alone(session, "rebuild", gone)
            if not kept.sound:
                return _told(session, kept)
        session.answer(_document(kept), "The index is built.")
        return DONE

    return body


def accept_loss() -> Body:
    """Only where no worker can open the journal; one that can has lost nothing."""

    async def body(session: Session) -> int:
        try:
            async with session.engine() as engine:
                await engine.query(AskStatus())
        except EngineGone as gone:
            return _told(session, await _alone(session, "accept", gone))
        session.answer({"sound": True, "sentences": []}, "The journal opens: nothing of it is lost.")
        return DONE

    return body


async def _asked(session: Session, question: AskKeeping) -> Kept:
    async with session.engine() as engine:
        return await _kept(engine, question)


async def _kept(engine: Engine, question: AskKeeping) -> Kept:
    reply = await engine.query(question)
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, Kept)
    return reply


async def _until_built(session: Session, engine: Engine) -> None:
    told = ""
    while sentence := await _progress(engine):
        if sentence != told and not session.json:
            session.note(sentence)
        told = sentence
        await asyncio.sleep(LOOK_SECONDS)


async def _progress(engine: Engine) -> str:
    """How far the index is, empty when it is there."""
    status = await engine.query(AskStatus())
    assert isinstance(status, WorkerStatus)
    return next((said for said in status.opening if said.startswith(INDEX_WORD)), "")


async def _alone(session: Session, what: Literal["check", "rebuild", "accept"], gone: EngineGone) -> Kept:
    """The same without a worker. Raises Refusal where the journal can't be had."""
    if not session.json:
        session.note(f"No worker can be reached ({gone.message}); this is done without one.")
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", ALONE, what, str(session.settings.journal)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env=tree_environment(),
    )
    told, _ = await asked.communicate()
    if asked.returncode != 0:
        raise gone
    answer = json.loads(told)
    if "error" in answer:
        raise refuse(*answer["error"])
    return Kept(tuple(answer["sentences"]), answer["sound"])


def _told(session: Session, kept: Kept) -> int:
    session.answer(_document(kept), "\n".join(kept.sentences))
    return DONE if kept.sound else FAILED


def _document(kept: Kept) -> dict[str, object]:
    return {"sound": kept.sound, "sentences": list(kept.sentences)}
