"""Token counts for models that bring no tokenizer: a quarter of the characters, always marked as an estimate."""

import json

from mntui.core.money import Usage
from mntui.models.base import ModelRequest

CHARACTERS_PER_TOKEN = 4


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has: its characters divided by four, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def estimate_usage(request: ModelRequest, answer: str) -> Usage:
    """The usage of a call whose provider counts nothing: what was sent, tools and contract included, and the answer."""
    sent = sum(estimate_tokens(message.text) for message in request.messages)
    declared: list[object] = [[tool.name, tool.about, dict(tool.parameters)] for tool in request.tools]
    if request.contract is not None:
        declared.append(dict(request.contract))
    if declared:
        sent += estimate_tokens(json.dumps(declared, default=str))
    return Usage(input_tokens=sent, output_tokens=estimate_tokens(answer), estimated=True)
