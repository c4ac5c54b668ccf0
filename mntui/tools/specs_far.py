"""What the builtin tools that reach further than files are: the web, programs, mail, the desktop.

Their `allow` keys open what is otherwise closed: a host, a method, a private network, a program. Absent: behaviour.
"""

from typing import Final

from mntui.core.plan import Bound, ToolSpec
from mntui.core.values import Json
from mntui.tools.specs import PATH, an_object

READING: Final = ("GET", "HEAD", "OPTIONS")
"""The methods that change nothing (RFC 9110, safe methods)."""

_TEXT: Json = {"type": "string"}
_URL: Json = {"type": "string", "minLength": 1, "maxLength": 8192, "description": "http or https, without a user"}
_HEADERS: Json = {"type": "object", "additionalProperties": {"type": "string"}}
_STATUSES: Json = {
    "type": "array",
    "items": {"type": "integer", "minimum": 200, "maximum": 599},
    "description": "statuses that count as an answer too; otherwise 2xx does",
}
_HOSTS: Final = Bound(
    "host",
    "hosts it may reach: api.example.com, *.example.com, HOST:PORT; https unless http:// stands before it",
    needed=True,
)
_PRIVATE: Final = Bound(
    "address", "private addresses or networks it may reach: 127.0.0.1, 10.0.0.0/8; others are closed"
)
_ANSWER: Json = an_object(
    {
        "url": {"type": "string", "description": "where the answer came from, after redirects"},
        "status": {"type": "integer"},
        "type": {"type": "string", "description": "the media type, such as text/html"},
        "text": _TEXT,
        "json": {"description": "the value, where the media type is JSON; else null"},
        "location": {"type": "string", "description": "where a redirect that wasn't followed leads; else empty"},
    },
    ("url", "status", "type", "text", "json", "location"),
)
_ADDRESS: Json = {"type": "string", "minLength": 3, "maxLength": 254}
_ADDRESSES: Json = {
    "anyOf": [_ADDRESS, {"type": "array", "items": _ADDRESS, "minItems": 1, "maxItems": 100}],
    "description": "one address, or a list",
}

FAR: Final = (
    ToolSpec(
        use="web.get",
        about="Read a page or an API over http(s): text of at most 8 MiB. Every redirect is held against `allow`.",
        parameters=an_object({"url": _URL, "headers": _HEADERS, "statuses": _STATUSES}, ("url",)),
        result=_ANSWER,
        effect="none",
        taints=True,
        bounds={"hosts": _HOSTS, "private": _PRIVATE},
        later=("auth",),
    ),
    ToolSpec(
        use="web.request",
        about=(
            "Make an http(s) request. What changes something carries the effect key as Idempotency-Key: declare "
            "`effect: keyed` where the server keeps to it (or the method is PUT or DELETE), else it is unsafe."
        ),
        parameters=an_object(
            {
                "url": _URL,
                "method": {"enum": ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]},
                "headers": _HEADERS,
                "json": {"description": "a value that is sent as JSON"},
                "text": {"type": "string", "description": "text that is sent as it is, instead of `json`"},
                "statuses": _STATUSES,
            },
            ("url", "method"),
        ),
        result=_ANSWER,
        effect=None,
        taints=True,
        classes=("none", "keyed", "unsafe"),
        bounds={
            "hosts": _HOSTS,
            "methods": Bound("method", "methods it may use", needed=True, harmless=READING, least="keyed"),
            "private": _PRIVATE,
        },
        later=("auth",),
    ),
    ToolSpec(
        use="shell.run",
        about=(
            "Run a declared program with a list of arguments, never through a shell. It finds the effect key in "
            "MNTUI_EFFECT_KEY; what it starts is ended with it. It may open what you may open: `allow` limits only "
            "what is started and where."
        ),
        parameters=an_object(
            {
                "command": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 1000},
                "folder": {**PATH, "description": "where it runs; the run's own folder unless given"},
                "stdin": _TEXT,
                "exit_codes": {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 0, "maximum": 255},
                    "description": "exit codes that count as success (default: 0)",
                },
            },
            ("command",),
        ),
        result=an_object(
            {"exit_code": {"type": "integer"}, "stdout": _TEXT, "stderr": _TEXT}, ("exit_code", "stdout", "stderr")
        ),
        effect=None,
        paths={"folder": "read"},
        classes=("none", "keyed", "unsafe"),
        bounds={
            "programs": Bound(
                "program",
                "programs it may start; words behind one must be its first arguments: git status",
                needed=True,
            )
        },
    ),
    ToolSpec(
        use="mail.send",
        about=(
            "Send a plain text mail over SMTP. Its Message-ID comes from the effect key, but no server can be asked "
            "whether it took a mail: unsafe, once it was handed over without an answer."
        ),
        parameters=an_object(
            {
                "server": {
                    "type": "string",
                    "description": "starttls://HOST (port 587), smtps://HOST (465), smtp://HOST (25, in the clear)",
                },
                "from": _ADDRESS,
                "to": _ADDRESSES,
                "cc": _ADDRESSES,
                "reply_to": _ADDRESS,
                "subject": {"type": "string", "maxLength": 500},
                "text": _TEXT,
            },
            ("server", "from", "to", "subject", "text"),
        ),
        result=an_object(
            {"message_id": _TEXT, "server": _TEXT, "recipients": {"type": "array", "items": _TEXT}},
            ("message_id", "server", "recipients"),
        ),
        effect="unsafe",
        bounds={
            "hosts": Bound(
                "host",
                "mail servers it may reach: HOST or HOST:PORT with encryption, smtp://HOST without",
                needed=True,
            ),
            "private": _PRIVATE,
        },
        later=("auth",),
    ),
    ToolSpec(
        use="notify",
        about=(
            "Tell the person at this machine: a desktop notification where there is a desktop, and always a line in "
            "notices.txt of the run's folder. Shown twice it does no harm."
        ),
        parameters=an_object(
            {
                "text": {"type": "string", "minLength": 1, "maxLength": 2000},
                "title": {"type": "string", "maxLength": 200},
            },
            ("text",),
        ),
        result=an_object(
            {"by": {"type": "string", "description": "notify-send, osascript, or empty: only the line"}, "line": _TEXT},
            ("by", "line"),
        ),
        effect="none",
    ),
)
