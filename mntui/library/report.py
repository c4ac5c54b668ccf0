"""Findings with their place in a file, as text for people and as JSON objects for programs."""

from collections.abc import Iterable, Iterator
from typing import Literal

from mntui.core.compiling.findings import Where, path_text
from mntui.core.frozen import frozen
from mntui.core.values import Json

WIDEST_SOURCE = 120


@frozen
class Notice:
    """A finding at its place. `line` and `column` count from 1; `source` is the line itself; `where` the key path."""

    severity: Literal["problem", "warning"]
    file: str
    line: int
    column: int
    code: str
    message: str
    expected: str
    remedy: str
    where: Where = ()
    source: str = ""


def report_text(notices: Iterable[Notice]) -> str:
    """`file:line:column  problem  message — remedy`, each with its source line and a caret under the place."""
    return "\n".join(line for notice in notices for line in _lines(notice))


def report_json(notice: Notice) -> dict[str, Json]:
    """One finding as an object; `key` is its key path as people write it."""
    return {
        "severity": notice.severity,
        "code": notice.code,
        "message": notice.message,
        "expected": notice.expected,
        "remedy": notice.remedy,
        "file": notice.file,
        "line": notice.line,
        "column": notice.column,
        "key": path_text(notice.where) if notice.where else "",
    }


def count_text(notices: Iterable[Notice]) -> str:
    """`2 problems, 1 warning`."""
    severities = [notice.severity for notice in notices]
    counts = [(severities.count("problem"), "problem"), (severities.count("warning"), "warning")]
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count) or "no problems"


def _lines(notice: Notice) -> Iterator[str]:
    yield f"{notice.file}:{notice.line}:{notice.column}  {notice.severity}  {notice.message} — {notice.remedy}"
    if not notice.source.strip():
        return
    start = max(0, notice.column - WIDEST_SOURCE // 2) if notice.column > WIDEST_SOURCE else 0
    shown = notice.source[start : start + WIDEST_SOURCE]
    before = "".join("\t" if character == "\t" else " " for character in shown[: notice.column - 1 - start])
    yield f"    {shown}"
    yield f"    {before}^"
