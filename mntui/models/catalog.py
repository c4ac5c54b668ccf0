"""Models by name: which can be used here and why not, opening one, its price, and binding a blueprint's roles.

This version holds the builtin stand-ins only. A provider (Ollama, litellm) becomes one more file and one more branch in
`usable` and `open`; until then every other name is refused with a sentence that says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mntui.core.money import MICROS, Cost, Usage
from mntui.core.plan import RolePlan
from mntui.core.values import Problem
from mntui.models import extractive, scripted
from mntui.models.base import Model, ModelFailure

STAND_IN = extractive.NAME
_NOT_YET = "local and cloud models come in a later version"
_USE_BUILTIN = f"Use {STAND_IN}, or {scripted.NAME}:FILE with a file of answers."


@dataclass(frozen=True, slots=True)
class Settings:
    """What opening a model needs: the script of a bare `builtin/scripted`, and where scripted calls are logged."""

    script: Path | None = None
    calls_log: Path | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars per million tokens, and their table. Writing to a cache costs as stated, else as input."""

    input_micros: int
    output_micros: int
    cached_micros: int
    table: str
    written_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """The model that serves a role, and why, as a sentence for the run's first lines."""

    model: str
    why: str


class Models:
    """The models of this machine, by name."""

    def __init__(self, settings: Settings = Settings()) -> None:
        self._settings = settings

    def bind(
        self, roles: Mapping[str, RolePlan], overrides: Mapping[str, str], default: str | None
    ) -> tuple[Mapping[str, Binding], tuple[Problem, ...]]:
        """A model for every role: its override, the default, the first usable preferred one, the stand-in.

        A model that a person named and that can't be used is a problem; it is never silently replaced.
        """
        bound: dict[str, Binding] = {}
        problems = [_unknown_role(role, tuple(roles)) for role in overrides if role not in roles]
        for role, plan in roles.items():
            outcome = self._bind_one(role, plan, overrides.get(role), default)
            if isinstance(outcome, Binding):
                bound[role] = outcome
            else:
                problems.append(outcome)
        return bound, tuple(problems)

    def open(self, name: str) -> Model:
        """The model of that name. Raises ModelFailure (missing) with what to do instead."""
        reason = self.usable(name)
        if reason is not None:
            raise ModelFailure("missing", f"{name} can't be used: {reason}", remedy=_USE_BUILTIN)
        if name == STAND_IN:
            return extractive.Extractive()
        path = self._script(name)
        assert path is not None  # `usable` said so
        return scripted.scripted_from(path, calls_log=self._settings.calls_log)

    def usable(self, name: str) -> str | None:
        """None where the model can be used here, else why not."""
        if name == STAND_IN:
            return None
        if name == scripted.NAME or name.startswith(f"{scripted.NAME}:"):
            path = self._script(name)
            if path is None:
                return "it needs a file of answers"
            return None if path.is_file() else f"there is no file {path}"
        if name.startswith("builtin/"):
            return "there is no such builtin model"
        return _NOT_YET if "/" in name else "a model's name is PROVIDER/NAME"

    def price(self, name: str) -> Price | None:
        """What a model costs; None while unknown, which is never shown as free."""
        if name == STAND_IN or name.split(":", 1)[0] == scripted.NAME:
            return Price(0, 0, 0, "builtin")
        return None

    def _bind_one(self, role: str, plan: RolePlan, override: str | None, default: str | None) -> Binding | Problem:
        named = override or default
        if named:
            how = f"--model {role}={named}" if override else f"--model {named}"
            return self._named(role, plan, named, how)
        refused: list[str] = []
        for name in plan.prefer:
            reason = self.usable(name) if plan.builtin_allowed or name != STAND_IN else "the role says `builtin: never`"
            if reason is None:
                passed_over = f"; before it: {'; '.join(refused)}" if refused else ""
                return Binding(name, f"{role} is served by {name}, which the blueprint prefers{passed_over}")
            refused.append(f"{name}: {reason}")
        why_not = "; ".join(refused) or "the blueprint prefers no model"
        if not plan.builtin_allowed:
            return Problem(
                "missing",
                f"no model can serve the role {role}, and it says `builtin: never` ({why_not})",
                f"Remove `builtin: never` from models.{role} in the blueprint to let {STAND_IN} stand in.",
            )
        return Binding(
            STAND_IN, f"{role} is served by {STAND_IN}, a stand-in that extracts and is no language model ({why_not})"
        )

    def _named(self, role: str, plan: RolePlan, name: str, how: str) -> Binding | Problem:
        reason = self.usable(name)
        if reason is not None:
            return Problem("missing", f"{name} can't serve the role {role}: {reason}", _USE_BUILTIN)
        if name == STAND_IN and not plan.builtin_allowed:
            return Problem(
                "missing",
                f"the role {role} says `builtin: never`, so {STAND_IN} can't serve it",
                f"Name another model with --model {role}=, or remove `builtin: never` from models.{role}.",
            )
        return Binding(name, f"{role} is served by {name}, as {how} says")

    def _script(self, name: str) -> Path | None:
        _, _, path = name.partition(":")
        return Path(path) if path else self._settings.script


def cost(price: Price | None, usage: Usage) -> Cost:
    """What a call's usage costs at a price, in whole micro-dollars, half a one rounded up; unknown without a price."""
    if price is None:
        return Cost(micros=None, estimated=usage.estimated)
    written_micros = price.input_micros if price.written_micros is None else price.written_micros
    fresh = usage.input_tokens - usage.cached_tokens - usage.written_tokens
    total = (
        fresh * price.input_micros
        + usage.cached_tokens * price.cached_micros
        + usage.written_tokens * written_micros
        + (usage.output_tokens + usage.thinking_tokens) * price.output_micros
    )
    return Cost((2 * total + MICROS) // (2 * MICROS), usage.estimated, price.table)


def _unknown_role(role: str, roles: tuple[str, ...]) -> Problem:
    near = get_close_matches(role, roles, 1)
    meant = f"Did you mean {near[0]}?" if near else f"Its roles: {', '.join(roles) or 'none'}."
    return Problem("missing", f"the blueprint has no model role {role}", meant)
