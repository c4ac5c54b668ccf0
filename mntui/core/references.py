"""Which large values a fact names: every `Ref` in it, in the order of its fields."""

from collections.abc import Iterator
from dataclasses import fields

from mntui.core.events import AskedCall, Event
from mntui.core.values import Ref


def references(event: Event) -> Iterator[Ref]:
    for field in fields(event):
        value = getattr(event, field.name)
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, tuple):
            yield from (a.arguments for a in value if isinstance(a, AskedCall) and isinstance(a.arguments, Ref))
