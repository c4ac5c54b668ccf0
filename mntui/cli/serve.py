"""`mntui serve`: the app for a browser of this machine, and for no other machine, since it has no password.

Whoever may open it may approve. So it listens on the loopback address alone, and answers only to pages that it gave
out itself: a page from elsewhere, open in the same browser, can neither read it nor type into it.
"""

import asyncio
import shlex
import socket
import sys
from importlib.util import find_spec
from typing import Final

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, Refusal, refuse
from mntui.cli.output import Session
from mntui.settings import prepare_folders

LOOPBACK: Final = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}
WARNING: Final = "It has no password: whoever uses this machine can open it, and approve in it."


def serve(host: str, port: int) -> Body:
    async def body(session: Session) -> int:
        _check(host)
        settings = session.settings
        prepare_folders(settings)
        with _listening(LOOPBACK[host], port) as seat:
            await _serve(session, seat, [sys.executable, "-m", "mntui", "--home", str(settings.home)])
        return DONE

    return body


def _check(host: str) -> None:
    if host not in LOOPBACK:
        raise refuse(
            "not_loopback",
            f"{host} may be reached from other machines, and the app has no password",
            "Leave --host out. From afar: ssh -L 8000:127.0.0.1:8000 HOST, then open http://127.0.0.1:8000 there.",
        )
    if find_spec("textual_serve") is None:
        raise refuse(
            "missing_extra",
            "serving needs textual-serve, which isn't installed",
            "python -m pip install 'textual-serve>=1.1.3,<2' (the extra mntui[serve]).",
        )


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        raise _taken(port, error) from error


def _taken(port: int, error: OSError) -> Refusal:
    return refuse("port_taken", f"port {port} can't be listened on: {error.strerror}", "--port 0 takes a free one.")


async def _serve(session: Session, seat: socket.socket, command: list[str]) -> None:
    """Until ctrl+c."""
    from mntui.cli.served import served

    address, port = seat.getsockname()[:2]
    url = f"http://{f'[{address}]' if ':' in address else address}:{port}"
    async with served(seat, url, shlex.join(command)):
        session.answer({"url": url}, f"The app is at {url} until ctrl+c here. Runs go on by themselves.\n{WARNING}")
        await asyncio.Event().wait()
