"""How many tokens of context a local model is asked for: always stated, large enough for the call, fitting memory.

Ollama cuts a prompt that is too long and says nothing, and it loads a model anew for another size. So the size comes
in doubling steps, is never lowered while a model stays in use, and a call that can't fit is refused before it is made.
"""

from collections.abc import Mapping
from typing import Any

from mntui.core.frozen import frozen
from mntui.models.base import ModelFailure

SMALLEST = 4096
MEMORY_SHARE = 0.8
"""The rest is the system's and everybody else's."""
_BYTES_PER_NUMBER = 2


@frozen
class Shape:
    """What a model's own description says of it. None where it says nothing."""

    context_tokens: int | None = None
    bytes_per_token: int | None = None
    size_bytes: int = 0


def fitting(needed: int, shape: Shape, most_tokens: int, memory_bytes: int | None, held: int = 0) -> int:
    """The context to ask for, for a call of so many tokens. Raises ModelFailure (context), naming the limit."""
    limits = [(most_tokens, "the setting of the largest context", "Raise it, if the machine has the memory.")]
    if shape.context_tokens:
        limits.append((shape.context_tokens, "what the model can read", "Use a model with a larger context."))
    if memory_bytes and shape.bytes_per_token:
        room = int(memory_bytes * MEMORY_SHARE) - shape.size_bytes
        limits.append(
            (max(room // shape.bytes_per_token, SMALLEST), "what fits into memory", "Use a smaller model, or a cloud.")
        )
    limit, what, remedy = min(limits)
    if needed > limit:
        raise ModelFailure(
            "context",
            f"the call needs some {needed} tokens of context, and {what} is {limit}",
            remedy=f"Give the step less to read. {remedy}",
        )
    window = SMALLEST
    while window < needed:
        window *= 2
    return min(max(window, held), limit)


def bytes_per_token(info: Mapping[str, Any]) -> int | None:
    """Memory that one token of context takes, by the shape of the attention: keys and values of every layer, 16 bits.

    Source: the size of llama.cpp's key-value cache. `info` is the `model_info` of Ollama's show.
    """
    kind = info.get("general.architecture")

    def number(name: str) -> int | None:
        value = info.get(f"{kind}.{name}")
        return value if isinstance(value, int) and value > 0 else None

    layers, heads = number("block_count"), number("attention.head_count")
    pairs = number("attention.head_count_kv") or heads
    width = number("embedding_length")
    key = number("attention.key_length") or (width // heads if width and heads else None)
    value = number("attention.value_length") or key
    if not (layers and pairs and key and value):
        return None
    return layers * pairs * (key + value) * _BYTES_PER_NUMBER
