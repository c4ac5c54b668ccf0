"""The nine answers of a run as a page, and what came of it in the end."""

from collections.abc import Iterator, Mapping
from typing import Final

from mntui.core.nine import nine
from mntui.core.nine_words import Voice, nine_words
from mntui.core.run import Run
from mntui.core.shown import whole
from mntui.core.values import Json
from mntui.core.why import Blocker, why
from mntui.core.words import spent
from mntui.ui.drawing.text import Line, Segment
from mntui.ui.outcome import Outcome
from mntui.ui.pages.markdown import markdown_page
from mntui.ui.pages.write import BLANK, ago, clock, heading, line, named, paragraph, state

MOST: Final = 12
MOST_FILES: Final = 40


def nine_page(run: Run, now: int, width: int) -> Iterator[Line]:
    """All nine, in the words of the questions."""
    voice = Voice(now, clock, lambda status: state(status)[0], lambda _: "press t")
    for number, (question, lines) in enumerate(nine_words(run, nine(run), voice), 1):
        yield line((f"{number} ", "key"), (question, "title"))
        for each in lines[:MOST]:
            yield from paragraph(each.strip(), width, "value", indent=2, hang=2)
        if len(lines) > MOST:
            yield line((f"  … and {len(lines) - MOST} more: mntui show {run.name}", "muted"))
        yield BLANK


# Why it isn't moving

KEYS: Final[Mapping[str, str]] = {
    "approval": "press a, or type",
    "question": "press a, or type",
    "in_doubt": "press a, or type",
    "budget": "press a, or type",
    "failure": "press t, or type",
    "paused": "press p, or type",
    "signal": "type",
}


def why_page(run: Run, held_back: Mapping[str, str], now: int, width: int) -> Iterator[Line]:
    """What blocks it, since when, and what unblocks it."""
    blockers = why(run, held_back)
    yield heading("Why is it not moving?")
    if not blockers:
        told = "It has ended." if run.ended else "Nothing blocks it: it is at work."
        yield from paragraph(told, width, "good")
    for blocker in blockers:
        yield BLANK
        yield from _blocker(blocker, now, width)


def _blocker(blocker: Blocker, now: int, width: int) -> Iterator[Line]:
    place = f"{blocker.step}: " if blocker.step else ""
    since = f" ({ago(blocker.since, now)} ago)" if blocker.since is not None else ""
    yield from paragraph(f"{place}{blocker.what}{since}", width, "waiting")
    if blocker.until is not None:
        yield from paragraph(f"ends by itself at {clock(blocker.until)}", width, "muted", indent=2)
    if blocker.command:
        yield from paragraph(f"{KEYS.get(blocker.kind, 'type')}: {blocker.command}", width, "key", indent=2)


# What came of it


def result_page(run: Run, outputs: Json, left: Outcome, width: int) -> Iterator[Line]:
    """The verdict, the outputs, the documents among them as they read, the files that are left in the run's folder."""
    if not run.ended:
        yield from paragraph("The run has not ended yet. Its outputs will be shown here.", width, "muted")
    else:
        yield line(state(run.ended), *_judged(run))
    if run.problem is not None:
        place = f"{run.problem_path}: " if run.problem_path else ""
        yield from paragraph(f"{place}{run.problem.message} {run.problem.remedy}".rstrip(), width, "bad")
    if isinstance(outputs, Mapping) and outputs:
        yield BLANK
        yield heading("outputs")
        yield from named([(str(name), _told(run, value)) for name, value in outputs.items()], width, "value")
    if run.success:
        yield BLANK
        yield heading("success means")
    for name, holds in (run.success or {}).items():
        yield line(("✓ " if holds else "✗ ", "good" if holds else "bad"), (name, "value"), *_unless(holds))
    yield BLANK
    yield line(("cost ", "title"), (spent(run.spend), "money"))
    for name, text in left.documents:
        yield BLANK
        yield heading(name, "o opens it")
        yield from markdown_page(text, width)
    yield from _files(run, left, width)


def _told(run: Run, value: Json) -> str:
    """A value whole; a file of the run by its name below the run's folder, which is told beneath."""
    text = whole(value)
    return text.removeprefix(f"{run.folder}/") if run.folder else text


def _unless(holds: bool) -> Iterator[Segment]:
    if not holds:
        yield "  does not hold", "bad"


def _files(run: Run, left: Outcome, width: int) -> Iterator[Line]:
    if left.files:
        yield BLANK
        yield heading("files", "" if left.outputs else "o opens their folder")
        yield from paragraph(run.out or run.folder, width, "muted")
        yield from named([(name, f"{size:,} bytes") for name, size in left.files[:MOST_FILES]], width, "muted")
        if len(left.files) > MOST_FILES:
            yield line((f"… and {len(left.files) - MOST_FILES} more", "muted"))


def _judged(run: Run) -> Iterator[tuple[str, str]]:
    if run.ended == "succeeded":
        holds = all((run.success or {}).values())
        yield ("  a success", "good") if holds else ("  but not a success", "bad")
