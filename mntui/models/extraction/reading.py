"""What there is to read in a request: its values as facts with a path, its texts, and its instructions.

A fact is a value under a name. `Customer: Acme` inside a text is one too, marked `quoted`. Lists of several items stay
whole: a name inside one of many items says nothing about the others.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from types import MappingProxyType

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.models.base import ModelRequest

READ_CHARACTERS = 20_000
"""How much of a long text is searched, so that an answer takes milliseconds. Values are still copied whole."""

GENERIC = frozenset(
    ("id", "name", "amount", "date", "value", "text", "type", "kind", "status", "number", "title", "field")
)
_NEUTRAL_HEADS = frozenset(("id", "name", "number", "text"))
_SILENT = frozenset(("at", "on", "of", "the", "is", "has", "a", "an", "in", "for", "was", "are"))
_FOLDED = MappingProxyType(
    {
        "identifier": ("id",),
        "no": ("id",),
        "nr": ("id",),
        "num": ("id",),
        "number": ("id",),
        "ref": ("reference",),
        "client": ("customer",),
        "qty": ("quantity",),
        "total": ("amount",),
        "sum": ("amount",),
        "price": ("amount",),
        "deadline": ("due", "date"),
        "mail": ("email",),
        "message": ("text",),
        "content": ("text",),
        "category": ("kind",),
    }
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HEADER = re.compile(
    r"^[ \t]*(?:[-*][ \t]+)?([A-Za-z][A-Za-z_-]*(?: [A-Za-z_-]+){0,2})[ \t]*:[ \t]+(\S[^\n]*?)[ \t]*$", re.MULTILINE
)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[^\s])|\n+")


@frozen
class Fact:
    """A value under the keys that lead to it. `quoted` facts were read out of a text's `Name: value` lines."""

    path: tuple[str, ...]
    value: Json
    quoted: bool = False

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else ""

    @property
    def short(self) -> bool:
        """A scalar that says something and fits into a sentence."""
        if isinstance(self.value, str):
            return bool(self.value.strip()) and len(self.value) <= 120 and "\n" not in self.value.strip()
        return isinstance(self.value, bool | int | float)


@frozen
class Source:
    """Everything an answer may be made of. `text` is what the values say, keys left out, one text a line."""

    facts: tuple[Fact, ...]
    text: str
    instructions: str = ""

    def under(self, fact: Fact) -> "Source":
        """The same source narrowed to one fact's value, read as if nothing else was given."""
        return source_of(fact.value, self.instructions)


def read(request: ModelRequest) -> Source:
    """The source of one call: its arguments, else its user's messages, then what its tools gave."""
    given: dict[str, Json] = dict(request.arguments or {})
    if request.arguments is None:
        # What a user's message says after an answer is about that answer (a broken contract), not input.
        opening = takewhile(lambda message: message.role in ("system", "user"), request.messages)
        given = {"message": "\n".join(message.text for message in opening if message.role == "user")}
    results = [_parsed(message.text) for message in request.messages if message.role == "tool"]
    facts = [*_walk((), given)]
    for result in results:
        facts += _walk((), result if isinstance(result, dict) else {"result": result})
    instructions = "\n".join(message.text for message in request.messages if message.role == "system")
    return Source(tuple(facts), _searched([given, *results]), instructions)


def source_of(value: Json, instructions: str = "") -> Source:
    facts = tuple(_walk((), value if isinstance(value, dict) else {"value": value}))
    return Source(facts, _searched(value), instructions)


def word_set(words_apart: str) -> frozenset[str]:
    """The words of a text with spaces between, as a fixed set."""
    return frozenset(words_apart.split())


def words(text: str) -> tuple[str, ...]:
    """The words of a text, lower case, in order."""
    return tuple(match.group().lower() for match in _WORD.finditer(text))


def stem(word: str) -> str:
    """A word without its most common English endings, so that `refunded` and `refunds` meet `refund`."""
    for ending in ("ing", "ies", "ed", "es", "ly", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            bare = word[: -len(ending)]
            return bare[:-1] if ending in ("ing", "ed") and bare[-1] == bare[-2] and bare[-1] not in "ls" else bare
    return word


def stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(text))


def name_words(name: str) -> tuple[str, ...]:
    """The words of a key: `dueDate`, `due_date` and `due-date` are the same two."""
    return words(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " "))


def sentences(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _SENTENCE_END.split(text) if part.strip())


def headers(text: str) -> tuple[tuple[str, str], ...]:
    """The `Name: value` lines of a text."""
    return tuple((match.group(1), match.group(2)) for match in _HEADER.finditer(text))


def beginning(text: str) -> str:
    """The part of a text that is searched: READ_CHARACTERS at most, cut after a line or a word."""
    if len(text) <= READ_CHARACTERS:
        return text
    cut = text[:READ_CHARACTERS]
    return cut.rsplit("\n" if "\n" in cut else " ", 1)[0]


def prose(text: str) -> str:
    """A text without its `Name: value` lines."""
    return _HEADER.sub("", text).strip()


def named(source: Source, wanted: tuple[str, ...]) -> tuple[Fact, ...]:
    """The facts whose name means the same as the keys `wanted` (a field's path), nearest first."""
    folded = _folded(wanted)
    scored = [(_closeness(folded, wanted[-1], fact), place, fact) for place, fact in enumerate(source.facts)]
    near = sorted((-score, place) for score, place, _ in scored if score >= 50)
    if near:
        return tuple(source.facts[place] for _, place in near)
    holding = [fact for fact in source.facts if fact.short and folded and set(folded) < set(_folded(fact.path[-1:]))]
    # A bare `date` may stand for `due_date` where no other date could be meant.
    return tuple(holding) if len(holding) == 1 and set(folded) <= GENERIC else ()


def mentioned(source: Source, hint: str) -> tuple[Fact, ...]:
    """The facts that a sentence about a field names, in the order they were given."""
    said = frozenset(stems(hint))
    if not said:
        return ()
    return tuple(
        fact
        for fact in source.facts
        if fact.path and (own := [stem(word) for word in name_words(fact.name)]) and all(word in said for word in own)
    )


def _closeness(wanted: tuple[str, ...], raw: str, fact: Fact) -> int:
    """How near a fact's name is to the wanted words, 0 to 102: shared words against all; generic ones count less."""
    best = 0
    for start in range(len(fact.path)):
        own = _folded(fact.path[start:])
        if not own or not wanted:
            continue
        if own[-1] not in wanted and own[-1] not in _NEUTRAL_HEADS:
            continue
        if wanted[-1] not in own and wanted[-1] not in GENERIC:
            continue
        shared = sum(_weight(word) for word in dict.fromkeys(wanted) if word in own)
        everything = sum(_weight(word) for word in dict.fromkeys((*wanted, *own)))
        best = max(best, 100 * shared // everything)
    if best and fact.name == raw:
        best += 1
    return best + 1 if best and not fact.quoted else best


def _weight(word: str) -> int:
    return 1 if word in GENERIC else 3


def _folded(path: tuple[str, ...]) -> tuple[str, ...]:
    found = [_singular(word) for part in path for word in name_words(part) if word not in _SILENT]
    if found == ["due"]:
        return ("due", "date")
    return tuple(folded for word in found for folded in _FOLDED.get(word, (word,)))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _walk(path: tuple[str, ...], value: Json) -> Iterator[Fact]:
    if path:
        yield Fact(path, value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk((*path, str(key)), item)
    elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        for key, item in value[0].items():
            yield from _walk((*path, str(key)), item)
    elif isinstance(value, str):
        for name, said in headers(beginning(value)):
            yield Fact((*path, name), said, quoted=True)


def _searched(value: Json) -> str:
    """What the values say, cut between two texts or inside a long one."""
    said, length = [], 0
    for text in _texts(value):
        said.append(beginning(text))
        length += len(said[-1])
        if length > 2 * READ_CHARACTERS:
            break
    return "\n".join(said)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif value is not None:
        yield str(value)
