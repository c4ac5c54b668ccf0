"""`mail.send`: one plain text mail over SMTP, to all of its recipients or to none.

A mail is taken when the server says so after its last line. Everything before is known not to have happened, a refusal
then too; only a connection that breaks between the last line and the answer leaves it open, and SMTP has nobody to ask.
The Message-ID comes from the effect key, so that a person can look for it at the recipient's. The server is reached at
the address that was checked, its certificate is held against the name.

Absent: logging in (secrets aren't in this version), attachments, HTML, and mail to hosts without a declared server.
"""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate
from typing import Final

from mntui.core.values import Json
from mntui.tools.addresses import permitted
from mntui.tools.base import ToolCall, ToolFailure, refused
from mntui.tools.bounds import MAIL_SCHEMES
from mntui.tools.origins import Target, host_refusal, read_url
from mntui.tools.reach import Reach

CONNECT_SECONDS: Final = 20.0
MAIL_BYTES: Final = 1024 * 1024
_PLAIN: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_STARTED, _READY = 220, 354
_POLICY: Final = SMTP_POLICY.clone(cte_type="7bit")  # Some servers take nothing else.


def operate(job: ToolCall) -> Json:
    """Do one operation of `mail.send`. Raises ToolFailure."""
    match job.op:
        case "call":
            return send(job, Reach())
        case "prepare":
            return None
    raise refused("UnknownTool", f"{job.use} has no {job.op}")


def send(job: ToolCall, reach: Reach) -> Json:
    """Hand the mail over. Raises ToolFailure; `not_sent` unless the server may have taken it."""
    server = read_url(str(job.arguments["server"]), MAIL_SCHEMES)
    denied = host_refusal(server, job.grants.allow)
    if denied:
        raise refused("Denied", denied)
    message, recipients = _message(job)
    text = message.as_bytes(policy=_POLICY)
    if len(text) > MAIL_BYTES:
        raise refused("TooLarge", f"the mail has {len(text):,} bytes, the most is {MAIL_BYTES:,}")
    with _connected(job, server, reach) as connection:
        with _nothing_sent():
            _envelope(connection, str(job.arguments["from"]), recipients)
        _hand_over(connection, text)
    return {"message_id": message["Message-ID"], "server": server.authority, "recipients": recipients}


def _message(job: ToolCall) -> tuple[EmailMessage, list[str]]:
    given = job.arguments
    sender, to, cc = str(given["from"]), _addresses(given["to"]), _addresses(given.get("cc") or [])
    message = EmailMessage(policy=_POLICY)
    try:
        message["From"] = _plain(sender)
        message["To"] = ", ".join(to)
        if cc:
            message["Cc"] = ", ".join(cc)
        if given.get("reply_to"):
            message["Reply-To"] = _plain(str(given["reply_to"]))
        message["Subject"] = str(given["subject"])
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{job.effect_key}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(str(given["text"]))
    except ValueError as error:  # A line break in a header, half a surrogate pair.
        raise refused("BadMail", f"the mail can't be written: {error}") from None
    return message, list(dict.fromkeys((*to, *cc)))


def _addresses(given: Json) -> list[str]:
    return [_plain(str(each)) for each in (given if isinstance(given, list) else [given])]


def _plain(address: str) -> str:
    if not _PLAIN.fullmatch(address):
        raise refused("BadMail", f"{address[:100]!r} is no plain mail address such as name@example.com")
    return address


@contextmanager
def _connected(job: ToolCall, server: Target, reach: Reach) -> Iterator[smtplib.SMTP]:
    """A connection that has said hello, encrypted where the scheme says so, and ended when its time is over."""
    seconds = min(CONNECT_SECONDS, job.timeout_seconds / 3)
    addresses = permitted(server.host, server.port, job.grants.allow, reach.resolve, seconds)
    with _nothing_sent():
        connection = _Pinned(server, addresses, reach.certificates or ssl.create_default_context(), seconds)
        connection.connect(server.host, server.port)
    watch = threading.Timer(max(job.timeout_seconds * 0.9, 1.0), connection.cut)
    watch.daemon = True
    watch.start()
    try:
        with _nothing_sent():
            connection.greet()
        yield connection
    finally:
        watch.cancel()
        connection.close()


class _Pinned(smtplib.SMTP):
    """smtplib, going to addresses that were checked, under the name that they were checked for."""

    def __init__(self, server: Target, addresses: tuple[str, ...], tls: ssl.SSLContext, seconds: float) -> None:
        super().__init__(local_hostname="[127.0.0.1]", timeout=seconds)
        self._server = server
        self._addresses = addresses
        self._tls = tls
        self._host = server.host  # What smtplib holds the certificate against.

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        for number, address in enumerate(self._addresses, start=1):
            try:
                found = socket.create_connection((address, port), timeout)
            except OSError:
                if number == len(self._addresses):
                    raise
            else:
                encrypted = self._server.scheme == "smtps"
                return self._tls.wrap_socket(found, server_hostname=host) if encrypted else found
        raise AssertionError("a checked host has an address")

    def greet(self) -> None:
        self.ehlo_or_helo_if_needed()
        if self._server.scheme == "starttls":
            code, said = self.starttls(context=self._tls)
            if code != _STARTED:
                raise smtplib.SMTPResponseException(code, said)
            self.ehlo_or_helo_if_needed()

    def cut(self) -> None:
        """End it from another thread: whatever is waited for ends at once."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.sock.close()


def _envelope(connection: smtplib.SMTP, sender: str, recipients: list[str]) -> None:
    """Sender and recipients, one by one. One that is refused refuses the mail: half a mail is no mail."""
    _accepted(*connection.mail(sender), sender)
    for recipient in recipients:
        _accepted(*connection.rcpt(recipient), recipient)
    code, said = connection.docmd("data")
    if code != _READY:
        raise _refusal(code, said, "the mail")


def _hand_over(connection: smtplib.SMTP, text: bytes) -> None:
    body = re.sub(rb"(?m)^\.", b"..", text)
    try:
        connection.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        code, said = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        message = (
            f"the mail was handed over, but the server's answer was lost ({error}); whether it took it isn't known"
        )
        raise ToolFailure("LostConnection", message, retryable=True) from None
    _accepted(code, said, "the mail")


def _accepted(code: int, said: bytes, what: str) -> None:
    if not 200 <= code < 300:
        raise _refusal(code, said, what)


def _refusal(code: int, said: bytes, what: str) -> ToolFailure:
    message = f"the server didn't take {what}: {code} {said.decode(errors='replace')[:300]}"
    return ToolFailure("MailRefused", message, retryable=400 <= code < 500, not_sent=True)


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Whatever breaks here breaks before the mail was handed over."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        raise _refusal(error.smtp_code, said, "the connection") from None
    except ssl.SSLCertVerificationError as error:
        raise refused("BadCertificate", f"the server's certificate isn't the one of its name: {error}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise ToolFailure("NotSent", f"the mail server: {error}", retryable=True, not_sent=True) from None
