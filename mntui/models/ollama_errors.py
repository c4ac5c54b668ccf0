"""What Ollama's refusals mean: missing, too little memory, too long, busy, broken. Read off its own sentences."""

from typing import Any

from mntui.models.base import ModelFailure
from mntui.models.streaming import retry_after_seconds

_MEMORY = (
    "more system memory",
    "out of memory",
    "cudamalloc failed",
    "unable to allocate",
    "insufficient memory",
    "failed to allocate",
)
NOT_THE_PROTOCOL = (ValueError, TypeError, AttributeError)
"""What the client library raises on an answer that is no JSON, or JSON of another shape."""
_CONTEXT = ("context length", "context window", "input length", "prompt is too long")


def unreachable(url: str, *, installed: bool) -> ModelFailure:
    """Nothing answers at the address."""
    remedy = "Start it: ollama serve" if installed else "Get it at https://ollama.com/download, or set OLLAMA_HOST."
    return ModelFailure("retryable", f"no Ollama answers at {url}", remedy=remedy)


def missing(tag: str) -> ModelFailure:
    return ModelFailure("missing", f"Ollama has no model {tag}", remedy=f"mntui models pull {tag}")


def broken_off(characters: int, why: str) -> ModelFailure:
    """A stream that ended before its last part."""
    return ModelFailure("retryable", f"the answer broke off after {characters} characters: {why}")


def said(error: Any) -> str:
    """The sentence of an error, which some servers wrap into an object."""
    text = error.get("message", error) if isinstance(error, dict) else error
    return " ".join(str(text).split())[:500]


def failure_of(status: int, error: Any, tag: str) -> ModelFailure:
    """A refusal, by its HTTP status (below 0: told within a stream) and its sentence."""
    text = said(error)
    low = text.lower()
    if any(words in low for words in _MEMORY):
        return ModelFailure(
            "permanent",
            f"{tag} doesn't fit into memory: {text}",
            remedy="Free some (`ollama ps`, `ollama stop NAME`), or use a smaller model.",
        )
    if any(words in low for words in _CONTEXT):
        return ModelFailure("context", f"{tag}: {text}", remedy="Give the step less to read.")
    if "does not support" in low:
        return ModelFailure("permanent", text, remedy="Bind the role to another model: --model ROLE=MODEL.")
    if status == 404 and "not found" in low:
        return missing(tag)
    if status in {401, 403}:
        return ModelFailure("auth", f"Ollama refuses: {text}", remedy="Run `ollama signin`, or set OLLAMA_API_KEY.")
    if status < 0 or status >= 500 or status == 408:
        return ModelFailure("retryable", f"Ollama failed: {text}")
    return ModelFailure("permanent", f"Ollama refused the call ({status}): {text}")


async def refuse_when_told_to_wait(response: Any) -> None:
    """A hook of the HTTP client: the client library itself drops the header that says for how long."""
    if response.status_code == 429:
        after = retry_after_seconds(response.headers.get("retry-after"))
        raise ModelFailure("rate_limited", "Ollama asks to wait (429)", retry_after_seconds=after)
