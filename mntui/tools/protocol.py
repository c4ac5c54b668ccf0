"""What the worker and a tool host say to each other: length-prefixed JSON, one `Ask` and one `Answer` a number.

The host says `READY` before anything else. Answers come in any order. Absent: a version (both ends are one package, one
process started by the other) and streaming.
"""

import json
import math
from collections.abc import Callable
from typing import Literal

from mntui.core.frozen import frozen
from mntui.core.values import LARGEST_INTEGER, Json
from mntui.tools.base import RESULT_BYTES, Grants, Pattern, ToolCall, ToolFailure

CRASH_VARIABLE = "MNTUI_HOST_CRASH_AT"
LENGTH_BYTES = 4
FRAME_BYTES = 4 * RESULT_BYTES
DEEPEST_RESULT = 100
READY = b'"ready"'


@frozen
class Ask:
    """One operation. `describe` wants the functions of `code`; the others are a `ToolCall` without env."""

    number: int
    op: Literal["describe", "prepare", "call", "reconcile"]
    use: str
    arguments: Json
    effect_key: str
    grants: Grants
    intent: Json
    code: str
    timeout_seconds: float = 0.0

    def as_call(self) -> ToolCall:
        assert self.op != "describe"
        seconds = self.timeout_seconds
        return ToolCall(
            self.op, self.use, self.arguments, self.effect_key, self.grants, seconds, self.intent, self.code
        )


@frozen
class Answer:
    """What came of an ask: a result, or a failure told as data."""

    number: int
    result: Json = None
    failure: ToolFailure | None = None


def ask_of(number: int, call: ToolCall) -> Ask:
    arguments = dict(call.arguments)
    key, seconds = call.effect_key, call.timeout_seconds
    return Ask(number, call.op, call.use, arguments, key, call.grants, call.intent, call.code, seconds)


def framed(payload: bytes) -> bytes:
    """A payload with its length in front. Raises ToolFailure on one that no reader would take."""
    if len(payload) > FRAME_BYTES:
        raise ToolFailure("TooLarge", f"{len(payload):,} bytes don't fit into one message", not_sent=True)
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


def read_frame(read: Callable[[int], bytes]) -> bytes | None:
    """The next payload; None when the other end is gone. `read(n)` gives n bytes, or fewer at the end."""
    header = read(LENGTH_BYTES)
    if len(header) < LENGTH_BYTES:
        return None
    length = int.from_bytes(header, "big")
    payload = read(length)
    return payload if len(payload) == length else None


def encode_ask(ask: Ask) -> bytes:
    """Raises ToolFailure on arguments that JSON can't carry."""
    grants = ask.grants
    message = {
        "number": ask.number,
        "op": ask.op,
        "use": ask.use,
        "arguments": ask.arguments,
        "effect_key": ask.effect_key,
        "folder": grants.folder,
        "home": grants.home,
        "blueprint": grants.blueprint,
        "allow": {name: [[rule.base, rule.rest] for rule in rules] for name, rules in grants.allow.items()},
        "intent": ask.intent,
        "code": ask.code,
        "timeout_seconds": ask.timeout_seconds,
    }
    return json.dumps(message).encode()


def decode_ask(payload: bytes) -> Ask:
    message = json.loads(payload)
    rules = {name: tuple(Pattern(base, rest) for base, rest in pairs) for name, pairs in message["allow"].items()}
    grants = Grants(message["folder"], message["home"], message["blueprint"], rules)
    names = ("number", "op", "use", "arguments", "effect_key", "intent", "code", "timeout_seconds")
    return Ask(grants=grants, **{name: message[name] for name in names})


def encode_answer(answer: Answer) -> bytes:
    """Raises ToolFailure on a result that is no JSON, or too large."""
    if answer.failure is None:
        result = json.dumps(checked_json(answer.result, "the result"), ensure_ascii=False)
        try:
            size = len(result.encode())
        except UnicodeEncodeError:
            raise ToolFailure("BadResult", "the result holds half a surrogate pair, which is no text") from None
        if size > RESULT_BYTES:
            raise ToolFailure("TooLarge", f"the result has {size:,} bytes of JSON, the most is {RESULT_BYTES:,}")
        return f'{{"number": {answer.number}, "result": {result}}}'.encode()
    failure = answer.failure
    told = [failure.kind, failure.message, failure.retryable, failure.not_sent]
    return json.dumps({"number": answer.number, "failure": told}).encode()


def decode_answer(payload: bytes) -> Answer:
    message = json.loads(payload)
    if "failure" not in message:
        return Answer(message["number"], message["result"])
    kind, text, retryable, not_sent = message["failure"]
    return Answer(message["number"], failure=ToolFailure(kind, text, retryable=retryable, not_sent=not_sent))


def checked_json(value: object, where: str, depth: int = 0) -> Json:
    """The value as JSON, tuples as lists, nothing turned into text. Raises ToolFailure naming the place."""
    if depth > DEEPEST_RESULT:
        raise ToolFailure("BadResult", f"{where} is nested deeper than {DEEPEST_RESULT} levels")
    match value:
        case None | bool() | str():
            return value
        case int() if abs(value) <= LARGEST_INTEGER:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case list() | tuple():
            return [checked_json(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
        case dict():
            for key in value:
                if not isinstance(key, str):
                    raise ToolFailure("BadResult", f"{where} has the key {key!r}, and keys must be text")
            return {str(key): checked_json(item, f"{where}[{key!r}]", depth + 1) for key, item in value.items()}
        case int() | float():
            raise ToolFailure("BadResult", f"{where} is {value!r}, which JSON can't carry; give it as text")
    raise ToolFailure("BadResult", f"{where} is of type {type(value).__name__}, and a tool must return JSON")
