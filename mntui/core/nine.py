"""The nine questions that a run can always answer, told from the folded run alone.

Screens and the command line draw this value and decide nothing themselves.
Deliberately absent: text of prompts and large values (asked of the engine), and whether a worker is alive.
"""

from collections.abc import Iterator, Mapping

from mntui.core.answer import answer
from mntui.core.decide import Now, standing
from mntui.core.events import Stored
from mntui.core.frozen import frozen
from mntui.core.money import Spend
from mntui.core.plan import AgentPlan, AgentWork, EffectClass, ForEachWork, ToolPlan, ToolWork
from mntui.core.requests import Refused, Retry
from mntui.core.run import ENDED, Ask, Call, Node, Run, RunStatus
from mntui.core.step_paths import is_item
from mntui.core.steps import step_of
from mntui.core.values import Problem
from mntui.core.why import asks_in_order


@frozen
class State:
    """1. Steps are those that the run has so far, items not counted. `success` is None until the run has ended."""

    status: RunStatus
    waiting_for: tuple[str, ...]
    success: bool | None
    problem: Problem | None
    steps_ended: int
    steps: int
    spend: Spend
    budget_micros: int | None
    started_at: int
    ended_at: int | None


@frozen
class Active:
    """2. A step that has started and not ended, and what it is doing. `until`: when a wait or a retry is due."""

    path: str
    kind: str
    status: str
    doing: str
    since: int | None
    until: int | None = None


@frozen
class Allowed:
    """3. A tool as this run may call it, and which steps and agents may."""

    name: str
    use: str
    effect: EffectClass
    approve: bool
    allow: Mapping[str, tuple[str, ...]]
    fixed: tuple[str, ...]
    steps: tuple[str, ...]
    agents: tuple[str, ...]


@frozen
class Effect:
    """4. Something that happened in the world and can't happen again under its key."""

    path: str
    call: str
    tool: str
    effect: EffectClass
    at: int
    key: str
    arguments: Stored


@frozen
class Failure:
    """5. `settled` where the blueprint says how to go on (continue, skip, a join that takes failures)."""

    path: str
    problem: Problem
    settled: bool
    at: int | None


@frozen
class Retryable:
    """6. A failed step: it can be retried, or `refusal` says why not and what works instead."""

    path: str
    refusal: Refused | None = None


@frozen
class AgentView:
    """8. What an agent sees is its instructions, what `sees` names for each step, and its own turns: nothing else.

    `switched` tells, as sentences, in which steps another model took over from `model`, and why.
    """

    name: str
    role: str
    model_role: str
    model: str
    instructions: str
    tools: tuple[str, ...]
    max_turns: int
    sees: Mapping[str, tuple[str, ...]]
    switched: tuple[str, ...] = ()


@frozen
class Condition:
    """9. A named expression that must hold at the end; None until it is judged."""

    name: str
    expression: str
    holds: bool | None


@frozen
class Nine:
    """The answers, in the order of the questions; `finished` (steps done for good) belongs to the fourth."""

    state: State
    active: tuple[Active, ...]
    tools: tuple[Allowed, ...]
    effects: tuple[Effect, ...]
    finished: tuple[str, ...]
    failed: tuple[Failure, ...]
    retryable: tuple[Retryable, ...]
    asks: tuple[Ask, ...]
    agents: tuple[AgentView, ...]
    success: tuple[Condition, ...]


def nine(run: Run) -> Nine:
    """All nine answers."""
    roots = [run.nodes[step.id] for name in run.plan.roots if (step := run.plan.steps[name]).id in run.nodes]
    failed = sorted(_failures(run), key=lambda failure: (failure.at or 0, failure.path))
    return Nine(
        state=_state(run),
        active=tuple(sorted(_active(run), key=lambda active: (active.since or 0, active.path))),
        tools=tuple(_allowed(run, tool) for tool in run.plan.tools.values()),
        effects=tuple(sorted(_effects(run), key=lambda effect: (effect.at, effect.path, effect.call))),
        finished=tuple(node.path for node in roots if node.status in ENDED and node.status != "failed"),
        failed=tuple(failed),
        retryable=tuple(_retryable(run, roots)),
        asks=tuple(asks_in_order(run)),
        agents=tuple(_agents(run)),
        success=tuple(_conditions(run)),
    )


def succeeded(run: Run) -> bool | None:
    """Whether the run came out as its blueprint wishes; None while nobody can know."""
    if not run.ended:
        return None
    return run.ended == "succeeded" and all((run.success or {}).values())


def _state(run: Run) -> State:
    stands = standing(run)
    steps = [node for node in run.nodes.values() if not is_item(node.path)]
    return State(
        status=stands.status,
        waiting_for=stands.waiting_for,
        success=succeeded(run),
        problem=run.problem,
        steps_ended=sum(node.status in ENDED for node in steps),
        steps=len(steps),
        spend=run.spend,
        budget_micros=run.budget_micros,
        started_at=run.started_at,
        ended_at=run.ended_at,
    )


# What is active


def _active(run: Run) -> Iterator[Active]:
    for node in run.nodes.values():
        if node.status in {"running", "waiting"} and not is_item(node.path):
            doing, until = doing_of(run, node)
            kind = step_of(run, node.path).work.kind
            yield Active(node.path, kind, node.status, doing, node.started_at, until)


def doing_of(run: Run, node: Node) -> tuple[str, int | None]:
    """What a step that has begun is doing, and the instant that it waits for, if any."""
    ask = run.asks.get(node.ask)
    if ask is not None:
        expires = None if ask.expires is None else ask.expires.until
        return f"waits for a person: {ask.question} ({ask.id})", expires
    if isinstance(step_of(run, node.path).work, ForEachWork):
        return items_of(node), None
    if node.timer is not None:
        return "waits for a time", node.timer.until
    if node.signal:
        return f"waits for the signal {node.signal}", None
    open_calls = [call for call in node.calls.values() if call.status not in {"succeeded", "failed"}]
    if not open_calls:
        return "is about to end", None
    retry = run.timers.get(f"{node.path}#{open_calls[0].id}")
    return "; ".join(_calling(call) for call in open_calls), None if retry is None else retry.until


def items_of(container: Node) -> str:
    """`12 of 40 items ended, 1 failed`."""
    failed = f", {container.failed_items} failed" if container.failed_items else ""
    return f"{container.done} of {container.item_count} items ended{failed}"


def _calling(call: Call) -> str:
    is_model = call.id.endswith(".0")
    whom = f"model {call.model}".rstrip() if is_model else f"tool {call.tool}"
    again = f", attempt {call.attempt}" if call.attempt > 1 else ""
    match call.status:
        case "running":
            return f"{'asks' if is_model else 'calls'} the {whom}{again}"
        case "waiting":
            reason = f": {call.problem.message}" if call.problem is not None else ""
            if call.refusals:
                return f"waiting: rate limit of {call.model.partition('/')[0]}{again}{reason}"
            return f"tries the {whom} again{again}{reason}"
        case "in_doubt":
            return f"nobody knows whether the {whom} did it"
        case _:
            return f"is ready for the {whom}{again}"


# What is allowed, what happened, what failed


def _allowed(run: Run, tool: ToolPlan) -> Allowed:
    steps = (s.path for s in run.plan.steps.values() if isinstance(s.work, ToolWork) and s.work.tool == tool.name)
    agents = (agent.name for agent in run.plan.agents.values() if tool.name in agent.tools)
    return Allowed(
        tool.name,
        tool.use,
        tool.effect,
        tool.approve == "always",
        tool.allow,
        tuple(tool.fixed),
        tuple(steps),
        tuple(agents),
    )


def _effects(run: Run) -> Iterator[Effect]:
    for node in run.nodes.values():
        for call in node.calls.values():
            if call.effect != "none" and call.status == "succeeded":
                yield Effect(node.path, call.id, call.tool, call.effect, call.ended_at, call.effect_key, call.arguments)


def _failures(run: Run) -> Iterator[Failure]:
    for node in run.nodes.values():
        if node.status == "failed" and node.problem is not None:
            policy = None if is_item(node.path) else step_of(run, node.path).on_failure
            yield Failure(node.path, node.problem, node.handled or policy in {"continue", "skip"}, node.ended_at)


def _retryable(run: Run, roots: list[Node]) -> Iterator[Retryable]:
    """Each failure that stopped something, by the very rule that a person's retry is judged by."""
    if run.ended and run.ended != "failed":
        return
    stopped = set(run.held) | {node.path for node in roots if node.status == "failed"}
    for path in sorted(stopped):
        judged = answer(run, Retry(path), Now(run.at))
        if not isinstance(judged, Refused):
            yield Retryable(path)
        elif judged.code != "not_failed":
            yield Retryable(path, judged)


# Who sees what, and what success means


def _agents(run: Run) -> Iterator[AgentView]:
    for agent in run.plan.agents.values():
        sees = {
            step.path: tuple(step.work.arguments)
            for step in run.plan.steps.values()
            if isinstance(step.work, AgentWork) and step.work.agent == agent.name
        }
        model = run.models.get(agent.model, "")
        yield AgentView(
            agent.name,
            agent.role,
            agent.model,
            model,
            agent.instructions,
            agent.tools,
            agent.max_turns,
            sees,
            _switched(run, agent),
        )


def _switched(run: Run, agent: AgentPlan) -> tuple[str, ...]:
    nodes = (node for node in run.nodes.values() if node.switches)
    return tuple(
        f"{node.path} went on with {switch.model} ({switch.cause}): {switch.why}"
        for node in sorted(nodes, key=lambda node: node.path)
        if getattr(step_of(run, node.path).work, "agent", "") == agent.name
        for switch in node.switches
    )


def _conditions(run: Run) -> Iterator[Condition]:
    judged = run.success or {}
    for name, expression in run.plan.success.items():
        yield Condition(name, expression, judged.get(name))
