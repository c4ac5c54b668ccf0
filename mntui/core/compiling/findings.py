"""What is wrong with a blueprint, told as data: every problem at once, each with its place and its remedy.

A place is a key path (`steps`, `draft`, `with`), never a line: the library knows the lines. A finding inside a file
that the blueprint names (a prompt, a schema) says which one; `offset` counts characters into the text it is about.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Literal

from mntui.core.frozen import frozen

Where = tuple[str | int, ...]

MOST_FINDINGS = 100
MOST_CANDIDATES = 200


@frozen
class Finding:
    """A `problem` keeps the blueprint from compiling, a `warning` does not. `of_key`: the place is the key itself."""

    severity: Literal["problem", "warning"]
    where: Where
    code: str
    message: str
    expected: str
    remedy: str
    of_key: bool = False
    file: str = ""
    offset: int = 0


class Findings:
    """Collects findings during one compilation and knows which parts are already broken.

    Only the first MOST_FINDINGS are kept, so that a file of nonsense cannot make its own report slow.
    """

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._dropped: list[Finding] = []
        self._problems = 0
        self._broken: set[Where] = set()

    def problem(
        self,
        where: Where,
        code: str,
        message: str,
        remedy: str,
        *,
        expected: str = "",
        of_key: bool = False,
        file: str = "",
        offset: int = 0,
    ) -> None:
        self._problems += 1
        self._broken.update(where[:length] for length in range(len(where) + 1))
        self._keep(Finding("problem", where, code, message, expected or remedy, remedy, of_key, file, offset))

    def unknown(self, where: Where, code: str, message: str, name: str, known: Iterable[str], remedy: str) -> None:
        """A problem with a name that nothing bears: the remedy begins with the nearest name that exists."""
        names = () if self.full else list(known)
        near = nearest(name, names)
        advice = f"Did you mean `{near}`? {remedy}" if near else remedy
        self.problem(where, code, message, advice.strip(), expected=listing(names))

    def warning(self, where: Where, code: str, message: str, remedy: str, *, expected: str = "") -> None:
        """A finding about a key as a whole, which doesn't keep the blueprint from compiling."""
        self._keep(Finding("warning", where, code, message, expected or remedy, remedy, of_key=True))

    def broken(self, where: Where) -> bool:
        """Whether a problem was found here or further inside, so that what follows from it need not be told too."""
        return where in self._broken

    @property
    def full(self) -> bool:
        """Whether further findings are only counted, so that their advice need not be worked out."""
        return len(self._kept) >= MOST_FINDINGS

    @property
    def problems(self) -> int:
        return self._problems

    def all(self) -> tuple[Finding, ...]:
        if not self._dropped:
            return tuple(self._kept)
        more = f"{len(self._dropped)} further findings are not listed"
        severity = max(self._dropped, key=lambda finding: finding.severity == "problem").severity
        return (*self._kept, Finding(severity, (), "more", more, "", "Mend the ones above and check again."))

    def _keep(self, finding: Finding) -> None:
        if not self.full:
            self._kept.append(finding)
        else:
            self._dropped.append(finding)


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name most like this one, if one is near enough to be what was meant."""
    near_in_length = [other for other in known if abs(len(other) - len(name)) <= max(3, len(name) // 2)]
    near_in_length.sort(key=lambda other: other[:1] != name[:1])
    cutoff = 0.6 if len(name) > 3 else 0.5
    matches = get_close_matches(name[:100], near_in_length[:MOST_CANDIDATES], n=1, cutoff=cutoff)
    if matches:
        return matches[0]
    return next((other for other in near_in_length if other.lower() == name.lower()), None)


def listing(names: Sequence[str], most: int = 16) -> str:
    """`a, b or c`, cut off after `most` names."""
    if not names:
        return "none is declared"
    shown = [str(name) for name in names[:most]]
    if len(names) > most:
        return ", ".join(shown) + f" … ({len(names)} in all)"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def path_text(where: Where) -> str:
    """A key path as people write it: `steps.draft.with.to`, `agents.writer.tools[2]`."""
    text = ""
    for part in where:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text or "the blueprint"
