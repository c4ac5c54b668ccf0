"""The nine answers as text, in the words of the nine questions. Made for 80 columns."""

import textwrap
from collections.abc import Sequence
from itertools import islice

from mntui.cli.output import Session, clock, paint
from mntui.core.nine import Nine
from mntui.core.nine_words import Voice, nine_words
from mntui.core.run import Run

MOST_LINES = 12


def nine_text(session: Session, run: Run, nine: Nine) -> str:
    """The whole page."""
    wide = max(session.width, 40)
    voice = Voice(session.around.now(), clock, session.status, lambda path: f"mntui retry {run.name} {path}")
    head = f"{paint(run.name, 'bold')}  {run.blueprint} {run.version}".rstrip()
    blocks = [head, f"folder  {run.folder}", *_made_of(run)]
    for number, (question, lines) in enumerate(nine_words(run, nine, voice), 1):
        blocks.append(f"\n{paint(f'{number} {question}', 'bold')}\n{_wrapped(lines, wide)}")
    return "\n".join(blocks)


def _made_of(run: Run) -> list[str]:
    if run.rerun_of is not None:
        return [f"a frozen rerun of {run.rerun_of.name}: only its models were asked again"]
    return [f"a rerun of {run.again_of}"] if run.again_of else []


def _wrapped(lines: Sequence[str], wide: int) -> str:
    """Lines at a width. One that begins with a space is a command: it stays whole, so that it can be copied."""
    shown = [line if line.startswith(" ") else _filled(line, wide) for line in islice(lines, MOST_LINES)]
    if len(lines) > MOST_LINES:
        shown.append(f"  … and {len(lines) - MOST_LINES} more (all of them: --json)")
    return "\n".join(shown)


def _filled(line: str, wide: int) -> str:
    return textwrap.fill(
        line, wide, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
