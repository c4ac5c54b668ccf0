"""What a tool may reach: the `allow` keys that are no parameters, checked entry by entry where they are written out.

A tool that could reach nothing is a problem here and not a denied call later. What only a run knows (a template over
inputs, the address of a name) is judged when it calls. Absent: reaching anything.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from mntui.core.compiling.findings import Where, listing
from mntui.core.compiling.reads import Sources
from mntui.core.language.expressions import literal_only
from mntui.core.plan import Bound, EffectClass, ToolSpec
from mntui.core.values import Json

STRICTNESS: Final = ("none", "keyed", "reconcilable", "unsafe")
METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_HOST: Final = re.compile(
    r"(?:(?:https?|smtps?|starttls)://)?(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
)
_EXAMPLES: Final = {
    "host": "api.example.com",
    "method": "POST",
    "address": "127.0.0.1",
    "program": "git",
    "path": "data/**",
}


def check_bounds(given: Mapping[str, Json], spec: ToolSpec, where: Where, sources: Sources) -> None:
    """Reports entries of `allow` that can't be meant, and a tool that could reach nothing. `where` is the tool's."""
    for name, bound in spec.bounds.items():
        place = (*where, "allow", name)
        for inner, entry in _entries(given.get(name, []), place):
            wrong = _wrong(entry, bound)
            if wrong:
                remedy = f"Write {wrong}."
                sources.found.problem(inner, "allow", f"`{entry[:80]}` is no {_meaning(bound)}", remedy, expected=wrong)
            elif bound.kind == "host" and literal_only(entry):
                _check_private(entry, given.get("private", []), inner, sources)
        if bound.needed and not given.get(name) and not sources.found.broken(place):
            message = f"{spec.use} can reach nothing without `allow: {{{name}: …}}` ({bound.about})"
            example = _EXAMPLES[bound.kind]
            remedy = f"Add `allow: {{{name}: [{example}]}}` with what this blueprint needs."
            sources.found.problem(where, "allow", message, remedy, expected=name, of_key=True)


def class_by_bounds(given: Mapping[str, Json], spec: ToolSpec) -> EffectClass | None:
    """The class that the tool has at least by what it may reach; None where nothing says so."""
    found: EffectClass | None = None
    for name, bound in spec.bounds.items():
        entries = [entry for _, entry in _entries(given.get(name, []), ())]
        if bound.least == "none" or not entries:
            continue
        least: EffectClass = "none" if all(entry in bound.harmless for entry in entries) else bound.least
        if found is None or STRICTNESS.index(least) > STRICTNESS.index(found):
            found = least
    return found


def _entries(value: Json, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, list):
        yield from (((*where, index), entry) for index, entry in enumerate(value) if isinstance(entry, str))


def _meaning(bound: Bound) -> str:
    return {"host": "host", "method": "method", "address": "address or network", "program": "program"}.get(
        bound.kind, "path"
    )


def _wrong(entry: str, bound: Bound) -> str:
    """What should stand there instead; "" where nothing is wrong with it, or a template leaves it open."""
    literal = literal_only(entry)
    match bound.kind:
        case "method" if entry not in METHODS:
            return listing(METHODS)
        case "program" if not literal or not entry.strip() or _relative(entry):
            return "the name of a program or its absolute path, written out, without templates"
        case "host" if literal and not _HOST.fullmatch(entry.lower()):
            return "a host such as api.example.com, *.example.com, or http://127.0.0.1:8080: no path, `*` only in front"
        case "address" if literal and not _is_network(entry):
            return "an address or a network such as 127.0.0.1, ::1 or 10.0.0.0/8"
    return ""


def _relative(entry: str) -> bool:
    program = entry.split(maxsplit=1)[0]
    return "/" in program and not program.startswith("/")


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _check_private(entry: str, private: Json, where: Where, sources: Sources) -> None:
    """A private host written out, which no `private` entry opens: every call would be denied."""
    host = re.sub(r"^[a-z]+://|:[0-9]+$", "", entry.lower()).strip("[]")
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return
    if address.is_global or any(_opens(rule, str(address)) for _, rule in _entries(private, ())):
        return
    message = f"`{host}` is on this machine or in a private network, which is closed"
    sources.found.problem(where, "allow", message, f"Add `private: [{address}]` beside it, if it is meant.")


def _opens(rule: str, address: str) -> bool:
    return not literal_only(rule) or (_is_network(rule) and ip_address(address) in ip_network(rule, strict=False))
