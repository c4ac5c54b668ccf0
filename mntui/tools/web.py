"""`web.get` and `web.request`: one request over http(s), to declared hosts, at the address that was checked.

A name is resolved once a hop, its addresses are judged, and the request goes to one of those, with the name in Host, in
TLS and in the check of the certificate. Every redirect starts over: host, address, method. A request that changes
something carries the effect key as Idempotency-Key; its 301, 302 and 303 are answers, not followed. What failed before
the first byte was sent is known not to have happened; so is what the server refused (4xx).

Absent: cookies, proxies, anything from the environment, connections that are kept, HTTP/2, and files. Imported by the
tool host alone, and there only when the web is asked.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urljoin

import httpx

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.tools.addresses import permitted
from mntui.tools.base import ToolCall, ToolFailure, refused
from mntui.tools.bounds import url_refusal
from mntui.tools.origins import Target, read_url
from mntui.tools.reach import Reach
from mntui.tools.specs_far import READING
from mntui.tools.web_answer import body_json, body_text, read_body

MOST_HOPS: Final = 5
LEAST_SECONDS: Final = 1.0
CONNECT_SECONDS: Final = 10.0
OURS: Final = frozenset(
    (
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "accept-encoding",
    )
)
SECRET: Final = frozenset(("authorization", "proxy-authorization", "cookie", "idempotency-key"))
_AGAIN: Final = (408, 409, 425, 429)
"""Refusals that another try may not meet; a server that keeps to keys says 409 while the first one is under way."""


@frozen
class _Sent:
    """A request of one hop. `target` is where it goes."""

    target: Target
    method: str
    headers: Mapping[str, str]
    body: bytes


def operate(job: ToolCall) -> Json:
    """Do one operation of a `web.*` tool. Raises ToolFailure."""
    match job.op, job.use:
        case "call", "web.get":
            return fetch(job, "GET", Reach())
        case "call", "web.request":
            return fetch(job, str(job.arguments["method"]), Reach())
        case "prepare", _:
            return None
    raise refused("UnknownTool", f"{job.use} has no {job.op}")


def fetch(job: ToolCall, method: str, reach: Reach) -> Json:
    """Ask, follow what may be followed, read the answer. Raises ToolFailure."""
    sent = _Sent(read_url(str(job.arguments["url"]), ("https", "http")), method, *_content(job, method))
    seconds = max(job.timeout_seconds * 0.9, LEAST_SECONDS)
    trail: list[str] = []
    try:
        return asyncio.run(_within(seconds, _followed(job, sent, reach, trail)))
    except TimeoutError:
        message = f"{sent.target.authority} gave no whole answer within {seconds:g} s"
        raise ToolFailure("TimeoutError", message, retryable=True, not_sent=not trail) from None


async def _within(seconds: float, work: Any) -> Json:
    async with asyncio.timeout(seconds):
        return await work


async def _followed(job: ToolCall, sent: _Sent, reach: Reach, trail: list[str]) -> Json:
    """`trail` tells from outside whether anything went out: it gets an entry when a request begins to be written."""
    accepted = {int(status) for status in job.arguments.get("statuses") or ()}
    transport = httpx.AsyncHTTPTransport(verify=reach.certificates or ssl.create_default_context(), trust_env=False)
    async with transport:
        for _ in range(MOST_HOPS + 1):
            answer = await _one(job, sent, reach, transport, trail)
            status = int(answer["status"])
            following = _next(sent, status, str(answer["location"]), accepted)
            if following is None:
                _judge(sent, status, accepted, str(answer["text"]))
                return answer
            sent = following
            trail.clear()  # A server that sends elsewhere did nothing itself.
    raise ToolFailure("TooManyRedirects", f"there were more than {MOST_HOPS} redirects, the last to {sent.target.url}")


async def _one(
    job: ToolCall, sent: _Sent, reach: Reach, transport: httpx.AsyncHTTPTransport, trail: list[str]
) -> dict[str, Json]:
    denied = url_refusal(sent.target, sent.method, job.use, job.grants.allow)
    if denied:
        raise refused("Denied", denied)
    target = sent.target
    allow, named = job.grants.allow, (target.host, target.port)
    seconds = min(CONNECT_SECONDS, job.timeout_seconds / 3)
    addresses = await asyncio.to_thread(permitted, *named, allow, reach.resolve, seconds)
    response = await _reached(sent, addresses, transport, trail)
    try:
        body = await read_body(response.aiter_raw(), response.headers.get("content-encoding", ""))
    except httpx.HTTPError as error:
        raise _broken(target, error, trail) from None
    finally:
        await response.aclose()
    kind = response.headers.get("content-type", "")
    strictly = sent.method in READING and response.is_success
    text, value = _read(body, kind) if strictly else _looked_at(body, kind)
    location = response.headers.get("location", "") if response.status_code in _REDIRECTS else ""
    return {
        "url": target.url,
        "status": response.status_code,
        "type": kind.partition(";")[0].strip().lower(),
        "text": text,
        "json": value,
        "location": location,
    }


def _read(body: bytes, kind: str) -> tuple[str, Json]:
    text = body_text(body, kind)
    return text, body_json(text, kind)


def _looked_at(body: bytes, kind: str) -> tuple[str, Json]:
    """A refusal, or the answer to what was done already: one that can't be read must not hide that."""
    try:
        return _read(body, kind)
    except ToolFailure:
        return body.decode(errors="replace"), None


_REDIRECTS: Final = (301, 302, 303, 307, 308)


async def _reached(
    sent: _Sent, addresses: tuple[str, ...], transport: httpx.AsyncHTTPTransport, trail: list[str]
) -> httpx.Response:
    """The answer from the first address that takes the connection."""
    target = sent.target

    async def told(event: str, _about: object) -> None:
        if event == "http11.send_request_headers.started":
            trail.append(target.url)

    for address in addresses:
        extensions: dict[str, Any] = {
            "timeout": {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": CONNECT_SECONDS},
            "trace": told,
        }
        if target.host != address:
            extensions["sni_hostname"] = target.host
        url = httpx.URL(scheme=target.scheme, host=address, port=target.port, raw_path=target.path.encode())
        request = httpx.Request(sent.method, url, headers=sent.headers, content=sent.body, extensions=extensions)
        request.headers["Host"] = target.authority
        try:
            return await transport.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            last: httpx.HTTPError = error
        except httpx.HTTPError as error:
            raise _broken(target, error, trail) from None
    raise _broken(target, last, trail)


def _broken(target: Target, error: httpx.HTTPError, trail: list[str]) -> ToolFailure:
    kind = "NotSent" if not trail else "LostConnection"
    what = str(error) or type(error).__name__
    return ToolFailure(kind, f"{target.authority}: {what}", retryable=True, not_sent=not trail)


def _next(sent: _Sent, status: int, location: str, accepted: set[int]) -> _Sent | None:
    """The request of the next hop; None where this answer is the last."""
    reads = sent.method in READING
    if status not in _REDIRECTS or status in accepted or not location or not (reads or status in (307, 308)):
        return None
    target = read_url(urljoin(sent.target.url, location), ("https", "http"))
    same = (target.scheme, target.host, target.port) == (sent.target.scheme, sent.target.host, sent.target.port)
    kept = {name: value for name, value in sent.headers.items() if same or name.lower() in _HARMLESS}
    return _Sent(target, sent.method, kept, sent.body)


_HARMLESS: Final = frozenset(
    ("accept", "accept-language", "accept-encoding", "content-type", "user-agent", "idempotency-key")
)
"""What may go along to another origin: anything else was meant for the one it was written for."""


def _judge(sent: _Sent, status: int, accepted: set[int], text: str) -> None:
    """Whether an answer is one. A refusal (4xx) says that nothing was done; after a 5xx nobody knows."""
    redirected = status in _REDIRECTS and sent.method not in READING
    if 200 <= status < 300 or status in accepted or redirected:
        return
    said = " ".join(text[:300].split())
    message = f"{sent.method} {sent.target.url[:300]} was answered with {status}{': ' + said if said else ''}"
    server = status >= 500
    raise ToolFailure("HttpStatus", message, retryable=server or status in _AGAIN, not_sent=not server)


def _content(job: ToolCall, method: str) -> tuple[dict[str, str], bytes]:
    """The headers and the body that the arguments make."""
    headers = {"User-Agent": "mntui", "Accept": "*/*", "Accept-Encoding": "identity"}
    for name, value in (job.arguments.get("headers") or {}).items():
        if name.lower() in OURS:
            raise refused("BadHeader", f"the header {name} is set by mntui")
        if name.lower() in SECRET:
            raise refused("BadHeader", f"the header {name} holds a secret or a key; `auth` isn't in this version yet")
        if not name.isascii() or not value.isascii() or not (name + value).isprintable():
            raise refused("BadHeader", f"the header {name!r} isn't plain ASCII")
        headers = {known: kept for known, kept in headers.items() if known.lower() != name.lower()}
        headers[name] = value
    body = b""
    if "text" in job.arguments and "json" in job.arguments:
        raise refused("BadArguments", "a request has `json` or `text`, not both")
    if "json" in job.arguments:
        body = json.dumps(job.arguments["json"], ensure_ascii=False).encode(errors="replace")
        headers.setdefault("Content-Type", "application/json")
    elif "text" in job.arguments:
        body = str(job.arguments["text"]).encode(errors="replace")
        headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    if method not in READING:
        headers["Idempotency-Key"] = job.effect_key
    return headers, body
