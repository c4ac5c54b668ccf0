"""YAML 1.2 core, read from libyaml's events: plain data, and the line and column of every key and value.

Events arrive one by one, so depth and number of values are bounded before anything is built (composing a mebibyte of
`[` would overflow the C stack). Scalars are resolved here, by YAML 1.2: only `true` and `false` are booleans.

Deliberately absent: tags, anchors, aliases, merge keys, directives, several documents. Each is a problem with a place.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml import CSafeLoader

from mntui.core.compiling.findings import MOST_FINDINGS, Where
from mntui.core.frozen import frozen
from mntui.core.values import LARGEST_INTEGER, Json

LARGEST_FILE = 2**20
DEEPEST = 64
MOST_VALUES = 60_000

_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NULLS = ("", "~", "null", "Null", "NULL")


@frozen
class YamlProblem:
    """What is wrong with the text itself. `line` and `column` count from 1."""

    code: str
    message: str
    remedy: str
    line: int
    column: int
    where: Where = ()


@dataclass(slots=True)
class Node:
    """A value and where it stands (from 1). `shift`: where its text begins after the column, -1 if it can't be told."""

    value: Json
    line: int
    column: int
    shift: int = -1
    keys: "dict[str, Node] | None" = None
    children: "dict[str | int, Node] | None" = None


@frozen
class Parsed:
    """`root` is None if the text could not be read at all."""

    text: str
    root: Node | None
    problems: tuple[YamlProblem, ...]


def parse_yaml(content: bytes) -> Parsed:
    """One YAML document. Never raises: everything that is wrong comes back as problems."""
    text, problem = _decoded(content)
    if problem is None:
        problem = _unreadable(text)
    if problem is not None:
        return Parsed(text, None, (problem,))
    reader = _Reader(text)
    root = reader.read()
    return Parsed(text, root, tuple(reader.problems))


def place_of(root: Node, where: Where, *, of_key: bool, offset: int = 0) -> tuple[int, int]:
    """Line and column of a key path; of the nearest thing around it where nothing stands there."""
    node, key = root, None
    for part in where:
        if not node.children or part not in node.children:
            return (key or node).line, (key or node).column
        key = (node.keys or {}).get(str(part))
        node = node.children[part]
    if of_key and key is not None:
        return key.line, key.column
    return node.line, node.column + (node.shift + offset if offset and node.shift >= 0 else 0)


def lines_of(text: str) -> list[str]:
    """The lines of a text as YAML counts them."""
    return _LINE_END.split(text)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Where a character of a text stands, both from 1."""
    before = lines_of(text[:offset])
    return len(before), len(before[-1]) + 1


class _Stop(Exception):
    pass


class _Reader:
    """Builds nodes from events, collecting every problem that reading can go on after."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._loader = CSafeLoader(text)
        self._count = 0
        self.problems: list[YamlProblem] = []

    def read(self) -> Node | None:
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            self.problems.append(_syntax_problem(error, self._text))
        except yaml.YAMLError as error:
            self.problems.append(YamlProblem("yaml", str(error), "Write UTF-8 text.", 1, 1))
        except _Stop:
            pass
        finally:
            self._loader.dispose()
        return None

    def _document(self) -> Node | None:
        self._event()
        start = self._event()
        if isinstance(start, yaml.StreamEndEvent):
            self._add("empty", "the file is empty", "Begin with `blueprint: NAME`.", start, ())
            return None
        if start.version or start.tags:
            self._add("directive", "directives (`%…`) are not read", "Remove the line.", start, ())
        root = self._node(self._event(), (), 0)
        self._event()
        more = self._event()
        if isinstance(more, yaml.DocumentStartEvent):
            self._add("documents", "a file holds one document", "Remove this `---` and what follows.", more, ())
        return root

    def _event(self) -> Json:
        self._count += 1
        event = self._loader.get_event()
        if self._count > MOST_VALUES:
            self._add("size", f"the file holds more than {MOST_VALUES:,} values", "Move data into data/.", event, ())
            raise _Stop
        return event

    def _node(self, event: Json, where: Where, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if depth > DEEPEST:
            self._add("depth", f"values are nested deeper than {DEEPEST} levels", "Flatten them.", event, where[:8])
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            self._add("alias", f"aliases (`*{event.anchor}`) are not read", "Write the value out here.", event, where)
            return Node(None, line, column)
        self._check_properties(event, where)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(Node([], line, column), where, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(Node({}, line, column), where, depth)
        return Node(self._scalar(event, where), line, column, _shift(event, self._text))

    def _sequence(self, node: Node, where: Where, depth: int) -> Node:
        node.children = children = {}
        while not isinstance(event := self._event(), yaml.SequenceEndEvent):
            index = len(node.value)
            child = self._node(event, (*where, index), depth + 1)
            children[index] = child
            node.value.append(child.value)
        return node

    def _mapping(self, node: Node, where: Where, depth: int) -> Node:
        node.children, node.keys = children, keys = {}, {}
        while not isinstance(event := self._event(), yaml.MappingEndEvent):
            name = self._key(event, where, depth)
            value_event = self._event()
            place = where if name is None else (*where, name)
            child = self._node(value_event, place, depth + 1)
            if name is not None and name not in node.value:
                children[name] = child
                keys[name] = Node(name, event.start_mark.line + 1, event.start_mark.column + 1)
                node.value[name] = child.value
            elif name is not None:
                first = keys[name].line
                message = f"the key `{name[:60]}` stands twice (first in line {first})"
                self._add("duplicate", message, "Keep one of them.", event, place)
        return node

    def _key(self, event: Json, where: Where, depth: int) -> str | None:
        if not isinstance(event, yaml.ScalarEvent):
            remedy = 'A key is plain text. If this is a template, put it in quotes: "{{ … }}".'
            self._add("key", "a key is no text", remedy, event, where)
            self._node(event, where, depth + 1)
            return None
        self._check_properties(event, where)
        if event.value == "<<" and event.implicit[0]:
            self._add("merge", "merge keys (`<<`) are not read", "Write the keys out here.", event, where)
            return None
        return str(event.value)

    def _check_properties(self, event: Json, where: Where) -> None:
        if event.anchor is not None:
            message = f"anchors (`&{event.anchor}`) are not read"
            self._add("anchor", message, "Remove it, and write the value out wherever it is used.", event, where)
        if event.tag is not None:
            message = f"tags (`{event.tag[:60]}`) are not read"
            self._add("tag", message, "Remove it; quotes make text of anything.", event, where)

    def _scalar(self, event: Json, where: Where) -> Json:
        text = str(event.value)
        if not event.implicit[0]:
            return text
        if _NOT_FINITE.fullmatch(text):
            self._add("number", f"{text} is no number that JSON can hold", "Write a finite number.", event, where)
            return 0
        value = _plain(text)
        if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= _limit(value)):
            message = "a number is beyond what JSON readers agree on (2^53)"
            self._add("number", message, "Put it in quotes, as text.", event, where)
            return 0
        return value

    def _add(self, code: str, message: str, remedy: str, event: Json, where: Where) -> None:
        mark = event.start_mark
        self.problems.append(YamlProblem(code, message, remedy, mark.line + 1, mark.column + 1, where))
        if len(self.problems) >= MOST_FINDINGS:
            raise _Stop


def _plain(text: str) -> Json:
    """A plain scalar by YAML 1.2 core, with lower-case booleans only."""
    if text in _NULLS:
        return None
    if text in ("true", "false"):
        return text == "true"
    if text[0].isalpha():
        return text
    if _INTEGER.fullmatch(text):
        if len(text) > 400:
            return math.inf
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _limit(value: float) -> float:
    return LARGEST_INTEGER if isinstance(value, int) else math.inf


def _shift(event: Json, text: str) -> int:
    """How far after its column a scalar's text begins, where it stands on one line as it is."""
    if event.start_mark.line != event.end_mark.line or event.style in ("|", ">"):
        return -1
    start = event.start_mark.index
    quoted = 0 if event.style is None else 1
    written = text[start + quoted : start + quoted + len(event.value)]
    return quoted if written == event.value else -1


def _decoded(content: bytes) -> tuple[str, YamlProblem | None]:
    if len(content) > LARGEST_FILE:
        message = f"the file has {len(content):,} bytes; at most {LARGEST_FILE:,} are read"
        return "", YamlProblem("size", message, "Move data into data/ and long text into prompts/.", 1, 1)
    for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if content.startswith(mark):
            return "", YamlProblem("encoding", f"the file is {name}, not UTF-8", "Save it as UTF-8.", 1, 1)
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8"), None
    except UnicodeDecodeError as error:
        text = content[: error.start].decode("utf-8", "replace")
        line, column = line_and_column(text, len(text))
        message = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        rest = content.decode("utf-8", "replace")
        return rest, YamlProblem("encoding", message, "Save the file as UTF-8.", line, column)


def _unreadable(text: str) -> YamlProblem | None:
    found = _UNREADABLE.search(text)
    if found is None:
        return None
    line, column = line_and_column(text, found.start())
    remedy = "Save it as UTF-8 text." if found.group() == "\0" else 'Remove it, or write it as an escape in "…".'
    return YamlProblem("encoding", f"the character U+{ord(found.group()):04X} may not stand here", remedy, line, column)


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> YamlProblem:
    told = error.problem or str(error)
    lines = lines_of(text)
    mark = error.problem_mark or error.context_mark
    if mark and error.context_mark and not any(line.strip() for line in lines[mark.line :]):
        mark, told = error.context_mark, f"what begins here is not closed ({error.context}: {told})"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    shown = lines[line - 1] if line <= len(lines) else ""
    if shown[: max(column, 1)].strip(" ") and "\t" in shown[:column] and not shown[: column - 1].strip():
        return YamlProblem("tab", "a tab indents this line", "Indent with spaces.", line, column)
    remedy = next((advice for words, advice in _advices() if words in told), "Check quotes and indentation here.")
    if error.context_mark and error.context_mark.line != line - 1:
        told += f" ({error.context} in line {error.context_mark.line + 1})"
    return YamlProblem("yaml", told, remedy, line, column)


def _advices() -> Iterator[tuple[str, str]]:
    yield "mapping values are not allowed", "Put text that holds `: ` in quotes, or check the indentation."
    yield "cannot start any token", "Put text that begins with this character in quotes."
    yield "did not find expected key", "Check the indentation, and quotes or brackets opened before."
    yield "did not find expected ',' or", "Close the bracket, or put a comma between the entries."
    yield "unexpected end of stream", "Close the quote or bracket."
    yield "could not find expected ':'", "Write `key: value`, with a space after the colon."
    yield "unknown escape character", "Write \\\\ for a backslash, or use single quotes."
    yield "did not find expected <document start>", "Check the indentation: the file is one map."
