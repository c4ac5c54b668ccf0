"""A run as a page to be read, filed or sent on: what came of it, step by step, who approved what, and what it cost.

Instants are in UTC. Whatever people, tools and models said is shown as text: nothing in it can become a heading, a link
or a tag of the page. Deliberately absent: large values other than the outputs; `mntui show RUN STEP` has them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mntui.core import events as e
from mntui.core.money import Spend, usd
from mntui.core.nine import Nine, nine
from mntui.core.run import Node, Run
from mntui.core.shown import glance, harmless, whole
from mntui.core.step_paths import is_item
from mntui.core.steps import step_of
from mntui.core.values import Json
from mntui.core.why import asks_in_order
from mntui.core.words import EFFECTS, WAITING_FOR, instant, span, spent, took

MOST_STEPS = 500
CELL = 160
_SPECIAL = frozenset("\\`*_{}[]<>|#~")


def markdown(run: Run, facts: Sequence[e.Fact], outputs: Json) -> str:
    """The page. `outputs` are the run's, fetched whole."""
    answers = nine(run)
    parts = [
        *_head(run, answers),
        *_section("Inputs", _values(run.inputs)),
        *_section("Outputs", _values(outputs if isinstance(outputs, Mapping) else {})),
        *_section("Success means", _success(answers)),
        *_section("Failures", _failures(answers)),
        *_section("Steps", _steps(run)),
        *_section("People", _people(run, facts)),
        *_section("Effects in the world", _effects(answers)),
        *_section("Models", _models(facts)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _head(run: Run, answers: Nine) -> Iterator[str]:
    state = answers.state
    waits = " and ".join(WAITING_FOR.get(what, what) for what in state.waiting_for)
    judged = {True: ", a success", False: ", not a success" if run.ended == "succeeded" else "", None: ""}
    yield f"# {_text(run.name)}\n"
    yield f"**{state.status}**{f' for {waits}' if state.status == 'waiting' else ''}{judged[state.success]}\n"
    budget = f" of {usd(state.budget_micros)}" if state.budget_micros is not None else ""
    end = state.ended_at or run.at
    rows = [
        ("blueprint", _text(f"{run.blueprint} {run.version}".rstrip())),
        ("started", _when(state.started_at)),
        ("ended", _when(state.ended_at)),
        ("took", span(end - state.started_at)),
        ("steps", f"{state.steps_ended} of {state.steps} ended"),
        ("cost", f"{spent(state.spend)}{budget}"),
        ("tokens", f"{state.spend.input_tokens:,} in, {state.spend.output_tokens:,} out"),
        ("models", ", ".join(f"{_text(role)}: {_code(model)}" for role, model in sorted(run.models.items())) or "none"),
        ("run", _code(run.id)),
        ("blueprint's digest", _code(run.digest)),
    ]
    yield from _table(("", ""), rows)
    if run.problem is not None:
        place = f"{_code(run.problem_path)}: " if run.problem_path else ""
        yield f"\n{place}{_text(run.problem.message)} {_text(run.problem.remedy)}".rstrip()


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [f"\n## {title}\n", *found] if found else []


# What went in and came out


def _values(values: Mapping[str, Json]) -> Iterator[str]:
    for name, value in sorted(values.items()):
        text = whole(value)
        if not isinstance(value, str | int | float | None) or "\n" in text or len(text) > CELL:
            fence = _fence(text)
            yield f"**{_text(name)}**\n\n{fence}\n{text}\n{fence}\n"
        else:
            yield f"**{_text(name)}**: {_text(text)}\n"


def _fence(text: str) -> str:
    """A fence that nothing in the text can close."""
    longest = max((len(run) for line in text.splitlines() if (run := _ticks(line))), default=0)
    return "`" * max(3, longest + 1)


def _ticks(line: str) -> str:
    bare = line.lstrip()
    return bare[: len(bare) - len(bare.lstrip("`"))]


def _success(answers: Nine) -> Iterator[str]:
    words = {True: "holds", False: "does not hold", None: "not judged yet"}
    rows = [(_text(each.name), _code(each.expression), words[each.holds]) for each in answers.success]
    yield from _table(("name", "expression", ""), rows)


def _failures(answers: Nine) -> Iterator[str]:
    for failure in answers.failed:
        settled = " (the blueprint goes on without it)" if failure.settled else ""
        problem = failure.problem
        yield f"- {_code(failure.path)}: {_text(problem.message)} {_text(problem.remedy)}".rstrip() + settled


# Steps


def _steps(run: Run) -> Iterator[str]:
    nodes = sorted(run.nodes.values(), key=lambda node: (node.started_at is None, node.started_at or 0, node.path))
    shown = [node for node in nodes if not is_item(node.path)]
    rows = [_step(run, node) for node in shown[:MOST_STEPS]]
    yield from _table(("step", "kind", "status", "took", "calls", "cost", ""), rows)
    if len(shown) > MOST_STEPS:
        yield f"\n… and {len(shown) - MOST_STEPS} more."


def _step(run: Run, node: Node) -> tuple[str, ...]:
    calls = sum(call.attempt for call in node.calls.values())
    cost = spent(node.spend) if node.spend != Spend() else ""
    items = f"{node.done} of {node.item_count} items, {node.failed_items} failed" if node.item_count else ""
    said = items or node.why or (node.problem.message if node.problem is not None else "")
    kind = step_of(run, node.path).work.kind
    return _code(node.path), kind, node.status, took(node, run.at), str(calls or ""), cost, _text(said)


# People, effects, models


def _people(run: Run, facts: Sequence[e.Fact]) -> Iterator[str]:
    """What was asked of people and how they decided; last, what still waits for them."""
    asked: dict[str, e.Event] = {}
    rows: list[tuple[str, ...]] = []
    for fact in facts:
        match fact.event:
            case e.ApprovalRequested() | e.QuestionAsked() | e.EffectInDoubt() | e.BudgetReached() as event:
                asked[event.ask] = event
            case e.ApprovalGranted(ask=ask, final_digest=digest, edited=edited):
                how = f"approved, edited: {', '.join(edited)}" if edited else "approved"
                rows.append(_decision(asked, fact, ask, how, digest))
            case e.ApprovalRejected(ask=ask, reason=reason):
                rows.append(_decision(asked, fact, ask, f"rejected: {reason}"))
            case e.ApprovalExpired(ask=ask):
                rows.append(_decision(asked, fact, ask, "expired"))
            case e.QuestionAnswered(ask=ask):
                rows.append(_decision(asked, fact, ask, "answered"))
            case e.EffectSettled(ask=ask, resolution=resolution):
                rows.append(_decision(asked, fact, ask, f"settled as {resolution}"))
            case e.BudgetRaised(ask=ask):
                rows.append(_decision(asked, fact, ask, "answered the budget"))
            case _:
                pass
    for waiting in asks_in_order(run):
        question, at = _text(waiting.question), _when(waiting.asked_at)
        digest = _code(waiting.digest[:12])
        rows.append((_code(waiting.id), _code(waiting.path), question, "**waits**", "", at, digest))
    yield from _table(("", "step", "asked", "decided", "by", "at", "digest"), rows)


def _decision(asked: Mapping[str, e.Event], fact: e.Fact, ask: str, how: str, digest: str = "") -> tuple[str, ...]:
    event = asked.get(ask)
    question = str(getattr(event, "question", "")) or _doubt(event)
    path = str(getattr(event, "path", ""))
    by = fact.actor.removeprefix("person:")
    return _code(ask), _code(path), _text(question), _text(how), _text(by), _when(fact.at), _code(digest[:12])


def _doubt(event: e.Event | None) -> str:
    if isinstance(event, e.BudgetReached):
        return f"the budget ({event.limit})"
    return "did it happen?" if isinstance(event, e.EffectInDoubt) else ""


def _effects(answers: Nine) -> Iterator[str]:
    rows = [
        (
            _code(effect.path),
            _code(effect.tool),
            EFFECTS[effect.effect],
            _when(effect.at),
            _code(glance(effect.arguments)),
        )
        for effect in answers.effects
    ]
    yield from _table(("step", "tool", "promise", "at", "with"), rows)


def _models(facts: Sequence[e.Fact]) -> Iterator[str]:
    """Each model's calls, tokens and cost. What a lost call may have cost is only in the run's total."""
    names: dict[tuple[str, str, int], str] = {}
    spends: dict[str, Spend] = {}
    for fact in facts:
        match fact.event:
            case e.ModelCallStarted(path=path, call=call, attempt=attempt, model=model):
                names[path, call, attempt] = model
            case e.ModelAnswered() | e.ModelCallFailed() | e.LateOutcome() as event:
                model = names.get((event.path, event.call, event.attempt), "")
                if model:
                    spends[model] = spends.get(model, Spend()).plus(event.usage, event.cost)
            case _:
                pass
    rows = [
        (_code(model), str(total.calls), f"{total.input_tokens:,}", f"{total.output_tokens:,}", spent(total))
        for model, total in sorted(spends.items())
    ]
    yield from _table(("model", "calls", "tokens in", "tokens out", "cost"), rows)


# Text that stays text


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield f"| {' | '.join(headings)} |"
        yield f"|{' --- |' * len(headings)}"
        yield from (f"| {' | '.join(row)} |" for row in rows)


def _text(text: str) -> str:
    line = harmless(" ".join(text.split()))
    cut = line if len(line) <= CELL else f"{line[: CELL - 1]}…"
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in cut)


def _code(text: str) -> str:
    """A name or value in code quotes, on one line; what would end the quote or the cell is replaced."""
    line = harmless(" ".join(text.split())).replace("`", "'").replace("|", "¦")
    return f"`{line if len(line) <= CELL else f'{line[: CELL - 1]}…'}`" if line else ""


def _when(at: int | None) -> str:
    return "" if at is None else instant(at).strftime("%Y-%m-%d %H:%M:%S UTC")
