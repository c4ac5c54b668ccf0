"""Where a URL leads, read strictly once, and held against the declared hosts.

What two readers could read differently (a user before the host, backslashes, control characters) is refused, and what
is connected to later is made from the parts read here, never from the text. Names are compared in lower case and as
IDNA. Absent: the network; which address a name has, and whether that may be reached, is `addresses`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlsplit

from mntui.core.frozen import frozen
from mntui.tools.base import Pattern, ToolFailure, refused
from mntui.tools.patterns import covers_value

PORTS: Final[Mapping[str, int]] = MappingProxyType(
    {"https": 443, "http": 80, "smtps": 465, "starttls": 587, "smtp": 25}
)
ENCRYPTED: Final = ("https", "smtps", "starttls")
_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")
_NUMBERED: Final = re.compile(r"[0-9a-f:.]+")
_KEPT: Final = "/?#[]@!$&'()*+,;=:%~-._"


@frozen
class Target:
    """A URL in parts. `host` is a name, or an address without brackets; `path` begins with / and holds the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as it stands in a URL and in the Host header, with the port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def read_url(text: str, schemes: tuple[str, ...]) -> Target:
    """The parts of a URL. Raises ToolFailure `BadUrl` on one that isn't plain."""
    if re.search(r"[\x00-\x20\x7f\\]", text) or not text.isprintable():
        raise _bad(text, "it holds a space, a backslash or a control character")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _bad(text, str(error)) from None
    scheme = parts.scheme.lower()
    if scheme not in schemes:
        raise _bad(text, f"it must begin with {' or '.join(f'{each}://' for each in schemes)}")
    if "@" in parts.netloc:
        raise _bad(text, "it holds a user before the host, and secrets have no place in a URL")
    if port == 0:
        raise _bad(text, "there is no port 0")
    path = quote(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", safe=_KEPT)
    return Target(scheme, _host(parts.hostname or "", text), port or PORTS[scheme], path)


def host_refusal(target: Target, allow: Mapping[str, tuple[Pattern, ...]]) -> str:
    """Why the declared hosts don't cover a target; "" where one does."""
    names = _names(target)
    for rule in allow.get("hosts", ()):
        lower = Pattern("", rule.rest.lower())
        if any(covers_value(lower, name) for name in names):
            return ""
    clear = "" if target.scheme in ENCRYPTED else f" (without encryption it must be written {target.scheme}://…)"
    return f"no `allow` rule for `hosts` covers {target.scheme}://{target.authority}{clear}"


def _names(target: Target) -> tuple[str, ...]:
    """The ways to write an origin in a rule. Only an encrypted one may go without its scheme."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    full = (f"{host}:{target.port}", *((host,) if target.port == PORTS[target.scheme] else ()))
    named = tuple(f"{target.scheme}://{each}" for each in full)
    return (*named, *full) if target.scheme in ENCRYPTED else named


def _host(host: str, text: str) -> str:
    host = host.lower().removesuffix(".")
    if ":" in host:
        if not _NUMBERED.fullmatch(host):
            raise _bad(text, "its address can't be read")
        return host
    try:
        host = host.encode("ascii" if host.isascii() else "idna").decode()
    except UnicodeError:
        raise _bad(text, "its host can't be written as IDNA") from None
    if not _NAME.fullmatch(host):
        raise _bad(text, "it has no host, or one that is no name")
    return host


def _bad(text: str, why: str) -> ToolFailure:
    return refused("BadUrl", f"{text[:200]!r} can't be called: {why}")
