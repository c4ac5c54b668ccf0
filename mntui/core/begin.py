"""What a command becomes: its first facts, given its quote. The quote was made outside; here it is only judged.

`begin` never fails a run by raising: what can't be begun is a fact too.
"""

from typing import Literal, assert_never

from mntui.core import commands as c
from mntui.core import events as e
from mntui.core.begin_end import begin_end_run, begin_end_step
from mntui.core.decide import Now
from mntui.core.joins import EARLY
from mntui.core.money import Cost, Usage
from mntui.core.plan import (
    AgentWork,
    ApproveWork,
    AskWork,
    ForEachWork,
    RetryPolicy,
    RouteWork,
    SetWork,
    StepPlan,
    ToolWork,
    WaitWork,
)
from mntui.core.policy import effect_key, shown_digest
from mntui.core.run import ENDED, Call, Node, Run
from mntui.core.serving import serving, taking_over
from mntui.core.step_paths import child_path, is_item, scope_of
from mntui.core.steps import next_ask, step_of
from mntui.core.values import Problem

LONGEST_REFUSAL_SECONDS = 20.0
"""How long a call that a provider put off waits at most where the provider doesn't say: limits are by the minute."""


def begin(run: Run, command: c.Command, quote: c.Quote, now: Now) -> tuple[e.Event, ...]:
    """The first facts of a command. `quote` is of the class that belongs to it (None for ParkEffect)."""
    match command, quote:
        case c.StartStep(path=path), c.StartQuote():
            return _start_step(run, path, quote, now)
        case c.EndStep(path=path), c.EndQuote():
            return begin_end_step(run, path, quote)
        case c.CallModel(), c.ModelQuote():
            return _call_model(run, command, quote)
        case c.CallTool(), c.ToolQuote():
            return _call_tool(run, command, quote)
        case c.ScheduleRetry(), c.RetryQuote():
            return _schedule_retry(run, command, quote)
        case c.SwitchModel(path=path, call=call), None:
            return _switch_model(run, path, call)
        case c.ParkEffect(path=path, call=call), None:
            problem = run.node(path).calls[call].problem or Problem(
                "lost", "the worker ended between the call and its outcome"
            )
            return (e.EffectInDoubt(next_ask(run), path, call, problem),)
        case c.EndRun(), c.RunQuote():
            return begin_end_run(run, quote)
        case _:
            raise TypeError(f"{type(quote).__name__} is no quote for {type(command).__name__}")


# Steps


def _start_step(run: Run, path: str, quote: c.StartQuote, now: Now) -> tuple[e.Event, ...]:
    if is_item(path):
        return (e.StepStarted(path),)
    step = step_of(run, path)
    no_longer_needed = tuple(_no_longer_needed(run, path, step))
    if quote.problem is not None:
        return (*no_longer_needed, e.StepFailed(path, quote.problem))
    if not quote.condition:
        return (*no_longer_needed, e.StepSkipped(path, "its `if` is false"))
    return (*no_longer_needed, *_first_facts(run, path, step, quote, now))


def _first_facts(run: Run, path: str, step: StepPlan, quote: c.StartQuote, now: Now) -> tuple[e.Event, ...]:
    started = e.StepStarted(path, quote.arguments)
    match step.work:
        case ToolWork() | AgentWork():
            return (started,)
        case SetWork():
            return (started, e.StepSucceeded(path, quote.arguments))
        case RouteWork(routes=routes):
            chosen = routes.targets.get(quote.route, routes.otherwise)
            if chosen is None:
                return (started, e.StepFailed(path, no_route(quote.route, tuple(routes.targets))))
            output = {"route": quote.route, "reason": quote.reason}
            return (started, e.StepSucceeded(path, output, chosen=chosen))
        case ApproveWork():
            return (started, _request_approval(run, path, step, step.work, quote, now))
        case AskWork():
            digest = shown_digest("ask", path, quote.question, None)
            asked = e.QuestionAsked(next_ask(run), path, "", quote.question, digest, step.output)
            return (started, asked)
        case ForEachWork():
            return (started, e.StepsPlanned(path, quote.count))
        case WaitWork(signal=signal):
            if signal:
                return (e.StepStarted(path, quote.arguments, signal=signal),)
            assert quote.timer is not None
            return (started, e.TimerArmed(path, quote.timer))
        case _:
            assert_never(step.work)


def _request_approval(
    run: Run, path: str, step: StepPlan, work: ApproveWork, quote: c.StartQuote, now: Now
) -> e.ApprovalRequested:
    return e.ApprovalRequested(
        next_ask(run),
        path,
        "",
        quote.question,
        quote.shown,
        shown_digest("approve", path, quote.question, quote.shown),
        edit=work.edit,
        contract=step.output,
        expires=None if work.expires_seconds is None else now.after(work.expires_seconds),
    )


def no_route(route: str, keys: tuple[str, ...]) -> Problem:
    known = ", ".join(keys)
    return Problem("route", f"no route is named {route!r}; there are: {known}", "add the key, or an `else`")


def _no_longer_needed(run: Run, path: str, step: StepPlan) -> list[e.Event]:
    """A join that is met early gives up the needs that still run and that nothing else reads."""
    if step.join.kind not in EARLY:
        return []
    cancelled: list[e.Event] = []
    for name in step.counted:
        need = run.plan.steps[name]
        need_path = child_path(scope_of(path), need.id)
        if need.dependents == (step.path,) and run.node(need_path).status not in ENDED:
            cancelled.append(e.StepCancelled(need_path, f"{step.id} no longer needs it"))
    return cancelled


# Calls


def _call_model(run: Run, command: c.CallModel, quote: c.ModelQuote) -> tuple[e.Event, ...]:
    path, call = command.path, command.call
    if quote.problem is not None:
        return (e.ModelCallFailed(path, call, command.attempt, quote.problem, Usage(), Cost()),)
    over = _over_budget(run, command, quote)
    if over is not None:
        return over
    started = e.ModelCallStarted(
        path,
        call,
        command.attempt,
        quote.model,
        quote.prompt,
        reserved_micros=quote.micros or 0,
        reserved_tokens=quote.tokens,
        price_known=quote.micros is not None,
    )
    return (started,)


def _switch_model(run: Run, path: str, call_id: str) -> tuple[e.Event, ...]:
    node = run.node(path)
    problem = node.calls[call_id].problem
    if problem is None:
        problem = Problem("contract", f"its answer breaks its contract: {node.turns[-1].violation}")
    before = serving(run, path)
    other = taking_over(run.plan, run.models, node, problem.kind)
    assert other is not None
    cause: Literal["fallback", "escalate"] = "fallback" if other.role == before.role else "escalate"
    why = f"{before.model}: {problem.message}"
    return (e.ModelSwitched(path, call_id, other.role, other.model, cause, why),)


def _over_budget(run: Run, command: c.CallModel, quote: c.ModelQuote) -> tuple[e.Event, ...] | None:
    """Spent + reserved + worst case must stay within every limit; an unknown price under a limit in USD asks."""
    for name, limit, used, needed in _limits(run, quote):
        if limit is not None and (needed is None or used + needed > limit):
            known = needed is not None
            cheaper = quote.cheaper if name == "usd" else ""
            reached = e.BudgetReached(next_ask(run), command.path, name, needed or 0, limit - used, cheaper, known)
            return _on_reach(run, command, reached)
    return None


def _limits(run: Run, quote: c.ModelQuote) -> tuple[tuple[Literal["usd", "tokens"], int | None, int, int | None], ...]:
    """Each limit: its name, how much it is, how much of it is used or held back, and what the call needs at most."""
    tokens = run.spend.input_tokens + run.spend.output_tokens + run.reserved_tokens
    micros = 0 if quote.micros is None and run.unknown_price_allowed else quote.micros
    return (
        ("usd", run.budget_micros, run.spend.micros + run.reserved_micros, micros),
        ("tokens", run.budget_tokens, tokens, quote.tokens),
    )


def fits_later(run: Run, quote: c.ModelQuote) -> bool:
    """Whether a call could cross a limit only because of what calls in flight hold back.

    They give back what they don't use, so it is worth waiting for them before anybody is asked for more.
    """
    reserved = {"usd": run.reserved_micros, "tokens": run.reserved_tokens}
    waits = False
    for name, limit, used, needed in _limits(run, quote):
        if limit is None or (needed is not None and used + needed <= limit):
            continue
        if needed is None or used - reserved[name] + needed > limit:
            return False
        waits = True
    return waits


def _on_reach(run: Run, command: c.CallModel, reached: e.BudgetReached) -> tuple[e.Event, ...]:
    """What is done instead of a call that could cross a limit. What is to be cheaper and can't be asks."""
    match run.over or run.plan.budget.on_reach:
        case "stop":
            message = f"the next call could cross the budget ({reached.limit})"
            return (e.RunFailing(Problem("budget", message, "raise `budget:` and run again"), command.path),)
        case "finish":
            return (e.StepCancelled(command.path, "the budget is used up: the run finishes with what there is"),)
        case "cheaper" if reached.cheaper:
            before = serving(run, command.path)
            why = f"{before.model} could cross the budget"
            return (e.ModelSwitched(command.path, command.call, before.role, reached.cheaper, "cheaper", why),)
        case _:
            return (reached,)


def _call_tool(run: Run, command: c.CallTool, quote: c.ToolQuote) -> tuple[e.Event, ...]:
    path, call_id, attempt = command.path, command.call, command.attempt
    call = run.node(path).calls[call_id]
    if command.reconcile:
        return (e.ReconcileStarted(path, call_id, attempt),)
    if quote.problem is not None:
        return (e.ToolCallFailed(path, call_id, attempt, quote.problem, sent=False),)
    if quote.asks_person:
        return (_ask_for_agent(run, path, call_id, quote),)
    if call.digest and call.digest != quote.digest and call.generation == command.generation and _was_sent(call):
        return (e.ToolCallFailed(path, call_id, attempt, _drift(call), sent=False),)
    if quote.needs_approval and call.approved != quote.digest:
        return (_approve_call(run, path, call_id, quote),)
    started = e.ToolCallStarted(
        path,
        call_id,
        attempt,
        quote.tool,
        quote.use,
        quote.arguments,
        quote.digest,
        quote.effect,
        effect_key(run.id, path, command.generation, call_id),
        intent=quote.intent,
    )
    return (started,)


def _was_sent(call: Call) -> bool:
    return bool(call.effect_key) and call.effect != "none"


def _drift(call: Call) -> Problem:
    return Problem(
        "drift",
        f"{call.tool} would be called with other arguments under the key of a call that was already made",
        "this is a bug of mntui: nothing was called; please report it with `mntui export`",
    )


def _approve_call(run: Run, path: str, call: str, quote: c.ToolQuote) -> e.ApprovalRequested:
    editable = tuple(quote.shown) if isinstance(quote.shown, dict) else ()
    return e.ApprovalRequested(
        next_ask(run),
        path,
        call,
        f"Call {quote.tool}?",
        quote.shown,
        quote.digest,
        edit=editable,
        contract=quote.contract,
        tool=quote.tool,
        effect=quote.effect,
        spec_digest=quote.spec_digest,
    )


def _ask_for_agent(run: Run, path: str, call: str, quote: c.ToolQuote) -> e.QuestionAsked:
    question = str(quote.shown.get("question", ""))
    contract = quote.shown.get("answer") if isinstance(quote.shown.get("answer"), dict) else None
    digest = shown_digest("ask", path, question, None)
    return e.QuestionAsked(next_ask(run), path, call, question, digest, contract)


# Retries


def _schedule_retry(run: Run, command: c.ScheduleRetry, quote: c.RetryQuote) -> tuple[e.Event, ...]:
    node = run.node(command.path)
    call = node.calls[command.call]
    seconds = retry_seconds(step_of(run, command.path).retry, call, quote.jitter)
    base = quote.timer_base
    span = round(seconds * 1_000_000)
    timer = e.Timer(base.until + span, base.boot, base.elapsed_until + span)
    why = call.problem.message if call.problem is not None else ""
    return (e.RetryScheduled(command.path, command.call, call.attempt, timer, why),)


def retry_seconds(policy: RetryPolicy, call: Call, jitter: float) -> float:
    """Exponential backoff, up to a tenth of it as jitter, never before a provider's Retry-After.

    A provider that says for how long to wait is believed: then nothing grows, however often it says so.
    """
    stated = call.retry_after_seconds
    if stated is not None:
        return max(stated, min(policy.initial_interval_seconds, policy.maximum_interval_seconds)) * (1 + 0.1 * jitter)
    longest = policy.maximum_interval_seconds
    if call.refusals:
        longest = min(longest, LONGEST_REFUSAL_SECONDS)
    # A power this large is past every interval, and larger ones are past what a float holds.
    power = min(max(call.failures + call.refusals - 1, 0), 64)
    grown = policy.initial_interval_seconds * policy.backoff_coefficient**power
    return min(grown, longest) * (1 + 0.1 * jitter)


def running_nodes(run: Run) -> tuple[Node, ...]:
    """The steps that have started and not ended."""
    return tuple(node for node in run.nodes.values() if node.status in {"running", "waiting"})
