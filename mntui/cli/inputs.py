"""The inputs of a run, read from `-i`, `--inputs` and the blueprint's own types, before anything is started.

Everything that is wrong or missing is found at once. What is right here is judged again by whoever starts the run.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from mntui.cli.exits import Refusal, refuse
from mntui.core.compiling.findings import listing, nearest
from mntui.core.contracts.contracts import ContractProblem, input_problem, parse_input_text
from mntui.core.messages import Denied
from mntui.core.plan import InputPlan
from mntui.core.values import Json, canonical
from mntui.library.yaml import parse_yaml

Inputs = Mapping[str, InputPlan]


def read_inputs(declared: Inputs, texts: Mapping[str, str], values: Mapping[str, Json], cwd: Path) -> dict[str, Json]:
    """The values of all given inputs. `texts` win over `values`; paths are seen from `cwd`. Raises Refusal."""
    wrong: list[Denied] = []
    found: dict[str, Json] = {}
    for name in dict.fromkeys([*values, *texts]):
        plan = declared.get(name)
        if plan is None:
            wrong.append(_unknown(name, declared))
            continue
        try:
            found[name] = _value(name, plan, texts, values, cwd)
        except Refusal as refusal:
            wrong.append(refusal.denied)
    wrong.extend(_missing(declared, {*texts, *values}))
    if len(wrong) == 1:
        raise Refusal(wrong[0])
    if wrong:
        raise Refusal(Denied("inputs", f"{len(wrong)} inputs are missing or wrong", more=tuple(wrong)))
    return found


def read_inputs_file(name: str, cwd: Path) -> dict[str, Json]:
    """The map in a JSON or YAML file. Raises Refusal."""
    path = cwd / Path(name).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refuse("inputs_file", f"{path} can't be read: {error.strerror}", "Check the path of --inputs.") from error
    value = _json_file(path, content) if path.suffix == ".json" else _yaml_file(path, content)
    if not isinstance(value, dict):
        raise refuse("inputs_file", f"{path} holds no map of inputs", "Write one line an input: name: value")
    return value


def _json_file(path: Path, content: bytes) -> Json:
    try:
        value = json.loads(content)
        canonical(value)
    except json.JSONDecodeError as error:
        place = Denied("inputs_file", f"{path} is no JSON: {error.msg}", "", str(path), error.lineno, error.colno)
        raise Refusal(place) from error
    except (ValueError, RecursionError) as error:
        raise refuse("inputs_file", f"{path} is no JSON: {error}") from error
    return value


def _yaml_file(path: Path, content: bytes) -> Json:
    parsed = parse_yaml(content)
    if parsed.problems:
        told = [Denied("inputs_file", p.message, p.remedy, str(path), p.line, p.column) for p in parsed.problems]
        raise Refusal(Denied("inputs_file", f"{path} can't be read", more=tuple(told)) if told[1:] else told[0])
    return {} if parsed.root is None else parsed.root.value


def _value(name: str, plan: InputPlan, texts: Mapping[str, str], values: Mapping[str, Json], cwd: Path) -> Json:
    value = _typed(name, plan, texts[name], cwd) if name in texts else values[name]
    problem = input_problem(name, value, plan)
    if problem is not None:
        raise refuse("wrong_input", problem.message, problem.remedy)
    if plan.type == "path" and isinstance(value, str):
        return str(cwd / Path(value).expanduser())
    return value


def _typed(name: str, plan: InputPlan, text: str, cwd: Path) -> Json:
    """A text as its type wants it; `@file` stands for the file's text."""
    if text.startswith("@"):
        text = _file_text(name, cwd / Path(text[1:]).expanduser())
    try:
        return parse_input_text(text, plan.type)
    except ContractProblem as problem:
        raise refuse("wrong_input", f"the input {name!r}: {problem.message}", problem.remedy) from problem


def _file_text(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise refuse("wrong_input", f"the input {name!r}: {path} is no UTF-8 text", "Save it as UTF-8.") from error
    except OSError as error:
        remedy = "Check the path after @."
        raise refuse("wrong_input", f"the input {name!r}: {path} can't be read: {error.strerror}", remedy) from error


def _missing(declared: Inputs, given: set[str]) -> Iterator[Denied]:
    for name, plan in declared.items():
        if plan.required and name not in given:
            about = f": {plan.about}" if plan.about else ""
            yield Denied(
                "missing_input", f"the input {name!r} ({plan.type}) is missing{about}", f"Give it: -i {name}=…"
            )


def _unknown(name: str, declared: Inputs) -> Denied:
    near = nearest(name, list(declared))
    known = listing(list(declared)) or "none"
    remedy = f"Did you mean {near}?" if near else f"Its inputs: {known}."
    return Denied("unknown_input", f"the blueprint has no input {name!r}", remedy)
