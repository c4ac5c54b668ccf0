"""The form of a new run, made of its blueprint: its inputs, a model for each role, a budget; and what was filled in.

A text that is the default is left out, so that it stays the blueprint's own; so is a role that nobody bound.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from mntui.core.compare import STAND_IN_PREFIX
from mntui.core.contracts.contracts import ContractProblem, input_problem, parse_input_text
from mntui.core.messages import Start
from mntui.core.money import micros_of_usd, usd
from mntui.core.plan import InputPlan, Plan, RolePlan
from mntui.core.values import Json
from mntui.ui.forms import Asked, Field, text_of
from mntui.ui.given import ModelOffer

MODEL: Final = "model for "
BUDGET: Final = "budget in $"
STAND_IN: Final = "a stand-in, not a language model; costs nothing"
MOST_LISTED: Final = 2000
"""Names of a folder that are looked at to complete a path."""


def new_run_form(plan: Plan, offers: Sequence[ModelOffer], typed: Mapping[str, str], cwd: Path) -> Asked:
    """`typed` is what was typed the last time, by field."""
    fields = [_input(name, declared, cwd) for name, declared in plan.inputs.items()]
    fields += [_model(role, declared, offers) for role, declared in plan.models.items()]
    fields.append(_budget(plan))
    again = [_with_text(field, typed.get(field.name)) for field in fields]
    return Asked(f"new run of {plan.name}", plan.about, tuple(again))


def start_of(plan: Plan, start: Start, texts: Mapping[str, str]) -> Start:
    """The start that a filled-in form means; its texts have been judged."""
    inputs = {name: texts[name] for name in plan.inputs if texts[name] != default_text(plan.inputs[name])}
    values = {name: parse_input_text(text, plan.inputs[name].type) for name, text in inputs.items() if text}
    models = {role: texts[MODEL + role].strip() for role in plan.models if texts[MODEL + role].strip()}
    budget = _dollars(texts[BUDGET]) if texts[BUDGET].strip() else None
    return Start(start.blueprint, start.cwd, values, models, budget, start.out, start.actor)


def default_text(declared: InputPlan) -> str:
    return "" if declared.default is None else text_of(declared.default)


def _with_text(field: Field, text: str | None) -> Field:
    if text is None:
        return field
    return Field(field.name, field.hint, text, field.read, field.empty, field.tall, field.complete, field.told)


def _input(name: str, declared: InputPlan, cwd: Path) -> Field:
    def read(text: str) -> Json:
        value = parse_input_text(text, declared.type)
        problem = input_problem(name, value, declared)
        if problem is not None:
            raise ContractProblem(problem.message, problem.remedy)
        return value

    choices = f", one of {', '.join(map(str, declared.enum))}" if declared.enum else ""
    about = f": {declared.about}" if declared.about else ""
    empty = "missing" if declared.required else "left out"
    text = default_text(declared)
    is_path = declared.type == "path"
    complete = _path_completer(cwd) if is_path else completer([str(each) for each in declared.enum])
    told = _path_teller(cwd, text) if is_path else completer([])
    return Field(name, f"{declared.type}{choices}{about}", text, read, empty, False, complete, told)  # type: ignore[arg-type]  # one of the three


def _model(role: str, declared: RolePlan, offers: Sequence[ModelOffer]) -> Field:
    def read(text: str) -> Json:
        if "/" not in text.strip().strip("/"):
            names = ", ".join(offer.name for offer in offers) or "ollama/qwen3:4b"
            raise ContractProblem("a model's name is PROVIDER/NAME", f"for example: {names}")
        return text.strip()

    about = {offer.name: offer.about for offer in offers}
    prefers = f"the blueprint prefers {', '.join(declared.prefer)}" if declared.prefer else "any model serves"
    complete = completer([offer.name for offer in offers])
    hint = f"empty: chosen for you; {prefers}"

    def told(text: str) -> str | None:
        name = text.strip()
        return about.get(name) or (STAND_IN if name.startswith(STAND_IN_PREFIX) else None)

    return Field(f"{MODEL}{role}", hint, "", read, "left out", False, complete, told)


def _budget(plan: Plan) -> Field:
    limit = plan.budget.usd_micros
    own = f"empty: {usd(limit)}, the blueprint's own" if limit is not None else "empty: none"
    return Field(BUDGET, f"what it may cost at most; {own}", "", _dollars, "left out")


def _dollars(text: str) -> int:
    try:
        micros = micros_of_usd(text.strip().removeprefix("$"))
    except ValueError as error:
        raise ContractProblem("this is no amount of dollars", "for example: 0.50") from error
    if micros <= 0:
        raise ContractProblem("a budget is more than zero", "for example: 0.50")
    return micros


# Completing


def completer(names: Sequence[str]) -> Callable[[str], str | None]:
    def complete(text: str) -> str | None:
        return next((name for name in names if text and name.startswith(text) and name != text), None)

    return complete


def _path_completer(cwd: Path) -> Callable[[str], str | None]:
    """The first name below that a typed path begins, hidden ones only where a dot was typed."""

    def complete(text: str) -> str | None:
        folder, _, begun = text.rpartition("/")
        place = cwd / Path(f"{folder}/" if folder or text.startswith("/") else ".").expanduser()
        try:
            found = sorted(place.iterdir())[:MOST_LISTED]
        except OSError:
            return None
        fits = [path for path in found if path.name.startswith(begun) and (begun or not path.name.startswith("."))]
        if not text or not fits:
            return None
        lead = text[: len(text) - len(begun)]
        return f"{lead}{fits[0].name}{'/' if fits[0].is_dir() else ''}"

    return complete


def _path_teller(cwd: Path, default: str) -> Callable[[str], str | None]:
    """A path that isn't there yet is told, not refused: a run may make it."""

    def told(text: str) -> str | None:
        if not text or text == default:
            return None
        path = cwd / Path(text).expanduser()
        return f"{path}" if path.exists() else f"there is no {path}"

    return told
