"""What a command writes: text for people, one JSON document for programs, never both.

Text may hold what models and tools said. Control characters in it are shown escaped, so nothing that is printed can
move the cursor, hide a word of an approval or speak in our name; only our own few colours pass.
"""

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Final

from mntui.cli.opening import Surroundings
from mntui.core.frozen import frozen
from mntui.core.messages import Denied
from mntui.core.values import Json
from mntui.core.words import LOOKS, instant
from mntui.engines.base import Engine
from mntui.settings import Settings, read_settings

_CODES: Final = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}
_OURS = re.compile(r"\x1b\[(?:0|1|2|31|32|33|36)m")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
GLANCE = 200
UNCUT = 10_000


@frozen
class Session:
    """One command at work."""

    around: Surroundings
    json: bool = False
    home: str | None = None

    @property
    def settings(self) -> Settings:
        """Where runs are kept: `--home`, else the environment's. Raises SettingsProblem."""
        home = None if self.home is None else self.around.cwd / Path(self.home).expanduser()
        return read_settings(self.around.environment, home)

    def engine(self) -> AbstractAsyncContextManager[Engine]:
        return self.around.open_engine(self.settings)

    def document(self, value: Json) -> None:
        """The one JSON document of a command."""
        self.around.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")
        self.around.stdout.flush()

    def line(self, value: Json) -> None:
        """One object of a stream, on a line of its own."""
        self.around.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")
        self.around.stdout.flush()

    def say(self, text: str) -> None:
        """What the command was asked for."""
        coloured = self.around.stdout.isatty() and self._may_colour()
        self.around.stdout.write(printable(text, coloured=coloured) + "\n")
        self.around.stdout.flush()

    def note(self, text: str) -> None:
        """What a person should know beside it."""
        coloured = self.around.stderr.isatty() and self._may_colour()
        self.around.stderr.write(printable(text, coloured=coloured) + "\n")
        self.around.stderr.flush()

    def answer(self, value: Json, text: str) -> None:
        """The same thing for a program or for a person."""
        if self.json:
            self.document(value)
        else:
            self.say(text)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked now."""
        return self.around.interactive and not self.json

    @property
    def ascii(self) -> bool:
        encoding = (self.around.stdout.encoding or "utf-8").lower()
        return bool(self.around.environment.get("MNTUI_ASCII")) or "utf" not in encoding

    @property
    def width(self) -> int:
        """Columns to write in: the terminal's, else 80."""
        return shutil.get_terminal_size((80, 24)).columns if self.around.stdout.isatty() else 80

    @property
    def table_width(self) -> int:
        """Columns of a table: nothing is cut where another program reads it."""
        return self.width if self.around.stdout.isatty() else UNCUT

    def status(self, word: str) -> str:
        """`✓ succeeded`."""
        look = LOOKS[word]
        return paint(f"{look.sign(ascii_only=self.ascii)} {look.word}", look.style)

    def _may_colour(self) -> bool:
        return not self.around.environment.get("NO_COLOR")


def plain(value: Json) -> Json:
    """Dataclasses, named tuples and mappings as JSON."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def paint(text: str, style: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style in _CODES else text


def printable(text: str, *, coloured: bool) -> str:
    """Text that can't do anything to a terminal but be read."""
    kept = _OURS.findall(text) if coloured else []
    parts = [_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", part) for part in _OURS.split(text)]
    return parts[0] + "".join(f"{code}{part}" for code, part in zip(kept or [""] * len(parts), parts[1:], strict=False))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> str:
    """Columns two spaces apart; the last one is cut at the width."""
    lines = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(_shown_width(line[column]) for line in lines) for column in range(len(headings))]
    drawn = []
    for line in lines:
        cells = [cell + " " * (widths[column] - _shown_width(cell)) for column, cell in enumerate(line[:-1])]
        room = width - sum(widths[:-1]) - 2 * len(cells)
        drawn.append("  ".join([*cells, cut(line[-1], max(room, 20))]).rstrip())
    drawn[0] = paint(drawn[0], "dim")
    return "\n".join(drawn)


def _shown_width(cell: str) -> int:
    return len(_OURS.sub("", cell))


def cut(text: str, most: int) -> str:
    """Text on one line, at most so many characters."""
    line = " ".join(text.split())
    return line if _shown_width(line) <= most else f"{_OURS.sub('', line)[: most - 1]}…"


def glance(value: Json, most: int = GLANCE) -> str:
    """A value on one line: text as it is, all else as JSON; a large one by its head and size."""
    if isinstance(value, Mapping) and value.get("ref") == "payload":
        return f"{cut(str(value['head']), most)} ({value['size']:,} bytes)"
    held = plain(value)
    if isinstance(held, dict) and held.get("ref") == "payload":
        return glance(held, most)
    return cut(held if isinstance(held, str) else json.dumps(held, ensure_ascii=False), most)


def clock(at: int) -> str:
    """An instant in the person's own zone: `2026-11-22 10:45:07`."""
    return instant(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def error_document(denied: Denied) -> Json:
    return {"error": _error(denied)}


def _error(denied: Denied) -> Json:
    error = {key: getattr(denied, key) for key in ("code", "message", "remedy", "file", "line", "column")}
    return {**error, "more": [_error(each) for each in denied.more]} if denied.more else error


def error_text(denied: Denied) -> str:
    """An error and its remedy, the place in the file with a caret where there is one, then all further ones."""
    lines = [f"{paint('error:', 'red')} {_headline(denied)}"]
    if denied.file:
        lines.append(f"  {denied.file}:{denied.line}:{denied.column}" if denied.line else f"  {denied.file}")
        lines.extend(_source(denied))
    if denied.remedy and not (denied.more and denied.remedy == denied.more[0].remedy):
        lines.append(f"  {denied.remedy}")
    return "\n".join([*lines, *(error_text(each) for each in denied.more)])


def _headline(denied: Denied) -> str:
    """The message; where it only lists what follows one by one, without the list."""
    if denied.more and denied.more[0].message in denied.message:
        return denied.message.partition(": ")[0]
    return denied.message


def _source(denied: Denied) -> list[str]:
    try:
        line = Path(denied.file).read_text(encoding="utf-8").splitlines()[denied.line - 1] if denied.line else ""
    except (OSError, UnicodeDecodeError, IndexError):
        return []  # The place is named; a file that can't be read any more needs no second error.
    if not line.strip():
        return []
    indent = re.sub(r"\S", " ", line[: max(denied.column - 1, 0)])
    return [f"    {line}", f"    {indent}^"]
