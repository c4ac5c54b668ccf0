"""Which process serves a call: one for the builtin file tools, one for SQL (with a limit of memory), and one for each
run's folder, tools.py and environment. A host that had nothing to do for a while is ended.

Absent: how a host works (`client`), and which variables a tool may see (the blueprint says, the caller hands them in).
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mntui.core.values import Json
from mntui.tools.base import ToolCall, refused
from mntui.tools.client import Crash, HostSettings, ToolHost, no_crash
from mntui.tools.protocol import CRASH_VARIABLE

IDLE_SECONDS = 60.0
SQL_MEMORY_BYTES = 3 * 1024**3
LARGEST_LOG = 1024 * 1024

_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")


@dataclass(frozen=True, slots=True)
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

    async def call(self, call: ToolCall) -> Json:
        """What the tool returns, from the process that serves it. Raises ToolFailure."""
        key = _key(call)
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        if key not in self._hosts:
            self._hosts[key] = ToolHost(self._host_settings(key, call), self._crash)
        host = self._hosts[key]
        try:
            return await host.call(call)
        finally:
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
        return HostSettings(
            folder=call.grants.folder if call.code else "/",
            environ=self._environ(call),
            log=self._log(key),
            memory_bytes=SQL_MEMORY_BYTES if key == "sql" else 0,
            crash_at=self._settings.environ.get(CRASH_VARIABLE, ""),
        )

    def _environ(self, call: ToolCall) -> dict[str, str]:
        own = self._settings.environ
        passed = {name: own[name] for name in _PASSED_ON if name in own}
        home = call.grants.folder if call.code else "/nonexistent"
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **passed, "HOME": home, **call.env}

    def _log(self, key: str) -> Path | None:
        if self._settings.log is None:
            return None
        path = self._settings.log / f"tools-{key}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.unlink()
        return path


def _key(call: ToolCall) -> str:
    """Code may keep state and see its environment, so a process is shared only where all of that is the same."""
    family = call.use.partition(".")[0]
    if family != "python":
        return family
    try:
        code = hashlib.sha256(Path(call.code).read_bytes()).hexdigest()
    except OSError as error:
        raise refused("Missing", f"the blueprint's tools.py can't be read: {error}") from None
    parts = (call.grants.folder, code, *(f"{name}={value}" for name, value in sorted(call.env.items())))
    return "python-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
