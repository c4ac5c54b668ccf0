"""Do the declared bounds cover a call? Asked by the worker before the intent, and by the tool host before the call.

Only what the arguments themselves say: the host and method of a URL, the program of a command, the server of a mail.
Absent: addresses and paths, which are looked at where they are opened.
"""

from collections.abc import Mapping
from typing import Final

from mntui.core.values import Json
from mntui.tools.base import Pattern, ToolFailure
from mntui.tools.origins import Target, host_refusal, read_url
from mntui.tools.patterns import covers_value

Allow = Mapping[str, tuple[Pattern, ...]]
MAIL_SCHEMES: Final = ("starttls", "smtps", "smtp")


def outside(use: str, arguments: Mapping[str, Json], allow: Allow) -> str:
    """Why a call lies outside of what was declared, in one sentence; "" where it doesn't."""
    try:
        match use:
            case "web.get":
                return url_refusal(read_url(str(arguments["url"]), ("https", "http")), "GET", use, allow)
            case "web.request":
                target = read_url(str(arguments["url"]), ("https", "http"))
                return url_refusal(target, str(arguments["method"]), use, allow)
            case "mail.send":
                return host_refusal(read_url(str(arguments["server"]), MAIL_SCHEMES), allow)
            case "shell.run":
                return program_refusal(list(arguments["command"]), allow)
    except ToolFailure as failure:
        return failure.message
    return ""


def url_refusal(target: Target, method: str, use: str, allow: Allow) -> str:
    """Why a request isn't allowed; "" where it is."""
    declared = use == "web.get" or any(covers_value(rule, method) for rule in allow.get("methods", ()))
    if not declared:
        return f"no `allow` rule for `methods` covers {method}"
    return host_refusal(target, allow)


def program_refusal(command: list[str], allow: Allow) -> str:
    """Why a command isn't allowed; "" where a rule's words are its first ones."""
    for rule in allow.get("programs", ()):
        words = rule.rest.replace("\\\\", "\\").split()
        if words and command[: len(words)] == words:
            return ""
    return f"no `allow` rule for `programs` covers {' '.join(command)[:200]!r}"
