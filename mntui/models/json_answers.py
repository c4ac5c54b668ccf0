"""The JSON value that a model meant, read from the text that it wrote.

Strict JSON first; then the value alone, without a fence, a thought or a sentence around it; then its syntax is mended:
quotes, commas, comments. Nothing is mended that may have been cut off: closing somebody's brackets for them gives
something valid and, more often than not, wrong. So a text that doesn't close what it opens is an error, told exactly.

Deliberately absent: any change of a value, a key or a type. What the contract says is not looked at here.
"""

import json
import re

import json_repair

from mntui.core.values import Json

_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_CLOSERS = {"{": "}", "[": "]"}
_DEEPEST = 100


class NotJson(Exception):
    """The text holds no JSON value. The message is for the model that wrote it."""


def read_json(text: str) -> Json:
    """The value. Raises NotJson, with what is wrong and where."""
    said = _without_thought(text).strip()
    if _depth(said) > _DEEPEST:
        raise NotJson(f"it nests more than {_DEEPEST} levels deep")
    try:
        return _strict(said)
    except ValueError as error:
        first = error
    value = without_fence(said)
    found = _outermost(value)
    for candidate in dict.fromkeys((value, found)):
        try:
            return _strict(candidate)
        except ValueError:
            continue
    if not found or not _closed(found):
        raise NotJson(f"it is not JSON ({first})") from first
    return _mended(found, first)


def read_object(text: str) -> Json:
    """A tool call's arguments, of which some servers give only the text: an object, or the text as it was."""
    try:
        value = read_json(text) if text.strip() else {}
    except NotJson:
        return text
    return value if isinstance(value, dict) else text


def without_fence(text: str) -> str:
    """The text inside a Markdown code fence, where a model put one around its JSON."""
    stripped = text.strip()
    if not (stripped.startswith("```") and stripped.endswith("```") and "\n" in stripped):
        return stripped
    return stripped[stripped.index("\n") + 1 : -3].strip()


def _strict(text: str) -> Json:
    """Raises ValueError; NotJson on what no mending can help."""
    return json.loads(text, parse_constant=_no_number)


def _no_number(word: str) -> Json:
    # Not a matter of syntax: mending would make a text of it.
    raise NotJson(f"it is not JSON ({word} is no number)")


def _depth(text: str) -> int:
    """How deep brackets nest, without a look at quotes: a parser's stack must not be what ends the worker."""
    deepest = depth = 0
    for found in _BRACKET.finditer(text):
        depth += 1 if found[0] in _CLOSERS else -1
        deepest = max(deepest, depth)
    return deepest


def _without_thought(text: str) -> str:
    return _THOUGHT.sub("", text, count=1)


def _outermost(text: str) -> str:
    """From the first bracket that opens to the last that could close it; empty where there is none."""
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    if not starts:
        return ""
    start = min(starts)
    end = text.rfind(_CLOSERS[text[start]])
    return text[start : end + 1] if end > start else ""


def _closed(text: str) -> bool:
    """Whether every bracket that is opened is closed. Counted without a look at quotes, which may be what is broken."""
    return all(text.count(opener) == text.count(closer) for opener, closer in _CLOSERS.items())


def _mended(text: str, first: ValueError) -> Json:
    value = json_repair.loads(text)
    if not value or not isinstance(value, dict if text[0] == "{" else list):
        # Two answers one after the other come out as a list: which one was meant isn't a matter of syntax.
        raise NotJson(f"it is not JSON ({first})") from first
    return value
