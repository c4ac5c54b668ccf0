"""Values that cross every boundary: JSON, references to large JSON, and errors told as data.

A value over PAYLOAD_BYTES of canonical JSON travels as a `Ref`; the journal keeps its bytes once, by digest.
"""

import hashlib
import json
from typing import Any, Final, Literal

from mntui.core.frozen import frozen

Json = Any
"""null, bool, int, float, text, list or dict with text keys. Parsed at the edges; its depth is not typed here."""

PAYLOAD_BYTES = 4096
HEAD_CHARACTERS = 200
LARGEST_INTEGER = 2**53

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


@frozen
class Ref:
    """A large value by its SHA-256 (hex), its size in bytes of canonical JSON, and its first characters for screens."""

    digest: str
    size: int
    head: str
    ref: Literal["payload"] = "payload"


@frozen
class Problem:
    """Why something failed, for the journal and for people: what happened, and what they can do about it.

    `kind` is a stable word (`retry.non_retryable_error_types` names these); `retryable` is the source's own judgement.
    """

    kind: str
    message: str
    remedy: str = ""
    retryable: bool = False


def clean(text: str) -> str:
    """Text that UTF-8 can hold: half a surrogate pair, as models and tools do send it, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def canonical(value: Json) -> bytes:
    """Canonical JSON: UTF-8, sorted keys, no spaces. Raises ValueError on NaN, infinities and integers beyond 2^53."""
    _refuse_wide_integers(value)
    return _ENCODER.encode(value).encode()


def digest_of(value: Json) -> str:
    """SHA-256 (hex) of the canonical JSON of a value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _refuse_wide_integers(value: Json) -> None:
    if isinstance(value, (str, bool)):
        return
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ValueError(f"the integer {value} is beyond 2^53, where JSON readers disagree")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_wide_integers(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_wide_integers(item)
