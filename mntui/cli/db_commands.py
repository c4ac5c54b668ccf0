"""`mntui db`: ask the worker to check, to copy, or to build its index again, and tell what came of it."""

import asyncio
from pathlib import Path

from mntui.cli.codes import DONE, FAILED
from mntui.cli.exits import Body, Refusal
from mntui.cli.output import Session
from mntui.core.messages import AskKeeping, AskStatus, Denied, Kept, WorkerStatus
from mntui.engines.base import Engine

LOOK_SECONDS = 0.5
INDEX_WORD = "The index is built again"


def check() -> Body:
    return _asking(AskKeeping("check"))


def backup(folder: str) -> Body:
    async def body(session: Session) -> int:
        return await _asking(AskKeeping("backup", str(_target(session, folder))))(session)

    return body


def _target(session: Session, folder: str) -> Path:
    return (session.around.cwd / Path(folder).expanduser()).resolve()


def rebuild() -> Body:
    """Wait until it is built, and say now and then how far it is."""

    async def body(session: Session) -> int:
        async with session.engine() as engine:
            kept = await _kept(engine, AskKeeping("rebuild"))
            told = ""
            while sentence := await _progress(engine):
                if sentence != told and not session.json:
                    session.note(sentence)
                told = sentence
                await asyncio.sleep(LOOK_SECONDS)
        session.answer(_document(kept), "The index is built.")
        return DONE

    return body


def _asking(question: AskKeeping) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            kept = await _kept(engine, question)
        session.answer(_document(kept), "\n".join(kept.sentences))
        return DONE if kept.sound else FAILED

    return body


async def _kept(engine: Engine, question: AskKeeping) -> Kept:
    reply = await engine.query(question)
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, Kept)
    return reply


async def _progress(engine: Engine) -> str:
    """How far the index is, empty when it is there."""
    status = await engine.query(AskStatus())
    assert isinstance(status, WorkerStatus)
    return next((said for said in status.opening if said.startswith(INDEX_WORD)), "")


def _document(kept: Kept) -> dict[str, object]:
    return {"sound": kept.sound, "sentences": list(kept.sentences)}
