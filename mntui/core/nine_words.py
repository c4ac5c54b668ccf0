"""The nine answers as sentences, the same ones in a command's answer and on the screen.

What differs between the two is handed in as a Voice: how an instant and a status are written, and what a retry is
done with. How lines are wrapped, cut and coloured is the caller's.
"""

from collections.abc import Callable, Sequence
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.money import usd
from mntui.core.nine import Active, AgentView, Allowed, Condition, Effect, Failure, Nine, Retryable, State
from mntui.core.run import Ask, Run
from mntui.core.shown import glance
from mntui.core.why import answer_command
from mntui.core.words import EFFECTS, WAITING_FOR, span, spent

ARGUMENTS: Final = 60
INSTRUCTIONS: Final = 60
ASKED: Final = 200


@frozen
class Voice:
    """`now` in microseconds since 1970; `moment` writes an instant, `status` a status, `retry` how a path is tried"""

    now: int
    moment: Callable[[int], str]
    status: Callable[[str], str]
    retry: Callable[[str], str]


def nine_words(run: Run, nine: Nine, voice: Voice) -> tuple[tuple[str, Sequence[str]], ...]:
    """Each question with its answer's lines, at least one. A line that begins with a space is a command."""
    return (
        ("What is the current state?", _state(run, nine.state, voice)),
        ("Which step is active?", [_active(each, voice) for each in nine.active] or ["None."]),
        (
            "Which tools are allowed?",
            [_tool(each) for each in nine.tools] or ["None: this blueprint calls no tool."],
        ),
        ("What has already committed?", _committed(nine, voice)),
        ("What failed?", [_failure(each) for each in nine.failed] or ["Nothing."]),
        ("What can be retried?", [_retryable(each, voice) for each in nine.retryable] or ["Nothing needs it."]),
        ("What needs approval?", [line for ask in nine.asks for line in _ask(ask)] or ["Nothing."]),
        (
            "What does each agent see?",
            [line for each in nine.agents for line in (_agent(each), *each.switched)]
            or ["This blueprint has no agents."],
        ),
        (
            "What does success mean here?",
            [_condition(each) for each in nine.success] or ["That the run ends without an unhandled failure."],
        ),
    )


def _state(run: Run, state: State, voice: Voice) -> list[str]:
    waits = ""
    if state.status == "waiting":
        waits = f" for {' and '.join(WAITING_FOR.get(what, what) for what in state.waiting_for)}"
    judged = {True: ", a success", False: ", not a success" if state.status == "succeeded" else "", None: ""}
    budget = f" of {usd(state.budget_micros)}" if state.budget_micros is not None else ""
    took = f"{span((state.ended_at or voice.now) - state.started_at)} since {voice.moment(state.started_at)}"
    lines = [
        f"{voice.status(state.status)}{waits}{judged[state.success]}",
        f"{state.steps_ended} of {state.steps} steps ended · {took} · {spent(state.spend)}{budget}",
    ]
    if state.problem is not None:
        lines.append(f"{state.problem.message} {state.problem.remedy}".rstrip())
    if run.ending and not run.ended:
        lines.append("It is ending: nothing more is begun, what is in flight is let end.")
    return lines


def _active(active: Active, voice: Voice) -> str:
    since = f" since {voice.moment(active.since)}" if active.since is not None else ""
    until = f", until {voice.moment(active.until)}" if active.until is not None else ""
    return f"{voice.status(active.status)}  {active.path} ({active.kind}): {active.doing}{since}{until}"


def _tool(tool: Allowed) -> str:
    who = ", ".join([*(f"step {step}" for step in tool.steps), *(f"agent {agent}" for agent in tool.agents)])
    rules = "; ".join(f"{name}: {' or '.join(allowed)}" for name, allowed in tool.allow.items())
    asks = ", asks a person at each call" if tool.approve else ""
    only = f", only {rules}" if rules else ""
    return f"{tool.name} = {tool.use} ({tool.effect}: {EFFECTS[tool.effect]}){asks}{only}; for {who or 'nobody'}"


def _committed(nine: Nine, voice: Voice) -> list[str]:
    lines = [_effect(effect, voice) for effect in nine.effects] or ["No effect in the world yet."]
    if nine.finished:
        lines.append(f"Finished steps, never run or billed again: {', '.join(nine.finished)}")
    return lines


def _effect(effect: Effect, voice: Voice) -> str:
    return f"{effect.path}: {effect.tool} at {voice.moment(effect.at)} {glance(effect.arguments, ARGUMENTS)}"


def _failure(failure: Failure) -> str:
    settled = " (the blueprint goes on without it)" if failure.settled else ""
    return f"{failure.path}: {failure.problem.message}{settled} {failure.problem.remedy}".rstrip()


def _retryable(each: Retryable, voice: Voice) -> str:
    if each.refusal is None:
        return f"{each.path}: {voice.retry(each.path)}"
    return f"{each.path}: not by a retry, {each.refusal.message}. {each.refusal.remedy}".rstrip()


def _ask(ask: Ask) -> tuple[str, str]:
    """What waits and how it is answered; the whole values are shown by `mntui approvals`."""
    return (
        f"{ask.id} ({ask.kind.replace('_', ' ')}) {ask.path}: {glance(ask.question, ASKED)}",
        f"    {answer_command(ask)}",
    )


def _agent(agent: AgentView) -> str:
    steps = "; ".join(f"in {path}: {', '.join(names) or 'nothing else'}" for path, names in agent.sees.items())
    tools = f"; tools {', '.join(agent.tools)}" if agent.tools else ""
    model = agent.model or f"role {agent.model_role}"
    said = f"its instructions “{glance(agent.instructions, INSTRUCTIONS)}”, its own turns"
    return f"{agent.name} ({agent.role}, {model}): {said}{tools}; {steps}".rstrip("; ")


def _condition(condition: Condition) -> str:
    holds = {True: "holds", False: "does not hold", None: "not judged yet"}[condition.holds]
    return f"{condition.name}: {condition.expression} ({holds})"
