"""How each frozen class of core lies in JSON: read off its type hints, once, as a pydantic-core schema.

The engine is pydantic's own. Its TypeAdapter can't be told three things about classes that know nothing of pydantic,
so the schema is made here: unions are told apart by `kind` (or `op`), never by trying their members; a `Stored` value
keeps a Ref and a dict that looks like one apart; an unknown field of a newer version is ignored, while a missing one
takes its default.

Deliberately absent: aliases, renames, coercion. JSON that isn't exactly of the type is a problem.
"""

import dataclasses
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic_core import core_schema
from pydantic_core.core_schema import CoreConfig, CoreSchema

from mntui.core.values import Json, Ref

CONFIG = CoreConfig(strict=True, ser_json_inf_nan="constants")
TAGS = ("kind", "op")
PLAIN: dict[object, CoreSchema] = {
    Any: core_schema.any_schema(),
    str: core_schema.str_schema(),
    int: core_schema.int_schema(),
    float: core_schema.float_schema(),
    bool: core_schema.bool_schema(),
    types.NoneType: core_schema.none_schema(),
}


def layout_of(form: object) -> CoreSchema:
    """The schema of a frozen class, a union of them, or a tuple of one. Raises TypeError for a type it doesn't know."""
    drawing = _Drawing()
    schema = drawing.any_form(form)
    return core_schema.definitions_schema(schema, list(drawing.shared.values())) if drawing.shared else schema


class _Drawing:
    """One schema in the making. `open` are the classes being drawn; `shared` those that hold themselves."""

    def __init__(self) -> None:
        self.open: list[type] = []
        self.recursive: set[type] = set()
        self.shared: dict[type, CoreSchema] = {}

    def any_form(self, form: object) -> CoreSchema:
        # Any hashes like a type, a union of unhashable parts doesn't exist: a plain lookup decides.
        if form in PLAIN:
            return PLAIN[form]
        origin, members = get_origin(form), get_args(form)
        if origin is Literal:
            return core_schema.literal_schema(list(members))
        if origin is tuple and len(members) == 2 and members[1] is ...:
            return core_schema.tuple_schema([self.any_form(members[0])], variadic_item_index=0)
        if origin is Mapping and members[0] is str:
            return core_schema.dict_schema(core_schema.str_schema(), self.any_form(members[1]))
        if origin in {Union, types.UnionType}:
            return self.union(members)
        if isinstance(form, type) and dataclasses.is_dataclass(form):
            return self.frozen_class(form)
        raise TypeError(f"{form} has no layout: use text, numbers, Json, Ref, tuples, mappings and frozen classes")

    def union(self, members: tuple[object, ...]) -> CoreSchema:
        if set(members) == {Any, Ref}:
            return _stored()
        solid = [member for member in members if member is not types.NoneType]
        schema = self.any_form(solid[0]) if len(solid) == 1 else self.tagged(solid)
        return schema if len(solid) == len(members) else core_schema.nullable_schema(schema)

    def tagged(self, members: list[object]) -> CoreSchema:
        """Members told apart by the one word that each of them has as its tag."""
        hints = {member: get_type_hints(member) for member in members}
        tag = next((name for name in TAGS if all(name in fields for fields in hints.values())), None)
        if tag is None:
            raise TypeError(f"{members} can't be told apart: each needs a field {' or '.join(TAGS)}")
        choices = {get_args(hints[member][tag])[0]: self.any_form(member) for member in members}
        if len(choices) != len(members):
            raise TypeError(f"two of {members} have the same {tag}")
        return core_schema.tagged_union_schema(choices, discriminator=tag)

    def frozen_class(self, cls: type) -> CoreSchema:
        name = f"{cls.__module__}.{cls.__qualname__}"
        if cls in self.open or cls in self.shared:
            self.recursive.add(cls)
            return core_schema.definition_reference_schema(name)
        self.open.append(cls)
        hints = get_type_hints(cls)
        fields = [
            core_schema.dataclass_field(field.name, _defaulted(field, self.any_form(hints[field.name])))
            for field in dataclasses.fields(cls)
        ]
        self.open.pop()
        schema = core_schema.dataclass_schema(
            cls,
            core_schema.dataclass_args_schema(cls.__name__, fields),
            [field.name for field in dataclasses.fields(cls)],
            frozen=True,
            slots=True,
            config=CONFIG,
            ref=name if cls in self.recursive else None,
        )
        if cls not in self.recursive:
            return schema
        self.shared[cls] = schema
        return core_schema.definition_reference_schema(name)


def _defaulted(field: "dataclasses.Field[Any]", schema: CoreSchema) -> CoreSchema:
    if field.default is not dataclasses.MISSING:
        return core_schema.with_default_schema(schema, default=field.default)
    if field.default_factory is not dataclasses.MISSING:
        return core_schema.with_default_schema(schema, default_factory=field.default_factory)
    return schema


# Json or Ref. A Ref is an object whose `ref` is "payload". A person's own object that has a key `ref` is wrapped, so
# that no object from outside can pass for a reference to something in the journal.


def _stored() -> CoreSchema:
    return core_schema.no_info_after_validator_function(
        _read_stored,
        core_schema.any_schema(),
        serialization=core_schema.plain_serializer_function_ser_schema(_write_stored),
    )


def _write_stored(value: Json | Ref) -> Json:
    if isinstance(value, Ref):
        return {"ref": value.ref, "digest": value.digest, "size": value.size, "head": value.head}
    if isinstance(value, dict) and "ref" in value:
        return {"ref": "plain", "value": value}
    return value


def _read_stored(value: Json) -> Json | Ref:
    if not isinstance(value, dict) or "ref" not in value:
        return value
    match value:
        case {"ref": "payload", "digest": str(digest), "size": int(size), "head": str(head)}:
            return Ref(digest, size, head)
        case {"ref": "plain", "value": plain}:
            return plain
        case _:
            raise ValueError("an object with `ref` is neither a reference nor a wrapped object")
