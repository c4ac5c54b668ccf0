"""Which model serves which role of a blueprint, and why, as a sentence for the first lines of a run.

First hit: the role's override, the one for all roles, what is configured, what the blueprint prefers in its order, an
installed local model that is able to do it, the stand-in. A model that a person named and that can't be used is a
problem with a remedy; it is never silently replaced. No cloud is chosen that neither the person nor the blueprint
named: that would send their data, and their money, where nobody said.
"""

from collections.abc import Container, Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType

from mntui.core.frozen import frozen
from mntui.core.plan import RolePlan
from mntui.core.values import Problem
from mntui.models.catalog import GET_A_MODEL, STAND_IN, Models


@frozen
class Binding:
    """The model that serves a role, and why, as a sentence for the run's first lines."""

    model: str
    why: str


async def bind(
    models: Models,
    roles: Mapping[str, RolePlan],
    overrides: Mapping[str, str],
    default: str | None,
    with_tools: Container[str] = (),
    configured: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> tuple[Mapping[str, Binding], tuple[Problem, ...]]:
    """A model for every role. `with_tools` are the roles that serve an agent with tools.

    `configured` holds, by role, a model and the place where a person wrote it down.
    """
    bound: dict[str, Binding] = {}
    problems = [_unknown_role(role, tuple(roles)) for role in overrides if role not in roles]
    for role, plan in roles.items():
        tools = role in with_tools
        if named := overrides.get(role):
            outcome = await _named(models, role, plan, named, f"--model {role}={named}", tools)
        elif default:
            outcome = await _named(models, role, plan, default, f"--model {default}", tools)
        elif role in configured:
            outcome = await _configured(models, role, plan, *configured[role], tools)
        else:
            outcome = await _chosen(models, role, plan, tools)
        if isinstance(outcome, Binding):
            bound[role] = outcome
        else:
            problems.append(outcome)
    return bound, tuple(problems)


async def _named(models: Models, role: str, plan: RolePlan, name: str, how: str, tools: bool) -> Binding | Problem:
    refusal = await models.usable(name, tools=tools)
    if refusal is not None:
        return Problem("missing", f"{name} can't serve the role {role}: {refusal.reason}", refusal.remedy)
    if name == STAND_IN and not plan.builtin_allowed:
        return Problem(
            "missing",
            f"the role {role} says `builtin: never`, so {STAND_IN} can't serve it",
            f"Name another model with --model {role}=, or remove `builtin: never` from models.{role}.",
        )
    return Binding(name, f"{role} is served by {name}, as {how} says")


async def _configured(
    models: Models, role: str, plan: RolePlan, name: str, place: str, tools: bool
) -> Binding | Problem:
    outcome = await _named(models, role, plan, name, place, tools)
    if isinstance(outcome, Problem):
        return replace(outcome, message=f"{outcome.message} ({place} names it)")
    return outcome


async def _chosen(models: Models, role: str, plan: RolePlan, tools: bool) -> Binding | Problem:
    refused: list[str] = []
    remedies: list[str] = []
    for name in plan.prefer:
        if name == STAND_IN and not plan.builtin_allowed:
            refused.append(f"{name}: the role says `builtin: never`")
            continue
        refusal = await models.usable(name, tools=tools)
        if refusal is None:
            passed_over = f"; before it: {'; '.join(refused)}" if refused else ""
            return Binding(name, f"{role} is served by {name}, which the blueprint prefers{passed_over}")
        refused.append(f"{name}: {refusal.reason}")
        remedies.append(refusal.remedy)
    why_not = "; ".join(refused) or "the blueprint prefers no model"
    for name in await models.stand_by():
        if await models.usable(name, tools=tools) is None:
            return Binding(name, f"{role} is served by {name}, an installed model that is able to ({why_not})")
    if not plan.builtin_allowed:
        return Problem(
            "missing",
            f"no model can serve the role {role}, and it says `builtin: never` ({why_not})",
            next(iter(remedies), f"Name one with --model {role}=PROVIDER/NAME."),
        )
    return Binding(
        STAND_IN,
        f"{role} is served by {STAND_IN}, a stand-in that extracts and is no language model ({why_not}). {GET_A_MODEL}",
    )


def _unknown_role(role: str, roles: tuple[str, ...]) -> Problem:
    near = get_close_matches(role, roles, 1)
    meant = f"Did you mean {near[0]}?" if near else f"Its roles: {', '.join(roles) or 'none'}."
    return Problem("missing", f"the blueprint has no model role {role}", meant)
