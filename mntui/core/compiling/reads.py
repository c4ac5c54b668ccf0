"""What the templates and expressions of a blueprint read, each reference with the place where it stands.

Also the two kinds of text that live in files of their own: instructions (a template over inputs) and SQL (no template).
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

from mntui.core.compiling.findings import Findings, Where, path_text
from mntui.core.frozen import frozen
from mntui.core.language.expressions import ExpressionProblem, check_expression, check_template
from mntui.core.language.grammar import Span, has_template, split_template
from mntui.core.plan import ToolSpec
from mntui.core.values import Json

_HOMES = {"md": "prompts", "json": "schemas", "sql": "sql"}
_BRACES = re.compile(r"\{\{-?\s*|\s*-?\}\}")


@frozen
class Read:
    """One reference: the place of the text that holds it, the static path it reads, and the file if it has its own."""

    where: Where
    path: tuple[str, ...]
    file: str = ""


@frozen
class Sources:
    """What a compilation is given: the well-formed document, the texts of the folder, the known tools."""

    document: Mapping[str, Json]
    files: Mapping[str, str]
    specs: Mapping[str, ToolSpec]
    found: Findings


def reads_of(value: Json, where: Where, found: Findings) -> tuple[Read, ...]:
    """Every reference of all templates inside a value; what is no template is reported."""
    if found.full:
        return ()
    return tuple(read for place, text in _texts(value, where) for read in _reads_of_text(text, place, found))


def reads_of_expression(text: Json, where: Where, found: Findings) -> tuple[Read, ...]:
    """Every reference of a bare expression. Braces around it are a problem that shows the mended line."""
    if not isinstance(text, str):
        return ()
    if _BRACES.match(text.strip()):
        mended = _BRACES.sub("", text).strip()
        message = f"{path_text(where)} holds a bare expression; `{{{{` does not belong there"
        found.problem(where, "expression", message, f'Write {where[-1]}: "{mended}"', expected="a bare expression")
        return ()
    try:
        return tuple(Read(where, reference.path) for reference in check_expression(text))
    except ExpressionProblem as problem:
        _report(problem, where, "expression", found)
        return ()


def reads_of_file(file: str, text: str, where: Where, found: Findings) -> tuple[Read, ...]:
    """Every reference of a template that is a whole file."""
    try:
        return tuple(Read(where, reference.path, file) for reference in check_template(text))
    except ExpressionProblem as problem:
        _report(problem, where, "template", found, file)
        return ()


def file_text(name: str, where: Where, sources: Sources) -> str | None:
    """The text of a file that the blueprint names; reported if the folder has none of that name."""
    text = sources.files.get(file_name(name))
    if text is None:
        ending = name.rpartition(".")[2]
        home = _HOMES.get(ending, "")
        known = [other for other in sources.files if other.endswith(f".{ending}")]
        message = f"there is no file {name} that is read with the blueprint"
        sources.found.unknown(
            where, "file", message, name, known, f"Put it into {home}/ and name it {home}/NAME.{ending}."
        )
    return text


def file_name(written: str) -> str:
    """The relative path that a blueprint means, as files are listed."""
    return posixpath.normpath(written.strip())


def is_file_name(text: Json, ending: str) -> bool:
    """Whether a text names a file: one line with that ending."""
    return isinstance(text, str) and text.strip().endswith(ending) and "\n" not in text.strip()


def sql_resolved(use: str, arguments: Mapping[str, Json], where: Where, sources: Sources) -> dict[str, Json]:
    """The arguments of a tool with the text of a .sql file in place of its name. SQL files hold no templates."""
    query = arguments.get("query")
    if use != "sql.query" or not isinstance(query, str) or not is_file_name(query, ".sql"):
        return dict(arguments)
    name, place = file_name(query), (*where, "query")
    text = file_text(name, place, sources)
    if text is None:
        return {**arguments, "query": ""}
    if has_template(text):
        offset = text.find("{")
        message = f"{name} is literal SQL; templates are not read in it"
        remedy = "Pass values as parameters of the query."
        sources.found.problem(place, "template", message, remedy, file=name, offset=offset)
    return {**arguments, "query": text}


def is_one_template(text: str) -> bool:
    """Whether a text is exactly one `{{ … }}`, so that it may give a value of any type."""
    try:
        parts = split_template(text)
    except ExpressionProblem:
        return True
    return len(parts) == 1 and isinstance(parts[0], Span)


def _texts(value: Json, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*where, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*where, index))


def _reads_of_text(text: str, where: Where, found: Findings) -> Iterator[Read]:
    try:
        for reference in check_template(text):
            yield Read(where, reference.path)
    except ExpressionProblem as problem:
        _report(problem, where, "template", found)


def _report(problem: ExpressionProblem, where: Where, code: str, found: Findings, file: str = "") -> None:
    remedy = problem.remedy or "Write a template such as {{ inputs.name }}."
    found.problem(where, code, problem.message, remedy, file=file, offset=problem.offset or 0)
