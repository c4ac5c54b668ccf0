"""The nine answers of a run as a page, and what came of it in the end."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from mntui.core.nine import Active, AgentView, Allowed, Condition, Effect, Failure, Nine, Retryable, nine
from mntui.core.run import Run
from mntui.core.shown import glance, whole
from mntui.core.values import Json
from mntui.core.why import Blocker, why
from mntui.core.words import EFFECTS, WAITING_FOR, span, spent
from mntui.ui.drawing.text import Line
from mntui.ui.pages.write import BLANK, ago, clock, heading, line, named, paragraph, state

MOST: Final = 12
MOST_FILES: Final = 40
QUESTIONS: Final = (
    "What is the current state?",
    "Which step is active?",
    "Which tools are allowed?",
    "What has already committed?",
    "What failed?",
    "What can be retried?",
    "What needs approval?",
    "What does each agent see?",
    "What does success mean here?",
)


def nine_page(run: Run, now: int, width: int) -> Iterator[Line]:
    """All nine, in the words of the questions."""
    answers = nine(run)
    told: tuple[Sequence[str], ...] = (
        _state(run, answers, now),
        [_active(each, now) for each in answers.active] or ["None."],
        [_tool(each) for each in answers.tools] or ["None: this blueprint calls no tool."],
        _committed(answers, now),
        [_failure(each) for each in answers.failed] or ["Nothing."],
        [_retryable(each) for each in answers.retryable] or ["Nothing needs it."],
        [f"{ask.id} ({ask.kind.replace('_', ' ')}) {ask.path}: {glance(ask.question)}" for ask in answers.asks]
        or ["Nothing."],
        [_agent(each) for each in answers.agents] or ["This blueprint has no agents."],
        [_condition(each) for each in answers.success] or ["That the run ends without an unhandled failure."],
    )
    for number, (question, lines) in enumerate(zip(QUESTIONS, told, strict=True), 1):
        yield line((f"{number} ", "key"), (question, "title"))
        for each in lines[:MOST]:
            yield from paragraph(each, width, "value", indent=2, hang=2)
        if len(lines) > MOST:
            yield line((f"  … and {len(lines) - MOST} more: mntui show {run.name}", "muted"))
        yield BLANK


def _state(run: Run, answers: Nine, now: int) -> list[str]:
    held = answers.state
    waits = f" for {' and '.join(WAITING_FOR.get(w, w) for w in held.waiting_for)}" if held.status == "waiting" else ""
    judged = {True: ", a success", False: ", not a success" if held.status == "succeeded" else "", None: ""}
    end = held.ended_at or now
    lines = [
        f"{state(held.status)[0]}{waits}{judged[held.success]}",
        f"{held.steps_ended} of {held.steps} steps ended · {span(end - held.started_at)} · {spent(held.spend)}",
    ]
    if held.problem is not None:
        lines.append(f"{held.problem.message} {held.problem.remedy}".rstrip())
    if run.ending and not run.ended:
        lines.append("It is ending: nothing more is begun, what is in flight is let end.")
    return lines


def _active(each: Active, now: int) -> str:
    since = f" for {span(now - each.since)}" if each.since is not None else ""
    until = f", until {clock(each.until)}" if each.until is not None else ""
    return f"{state(each.status)[0]} {each.path} ({each.kind}){since}: {each.doing}{until}"


def _tool(tool: Allowed) -> str:
    who = ", ".join([*(f"step {step}" for step in tool.steps), *(f"agent {agent}" for agent in tool.agents)])
    rules = "; ".join(f"{name}: {' or '.join(allowed)}" for name, allowed in tool.allow.items())
    asks = ", asks a person at each call" if tool.approve else ""
    only = f", only {rules}" if rules else ""
    return f"{tool.name} = {tool.use} ({tool.effect}: {EFFECTS[tool.effect]}){asks}{only}; for {who or 'nobody'}"


def _committed(answers: Nine, now: int) -> list[str]:
    lines = [_effect(each, now) for each in answers.effects] or ["No effect in the world yet."]
    if answers.finished:
        lines.append(f"Finished steps, never run or billed again: {', '.join(answers.finished)}")
    return lines


def _effect(each: Effect, now: int) -> str:
    return f"{each.path}: {each.tool}, {ago(each.at, now)} ago, {glance(each.arguments, 80)}"


def _failure(each: Failure) -> str:
    settled = " (the blueprint goes on without it)" if each.settled else ""
    return f"{each.path}: {each.problem.message}{settled} {each.problem.remedy}".rstrip()


def _retryable(each: Retryable) -> str:
    if each.refusal is None:
        return f"{each.path}: press t"
    return f"{each.path}: not by a retry, {each.refusal.message}. {each.refusal.remedy}".rstrip()


def _agent(agent: AgentView) -> str:
    steps = "; ".join(f"in {path}: {', '.join(names) or 'nothing else'}" for path, names in agent.sees.items())
    tools = f"; tools {', '.join(agent.tools)}" if agent.tools else ""
    model = agent.model or f"role {agent.model_role}"
    return f"{agent.name} ({agent.role}, {model}): its instructions, its own turns{tools}; {steps}".rstrip("; ")


def _condition(each: Condition) -> str:
    holds = {True: "holds", False: "does not hold", None: "not judged yet"}[each.holds]
    return f"{each.name}: {each.expression} ({holds})"


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


def result_page(run: Run, outputs: Json, files: Sequence[tuple[str, int]], width: int) -> Iterator[Line]:
    """The verdict, the outputs, the files that are left in the run's folder."""
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
        yield from named([(str(name), whole(value)) for name, value in outputs.items()], width, "value")
    for name, holds in (run.success or {}).items():
        yield line((f"{name} ", "muted"), ("holds", "good") if holds else ("does not hold", "bad"))
    if files:
        yield BLANK
        yield heading("files", "o opens their folder")
        yield from paragraph(run.out or run.folder, width, "muted")
        yield from named([(name, f"{size:,} bytes") for name, size in files[:MOST_FILES]], width, "muted")
        if len(files) > MOST_FILES:
            yield line((f"… and {len(files) - MOST_FILES} more", "muted"))
    yield BLANK
    yield line(("cost ", "title"), (spent(run.spend), "money"))


def _judged(run: Run) -> Iterator[tuple[str, str]]:
    if run.ended == "succeeded":
        holds = all((run.success or {}).values())
        yield ("  a success", "good") if holds else ("  but not a success", "bad")


def files_in(folder: str) -> list[tuple[str, int]]:
    """The files below a run's folder by name, with their sizes in bytes."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base) / name
            if path.is_file():
                found.append((str(path.relative_to(folder)), path.stat().st_size))
    return sorted(found)
