"""Which version of a blueprint is meant: the files as they are now, or, by NAME@WHICH, one that a run here keeps.

WHICH is the beginning of a digest, a version as the blueprint calls it, or a run. No folder is needed for that: a run
keeps the content it was started with.
"""

import re
from collections.abc import Mapping

from mntui.cli.blueprints import load_blueprint, valid_plan
from mntui.cli.exits import Refusal, refuse
from mntui.cli.fetching import fetched
from mntui.cli.finding import opened
from mntui.cli.output import Session
from mntui.core.events import RunStarted
from mntui.core.frozen import frozen
from mntui.core.messages import AskSql, Denied, SqlRows
from mntui.core.plan import Plan
from mntui.engines.base import Engine

SHORTEST_DIGEST = 4
SHOWN_DIGEST = 12
MOST_LISTED = 5
_NAME = re.compile(r"[a-z][a-z0-9_-]*")

_KEPT = """
SELECT run, body->>'$.digest', body->>'$.version' FROM events
WHERE kind = 'RunStarted' AND body->>'$.blueprint' = '{name}' AND body->>'$.rerun_of.id' IS NULL
ORDER BY happened_at DESC
"""


@frozen
class Version:
    """A blueprint's content. `kept_by` names the run that keeps it; empty where it was read from files."""

    plan: Plan
    source: Mapping[str, str]
    digest: str
    kept_by: str = ""


@frozen
class _Kept:
    run: str
    digest: str
    version: str


async def version_of(session: Session, wanted: str) -> Version:
    """Raises Refusal where there is none, or where several are meant."""
    name, at, which = wanted.rpartition("@")
    if not at or (session.around.cwd / wanted).exists():
        loaded = load_blueprint(session, wanted)
        return Version(valid_plan(loaded, wanted), loaded.source, loaded.digest)
    async with session.engine() as engine:
        return await _opened(engine, await _kept(engine, name, which))


async def _kept(engine: Engine, name: str, which: str) -> str:
    """The newest run that keeps the version."""
    reply = await engine.query(AskSql(_KEPT.format(name=name))) if _NAME.fullmatch(name) else SqlRows((), ())
    if isinstance(reply, Denied):
        raise Refusal(reply)
    assert isinstance(reply, SqlRows)
    known = [_Kept(*map(str, row)) for row in reply.rows]
    found = [each for each in known if _is(each, which)]
    if not known:
        raise refuse("unknown_version", f"no run here keeps a version of {name}", "mntui runs lists the runs.")
    if not found:
        raise refuse("unknown_version", f"no run here keeps {name}@{which}", f"These are kept: {_listed(known)}.")
    if len({each.digest for each in found}) > 1:
        raise refuse("ambiguous_version", f"{name}@{which} is several versions", f"Name one: {_listed(found)}.")
    return found[0].run


def _is(kept: _Kept, which: str) -> bool:
    begins = len(which) >= SHORTEST_DIGEST and kept.digest.startswith(which)
    return begins or which in (kept.run, kept.version)


def _listed(known: list[_Kept]) -> str:
    newest = {each.digest: each for each in reversed(known)}
    told = [f"{each.digest[:SHOWN_DIGEST]} ({each.version}, {each.run})" for each in newest.values()]
    return ", ".join(told[:MOST_LISTED]) + (f" and {len(told) - MOST_LISTED} more" if len(told) > MOST_LISTED else "")


async def _opened(engine: Engine, run: str) -> Version:
    first = await opened(engine, run)
    started = first.facts[0].event
    assert isinstance(started, RunStarted)
    return Version(first.plan, await fetched(engine, started.source) or {}, started.digest, first.run)
