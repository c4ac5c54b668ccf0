"""SIGKILL around every effect of the tools that reach further: web, mail, databases, programs.

The world is real and counted from outside: an HTTP server that keeps to Idempotency-Key, a mail server, database files, a
program that makes a folder under its key. Small by default; `MNTUI_SWEEP=full` kills at every hit of every point.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from drill import Case, Ended, check_journal, drive
from sizes import sized

from mntui.core.messages import Start
from mntui.core.run import Ask
from tests.tools.mailbox import Box, receiving
from tests.tools.served import Asked, serving

POINTS = {
    "turn.before_commit": 9,
    "turn.after_commit": 9,
    "call.before": 7,
    "call.after": 7,
    "tool.before_send": 7,
    "tool.after_send": 7,
    "tool.after_reply": 7,
}
HITS = [f"{point}:{n}" for point, times in POINTS.items() for n in range(1, times + 1)]
DRAWN = HITS[:: sized(14, 1)]
PROGRAM = "import os, sys; os.makedirs(os.path.join(sys.argv[1], os.environ['MNTUI_EFFECT_KEY']), exist_ok=True)"
BLUEPRINT = """
blueprint: far
inputs: {world: {type: path}, web: {type: string}, mail: {type: string}}
tools:
  page: {use: web.get, allow: {hosts: "{{ inputs.web }}", private: 127.0.0.1}}
  order: {use: web.request, effect: keyed, allow: {hosts: "{{ inputs.web }}", methods: POST, private: 127.0.0.1}}
  note: {use: sql.query, effect: keyed, allow: {databases: "{{ inputs.world }}/*", writes: "{{ inputs.world }}/*"}}
  make: {use: shell.run, effect: keyed, allow: {programs: PYTHON}}
  mail: {use: mail.send, allow: {hosts: "{{ inputs.mail }}", private: 127.0.0.1}, with: {server: "{{ inputs.mail }}"}}
  tell: {use: notify}
steps:
  page: {tool: page, with: {url: "{{ inputs.web }}/page"}}
  order: {tool: order, with: {method: POST, url: "{{ inputs.web }}/order", json: {what: "{{ page.text }}"}}}
  lite:
    tool: note
    needs: order
    with: {databases: {l: "{{ inputs.world }}/l.sqlite"}, query: "INSERT INTO l.t VALUES ($n)", params: {n: "{{ order.json.n }}"}}
  duck:
    tool: note
    needs: lite
    with: {databases: {d: "{{ inputs.world }}/d.duckdb"}, query: "INSERT INTO d.t VALUES ($n)", params: {n: "{{ order.json.n }}"}}
  make: {tool: make, needs: duck, with: {command: [PYTHON, "-c", "PROGRAM", "{{ inputs.world }}/made"]}}
  mail: {tool: mail, needs: make, with: {from: a@example.com, to: b@example.com, subject: s, text: t}}
  tell: {tool: tell, needs: mail, with: {text: done}}
outputs: {n: "{{ order.json.n }}", mail: "{{ mail.recipients }}"}
"""


@dataclass
class Servers:
    """What runs for all tests. `orders` holds one entry a key, as a server that keeps to keys does."""

    web: str = ""
    mail: str = ""
    orders: dict[str, bytes] = field(default_factory=dict)
    posts: int = 0
    box: Box = field(default_factory=Box)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    found = Servers()

    def say(handler: Any, text: str) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text.encode())

    def order(handler: Any, asked: Asked) -> None:
        found.posts += 1
        found.orders.setdefault(asked.headers["Idempotency-Key"], asked.body)
        say(handler, json.dumps({"n": 7}))

    def page(handler: Any, _asked: Asked) -> None:
        say(handler, '"tea"')

    with serving({"/page": page, "/order": order}) as web, receiving(found.box) as port:
        found.web, found.mail = web.url, f"smtp://127.0.0.1:{port}"
        yield found


def case_of(servers: Servers) -> Case:
    servers.orders.clear()
    servers.box.mails.clear()

    def prepare(home: Path) -> None:
        world = home / "world"
        world.mkdir(parents=True)
        with (
            closing(sqlite3.connect(world / "l.sqlite")) as lite,
            closing(duckdb.connect(str(world / "d.duckdb"))) as duck,
        ):
            lite.execute("CREATE TABLE t (n INTEGER)")
            duck.execute("CREATE TABLE t (n INTEGER)")

    def start(home: Path) -> Start:
        blueprint = home / "home" / "blueprints" / "far"
        blueprint.mkdir(parents=True, exist_ok=True)
        text = BLUEPRINT.replace("PYTHON", sys.executable).replace("PROGRAM", PROGRAM)
        (blueprint / "blueprint.yaml").write_text(text)
        return Start("far", str(home), {"world": str(home / "world"), "web": servers.web, "mail": servers.mail}, {})

    def happened(_home: Path, ask: Ask) -> Any:
        """A person looks into the mailbox."""
        assert ask.tool == "mail"
        if not servers.box.mails:
            return None
        return {"message_id": servers.box.mails[0][1]["Message-ID"], "server": "x", "recipients": ["b@example.com"]}

    return Case(start, happened, prepare)


def check_world(servers: Servers, home: Path, ended: Ended) -> None:
    check_journal(ended)
    assert ended.run.ended == "succeeded", ended.run.problem
    assert ended.run.outputs == {"n": 7, "mail": ["b@example.com"]}
    assert list(servers.orders.values()) == [b'{"what": "\\"tea\\""}']
    assert len(servers.box.mails) == 1
    assert len(list((home / "world" / "made").iterdir())) == 1
    with closing(sqlite3.connect(home / "world" / "l.sqlite")) as lite:
        assert lite.execute("SELECT n FROM t").fetchall() == [(7,)]
    with closing(duckdb.connect(str(home / "world" / "d.duckdb"))) as duck:
        assert duck.execute("SELECT n FROM t").fetchall() == [(7,)]
    assert len((Path(ended.run.folder) / "notices.txt").read_text().splitlines()) == 1


@pytest.mark.parametrize("crash_at", ["", *DRAWN])
async def test_a_worker_killed_at_a_point_leaves_each_effect_once(
    crash_at: str, tmp_path: Path, servers: Servers
) -> None:
    ended = await drive(tmp_path, case_of(servers), (crash_at,) if crash_at else ())
    check_world(servers, tmp_path, ended)


@pytest.mark.parametrize("point", ["before_call:1", "after_call:1"])
async def test_every_tool_host_killed_around_its_call_leaves_each_effect_once(
    point: str, tmp_path: Path, servers: Servers
) -> None:
    """Every family's first host dies. After the call, the world has the effect, and nobody was told."""
    ended = await drive(tmp_path, case_of(servers), (), point)
    check_world(servers, tmp_path, ended)
    assert ended.lives == 1
    await asyncio.sleep(0)
