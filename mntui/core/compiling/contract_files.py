"""Contracts as a blueprint writes them: short, as a JSON Schema, or as the path of a schema in its folder."""

import json

from mntui.core.compiling.findings import Where
from mntui.core.compiling.reads import Sources, file_name, file_text
from mntui.core.contracts.contracts import ContractProblem, schema_of
from mntui.core.plan import Schema
from mntui.core.values import Json


def contract_of(written: Json, where: Where, sources: Sources) -> Schema | None:
    """The JSON Schema of an `output:`; None, and reported, if it is no contract."""
    file = file_name(written) if isinstance(written, str) else ""
    given = _read_schema(file, where, sources) if file else written
    if given is None:
        return None
    try:
        return schema_of(given)
    except ContractProblem as problem:
        place = where if file else (*where, *problem.where)
        remedy = problem.remedy or "Write a contract such as {to: string, score: integer}."
        sources.found.problem(place, "contract", problem.message, remedy, file=file)
        return None


def _read_schema(file: str, where: Where, sources: Sources) -> Json:
    text = file_text(file, where, sources)
    if text is None:
        return None
    remedy = "Write a JSON Schema of type object."
    try:
        schema = json.loads(text)
    except json.JSONDecodeError as error:
        sources.found.problem(
            where, "contract", f"{file} is not JSON: {error.msg}", remedy, file=file, offset=error.pos
        )
        return None
    except RecursionError:
        sources.found.problem(where, "contract", f"{file} is nested too deeply", remedy, file=file)
        return None
    if not isinstance(schema, dict):
        sources.found.problem(where, "contract", f"{file} holds no map", remedy, file=file)
        return None
    return schema
