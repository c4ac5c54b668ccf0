"""One step as text: what it was given, what it did call by call, what it gave, what it cost; and what an agent sees."""

import json
import textwrap

from mntui.cli.documents import calls_in_order
from mntui.cli.output import Session, clock, glance, paint, plain
from mntui.core.messages import Sees
from mntui.core.nine import items_of
from mntui.core.run import Call, Node, Run
from mntui.core.steps import step_of
from mntui.core.values import Json, Ref
from mntui.core.words import spent, took


def step_text(session: Session, run: Run, node: Node, arguments: Json, output: Json) -> str:
    """The page of `mntui show RUN STEP`."""
    kind = step_of(run, node.path).work.kind
    lines = [
        f"{paint(node.path, 'bold')} of {run.name} ({kind})",
        f"{session.status(node.status)}{_when(session, node)}",
    ]
    if node.why:
        lines.append(node.why)
    if node.problem is not None:
        lines.append(f"{node.problem.message} {node.problem.remedy}".rstrip())
    if node.item_count:
        lines.append(items_of(node))
    lines.extend(_section("inputs", _value(arguments)))
    lines.extend(_section("calls", [line for call in calls_in_order(node) for line in _call(session, call)]))
    switches = [f"goes on with {each.model} ({each.cause}): {each.why}" for each in node.switches]
    lines.extend(_section("other models", switches))
    lines.extend(_section("answers", [f"{turn.call}  {glance(turn.text)}" for turn in node.turns]))
    lines.extend(_section("output", _value(output)))
    lines.append(f"\n{paint('cost', 'bold')}  {spent(node.spend)}")
    return "\n".join(lines)


def _when(session: Session, node: Node) -> str:
    if node.started_at is None:
        return ""
    return f"  {took(node, session.around.now())} since {clock(node.started_at)}"


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"\n{paint(title, 'bold')}", *(textwrap.indent(line, "  ") for line in lines)] if lines else []


def _value(value: Json) -> list[str]:
    """A value to be read: a map by its keys, a large value by its beginning."""
    if value is None:
        return []
    if isinstance(value, Ref):
        return [glance(value), "(whole: --full)"]
    held = plain(value)
    if isinstance(held, dict):
        return [f"{name}: {_inner(item)}" for name, item in held.items()]
    return [_inner(held)]


def _inner(value: Json) -> str:
    if isinstance(value, dict) and value.get("ref") == "payload":
        return f"{glance(value)} (whole: --full)"
    if isinstance(value, str):
        return value if "\n" not in value else "\n" + textwrap.indent(value.rstrip("\n"), "  ")
    return json.dumps(value, ensure_ascii=False, indent=2)


def _call(session: Session, call: Call) -> list[str]:
    whom = f"tool {call.tool} ({call.effect})" if call.tool else f"model {call.model}".rstrip()
    begun = f" at {clock(call.started_at)}" if call.started_at else ""
    status = {"ready": "pending", "asking": "waiting", "in_doubt": "waiting"}.get(call.status, call.status)
    said = " in doubt" if call.status == "in_doubt" else ""
    lines = [f"{call.id}  {session.status(status)}{said}  {whom}, attempt {call.attempt}{begun}"]
    if call.tool and call.arguments is not None:
        lines.append(f"     with {glance(call.arguments)}")
    if call.result is not None:
        lines.append(f"     gave {glance(call.result)}")
    if call.problem is not None:
        lines.append(f"     {call.problem.message}")
    return lines


def sees_text(sees: Sees) -> str:
    """Exactly what an agent sees, message by message."""
    lines = [f"{paint(sees.path, 'bold')}  {sees.model}, {sees.tokens} tokens"]
    if sees.tools:
        lines.append(f"tools: {', '.join(sees.tools)}")
    lines.extend(f"\n{paint(message.role, 'bold')}\n{message.text}" for message in sees.messages)
    if sees.contract is not None:
        lines.append(f"\n{paint('contract', 'bold')}\n{json.dumps(plain(sees.contract), ensure_ascii=False, indent=2)}")
    return "\n".join(lines)
