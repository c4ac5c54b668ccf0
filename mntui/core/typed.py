"""What a person typed, as values: read by the type that is asked for, so that no text becomes a number unasked."""

import json
import re
from collections.abc import Mapping
from typing import Final, Literal, get_args

from mntui.core.contracts.contracts import ContractProblem, parse_input_text
from mntui.core.requests import Respond, Settle
from mntui.core.run import Ask
from mntui.core.values import Json, canonical

Resolution = Literal["happened", "not-happened", "compensate", "abandon"]
RESOLUTIONS: Final[tuple[Resolution, ...]] = get_args(Resolution)
BUDGET_WORDS: Final = ("cheaper", "finish", "stop")
"""Answers to a budget beside an amount: a cheaper model, finish with what there is, stop."""
_BY_TYPE: Final = {"integer": "integer", "number": "number", "boolean": "boolean", "array": "list", "object": "map"}
_AMOUNT: Final = re.compile(r"\+?\s*\$?\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)")


def json_of(text: str) -> Json:
    """JSON that a person typed. Raises ContractProblem."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        canonical(value)
    except (ValueError, RecursionError) as error:
        remedy = 'text is JSON in quotes: "yes"; a map is {"name": "value"}'
        raise ContractProblem(f"this is no JSON: {error}", remedy) from error
    return value


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def by_schema(text: str, schema: Mapping[str, Json] | None) -> Json:
    """A text as a schema wants it: text stays text, all else is read by its type. Raises ContractProblem.

    Without a type it is JSON where it parses as JSON, else text.
    """
    wanted = (schema or {}).get("type")
    if wanted == "string":
        return text
    if wanted in _BY_TYPE:
        return parse_input_text(text.strip(), _BY_TYPE[wanted])
    try:
        return json_of(text)
    except ContractProblem:
        return text


def fields_of(contract: Mapping[str, Json] | None) -> Mapping[str, Mapping[str, Json]]:
    """The schemas of a contract's fields."""
    return (contract or {}).get("properties") or {}


def editable(ask: Ask) -> dict[str, tuple[Json, Mapping[str, Json] | None]]:
    """What may be edited in an approval: each value as it is, and the schema by which an edited text is read.

    Where the contract names no type, it is the type that the value has now.
    """
    shown = ask.shown if isinstance(ask.shown, Mapping) else {}
    fields = fields_of(ask.contract)
    return {name: (shown.get(name), fields.get(name) or _type_now(shown.get(name))) for name in ask.edit}


def _type_now(value: Json) -> Mapping[str, Json] | None:
    match value:
        case str():
            return {"type": "string"}
        case bool():
            return {"type": "boolean"}
        case int() | float():
            return {"type": "number"}
        case list():
            return {"type": "array"}
        case Mapping():
            return {"type": "object"}
        case _:
            return None


def budget_answer(ask: Ask, text: str) -> Respond:
    """`2.50`, `cheaper`, `finish` or `stop`, for a budget that was reached. Raises ContractProblem."""
    if text.strip() in BUDGET_WORDS:
        return Respond(ask.id, text.strip())
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        words = ", ".join(BUDGET_WORDS)
        raise ContractProblem(f"a budget is answered by an amount, or by {words}", f"type 1.50, or {words}")
    if ask.limit == "usd":
        return Respond(ask.id, {"raise_usd": float(found[1])})
    return Respond(ask.id, {"raise_tokens": round(float(found[1]))})


def settlement(ask: Ask, text: str) -> Settle:
    """`happened {"id": 17}`, `not-happened`, `compensate` or `abandon`. Raises ContractProblem."""
    word, _, rest = text.strip().partition(" ")
    for resolution in RESOLUTIONS:
        if word == resolution:
            return Settle(ask.id, resolution, json_of(rest) if rest.strip() else None)
    raise ContractProblem(f"an effect in doubt isn't settled by {word or 'nothing'}", f"type {', '.join(RESOLUTIONS)}")
