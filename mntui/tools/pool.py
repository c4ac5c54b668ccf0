"""Which process serves a call: one for each family of builtin tools (files, SQL, web, mail, notices), one for each
run's folder, tools.py and environment, and one for each call of a program, which ends with it. Another host that had
nothing to do for a while is ended too.

Absent: how a host works (`client`), and which variables a tool may see (the blueprint says, the caller hands them in;
the families that several runs share get none).
"""

import asyncio
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.tools.base import ToolCall, refused
from mntui.tools.client import Crash, HostSettings, ToolHost, no_crash
from mntui.tools.limits import ProcessLimits
from mntui.tools.protocol import CRASH_VARIABLE

IDLE_SECONDS = 60.0
GIB: Final = 1024**3
OF_SQL: Final = ProcessLimits(3 * GIB, 16 * GIB)
OF_BUILTIN: Final = ProcessLimits(8 * GIB, 16 * GIB)
"""128 answers of 4 MB at once take 2.3 GiB of addresses, most of it for threads."""
OF_FOREIGN: Final = ProcessLimits(16 * GIB, 4 * GIB, 1024)
"""What a blueprint's own code and programs may use. Libraries map far more memory than they fill."""
LARGEST_LOG = 1024 * 1024

_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
_PASSED_TO: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "web": ("SSL_CERT_FILE", "SSL_CERT_DIR"),
        "mail": ("SSL_CERT_FILE", "SSL_CERT_DIR"),
        "notify": ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    }
)
_FOREIGN: Final = ("python", "shell")


@frozen
class PoolSettings:
    """What all hosts share. `environ` is the worker's own: a host sees some harmless ones of it and what a call names.

    `log` is a folder for what tools print (None: thrown away).
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    idle_seconds: float = IDLE_SECONDS


class HostPool:
    """All tool hosts of one worker."""

    def __init__(self, settings: PoolSettings, crash: Crash = no_crash) -> None:
        self._settings = settings
        self._crash = crash
        self._hosts: dict[str, ToolHost] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)

    async def call(self, call: ToolCall) -> Json:
        """What the tool returns, from the process that serves it. Raises ToolFailure."""
        key = f"shell-{next(self._numbers)}" if _family(call) == "shell" else _key(call)
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        if key not in self._hosts:
            self._hosts[key] = ToolHost(self._host_settings(key, call), self._crash)
        host = self._hosts[key]
        try:
            return await host.call(call)
        finally:
            if _family(call) == "shell":
                self._end_idle(key)
            else:
                self._watch_idle(key)

    async def aclose(self) -> None:
        """End every host; calls in flight are lost."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        await asyncio.gather(*(host.aclose() for host in self._hosts.values()), *self._ending)
        self._hosts.clear()

    def pids(self) -> tuple[int, ...]:
        """The processes that serve now."""
        return tuple(host.pid for host in self._hosts.values() if host.pid is not None)

    def _watch_idle(self, key: str) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(self._settings.idle_seconds, self._end_idle, key)

    def _end_idle(self, key: str) -> None:
        self._timers.pop(key, None)
        host = self._hosts.get(key)
        if host is None or host.calls_in_flight:
            self._watch_idle(key)
            return
        del self._hosts[key]
        task = asyncio.get_running_loop().create_task(host.aclose())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _host_settings(self, key: str, call: ToolCall) -> HostSettings:
        family = _family(call)
        return HostSettings(
            folder=call.grants.folder if family in _FOREIGN else "/",
            environ=self._environ(call),
            log=self._log(family if family == "shell" else key),
            limits=_limits(family),
            crash_at=self._crash_at(key),
        )

    def _crash_at(self, key: str) -> str:
        """A drill kills a host in its first life; of the hosts of programs, which have one life each, the first one."""
        again = key.startswith("shell-") and key != "shell-1"
        return "" if again else self._settings.environ.get(CRASH_VARIABLE, "")

    def _environ(self, call: ToolCall) -> dict[str, str]:
        own, family = self._settings.environ, _family(call)
        foreign = family in _FOREIGN
        names = (*_PASSED_ON, *_PASSED_TO.get(family, ()))
        passed = {name: own[name] for name in names if name in own}
        home = call.grants.folder if foreign else "/nonexistent"
        given = call.env if foreign else {}
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **passed, "HOME": home, **given}

    def _log(self, key: str) -> Path | None:
        if self._settings.log is None:
            return None
        path = self._settings.log / f"tools-{key}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.unlink()
        return path


def _limits(family: str) -> ProcessLimits:
    match family:
        case "python" | "shell":
            return OF_FOREIGN
        case "sql":
            return OF_SQL
        case "files":
            return ProcessLimits()
    return OF_BUILTIN


def _family(call: ToolCall) -> str:
    return call.use.partition(".")[0]


def _key(call: ToolCall) -> str:
    """Code may keep state and see its environment, so a process is shared only where all of that is the same."""
    family = _family(call)
    if family != "python":
        return family
    try:
        code = hashlib.sha256(Path(call.code).read_bytes()).hexdigest()
    except OSError as error:
        raise refused("Missing", f"the blueprint's tools.py can't be read: {error}") from None
    parts = (call.grants.folder, code, *(f"{name}={value}" for name, value in sorted(call.env.items())))
    return "python-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
