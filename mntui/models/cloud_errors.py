"""What a cloud's refusal means, read off the class, the status and the words of what litellm raised.

The classes are known by name, so nothing is imported here. litellm calls very different things an internal error; what
its name leaves open, the status and the provider's own words decide.
"""

import re
from collections.abc import Mapping
from typing import Any

from mntui.models.base import FailureKind, ModelFailure
from mntui.models.streaming import retry_after_seconds

_KINDS: tuple[tuple[str, FailureKind], ...] = (
    ("ContextWindowExceededError", "context"),
    ("ContentPolicyViolationError", "refused"),
    ("RejectedRequestError", "refused"),
    ("PaymentRequiredError", "auth"),
    ("AuthenticationError", "auth"),
    ("PermissionDeniedError", "auth"),
    ("RateLimitError", "rate_limited"),
    ("NotFoundError", "missing"),
    ("UnprocessableEntityError", "permanent"),
    ("BadRequestError", "permanent"),
)
"""The first that an error's class has above it counts."""
_CONTEXT = ("context length", "context window", "context size", "maximum context", "too many tokens", "too long")
_CREDIT = ("insufficient_quota", "insufficient credits", "credit balance", "billing", "exceeded your current quota")
_STATUS: Mapping[int, FailureKind] = {
    401: "auth",
    402: "auth",
    403: "auth",
    404: "missing",
    413: "context",
    429: "rate_limited",
}
_WORTH_ANOTHER_TRY = frozenset({408, 409, 425, 500, 502, 503, 504, 529})
_LONGEST = 500
_WRAPPING = re.compile(r"(?:litellm\.)?\w+(?:Error|Exception|Timeout)(?: -|:) ")
_MESSAGE = re.compile(r"""["']message["']\s*:\s*"((?:[^"\\]|\\.)+)\"""")


def failure_of(error: BaseException, name: str) -> ModelFailure:
    """The failure that an exception stands for. `name` is the model's."""
    error = getattr(error, "original_exception", None) or error
    text = _sentence(error)
    low = text.lower()
    kind = _kind(error, low)
    provider = name.partition("/")[0]
    if kind in {"rate_limited", "auth"} and any(words in low for words in _CREDIT):
        return ModelFailure("auth", f"{provider} wants to be paid: {text}", remedy=f"Add credit at {provider}.")
    remedies: dict[FailureKind, str] = {
        "context": "Give the step less to read, or bind the role to a model with a larger context.",
        "refused": "Change what the step sends, or bind the role to another model.",
        "auth": f"Check the key of {provider}, and what it may do.",
        "missing": f"Check the name {name}; `mntui prices {name}` lists near ones.",
    }
    after = retry_after_seconds(_header(error, "retry-after")) if kind == "rate_limited" else None
    return ModelFailure(kind, f"{name}: {text}", remedy=remedies.get(kind, ""), retry_after_seconds=after)


def _kind(error: BaseException, low: str) -> FailureKind:
    classes = {one.__name__ for one in type(error).__mro__}
    named = next((kind for one, kind in _KINDS if one in classes), None)
    status = getattr(error, "status_code", None)
    if named in {None, "permanent"} and any(words in low for words in _CONTEXT):
        return "context"
    if named is not None:
        return named
    if isinstance(status, int) and status in _STATUS:
        return _STATUS[status]
    if isinstance(status, int) and 400 <= status < 500 and status not in _WORTH_ANOTHER_TRY:
        return "permanent"
    return "retryable"


def _header(error: Any, name: str) -> str | None:
    response = getattr(error, "response", None)
    for headers in (getattr(error, "litellm_response_headers", None), getattr(response, "headers", None)):
        if headers is not None and headers.get(name):
            return str(headers[name])
    return None


def _sentence(error: BaseException) -> str:
    """What the provider said, without the library's wrapping, and not longer than a person reads."""
    text = " ".join(str(getattr(error, "message", "") or error).split())
    while prefix := _WRAPPING.match(text):
        text = text[prefix.end() :]
    inner = _MESSAGE.search(text)
    return (inner[1] if inner else text)[:_LONGEST] or type(error).__name__
