"""What came of a run, for the person who started it: the verdict, the outputs, the files, the cost; or who must act."""

import json
import os
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from mntui.cli.ask_text import answer_lines, ask_text
from mntui.cli.output import Session, clock, paint, plain
from mntui.core.decide import standing
from mntui.core.run import Run
from mntui.core.values import Json
from mntui.core.why import asks_in_order, why
from mntui.core.words import WAITING_FOR, span, spent

MOST_FILES = 20
MOST_CHARACTERS = 4000


def result_text(session: Session, run: Run, outputs: Json) -> str:
    """A run that has ended."""
    lines = [f"{session.status(standing(run).status)}  {run.name}{_judged(run)}"]
    if run.problem is not None:
        place = f"{run.problem_path}: " if run.problem_path else ""
        lines.append(f"  {place}{run.problem.message} {run.problem.remedy}".rstrip())
        lines.append(f"  More: mntui show {run.name}")
    lines.extend(_outputs(outputs, run.name))
    lines.extend(_files(run))
    took = span((run.ended_at or run.at) - run.started_at)
    lines.append(f"{paint('cost', 'bold')}  {spent(run.spend)} · {took}")
    return "\n".join(lines)


def _judged(run: Run) -> str:
    if run.ended != "succeeded":
        return ""
    wrong = sorted(name for name, holds in (run.success or {}).items() if not holds)
    if wrong:
        return f", but not a success: {', '.join(wrong)} doesn't hold"
    right = ", ".join(sorted(run.success or {}))
    return f", a success: {right}" if right else ""


def _outputs(outputs: Json, name: str) -> Iterator[str]:
    if not isinstance(outputs, Mapping) or not outputs:
        return
    yield paint("outputs", "bold")
    for key, value in outputs.items():
        text = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False, indent=2)
        if len(text) > MOST_CHARACTERS:
            text = f"{text[:MOST_CHARACTERS]}…\n(the rest: mntui show {name} --json)"
        yield f"  {key}: {text}" if "\n" not in text else f"  {key}:\n{textwrap.indent(text.rstrip(), '    ')}"


def _files(run: Run) -> Iterator[str]:
    """The files that the run left in its folder, and where copies of them went."""
    found = sorted(_sizes(Path(run.folder)))
    if not found:
        return
    yield f"{paint('files', 'bold')} in {run.out or run.folder}"
    for name, size in found[:MOST_FILES]:
        yield f"  {name}  {_bytes(size)}"
    if len(found) > MOST_FILES:
        yield f"  … and {len(found) - MOST_FILES} more"


def _sizes(folder: Path) -> Iterator[tuple[str, int]]:
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base) / name
            if path.is_file():
                yield str(path.relative_to(folder)), path.stat().st_size


def _bytes(size: int) -> str:
    return f"{size} bytes" if size < 1000 else f"{size / 1000:,.1f} kB"


def waiting_text(session: Session, run: Run) -> str:
    """A run that only a person, a signal or a time can move, and exactly what to type."""
    stands = standing(run)
    waits = " and ".join(WAITING_FOR.get(what, what) for what in stands.waiting_for)
    lines = [f"{session.status(stands.status)}  {run.name}{f' for {waits}' if waits else ''}"]
    for ask in asks_in_order(run):
        # At a terminal the item was shown a moment ago.
        lines.append(f"{ask.id}  {ask.question}" if session.interactive else ask_text(ask, run.name))
        lines.extend(f"  $ {command}" for command in answer_lines(ask, run.name))
    for blocker in why(run):
        if blocker.kind in {"approval", "question", "in_doubt", "budget"}:
            continue
        until = f", until {clock(blocker.until)}" if blocker.until is not None else ""
        lines.append(f"{blocker.step or run.name}: {blocker.what}{until}")
        if blocker.command:
            lines.append(f"  $ {blocker.command}")
    lines.append(f"It goes on when that is done, whether anybody looks on or not. Look: mntui watch {run.name}")
    return "\n".join(lines)
