"""What this machine offers to blueprints: tools."""

import json
from difflib import get_close_matches

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, refuse
from mntui.cli.output import Session, paint, plain, table
from mntui.core.plan import ToolSpec
from mntui.core.values import Json
from mntui.core.words import EFFECTS
from mntui.tools.base import BUILTIN


def tools(name: str) -> Body:
    async def body(session: Session) -> int:
        if name:
            spec = _spec(name)
            session.answer(_tool_document(spec), _tool_text(spec))
        else:
            rows = [(spec.use, spec.effect or "unsafe", spec.about) for spec in BUILTIN.values()]
            text = table(("tool", "effect", "about"), rows, session.table_width)
            session.answer([_tool_document(spec) for spec in BUILTIN.values()], text)
        return DONE

    return body


def _spec(name: str) -> ToolSpec:
    spec = BUILTIN.get(name)
    if spec is None:
        near = get_close_matches(name, BUILTIN, n=1)
        remedy = f"Did you mean {near[0]}?" if near else "mntui tools lists them."
        raise refuse("unknown_tool", f"there is no builtin tool {name}", remedy)
    return spec


def _tool_document(spec: ToolSpec) -> Json:
    return {
        "id": spec.use,
        "about": spec.about,
        "effect": spec.effect,
        "parameters": plain(spec.parameters),
        "result": plain(spec.result),
        "paths": plain(spec.paths),
    }


def _tool_text(spec: ToolSpec) -> str:
    effect = spec.effect or "unsafe"
    lines = [
        f"{paint(spec.use, 'bold')}  {spec.about}",
        f"effect  {effect}: {EFFECTS[effect]}",
        f"parameters  {json.dumps(plain(spec.parameters), indent=2, ensure_ascii=False)}",
        f"result  {json.dumps(plain(spec.result), indent=2, ensure_ascii=False)}",
    ]
    return "\n".join(lines)
