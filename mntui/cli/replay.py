"""`mntui replay`: a journal or a bundle through today's rules. Nothing is called, and for a bundle no worker is needed.

What is recorded differs: a bundle holds the digest of its state, so a replay agrees with it or doesn't; a run of this
home has no such record, and agrees when each of its facts follows from those before it.
"""

from pathlib import Path

from mntui.cli.codes import DONE, FAILED
from mntui.cli.exits import Body, Refusal, refuse
from mntui.cli.finding import opened
from mntui.cli.output import Session
from mntui.core.frozen import frozen
from mntui.core.messages import Denied
from mntui.core.retrace import Divergence, Retraced, retrace
from mntui.core.run import new_run
from mntui.core.state_digest import state_digest
from mntui.core.values import Json
from mntui.wire.bundle import BundleBroken, read_bundle


@frozen
class Replayed:
    """`facts` were there, `state` is what they fold to; `recorded` what a bundle says, `version` who wrote it."""

    source: str
    facts: int
    retraced: Retraced
    state: str
    recorded: str | None = None
    version: str = ""

    @property
    def same(self) -> bool:
        return self.retraced.divergence is None and self.recorded in {None, self.state}


def replay(wanted: str) -> Body:
    async def body(session: Session) -> int:
        path = _file(session, wanted)
        replayed = await _of_run(session, wanted) if path is None else _of_file(session, path)
        session.answer(_document(replayed), _text(replayed))
        return DONE if replayed.same else FAILED

    return body


def _file(session: Session, wanted: str) -> Path | None:
    """The file that is meant, None where it is a run: no run's name has a dot or a slash. Raises Refusal."""
    path = session.around.cwd / Path(wanted).expanduser()
    if path.is_file():
        return path
    if "/" in wanted or "." in wanted:
        raise refuse("missing_file", f"there is no file {wanted}", "mntui export RUN --to bundle writes one.")
    return None


async def _of_run(session: Session, wanted: str) -> Replayed:
    async with session.engine() as engine:
        first = await opened(engine, wanted)
    retraced = retrace(new_run(first.id, first.plan), first.facts)
    return Replayed("journal", len(first.facts), retraced, state_digest(retraced.run))


def _of_file(session: Session, path: Path) -> Replayed:
    try:
        bundle = read_bundle(path.read_bytes())
        retraced = retrace(new_run(bundle.run_id, bundle.plan), bundle.facts)
    except OSError as error:
        raise refuse("unreadable", f"{path} can't be read: {error.strerror}", "") from error
    except BundleBroken as broken:
        # The place is for programs; a person isn't shown a line of a hundred thousand characters.
        denied = Denied(
            "broken_bundle",
            f"{path.name} is not the bundle that was written: {broken}",
            "Take the file from where it came from again, or export the run again.",
            str(path),
            broken.line if session.json else 0,
        )
        raise Refusal(denied) from broken
    state = state_digest(retraced.run)
    return Replayed("bundle", len(bundle.facts), retraced, state, bundle.state, bundle.version)


def _document(replayed: Replayed) -> Json:
    run = replayed.retraced.run
    return {
        "run": run.name,
        "id": run.id,
        "source": replayed.source,
        "facts": replayed.facts,
        "state_digest": replayed.state,
        "recorded_digest": replayed.recorded,
        "same": replayed.same,
        "divergence": _divergence(replayed.retraced.divergence),
    }


def _divergence(found: Divergence | None) -> Json:
    return None if found is None else {"seq": found.seq, "kind": found.kind, "path": found.path, "why": found.why}


def _text(replayed: Replayed) -> str:
    run, found = replayed.retraced.run, replayed.retraced.divergence
    lines = [f"{run.name}: {replayed.facts} facts, state digest {replayed.state}"]
    if found is not None:
        where = f" of {found.path}" if found.path else ""
        lines.append(f"diverges at event {found.seq} ({found.kind}{where}): {found.why}")
        lines.append(f"The state is that of the {run.seq} facts before it.")
    elif replayed.recorded is None:
        lines.append("Each fact follows from those before it, by today's rules.")
    elif replayed.same:
        lines.append("same as recorded; each fact follows from those before it, by today's rules.")
    else:
        lines.append(f"not as recorded by mntui {replayed.version}: {replayed.recorded}")
        lines.append("Every fact could be folded, but to another state: the rules have changed since, or the trailer.")
    return "\n".join(lines)
