"""A finished run on other models, answered from its facts: what was sent is rendered again, counted and priced.

Nothing is called and nothing is fetched. Rendering and counting happen in a thread, since a long run holds megabytes.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from mntui.core.compare import Bindings, Filled, Matrix, matrix
from mntui.core.events import Fact, ModelAnswered, RunStarted
from mntui.core.frozen import frozen
from mntui.core.language.expressions import ExpressionFailure
from mntui.core.messages import AskCompare, AskSql, Compared, Denied, SqlRows
from mntui.core.names import Load
from mntui.core.nine import succeeded
from mntui.core.plan import AgentWork
from mntui.core.run import Run
from mntui.core.spending import entries
from mntui.core.step_paths import plan_path
from mntui.core.steps import step_of
from mntui.core.values import Json
from mntui.core.what_if import Candidate, PastCall, on, recorded
from mntui.journal.base import Journal
from mntui.library.folder import MAIN
from mntui.library.patch import patch_of, preferring
from mntui.models.base import Message
from mntui.models.candidates import Speed, Unpriceable, candidate, full_name
from mntui.models.catalog import Models
from mntui.models.tokenizers import Tokenizers
from mntui.models.tokens import declared_text
from mntui.worker.prompts import request_for
from mntui.worker.rerun_reports import report_of

NOW: Final = "now"

_SPEEDS: Final = """
SELECT c.model, count(*), median(c.milliseconds) / 1000.0,
  sum(c.input_tokens - coalesce(c.cached_tokens, 0)), sum((e.body->>'$.timings_micros.prefill')::BIGINT),
  sum(c.output_tokens + coalesce(c.thinking_tokens, 0)), sum((e.body->>'$.timings_micros.generate')::BIGINT)
FROM model_calls c JOIN events e ON e.run = c.run AND e.run_id = c.run_id AND e.step = c.step AND e.call = c.call
  AND e.attempt = c.attempt AND e.kind = 'ModelAnswered'
WHERE c.status = 'succeeded' AND c.model IN ({names}) GROUP BY 1
"""

_RERUNS: Final = """
SELECT run FROM events WHERE kind = 'RunStarted' AND body->>'$.rerun_of.id' = '{run_id}' ORDER BY happened_at
"""


@frozen
class Taken:
    """A run as it is read for a comparison."""

    run: Run
    facts: tuple[Fact, ...]


class Comparer:
    """Keeps the tokenizers between comparisons."""

    def __init__(self, models: Models, journal: Journal) -> None:
        self._models = models
        self._journal = journal
        self._tokenizers = Tokenizers()

    async def compare(
        self, question: AskCompare, taken: Taken, reruns: Sequence[Taken], load: Load
    ) -> Compared | Denied:
        if not taken.run.ended:
            return Denied("not_ended", f"{taken.run.name} goes on: only a run that has ended is compared", "mntui runs")
        if not taken.run.spend.calls:
            return Denied("no_calls", f"{taken.run.name} asked no model, so there is nothing to compare", "mntui runs")
        await self._models.table.ready()
        try:
            names = [full_name(name, self._models.table)[0] for name in question.models]
            speeds = await self._speeds(names)
            candidates = [candidate(name, self._models, self._tokenizers, speeds) for name in question.models]
            wanted = reruns if question.reruns else _latest(reruns, names)
            return Compared(await asyncio.to_thread(self._matrix, taken, candidates, wanted, load))
        except Unpriceable as error:
            return Denied("not_comparable", error.message, error.remedy)
        except ExpressionFailure as failure:
            return Denied("unreadable", failure.message, failure.remedy)

    async def reruns_of(self, run_id: str) -> tuple[str, ...]:
        """The frozen reruns of a run, the oldest first, as far as the index knows."""
        reply = await self._journal.sql(AskSql(_RERUNS.format(run_id=run_id)))
        return tuple(str(row[0]) for row in reply.rows) if isinstance(reply, SqlRows) else ()

    def _matrix(self, taken: Taken, candidates: Sequence[Candidate], reruns: Sequence[Taken], load: Load) -> Matrix:
        run = taken.run
        calls = past_calls(taken, load)
        real = [_rerun(each, past_calls(each, load)) for each in reruns]
        measured = {each.name for each in real}
        supposed = [_what_if(one, calls) for one in _unlike(candidates) if one.name not in measured]
        filled = [_filled(NOW, "recorded", taken, calls), *real, *supposed]
        roles = {
            path: run.plan.agents[step.work.agent].model
            for path, step in run.plan.steps.items()
            if isinstance(step.work, AgentWork)
        }
        notes = ("this run was served by a stand-in, which is no language model",) if filled[0].stand_in else ()
        made = matrix(run.name, run.blueprint, self._models.table.name, filled, Bindings(run.models, roles), notes)
        patch, why = _patch(taken, made, load)
        reports = tuple(report_of(run, each.run, load) for each in reruns)
        return replace(made, patch=patch, reruns=reports, notes=(*made.notes, *why))

    async def _speeds(self, names: Sequence[str]) -> dict[str, Speed]:
        """How fast models were in all calls of this home that were measured; nothing where the index can't say."""
        quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
        reply = await self._journal.sql(AskSql(_SPEEDS.format(names=quoted)))
        if not isinstance(reply, SqlRows):
            return {}
        return {str(row[0]): _speed(row) for row in reply.rows}


def _latest(reruns: Sequence[Taken], names: Sequence[str]) -> list[Taken]:
    """The last rerun on each of the models, of those that have ended."""
    found = {_model_of(each.run): each for each in reruns if each.run.ended}
    return [found[name] for name in dict.fromkeys(names) if name in found]


def _speed(row: Sequence[Json]) -> Speed:
    def rate(tokens: Json, micros: Json) -> float | None:
        return float(tokens) * 1e6 / float(micros) if tokens and micros else None

    seconds = None if row[2] is None else float(row[2])
    return Speed(int(row[1]), seconds, rate(row[3], row[4]), rate(row[5], row[6]))


def past_calls(taken: Taken, load: Load) -> tuple[PastCall, ...]:
    """Every billed attempt with what it sent, rendered from the state once for each step."""
    conversations: dict[str, Conversation] = {}
    times = {
        (event.path, event.call, event.attempt): event.milliseconds
        for fact in taken.facts
        if isinstance(event := fact.event, ModelAnswered)
    }
    found = []
    for entry in entries(taken.facts):
        if entry.cause == "cache":  # Nobody was asked, and on no model would anybody have been.
            continue
        if entry.path not in conversations:
            conversations[entry.path] = _conversation(taken.run, entry.path, load)
        talk = conversations[entry.path]
        turn = int(entry.call.partition(".")[0])
        said = talk.said(turn) if entry.cause == "answer" else None
        taken_ms = times.get((entry.path, entry.call, entry.attempt), 0)
        found.append(PastCall(entry, talk.agent, talk.sent(turn) if said is not None else (), said, taken_ms))
    return tuple(found)


@frozen
class Conversation:
    """All that a step's agent was told and said. `answers` are the places of its own messages among `texts`."""

    agent: str
    texts: tuple[str, ...]
    answers: tuple[int, ...]

    def sent(self, turn: int) -> tuple[str, ...]:
        return self.texts[: self.answers[turn - 1]]

    def said(self, turn: int) -> str | None:
        return self.texts[self.answers[turn - 1]] if turn <= len(self.answers) else None


def _conversation(run: Run, path: str, load: Load) -> Conversation:
    work = step_of(run, path).work
    assert isinstance(work, AgentWork)
    request = request_for(run, path, f"{len(run.node(path).turns) + 1}.0", load)
    texts = (declared_text(request), *(_text(message) for message in request.messages))
    answers = tuple(at for at, message in enumerate(request.messages, start=1) if message.role == "assistant")
    return Conversation(work.agent, texts, answers)


def _text(message: Message) -> str:
    asks = [[ask.tool, ask.arguments] for ask in message.asks]
    return f"{message.text}{json.dumps(asks, ensure_ascii=False)}" if asks else message.text


def _unlike(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each model once, in the order in which they were named."""
    return list({each.name: each for each in candidates}.values())


def _what_if(one: Candidate, calls: Sequence[PastCall]) -> Filled:
    return Filled(one.name, "what_if", on(one, calls), local=one.local, notes=one.notes)


def _rerun(taken: Taken, calls: Sequence[PastCall]) -> Filled:
    return _filled(_model_of(taken.run), "rerun", taken, calls)


def _model_of(run: Run) -> str:
    """The one model of a rerun; several where it was started so."""
    return ", ".join(dict.fromkeys(run.models.values()))


def _filled(name: str, kind: Literal["recorded", "rerun"], taken: Taken, calls: Sequence[PastCall]) -> Filled:
    run = taken.run
    steps = dict.fromkeys(call.step for call in calls)
    passed = {step: _passed(run, step) for step in steps}
    return Filled(name, kind, recorded(calls), passed, succeeded(run), run=run.name, stand_in=_stand_in(run))


def _passed(run: Run, step: str) -> bool | None:
    ended = [node.status for path, node in run.nodes.items() if plan_path(path) == step]
    if any(status in {"failed", "cancelled"} for status in ended):
        return False
    return True if "succeeded" in ended else None


def _stand_in(run: Run) -> bool:
    return any(model.startswith("builtin/") for model in run.models.values())


def _patch(taken: Taken, made: Matrix, load: Load) -> tuple[str, tuple[str, ...]]:
    """What would change, as a diff of the blueprint that the run was pinned to; why there is none where it can't be."""
    if not made.changes:
        return "", ()
    first = taken.facts[0].event
    assert isinstance(first, RunStarted)
    source: Mapping[str, str] = load(first.source) or {}
    text = source.get(MAIN, "")
    try:
        return patch_of(text, preferring(text, {change.role: change.after for change in made.changes}), MAIN), ()
    except ValueError as error:
        return "", (f"no patch: {error}",)
