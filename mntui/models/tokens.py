"""Token counts without a tokenizer: one estimate to show, one that is hardly ever too low, one that is never too high.

What is shown is a quarter of the characters, always marked as an estimate. What is reserved (a budget, a context
window) is counted generously. What a provider says it read is held against a bound from below: every common tokenizer
splits text into words first, so a prompt has at least as many tokens as words.
"""

import json
import re

from mntui.core.money import Usage
from mntui.models.base import ModelRequest

CHARACTERS_PER_TOKEN = 4
LETTERS_PER_TOKEN = 3
WIDE_BYTES_PER_TOKEN = 2
TOKENS_PER_MESSAGE = 8
_WORD = re.compile(r"\w+")
_ALONE = re.compile(r"[0-9\n!-/:-@\[-`{-~]")


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has: its characters divided by four, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def most_tokens(text: str) -> int:
    """Hardly ever fewer than it has: one a digit, sign and line, one for three letters, one for two other bytes."""
    alone = len(_ALONE.findall(text))
    letters = len(text.encode("ascii", "ignore")) - alone
    wide = len(text.encode("utf-8", "replace")) - letters - alone
    return alone + -(-letters // LETTERS_PER_TOKEN) + -(-wide // WIDE_BYTES_PER_TOKEN)


def least_tokens(text: str) -> int:
    """Never more than it really has: its words."""
    return sum(1 for _ in _WORD.finditer(text))


def declared_text(request: ModelRequest) -> str:
    """What is sent beside the messages: tools and contract, as JSON; empty without any."""
    declared: list[object] = [[tool.name, tool.about, dict(tool.parameters)] for tool in request.tools]
    if request.contract is not None:
        declared.append(dict(request.contract))
    return json.dumps(declared, default=str, ensure_ascii=False) if declared else ""


def most_input_tokens(request: ModelRequest) -> int:
    """A generous count of everything that a request sends."""
    said = sum(most_tokens(message.text) + TOKENS_PER_MESSAGE for message in request.messages)
    asked = sum(most_tokens(json.dumps(ask.arguments, default=str)) for m in request.messages for ask in m.asks)
    return said + asked + most_tokens(declared_text(request))


def estimate_usage(request: ModelRequest, answer: str) -> Usage:
    """The usage of a call whose provider counts nothing: what was sent, tools and contract included, and the answer."""
    sent = sum(estimate_tokens(message.text) for message in request.messages)
    sent += estimate_tokens(declared_text(request))
    return Usage(input_tokens=sent, output_tokens=estimate_tokens(answer), estimated=True)
