"""What this machine offers to blueprints: tools."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, refuse
from mntui.cli.output import Session, paint, plain, table
from mntui.core.plan import ToolSpec
from mntui.core.values import Json
from mntui.core.words import EFFECTS
from mntui.tools.base import BUILTIN
from mntui.tools.examples import EXAMPLES


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
        "classes": None if spec.classes is None else list(spec.classes),
        "parameters": plain(spec.parameters),
        "result": plain(spec.result),
        "paths": plain(spec.paths),
        "allow": [{"id": name, "about": about, "needed": needed} for name, about, needed in _allow_keys(spec)],
        "taints": spec.taints,
        "example": EXAMPLES[spec.use],
    }


def _allow_keys(spec: ToolSpec) -> Iterator[tuple[str, str, bool]]:
    """What `allow` can open: bounds and paths, closed without it. Other parameters are free until they are listed."""
    for name, bound in spec.bounds.items():
        yield name, bound.about, bound.needed
    for name, use in spec.paths.items():
        yield name, f"paths it may {use}; the run's own folder is always open", False


def _tool_text(spec: ToolSpec) -> str:
    effect = spec.effect or "unsafe"
    declared = "" if spec.effect else f" unless `effect:` says otherwise ({', '.join(spec.classes or ())})"
    required = spec.parameters.get("required", ())
    rows: list[tuple[str, str, str]] = [("effect", effect, EFFECTS[effect] + declared)]
    for name, schema in spec.parameters["properties"].items():
        rows.append(("parameters", name, _said(schema, needed=name in required)))
    for name, about, needed in _allow_keys(spec):
        rows.append(("allow", name, f"{'needed: ' if needed else ''}{about}"))
    for name, schema in spec.result.get("properties", {}).items():
        rows.append(("result", name, _said(schema, needed=False)))
    if spec.taints:
        rows.append(("taints", "", "its results are untrusted text"))
    wide = max(len(name) for _, name, _ in rows)
    lines = [f"{paint(spec.use, 'bold')}  {spec.about}", ""]
    head = ""
    for kind, name, said in rows:
        lines.append(f"{'' if kind == head else kind:<10}  {name:<{wide}}  {said}".rstrip())
        head = kind
    return "\n".join([*lines, "", *EXAMPLES[spec.use].rstrip().splitlines()])


def _said(schema: Mapping[str, Json], *, needed: bool) -> str:
    """A parameter in words: its type, what it means, whether it must be given."""
    kind = " or ".join(dict.fromkeys(_types(schema)))
    parts = [f"{kind}{', needed' if needed else ''}", str(schema.get("description", ""))]
    return ": ".join(part for part in parts if part)


def _types(schema: Mapping[str, Json]) -> Iterator[str]:
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from _types(option)
    elif "enum" in schema:
        yield ", ".join(str(value) for value in schema["enum"])
    else:
        kind = str(schema.get("type", "any value"))
        yield {"string": "text", "object": "map", "array": "list", "boolean": "true or false"}.get(kind, kind)
