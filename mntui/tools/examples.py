"""An example of each builtin tool, as it stands in a blueprint: what `mntui tools NAME` shows, and a test compiles."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EXAMPLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "files.list": """\
tools: {list: {use: files.list, allow: {path: "{{ inputs.folder }}/**"}}}
steps: {notes: {tool: list, with: {path: "{{ inputs.folder }}", recursive: true}}}
""",
        "files.read": """\
tools: {read: {use: files.read, allow: {path: "{{ inputs.folder }}/**"}}}
steps: {note: {tool: read, with: {path: "{{ inputs.folder }}/a.md"}}}
""",
        "files.write": """\
tools: {save: {use: files.write}}
steps: {keep: {tool: save, with: {path: summary.md, text: "done"}}}
""",
        "files.append": """\
tools: {log: {use: files.append}}
steps: {note: {tool: log, with: {path: log.txt, text: "a line\\n"}}}
""",
        "sql.query": """\
tools:
  look: {use: sql.query, allow: {databases: "{{ inputs.folder }}/*.duckdb"}}
  note:
    use: sql.query
    effect: keyed
    allow: {databases: "{{ inputs.folder }}/*.db", writes: "{{ inputs.folder }}/log.db"}
steps:
  best:
    tool: look
    with:
      databases: {shop: "{{ inputs.folder }}/shop.duckdb"}
      query: SELECT id, amount FROM shop.orders WHERE amount > $least
      params: {least: 100}
  seen:
    tool: note
    needs: best
    with: {databases: {log: "{{ inputs.folder }}/log.db"}, query: "INSERT INTO log.runs VALUES ($n)", params: {n: 1}}
""",
        "web.get": """\
tools: {page: {use: web.get, allow: {hosts: [example.com, "*.example.com"]}}}
steps: {front: {tool: page, with: {url: "https://example.com/"}}}
""",
        "web.request": """\
tools:
  order: {use: web.request, effect: keyed, approve: always, allow: {hosts: [api.example.com], methods: [POST]}}
steps:
  send: {tool: order, with: {method: POST, url: "https://api.example.com/orders", json: {item: tea, count: 2}}}
""",
        "shell.run": """\
tools: {git: {use: shell.run, effect: none, allow: {programs: [git log, git status], folder: "{{ inputs.folder }}"}}}
steps: {news: {tool: git, with: {command: [git, log, "--oneline", "-5"], folder: "{{ inputs.folder }}"}}}
""",
        "mail.send": """\
tools:
  mail:
    use: mail.send
    approve: always
    allow: {hosts: [mail.example.com], to: "*@example.com"}
    with: {server: "starttls://mail.example.com", from: me@example.com}
steps: {tell: {tool: mail, with: {to: you@example.com, subject: Done, text: "It is done."}}}
""",
        "notify": """\
tools: {tell: {use: notify}}
steps: {done: {tool: tell, with: {title: Ledger, text: "13 exceptions wait for you"}}}
""",
    }
)
