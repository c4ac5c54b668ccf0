"""Where each key of a TOML file stands. The standard reader gives values without places; a person needs the line.

Best effort, for messages only: tables, keys on a line of their own, dotted and quoted keys. What stands deeper (inline
tables, arrays of tables) has the place of the key around it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

Key = tuple[str, ...]
Place = tuple[int, int]

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED: Final = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER: Final = re.compile(rf"[ \t]*\[\[?[ \t]*({_DOTTED})[ \t]*\]")
_ASSIGNED: Final = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")
_PARTS: Final = re.compile(_PART)
_ESCAPE: Final = re.compile(r"\\(.)")


def places(text: str) -> Mapping[Key, Place]:
    """Line and column (from 1) of every key and table."""
    found: dict[Key, Place] = {}
    table: Key = ()
    for number, line in _lines(text):
        header = _HEADER.match(line)
        if header:
            table = _parts(header[1])
            _note(found, table, (number, header.start(1) + 1))
            continue
        assigned = _ASSIGNED.match(line)
        if assigned:
            _note(found, (*table, *_parts(assigned[1])), (number, assigned.start(1) + 1))
    return found


def place_of(found: Mapping[Key, Place], key: Key) -> Place:
    """Where a key stands, or what is around it; the file's beginning at worst."""
    return next((found[key[:length]] for length in range(len(key), 0, -1) if key[:length] in found), (1, 1))


def _note(found: dict[Key, Place], key: Key, place: Place) -> None:
    """A key, and the tables around it that have no line of their own."""
    for length in range(1, len(key) + 1):
        found.setdefault(key[:length], place)
    found[key] = place


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines outside of strings that span several."""
    closing = ""
    for number, line in enumerate(text.split("\n"), 1):
        if closing:
            closing = "" if closing in line else closing
            continue
        yield number, line
        for quotes in ('"' * 3, "'" * 3):
            if line.count(quotes) % 2:
                closing = quotes


def _parts(dotted: str) -> Key:
    return tuple(_unquoted(part) for part in _PARTS.findall(dotted))


def _unquoted(part: str) -> str:
    if part.startswith("'"):
        return part[1:-1]
    return _ESCAPE.sub(r"\1", part[1:-1]) if part.startswith('"') else part
