"""Which address a name has, and whether it may be reached: what is checked here is what is connected to.

A name is looked up once for each connection, by a resolver that is handed in; every address that comes back is judged,
and the caller connects to one of those that passed, never to the name. So an answer that changes between check and use
has nobody to mislead. Closed unless declared: this machine, private, link-local, shared and reserved networks and
multicast, whatever dress they come in (IPv4 inside IPv6, 6to4, NAT64, Teredo).
"""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from mntui.tools.base import Pattern, ToolFailure, refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Iterable[str]]
"""The addresses of a host, as text; raises OSError where there are none."""

_NAT64: Final = ip_network("64:ff9b::/96")
_LOCAL_NAT64: Final = ip_network("64:ff9b:1::/48")


def system_resolver(host: str, port: int) -> list[str]:
    """What the system says, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def permitted(
    host: str, port: int, allow: Mapping[str, tuple[Pattern, ...]], resolve: Resolve, seconds: float
) -> tuple[str, ...]:
    """The addresses of a host that may be connected to, in order. Raises ToolFailure; nothing was sent then."""
    found = [address for text in _looked_up(host, port, resolve, seconds) if (address := _read(text)) is not None]
    networks = tuple(_networks(allow))
    passed = [address for address in found if not _closed(address, networks)]
    if not passed:
        shown = ", ".join(str(address) for address in found) or "nothing"
        message = f"{host} leads to {shown}, and no `allow` rule for `private` opens that"
        raise refused("Denied", message)
    return tuple(str(address) for address in passed)


def _looked_up(host: str, port: int, resolve: Resolve, seconds: float) -> list[str]:
    """In a thread that may be left behind: the system's own lookup can't be stopped."""
    if _read(host) is not None:
        return [host]
    found: list[str] = []
    failed: list[OSError] = []

    def look_up() -> None:
        try:
            found.extend(resolve(host, port))
        except OSError as error:
            failed.append(error)
        except UnicodeError:
            failed.append(OSError("the name can't be looked up"))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(max(seconds, 0))
    if thread.is_alive():
        raise ToolFailure("NoAddress", f"{host} wasn't found in {seconds:.0f} s", retryable=True, not_sent=True)
    if failed:
        message = f"{host} has no address: {failed[0].strerror or failed[0]}"
        raise ToolFailure("NoAddress", message, retryable=True, not_sent=True)
    return found


def _read(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _networks(allow: Mapping[str, tuple[Pattern, ...]]) -> Iterator[Network]:
    for rule in allow.get("private", ()):
        try:
            yield ip_network(rule.rest, strict=False)
        except ValueError:
            raise refused("Denied", f"the `allow` rule {rule.rest!r} for `private` is no network") from None


def _closed(address: Address, networks: tuple[Network, ...]) -> bool:
    """An address is as closed as whatever is hidden in it; one that is declared, in any dress, is open."""
    meanings = (address, *_hidden(address))
    if any(each in network for each in meanings for network in networks):
        return False
    return any(not each.is_global or each.is_multicast for each in meanings)


def _hidden(address: Address) -> tuple[Address, ...]:
    if not isinstance(address, IPv6Address):
        return ()
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _LOCAL_NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(each for each in found if each is not None)
