"""The nine answers as text, in the words of the nine questions. Made for 80 columns."""

import textwrap
from collections.abc import Iterable, Sequence
from itertools import islice

from mntui.cli.output import Session, clock, cut, glance, paint
from mntui.core.money import usd
from mntui.core.nine import Active, AgentView, Allowed, Condition, Effect, Failure, Nine, Retryable, State
from mntui.core.run import Ask, Run
from mntui.core.why import answer_command
from mntui.core.words import EFFECTS, WAITING_FOR, span, spent

MOST_LINES = 12
_QUESTIONS = (
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


def nine_text(session: Session, run: Run, nine: Nine) -> str:
    """The whole page."""
    wide = max(session.width, 40)
    answers = (
        _state(session, run, nine.state),
        [_active(session, active) for active in nine.active] or ["None."],
        [_tool(tool) for tool in nine.tools] or ["None: this blueprint calls no tool."],
        _committed(nine),
        [_failure(failure) for failure in nine.failed] or ["Nothing."],
        [_retryable(run, each) for each in nine.retryable] or ["Nothing needs it."],
        [line for ask in nine.asks for line in ask_lines(ask)] or ["Nothing."],
        [_agent(agent) for agent in nine.agents] or ["This blueprint has no agents."],
        [_condition(condition) for condition in nine.success] or ["That the run ends without an unhandled failure."],
    )
    head = f"{paint(run.name, 'bold')}  {run.blueprint} {run.version}".rstrip()
    blocks = [head, f"folder  {run.folder}"]
    for number, (question, lines) in enumerate(zip(_QUESTIONS, answers, strict=True), 1):
        blocks.append(f"\n{paint(f'{number} {question}', 'bold')}\n{_wrapped(lines, wide)}")
    return "\n".join(blocks)


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


def _state(session: Session, run: Run, state: State) -> list[str]:
    waits = (
        f" for {' and '.join(WAITING_FOR.get(what, what) for what in state.waiting_for)}"
        if (state.status == "waiting")
        else ""
    )
    judged = {True: ", a success", False: ", not a success" if state.status == "succeeded" else "", None: ""}
    end = state.ended_at or session.around.now()
    budget = f" of {usd(state.budget_micros)}" if state.budget_micros is not None else ""
    took = f"{span(end - state.started_at)} since {clock(state.started_at)}"
    lines = [
        f"{session.status(state.status)}{waits}{judged[state.success]}",
        f"{state.steps_ended} of {state.steps} steps ended · {took} · {spent(state.spend)}{budget}",
    ]
    if state.problem is not None:
        lines.append(f"{state.problem.message} {state.problem.remedy}".rstrip())
    if run.ending and not run.ended:
        lines.append("It is ending: nothing more is begun, what is in flight is let end.")
    return lines


def _active(session: Session, active: Active) -> str:
    since = f" since {clock(active.since)}" if active.since is not None else ""
    until = f", until {clock(active.until)}" if active.until is not None else ""
    return f"{session.status(active.status)}  {active.path} ({active.kind}): {active.doing}{since}{until}"


def _tool(tool: Allowed) -> str:
    who = ", ".join([*(f"step {step}" for step in tool.steps), *(f"agent {agent}" for agent in tool.agents)])
    rules = "; ".join(f"{name}: {' or '.join(allowed)}" for name, allowed in tool.allow.items())
    asks = ", asks a person at each call" if tool.approve else ""
    only = f", only {rules}" if rules else ""
    return f"{tool.name} = {tool.use} ({tool.effect}: {EFFECTS[tool.effect]}){asks}{only}; for {who or 'nobody'}"


def _committed(nine: Nine) -> list[str]:
    lines = [_effect(effect) for effect in nine.effects] or ["No effect in the world yet."]
    if nine.finished:
        lines.append(f"Finished steps, never run or billed again: {', '.join(nine.finished)}")
    return lines


def _effect(effect: Effect) -> str:
    return f"{effect.path}: {effect.tool} at {clock(effect.at)} {glance(effect.arguments, 60)}"


def _failure(failure: Failure) -> str:
    settled = " (the blueprint goes on without it)" if failure.settled else ""
    return f"{failure.path}: {failure.problem.message}{settled} {failure.problem.remedy}".rstrip()


def _retryable(run: Run, each: Retryable) -> str:
    if each.refusal is None:
        return f"{each.path}: mntui retry {run.name} {each.path}"
    return f"{each.path}: not by a retry, {each.refusal.message}. {each.refusal.remedy}".rstrip()


def ask_lines(ask: Ask) -> Iterable[str]:
    """What waits and how it is answered; the whole values are shown by `mntui approvals`."""
    yield f"{ask.id} ({ask.kind.replace('_', ' ')}) {ask.path}: {cut(ask.question, 200)}"
    yield f"    {answer_command(ask)}"


def _agent(agent: AgentView) -> str:
    steps = "; ".join(f"in {path}: {', '.join(names) or 'nothing else'}" for path, names in agent.sees.items())
    tools = f"; tools {', '.join(agent.tools)}" if agent.tools else ""
    model = agent.model or f"role {agent.model_role}"
    text = cut(agent.instructions, 60)
    return f"{agent.name} ({agent.role}, {model}): its instructions “{text}”, its own turns{tools}; {steps}".rstrip(
        "; "
    )


def _condition(condition: Condition) -> str:
    holds = {True: "holds", False: "does not hold", None: "not judged yet"}[condition.holds]
    return f"{condition.name}: {condition.expression} ({holds})"
