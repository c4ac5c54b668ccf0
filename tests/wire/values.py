"""Any value of any class that crosses: strategies read off the type hints, as the layout is, but on their own."""

import dataclasses
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from mntui.core.values import Ref

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
integers = st.integers(-(2**53), 2**53)
floats = st.floats(allow_nan=False)
leaves = st.none() | st.booleans() | integers | floats | texts
keys = texts | st.sampled_from(["ref", "kind", "value", "digest"])
json_values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
refs = st.builds(Ref, digest=texts, size=st.integers(0, 2**40), head=texts)
lookalikes = st.fixed_dictionaries(
    {"ref": st.sampled_from(["payload", "plain", 5, None])},
    optional={"digest": texts, "size": integers, "head": texts, "value": json_values},
)
stored = st.one_of(json_values, refs, lookalikes)
PLAIN = {str: texts, int: integers, float: floats, bool: st.booleans(), Any: json_values, types.NoneType: st.none()}


def values_of(form: Any) -> st.SearchStrategy[Any]:
    if form in PLAIN:
        return PLAIN[form]
    origin, members = get_origin(form), get_args(form)
    if origin is Literal:
        return st.sampled_from(members)
    if origin is tuple:
        return st.lists(values_of(members[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(texts, values_of(members[1]), max_size=2)
    if origin in {Union, types.UnionType}:
        return stored if Ref in members else st.one_of([values_of(member) for member in members])
    assert dataclasses.is_dataclass(form), form
    return st.deferred(lambda: frozen_values(form))


def frozen_values(form: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(form)
    inner = {name: st.just(()) if form in get_args(hint) else values_of(hint) for name, hint in hints.items()}
    return st.builds(form, **inner)
