"""Which blueprints may run: shipped ones, one's own, and those that a person has seen and trusted.

Trust is given to what a blueprint can do: a digest of its tools, their boundaries, its servers and its code. Prompts
may change without asking again; a tool, a path, a command or a line of Python may not.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from mntui.core.frozen import frozen
from mntui.core.plan import Plan, ServerPlan, ToolPlan
from mntui.core.values import Json, digest_of
from mntui.library.find import shipped_folder
from mntui.library.folder import MAIN, read_folder
from mntui.library.load import Loaded

TRUST_FILE = "trust.json"


@frozen
class TrustBook:
    """What HOME/trust.json holds: trusted keys with the name they were given for, and folders that `import` made."""

    trusted: Mapping[str, str]
    imported: frozenset[str]


class TrustBookBroken(Exception):
    """HOME/trust.json can't be read as what mntui wrote."""


def is_trusted(loaded: Loaded, home: Path, book: TrustBook) -> bool:
    """Whether a blueprint may run without asking. One that does not compile is never trusted.

    Its folder is judged by where it really is, links resolved, however it was named.
    """
    if loaded.plan is None:
        return False
    folder = loaded.folder.resolve()
    own = (home / "blueprints").resolve()
    if folder.parent == own and folder.name not in book.imported:
        return True
    if folder.is_relative_to(shipped_folder().resolve()) or loaded.digest in _shipped_digests():
        return True
    return trust_key(loaded.plan, loaded.source) in book.trusted


def trust_key(plan: Plan, source: Mapping[str, str]) -> str:
    """A digest of everything that a blueprint may do: tools, servers, who may call what, and code."""
    code = {path: digest_of(text) for path, text in source.items() if path.endswith(".py")}
    tools = {name: _capability(tool) for name, tool in plan.tools.items()}
    servers = {name: asdict(server) for name, server in plan.servers.items()}
    agents = {name: list(agent.tools) for name, agent in plan.agents.items()}
    return digest_of(
        {"blueprint": plan.name, "tools": tools, "servers": _plain(servers), "agents": agents, "code": code}
    )


def capabilities(plan: Plan, source: Mapping[str, str]) -> tuple[str, ...]:
    """What a blueprint may do, one line each, as `mntui blueprint trust` shows it."""
    lines = [_tool_line(tool) for tool in plan.tools.values()]
    lines += [_server_line(server) for server in plan.servers.values()]
    callers = ((agent.name, agent.tools) for agent in plan.agents.values() if agent.tools)
    lines += [f"agent {name} may call {', '.join(tools)}" for name, tools in callers]
    code = sorted(path for path in source if path.endswith(".py"))
    lines += [f"code {path} (digest {digest_of(source[path])[:12]})" for path in code]
    return tuple(lines)


def read_trust(home: Path) -> TrustBook:
    """What was trusted so far. Raises TrustBookBroken."""
    path = home / TRUST_FILE
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return TrustBook(dict(given["trusted"]), frozenset(given["imported"]))
    except FileNotFoundError:
        return TrustBook({}, frozenset())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrustBookBroken(f"{path} can't be read: {error}") from error


def trust(loaded: Loaded, home: Path) -> str:
    """Remembers that a person trusts what this blueprint may do; gives the key. Raises ValueError without a plan."""
    if loaded.plan is None:
        raise ValueError("a blueprint with problems cannot be trusted")
    book = read_trust(home)
    key = trust_key(loaded.plan, loaded.source)
    _write(home, TrustBook({**book.trusted, key: loaded.plan.name}, book.imported))
    return key


def note_import(folder_name: str, home: Path) -> None:
    """Remembers that `import` made a folder of HOME/blueprints, so that it asks before it first runs."""
    book = read_trust(home)
    _write(home, TrustBook(book.trusted, book.imported | {folder_name}))


def _shipped_digests() -> frozenset[str]:
    """The version digests of what comes with mntui: a copy of one is as good as itself."""
    folder = shipped_folder()
    inner = sorted(folder.iterdir()) if folder.is_dir() else []
    return frozenset(read_folder(path).digest() for path in inner if (path / MAIN).is_file())


def _write(home: Path, book: TrustBook) -> None:
    """Replaces the file whole, so that a crash leaves the old or the new one."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = home / f"{TRUST_FILE}.{os.getpid()}"
    text = json.dumps({"trusted": dict(book.trusted), "imported": sorted(book.imported)}, indent=1)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(home / TRUST_FILE)


def _capability(tool: ToolPlan) -> Json:
    return {
        "use": tool.use,
        "effect": tool.effect,
        "allow": {name: list(rules) for name, rules in tool.allow.items()},
        "fixed": dict(tool.fixed),
        "approve": tool.approve,
        "taints": tool.taints,
        "secrets": list(tool.secrets),
        "env": list(tool.env),
    }


def _plain(value: Json) -> Json:
    """Tuples as lists, so that the digest is the one of JSON."""
    return json.loads(json.dumps(value))


def _tool_line(tool: ToolPlan) -> str:
    return ", ".join((f"tool {tool.name} = {tool.use}: effect {tool.effect}", *_boundaries(tool)))


def _boundaries(tool: ToolPlan) -> Iterator[str]:
    for name, rules in tool.allow.items():
        yield f"{name} within {' or '.join(rules) or 'nothing'}"
    for name, use in tool.spec.paths.items():
        if name not in tool.allow:
            yield f"{name} ({use}) within the run's folder only"
    if tool.fixed:
        yield f"fixed {', '.join(tool.fixed)}"
    if tool.approve == "always":
        yield "asks at each call"
    if tool.secrets:
        yield f"secrets {', '.join(tool.secrets)}"
    if tool.env:
        yield f"environment {', '.join(tool.env)}"


def _server_line(server: ServerPlan) -> str:
    given = [f"secrets {', '.join(server.secrets)}"] if server.secrets else []
    given += [f"environment {', '.join(server.env)}"] if server.env else []
    return ", ".join((f"server {server.name} = {' '.join(server.command) or server.url}", *given))
