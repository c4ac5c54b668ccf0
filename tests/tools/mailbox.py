"""A real mail server (aiosmtpd) on this machine, in a thread, and what it took."""

import email
import socket
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller


class Box:
    """Takes mails; `refuses` are recipients that don't exist here, `says` what it answers to a whole mail."""

    def __init__(self, refuses: tuple[str, ...] = (), says: str = "250 taken") -> None:
        self.refuses, self.says = refuses, says
        self.mails: list[Any] = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - its name for aiosmtpd
        if address in self.refuses:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - its name for aiosmtpd
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        if self.says == "nothing":
            server.transport.abort()
        return self.says


@contextmanager
def receiving(box, **more):
    controller = Controller(box, "127.0.0.1", 0, ready_timeout=30, **more)
    controller.port = free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
