"""Are these arguments the ones a tool takes? Asked before the intent, so a wrong call costs nothing and does nothing.

What passes has the right names and types; a wrong value of the right type can't be seen here.
"""

from collections.abc import Mapping

from mntui.core.contracts.contracts import violation
from mntui.core.plan import Schema, ToolSpec
from mntui.core.values import Json


def check_arguments(tool: ToolSpec | Schema, arguments: Mapping[str, Json]) -> str | None:
    """What is wrong with the arguments, in one sentence; None when nothing is."""
    schema = tool.parameters if isinstance(tool, ToolSpec) else tool
    return violation(dict(arguments), schema)
