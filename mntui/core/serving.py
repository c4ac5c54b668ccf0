"""Which model answers a step's calls now, and which one would take over: fallbacks of its role, then a stronger role.

A role's chain is the model bound to it, its `fallback` models, and then the chain of the role that it escalates to. A
model that can't answer (a rate limit, an outage, a missing key) hands over to the next of the chain; an answer that
fails its check goes to the stronger role, where there is one.
"""

from collections.abc import Mapping

from mntui.core.frozen import frozen
from mntui.core.plan import AgentWork, Plan
from mntui.core.run import Node, Run
from mntui.core.step_paths import plan_path

UNABLE = frozenset({"rate_limited", "retryable", "timeout", "auth", "missing"})
"""Failures that say nothing about the question: another model may answer it."""
TOO_WEAK = frozenset({"context", "contract"})
"""Failures that say that this model isn't up to it."""


@frozen
class Serving:
    """The role by whose limits calls are made, and the model that makes them."""

    role: str
    model: str


def serving(run: Run, path: str) -> Serving:
    """Who answers the calls of an agent's step now."""
    return serving_node(run.plan, run.models, run.nodes[path])


def serving_node(plan: Plan, models: Mapping[str, str], node: Node) -> Serving:
    if node.switches:
        last = node.switches[-1]
        return Serving(last.role, last.model)
    return first_serving(plan, models, node.path)


def first_serving(plan: Plan, models: Mapping[str, str], path: str) -> Serving:
    """Who answers before anything went wrong."""
    work = plan.steps[plan_path(path)].work
    assert isinstance(work, AgentWork)
    role = plan.agents[work.agent].model
    return Serving(role, models[role])


def taking_over(plan: Plan, models: Mapping[str, str], node: Node, kind: str) -> Serving | None:
    """Who answers after a failure of this kind; None where nobody else may."""
    if kind not in UNABLE | TOO_WEAK:
        return None
    now = serving_node(plan, models, node)
    chain = _chain(plan, models, first_serving(plan, models, node.path).role)
    later = chain[chain.index(now) + 1 :] if now in chain else [each for each in chain[1:] if each.model != now.model]
    if kind in TOO_WEAK and plan.models[now.role].escalate:
        return next((each for each in later if each.role != now.role), None)
    return later[0] if later else None


def _chain(plan: Plan, models: Mapping[str, str], role: str) -> list[Serving]:
    found: list[Serving] = []
    roles: list[str] = []
    following: str | None = role
    while following is not None and following not in roles:
        roles.append(following)
        names = (models[following], *plan.models[following].fallback)
        known = {each.model for each in found}
        found += [Serving(following, name) for name in dict.fromkeys(names) if name not in known]
        following = plan.models[following].escalate
    return found
