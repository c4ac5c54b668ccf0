"""A run as one digest: SHA-256 over a canonical form of everything that its facts made of it.

The form is the same in every process and on every machine: maps are sorted (an `immutables.Map` has the order of its
hashes), frozen classes carry their name. A field that holds its default is left out, so a later version that only adds
fields, as they must be added, gives an old run the digest that it always had.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any

from mntui.core.run import Run
from mntui.core.values import Json

CLASS = "$"


def state_digest(run: Run) -> str:
    """SHA-256 (hex) of a folded run, its plan included."""
    text = json.dumps(canonical_state(run), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def canonical_state(value: object) -> Json:
    """A value of the state as JSON: what two processes must agree on."""
    if isinstance(value, Mapping):
        return {str(key): canonical_state(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return _named(type(value), value)
    if is_dataclass(value):
        return _named(type(value), value)
    if isinstance(value, tuple | list):
        return [canonical_state(item) for item in value]
    return value


def _named(cls: type, value: object) -> Json:
    form: dict[str, Json] = {CLASS: cls.__name__}
    for name, default in _layout(cls):
        item = getattr(value, name)
        if default is MISSING or item != default:
            form[name] = canonical_state(item)
    return form


@cache
def _layout(cls: type) -> tuple[tuple[str, Any], ...]:
    """The fields of a frozen class or a NamedTuple, each with its default; MISSING where it has none."""
    if is_dataclass(cls):
        return tuple((field.name, _default(field)) for field in fields(cls))
    defaults = getattr(cls, "_field_defaults", {})
    names: tuple[str, ...] = getattr(cls, "_fields", ())
    return tuple((name, defaults.get(name, MISSING)) for name in names)


def _default(field: "Field[Any]") -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
