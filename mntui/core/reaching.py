"""What one blueprint may do that another may not: the boundary, compared; what became wider is what a reader must see.

A change counts as wider wherever it isn't certainly narrower. Prompts, order and names of steps are no boundary.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.money import usd
from mntui.core.plan import ApproveWork, BudgetPlan, Plan, ServerPlan, ToolPlan
from mntui.core.values import Json

_STRICTNESS: Final = ("none", "keyed", "reconcilable", "unsafe")

Source = Mapping[str, str]


@frozen
class Reach:
    """Sentences about the second blueprint, seen from the first."""

    wider: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()


def compare_reach(before: Plan, after: Plan, before_source: Source, after_source: Source) -> Reach:
    """`source` holds the texts of a version by file name: its Python counts as what it may do."""
    found = (
        *_tools(before.tools, after.tools),
        *_servers(before.servers, after.servers),
        *_callers(before, after),
        *_code(before_source, after_source),
        *_approvals(before, after),
        *_budget(before.budget, after.budget),
    )
    return Reach(
        tuple(sentence for wider, sentence in found if wider),
        tuple(sentence for wider, sentence in found if not wider),
    )


_Found = Iterator[tuple[bool, str]]
"""Whether it is wider, and the sentence."""


def _tools(before: Mapping[str, ToolPlan], after: Mapping[str, ToolPlan]) -> _Found:
    for name, tool in after.items():
        old = before.get(name)
        if old is None:
            asks = ", asks at each call" if tool.approve == "always" else ""
            yield True, f"tool {name} is new: {tool.use}, effect {tool.effect}{_within(tool)}{asks}"
        elif old.use != tool.use:
            yield True, f"tool {name} is {tool.use} now, not {old.use}{_within(tool)}"
        else:
            yield from ((wider, f"tool {name}: {sentence}") for wider, sentence in _tool(old, tool))
    for name, tool in before.items():
        if name not in after:
            yield False, f"tool {name} is gone: {tool.use}"


def _within(tool: ToolPlan) -> str:
    return "".join(f", {name} within {' or '.join(rules) or 'nothing'}" for name, rules in tool.allow.items())


def _tool(old: ToolPlan, new: ToolPlan) -> _Found:
    yield from _allowed(old, new)
    if old.effect != new.effect:
        laxer = _STRICTNESS.index(new.effect) < _STRICTNESS.index(old.effect)
        yield laxer, f"effect {new.effect}, was {old.effect}"
    if old.approve != new.approve:
        asks = new.approve == "always"
        yield not asks, "asks at each call now" if asks else "no longer asks at each call"
    if old.taints != new.taints:
        yield not new.taints, "what it returns taints now" if new.taints else "what it returns no longer taints"
    for name in dict.fromkeys((*old.fixed, *new.fixed)):
        if name not in new.fixed:
            yield True, f"{name} is no longer fixed"
        elif name not in old.fixed:
            yield False, f"{name} is fixed now"
        elif old.fixed[name] != new.fixed[name]:
            yield True, f"{name} is fixed to another value"
    yield from _more("the secret", old.secrets, new.secrets)
    yield from _more("the variable", old.env, new.env)


def _allowed(old: ToolPlan, new: ToolPlan) -> _Found:
    """Paths and the tool's own bounds are denied unless allowed; any other parameter is free unless it is listed."""
    for name in dict.fromkeys((*old.allow, *new.allow)):
        denied = name in new.spec.paths or name in new.spec.bounds
        if name not in new.allow:
            yield not denied, f"{name} is no longer allowed anywhere" if denied else f"{name} is free now"
        elif name not in old.allow:
            yield denied, f"{name} within {' or '.join(new.allow[name]) or 'nothing'} now"
        else:
            yield from _more(f"{name} within", old.allow[name], new.allow[name])


def _more(what: str, old: Sequence[str], new: Sequence[str]) -> _Found:
    yield from ((True, f"{what} {each} too") for each in new if each not in old)
    yield from ((False, f"{what} {each} no more") for each in old if each not in new)


def _servers(before: Mapping[str, ServerPlan], after: Mapping[str, ServerPlan]) -> _Found:
    for name, server in after.items():
        old = before.get(name)
        place = " ".join(server.command) or server.url
        if old is None or (old.command, old.url) != (server.command, server.url):
            yield True, f"server {name} is {'new' if old is None else 'another'}: {place}"
        for wider, sentence in (
            *_more("the secret", old.secrets if old else (), server.secrets),
            *_more("the variable", old.env if old else (), server.env),
        ):
            yield wider, f"server {name}: {sentence}"
    yield from ((False, f"server {name} is gone") for name in before if name not in after)


def _callers(before: Plan, after: Plan) -> _Found:
    for name in dict.fromkeys((*before.agents, *after.agents)):
        old = before.agents[name].tools if name in before.agents else ()
        new = after.agents[name].tools if name in after.agents else ()
        yield from ((True, f"agent {name} may call {tool}") for tool in new if tool not in old)
        yield from ((False, f"agent {name} may no longer call {tool}") for tool in old if tool not in new)


def _code(before: Source, after: Source) -> _Found:
    for name in sorted({*before, *after}):
        if name.endswith(".py") and before.get(name) != after.get(name):
            what = "is new" if name not in before else "is gone" if name not in after else "has changed"
            yield name in after, f"code {name} {what}"


def _approvals(before: Plan, after: Plan) -> _Found:
    old, new = (
        {path: step.work.question for path, step in plan.steps.items() if isinstance(step.work, ApproveWork)}
        for plan in (before, after)
    )
    yield from (
        (True, f"nobody is asked at {path} any more: {asked}") for path, asked in old.items() if path not in new
    )
    yield from ((False, f"a person is asked at {path}: {asked}") for path, asked in new.items() if path not in old)


def _budget(old: BudgetPlan, new: BudgetPlan) -> _Found:
    for what, was, limit in (
        ("money", old.usd_micros, new.usd_micros),
        ("tokens", old.tokens, new.tokens),
    ):
        if was != limit:
            wider = limit is None or (was is not None and limit > was)
            yield wider, f"the budget of {what} is {_limit(what, limit)}, was {_limit(what, was)}"


def _limit(what: str, limit: Json) -> str:
    if limit is None:
        return "unlimited"
    return usd(limit) if what == "money" else f"{limit:,}"
