"""The worker's socket: private to its user, one task a client, and an orderly way to go.

Deliberately absent: a network port, and any authority but the user's own: the kernel says who is there.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mntui.wire.frames import STREAM_BYTES
from mntui.wire.protocol import Welcome, Why
from mntui.worker.connection import Connection, Desk
from mntui.worker.hosting import Served

PRIVATE_SOCKET = 0o600


class Server:
    """Serves an engine on a unix socket. `on_drain` is told when a client asks this worker to go, and why."""

    def __init__(self, engine: Served, welcome: Welcome, on_drain: Callable[[Why], None]) -> None:
        self._desk = Desk(engine, welcome, on_drain)
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._leaving: tuple[Connection, ...] = ()
        self._listening: asyncio.Server | None = None
        self._path: Path | None = None

    async def open(self, path: Path) -> None:
        """Listen. Only the holder of the worker's lock may call this: a socket found there is a dead worker's.

        Raises OSError. Nobody can connect before the socket is private: it is bound, made so, and only then listens.
        """
        _remove(path)
        self._listening = await asyncio.start_unix_server(self._accept, path, limit=STREAM_BYTES, start_serving=False)
        _make_private(path)
        await self._listening.start_serving()
        self._path = path

    @property
    def clients(self) -> int:
        return len(self._connections)

    def refuse(self) -> None:
        """Take no client and no request any more; watches and what was taken go on."""
        if self._listening is not None:
            self._listening.close()
        if self._path is not None:
            _remove(self._path)
        for connection in self._connections:
            connection.draining = True

    async def farewell(self, why: Why) -> None:
        """Refuse, answer what was taken, and tell every client why this worker goes. Nothing is served after it."""
        self.refuse()
        self._leaving = tuple(self._connections)
        reading = tuple(self._connections.values())
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        await asyncio.gather(*(connection.finish(why) for connection in self._leaving))

    def hang_up(self) -> None:
        """Let the clients see the end of their connections: whatever this process held is free now."""
        for connection in self._leaving:
            connection.hang_up()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self._desk, reader, writer)
        task = asyncio.create_task(connection.serve())
        self._connections[connection] = task
        task.add_done_callback(lambda _done: self._connections.pop(connection, None))


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _make_private(path: Path) -> None:
    path.chmod(PRIVATE_SOCKET)
