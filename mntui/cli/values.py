"""Values on a command line: core's reading of what a person typed, with the refusals of a command."""

from collections.abc import Mapping

from mntui.cli.exits import refuse, wrong_usage
from mntui.core import typed
from mntui.core.contracts.contracts import ContractProblem
from mntui.core.values import Json


def json_argument(text: str, what: str) -> Json:
    """JSON that a person typed. Raises Refusal (wrong usage)."""
    try:
        return typed.json_of(text)
    except ContractProblem as problem:
        remedy = """Text is JSON in quotes: '"yes"'; a map is '{"name": "value"}'."""
        raise wrong_usage(f"{what}: {problem.message}", remedy) from problem


def named_values(given: list[str], option: str) -> dict[str, str]:
    """`NAME=VALUE` as a map of texts. Raises Refusal (wrong usage)."""
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise wrong_usage(f"{option} {text} isn't NAME=VALUE", f"Write {option} NAME=VALUE.")
        if name in values:
            raise wrong_usage(f"{option} gives {name} twice", "Give it once.")
        values[name] = value
    return values


def by_schema(text: str, schema: Mapping[str, Json] | None, name: str) -> Json:
    """A text as a field of a contract wants it. Raises Refusal."""
    try:
        return typed.by_schema(text, schema)
    except ContractProblem as problem:
        raise refuse("value", f"{name}: {problem.message}", problem.remedy) from problem
