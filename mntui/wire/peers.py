"""Who is at the other end of a unix socket: the kernel knows, the peer can't lie.

Linux has SO_PEERCRED; macOS has LOCAL_PEERCRED, whose `struct xucred` begins with a version and the user's id.
"""

import socket
import struct
import sys
from typing import Protocol

UCRED = struct.Struct("3i")
XUCRED_START = struct.Struct("=II")
XUCRED_BYTES = 76
SOL_LOCAL = 0
LOCAL_PEERCRED = 1


class Asked(Protocol):
    """What is asked of a socket; asyncio hands out only a wrapper of it."""

    def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes: ...


def peer_uid(connection: Asked) -> int:
    """The user id of the process at the other end. Raises OSError."""
    if sys.platform == "linux":
        _pid, uid, _gid = UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, UCRED.size))
    else:
        _version, uid = XUCRED_START.unpack_from(connection.getsockopt(SOL_LOCAL, LOCAL_PEERCRED, XUCRED_BYTES))
    return int(uid)
