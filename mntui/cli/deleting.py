"""`mntui runs delete` and `mntui runs prune`: which runs are meant, a person's word for it, and the worker's answer.

A terminal asks, a script says `--yes`; nothing else deletes anything. What hasn't ended is never among them.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple, get_args

from mntui.cli.codes import DONE, FAILED
from mntui.cli.exits import Body, Refusal, refuse, wrong_usage
from mntui.cli.output import Session, table
from mntui.cli.terminal import Terminal
from mntui.core.contracts.durations import ContractProblem, seconds_of
from mntui.core.frozen import frozen
from mntui.core.messages import AskSql, DeleteRuns, Denied, Kept, SqlRows
from mntui.core.money import usd
from mntui.core.run import RunStatus
from mntui.engines.base import Engine

ENDED: Final = ("succeeded", "failed", "cancelled")
MOST: Final = 10_000
SHOWN: Final = 30
_NAME: Final = re.compile(r"[\w.-]+")
_SELECT: Final = """
SELECT run_id, run, blueprint, status, strftime(ended_at, '%Y-%m-%d %H:%M'), (cost_usd * 1000000)::BIGINT FROM runs
"""


class Found(NamedTuple):
    """A run that may be deleted."""

    id: str
    run: str
    blueprint: str
    status: str
    ended: str
    cost_micros: int


@frozen
class Manner:
    """`yes`: nobody is asked. `dry`: nothing is deleted."""

    yes: bool = False
    dry: bool = False


def delete(names: Sequence[str], manner: Manner) -> Body:
    """Exactly these, by their whole names or ids."""

    async def body(session: Session) -> int:
        async with session.engine() as engine:
            found = [await _one(engine, name) for name in dict.fromkeys(names)]
            return await _deleted(session, engine, found, manner)

    return body


def prune(older_than: str, status: str, keep: int | None, manner: Manner) -> Body:
    """All that fit, the oldest first; of these the newest `keep` stay."""

    async def body(session: Session) -> int:
        if not older_than and not status and keep is None:
            raise wrong_usage("which runs?", "Say one or more of --older-than 30d, --status failed, --keep 100.")
        query = _query(session, older_than, status, keep)
        async with session.engine() as engine:
            found = await _asked(engine, query)
            return await _deleted(session, engine, found, manner)

    return body


def _query(session: Session, older_than: str, status: str, keep: int | None) -> str:
    if status and status not in ENDED:
        known = f"--status is one of {', '.join(ENDED)}."
        raise wrong_usage(
            f"runs that are {status} haven't ended" if status in get_args(RunStatus) else f"there is no {status}", known
        )
    words = ", ".join(f"'{word}'" for word in ((status,) if status else ENDED))
    wanted = [f"status IN ({words})", "ended_at IS NOT NULL"]
    if older_than:
        try:
            seconds = seconds_of(older_than)
        except ContractProblem as problem:
            raise wrong_usage(problem.message, problem.remedy) from problem
        wanted.append(f"ended_at < make_timestamp({session.around.now() - round(seconds * 1_000_000)})")
    newest = f"QUALIFY row_number() OVER (ORDER BY ended_at DESC, run_id DESC) > {keep or 0}"
    return f"{_SELECT} WHERE {' AND '.join(wanted)} {newest} ORDER BY ended_at, run_id"


async def _one(engine: Engine, name: str) -> Found:
    unknown = refuse("unknown_run", f"there is no run {name}", "its whole name or id, as `mntui runs` lists it")
    if not _NAME.fullmatch(name):
        raise unknown
    found = await _asked(engine, f"{_SELECT} WHERE '{name}' IN (run, run_id)")
    if not found:
        raise unknown
    if found[0].status not in ENDED:
        raise refuse("not_ended", f"{name} hasn't ended: it is {found[0].status}", f"mntui cancel {name}")
    return found[0]


async def _asked(engine: Engine, query: str) -> list[Found]:
    reply = await engine.query(AskSql(query, MOST))
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, SqlRows)
    return [Found(*row) for row in reply.rows]


async def _deleted(session: Session, engine: Engine, found: Sequence[Found], manner: Manner) -> int:
    if not found:
        session.answer(_document(found, manner, ()), "No run fits: nothing is deleted.")
        return DONE
    if manner.dry:
        text = f"{_text(session, found)}\n{_count(found)} would be deleted; nothing was."
        session.answer(_document(found, manner, ()), text)
        return DONE
    if not manner.yes and not await _meant(session, found):
        session.note("Nothing is deleted.")
        return FAILED
    reply = await engine.query(DeleteRuns(tuple(each.id for each in found), session.around.person))
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, Kept)
    more = (f"There may be more: these are the {MOST:,} oldest. Ask again.",) if len(found) == MOST else ()
    sentences = (*reply.sentences, *more)
    session.answer(_document(found, manner, sentences), "\n".join(sentences))
    return DONE


async def _meant(session: Session, found: Sequence[Found]) -> bool:
    if not session.interactive:
        raise refuse("not_confirmed", f"{_count(found)} would be deleted for good", "say --yes, or look with --dry-run")
    session.note(_text(session, found))
    session.note("Their facts, large values and folders go for good; nothing brings them back.")
    with Terminal(session.around.stdin, session.around.stderr) as terminal:
        await terminal.settle()
        answer = await terminal.line(f"Delete {_count(found)}? Type delete and Enter, anything else leaves all: ")
    return answer.strip() == "delete"


def _text(session: Session, found: Sequence[Found]) -> str:
    rows = [(each.run, each.status, usd(each.cost_micros), each.ended, each.blueprint) for each in found[:SHOWN]]
    more = f"\n… and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    return table(("run", "status", "cost", "ended", "blueprint"), rows, session.table_width) + more


def _count(found: Sequence[Found]) -> str:
    return f"{len(found):,} run{'s' * (len(found) != 1)}"


def _document(found: Sequence[Found], manner: Manner, sentences: Sequence[str]) -> dict[str, object]:
    runs = [{"run": each.run, "id": each.id} for each in found]
    return {"deleted": not manner.dry and bool(found), "runs": runs, "sentences": list(sentences)}
