"""Values to bytes and back: JSON, exact both ways. A value that isn't what its type hints say isn't encoded.

Json fields are trusted to hold JSON (a tuple in one comes back as a list); they were parsed where they came in.
Schemas are built when a type is first met and remembered, so importing this file builds none.

Fields are only added, with defaults: a reader ignores fields that it doesn't know and fills in those that are missing.
An unknown kind is a problem, since a fact that can't be folded mustn't be skipped in silence.
"""

import functools
import json
from typing import TypeVar, cast

from pydantic_core import PydanticSerializationError, SchemaSerializer, SchemaValidator, ValidationError

from mntui.core.events import Event, Fact
from mntui.core.messages import Question, Reply, Update
from mntui.core.requests import Request
from mntui.core.values import Json
from mntui.wire.layout import CONFIG, layout_of

T = TypeVar("T")
MESSAGE_CHARACTERS = 400


class WireProblem(ValueError):
    """Bytes that are no such value, or a value that can't be bytes. `where` is its place, as `event.output`."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where
        self.message = message


def encode(value: object) -> bytes:
    """A value of core or of the protocol as JSON. Raises WireProblem where it isn't what its type hints say."""
    return _encode(type(value), value)


def decode(form: type[T], data: bytes) -> T:
    """A value of one class. Raises WireProblem. Unions have functions of their own below."""
    return cast(T, decode_any(form, data))


def decode_any(form: object, data: bytes) -> object:
    """A value of a class, of a union told apart by `kind` or `op`, or of a tuple of them. Raises WireProblem."""
    try:
        return _reader(form).validate_json(data)
    except ValidationError as error:
        raise _problem_of(error) from error


def encode_facts(facts: tuple[Fact, ...]) -> bytes:
    """Many facts as one JSON array."""
    return _encode(tuple[Fact, ...], facts)


def decode_facts(data: bytes) -> tuple[Fact, ...]:
    return cast(tuple[Fact, ...], decode_any(tuple[Fact, ...], data))


def decode_event(data: bytes) -> Event:
    return cast(Event, decode_any(Event, data))


def decode_request(data: bytes) -> Request:
    return cast(Request, decode_any(Request, data))


def decode_update(data: bytes) -> Update:
    return cast(Update, decode_any(Update, data))


def decode_question(data: bytes) -> Question:
    return cast(Question, decode_any(Question, data))


def decode_reply(data: bytes) -> Reply:
    return cast(Reply, decode_any(Reply, data))


def to_plain(value: object) -> Json:
    """A value as dicts and lists, for a payload or for `--json`. Raises WireProblem."""
    return json.loads(encode(value))


def from_plain(form: type[T], plain: Json) -> T:
    """What `to_plain` gave, as a value again. Raises WireProblem."""
    try:
        data = json.dumps(plain).encode()
    except (TypeError, ValueError) as error:
        raise WireProblem("", f"not JSON: {error}") from error
    return decode(form, data)


def _encode(form: object, value: object) -> bytes:
    try:
        return _writer(form).to_json(value, warnings="error")
    except (PydanticSerializationError, UnicodeEncodeError) as error:
        why = str(error)[:MESSAGE_CHARACTERS]
        raise WireProblem("", f"a {type(value).__name__} can't be encoded: {why}") from error


@functools.cache
def _reader(form: object) -> SchemaValidator:
    return SchemaValidator(layout_of(form), CONFIG)


@functools.cache
def _writer(form: object) -> SchemaSerializer:
    return SchemaSerializer(layout_of(form), CONFIG)


def _problem_of(error: ValidationError) -> WireProblem:
    """The first of pydantic's errors as our own: the place as a dotted path, the rest only counted."""
    first, *others = error.errors(include_url=False, include_input=False)
    message = first["msg"]
    if first["type"] == "union_tag_invalid":
        message = f"unknown kind {first['ctx']['tag']!r}; a newer version may have written it"
    also = f" (and {len(others)} more)" if others else ""
    return WireProblem(".".join(str(part) for part in first["loc"]), f"{message}{also}")
