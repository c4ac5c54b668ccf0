"""What the pure core can't know when a command is begun: rendered values, digests, prices, what a tool prepared.

A quote changes nothing in the world. What can't be quoted is a problem in the quote, never an exception.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import assert_never

from mntui.core import commands as c
from mntui.core.contracts.contracts import ContractProblem, seconds_of
from mntui.core.decide import Now
from mntui.core.events import Timer
from mntui.core.frozen import frozen
from mntui.core.language.expressions import ExpressionFailure, evaluate, evaluate_condition, render
from mntui.core.money import Usage
from mntui.core.names import Names
from mntui.core.plan import (
    AgentWork,
    ApproveWork,
    AskWork,
    ForEachWork,
    RouteWork,
    SetWork,
    StepPlan,
    ToolWork,
    WaitWork,
)
from mntui.core.run import Run
from mntui.core.serving import serving
from mntui.core.step_paths import ROOT, is_item, scope_of
from mntui.core.steps import step_of
from mntui.core.values import Json, Problem, digest_of
from mntui.models.answers import Answers
from mntui.models.base import ModelFailure, ModelReply, ModelRequest
from mntui.models.catalog import Models
from mntui.models.tokens import declared_text
from mntui.tools.base import ToolCall
from mntui.worker.endings import end_quote
from mntui.worker.payloads import Payloads
from mntui.worker.prompts import request_for
from mntui.worker.tool_quotes import ToolQuoter


@frozen
class Quoted:
    """A quote, and for a call into the world what will be sent. `again` is an answer that was given to it before."""

    quote: c.Quote
    work: ModelRequest | ToolCall | None = None
    again: ModelReply | None = None


class Quoter:
    """Makes quotes for one run. `jitter` draws from 0 to 1."""

    def __init__(
        self,
        models: Models,
        tools: ToolQuoter,
        payloads: Payloads,
        jitter: Callable[[], float],
        answers: Answers | None = None,
    ) -> None:
        self._answers = answers or Answers()
        self._models = models
        self._tools = tools
        self._payloads = payloads
        self._jitter = jitter

    async def quote(self, run: Run, command: c.Command, now: Now) -> Quoted:
        match command:
            case c.StartStep(path=path):
                return Quoted(self._start(run, path, now))
            case c.EndStep(path=path):
                return Quoted(end_quote(run, path, self._payloads))
            case c.CallModel():
                return await self._model(run, command)
            case c.CallTool():
                quote, call = await self._tools.quote(run, command, self._payloads)
                return Quoted(quote, call)
            case c.ScheduleRetry():
                return Quoted(c.RetryQuote(self._jitter(), Timer(now.at, now.boot, now.elapsed)))
            case c.ParkEffect() | c.SwitchModel():
                return Quoted(None)
            case c.EndRun():
                return Quoted(self._end_run(run))
            case _:
                assert_never(command)

    def _start(self, run: Run, path: str, now: Now) -> c.StartQuote:
        if is_item(path):
            return c.StartQuote()
        step = step_of(run, path)
        names = Names(run, scope_of(path), self._payloads.load)
        try:
            if step.condition is not None and not evaluate_condition(step.condition, names):
                return c.StartQuote(condition=False)
            return self._started(step, names, now)
        except ExpressionFailure as failure:
            return c.StartQuote(problem=Problem("expression", failure.message, failure.remedy))
        except ContractProblem as problem:
            return c.StartQuote(problem=Problem("value", problem.message, problem.remedy))

    def _started(self, step: StepPlan, names: Names, now: Now) -> c.StartQuote:
        keep = self._payloads.keep
        match step.work:
            case ToolWork(arguments=arguments) | AgentWork(arguments=arguments):
                return c.StartQuote(arguments=keep(render(dict(arguments), names)))
            case SetWork(values=values):
                return c.StartQuote(arguments=keep(render(dict(values), names)))
            case RouteWork(expression=expression):
                value = route_text(evaluate(expression, names))
                return c.StartQuote(route=value, reason=f"{expression.strip()} is {value}")
            case ApproveWork(question=question, show=show):
                shown = render(dict(show), names)
                return c.StartQuote(question=str(render(question, names)), shown=shown, arguments=keep(shown))
            case AskWork(question=question):
                return c.StartQuote(question=str(render(question, names)))
            case ForEachWork(items=items):
                found = render(items, names)
                if not isinstance(found, list):
                    return c.StartQuote(problem=_no_list(found))
                return c.StartQuote(arguments=keep(found), count=len(found))
            case WaitWork(duration=duration, signal=signal):
                if signal is not None:
                    return c.StartQuote(arguments={"signal": signal})
                seconds = seconds_of(render(duration, names))
                return c.StartQuote(arguments={"seconds": seconds}, timer=now.after(seconds))
            case _:
                assert_never(step.work)

    async def _model(self, run: Run, command: c.CallModel) -> Quoted:
        try:
            request = request_for(run, command.path, command.call, self._payloads.load)
            model = self._models.open(request.model)
        except ExpressionFailure as failure:
            return Quoted(_no_model("", Problem("expression", failure.message, failure.remedy)))
        except ModelFailure as failure:
            return Quoted(_no_model("", Problem(failure.kind, failure.message, failure.remedy)))
        sent = [[message.role, message.text] for message in request.messages]
        tokens = sum(model.count_tokens(text) for text in (*(text for _, text in sent), declared_text(request)))
        prompt = digest_of([request.model, sent, [tool.name for tool in request.tools], request.contract])
        again = self._answers.find(request)
        if again is not None:
            return Quoted(c.ModelQuote(request.model, prompt, 0, 0), request, again)
        worst = Usage(input_tokens=tokens, output_tokens=request.max_tokens, estimated=True)
        micros = await self._worst(request.model, worst)
        cheaper = await self._cheaper(run, request, micros, worst)
        return Quoted(
            c.ModelQuote(request.model, prompt, tokens + request.max_tokens, micros, cheaper=cheaper), request
        )

    async def _worst(self, model: str, usage: Usage) -> int | None:
        await self._models.learn(model)
        return self._models.worst(model, usage).micros

    async def _cheaper(self, run: Run, request: ModelRequest, micros: int | None, worst: Usage) -> str:
        """A model of this run that would stay within a budget which this one could cross: the best that fits.

        Only models that the blueprint or the person named for this run come into question, the dearest first.
        """
        if run.budget_micros is None or (micros is None and run.unknown_price_allowed):
            return ""
        left = run.budget_micros - run.spend.micros - run.reserved_micros
        if micros is not None and micros <= left:
            return ""
        priced = [(await self._worst(name, worst), name) for name in _named_models(run, request)]
        fitting = [(price, name) for price, name in priced if price is not None and price <= left]
        for _, name in sorted(fitting, key=lambda each: (-each[0], each[1])):
            if await self._models.usable(name, tools=bool(request.tools)) is None:
                return name
        return ""

    def _end_run(self, run: Run) -> c.RunQuote:
        if run.ending:
            return c.RunQuote()
        names = Names(run, ROOT, self._payloads.load)
        try:
            outputs = _what_there_is(run, names) if run.over == "finish" else render(dict(run.plan.outputs), names)
        except ExpressionFailure as failure:
            return c.RunQuote(
                problem=Problem("outputs", f"the outputs can't be given: {failure.message}", failure.remedy)
            )
        success = {name: _holds(expression, names) for name, expression in run.plan.success.items()}
        return c.RunQuote(self._payloads.keep(outputs), success)


def _what_there_is(run: Run, names: Names) -> Json:
    """The outputs that can be given, where a person let the run finish with them."""
    found: dict[str, Json] = {}
    for name, template in run.plan.outputs.items():
        with suppress(ExpressionFailure):
            found[name] = render(template, names)
    return found


def _named_models(run: Run, request: ModelRequest) -> list[str]:
    """The other models that the blueprint or the person named: they may answer in place of the one that is asked."""
    role = run.plan.models[serving(run, request.step).role]
    names = (*role.prefer, *role.fallback, *run.models.values())
    return [name for name in dict.fromkeys(names) if name != request.model and not name.startswith("builtin/")]


def _holds(expression: str, names: Mapping[str, Json]) -> bool:
    """Success that can't be judged isn't success."""
    try:
        return evaluate_condition(expression, names)
    except ExpressionFailure:
        return False


def route_text(value: Json) -> str:
    """The key that a value picks: text as it is, everything else as its JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _no_list(found: Json) -> Problem:
    return Problem("items", f"for_each needs a list, not {type(found).__name__}", "give it a list: {{ step.files }}")


def _no_model(name: str, problem: Problem) -> c.ModelQuote:
    return c.ModelQuote(name, "", 0, 0, problem)
