"""Rows of a query as JSON, so that no digit is lost on the way.

A decimal is a number as long as a reader's double gives back the same digits (15 of them), an integer up to 2^53;
beyond that both are text. Dates and times are ISO text, bytes are hex, UUIDs and intervals text; NaN and infinities
too, since JSON has none. Absent: rounding.
"""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal

from mntui.core.values import LARGEST_INTEGER, Json

SAFE_DIGITS = 15


def json_row(columns: Sequence[str], row: Sequence[object]) -> dict[str, Json]:
    return {column: json_value(value) for column, value in zip(columns, row, strict=True)}


def json_value(value: object) -> Json:
    """One value of a query's result as JSON."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= LARGEST_INTEGER else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return _number(value)
        case dt.date() | dt.time():  # A datetime is a date.
            return value.isoformat()
        case bytes():
            return value.hex()
        case list() | tuple():
            return [json_value(item) for item in value]
        case dict():
            return {str(json_value(key)): json_value(item) for key, item in value.items()}
    return str(value)


def _number(value: Decimal) -> Json:
    """Any decimal of 15 digits survives a double and back (IEEE 754: DBL_DIG)."""
    if not value.is_finite() or len(value.as_tuple().digits) > SAFE_DIGITS:
        return str(value)
    return float(value)
