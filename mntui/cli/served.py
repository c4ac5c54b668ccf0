"""The web server of `mntui serve`: textual-serve's, behind a door that asks where a request comes from.

A browser tells a page's origin with every WebSocket that it opens, and with every request the name by which it found
us. Only our own are let in, or a page from anywhere could open the app on this machine and press keys in it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from socket import socket
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware
from textual_serve.server import Server

ONLY_OURS: Final = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ws:; frame-ancestors 'none'"
"""Nothing is fetched from elsewhere (the page would like a font), and no other page may hold this one in a frame."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class QuietServer(Server):
    """Says nothing of itself: the command tells what is to be told."""

    async def on_startup(self, app: web.Application) -> None:
        pass

    async def make_app(self, url: str) -> web.Application:
        app = await self._make_app()
        app.middlewares.append(only_for(url))
        return app


@asynccontextmanager
async def served(seat: socket, url: str, command: str) -> AsyncIterator[None]:
    """Serve the program `command` at a socket that listens already."""
    server = QuietServer(command, title="mntui", public_url=url)
    runner = web.AppRunner(await server.make_app(url), access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, seat).start()
        yield
    finally:
        await runner.cleanup()


def only_for(url: str) -> Middleware:
    """Lets in what came by this address, or by the name `localhost` and the same port, from a page of the same."""
    port = url.rpartition(":")[2]
    ours = {url, f"http://localhost:{port}"}

    @web.middleware
    async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if f"http://{request.host}" not in ours or origin not in {None, *ours}:
            raise web.HTTPForbidden(text="This is mntui, for pages of its own only.")
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = ONLY_OURS
        return response

    return door
