"""Blueprints changed by a patch: the text of blueprint.yaml with other models preferred, as a unified diff.

Only the lines of the roles that change are touched; comments and layout stay. What was written is read back before it
is offered, so a patch that doesn't say what it should is never shown.

Deliberately absent: any change to the file itself. A person applies it: `patch -p1 < change.patch`.
"""

from collections.abc import Mapping
from difflib import unified_diff

import yaml
from yaml import CSafeLoader

from mntui.core.values import Json
from mntui.library.yaml import parse_yaml

MODELS = "models"


def preferring(text: str, chosen: Mapping[str, str]) -> str:
    """The text with each role's model first in its `prefer`. Raises ValueError where a role can't be found in it."""
    places = sorted((_edit(text, role, model) for role, model in chosen.items()), reverse=True)
    for start, end, new in places:
        text = text[:start] + new + text[end:]
    _check(text, chosen)
    return text


def patch_of(before: str, after: str, name: str = "blueprint.yaml") -> str:
    """A unified diff that `patch -p1` and `git apply` take; empty where nothing differs."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _edit(text: str, role: str, model: str) -> tuple[int, int, str]:
    """Which characters become what, so that a role prefers a model."""
    body = _value(_value(yaml.compose(text, CSafeLoader), MODELS), role)
    if not isinstance(body, yaml.MappingNode):
        raise ValueError(f"models.{role} isn't a map in this blueprint")  # noqa: TRY004 - the text is wrong, not a type
    prefer = _value(body, "prefer", missing=True)
    if prefer is None:
        return _added(body, model)
    kept = [node.value for node in prefer.value if node.value != model]
    flow = f"[{', '.join([model, *kept])}]"
    start, end = prefer.start_mark.index, prefer.end_mark.index
    if prefer.flow_style:
        return start, end, flow
    last = prefer.value[-1].end_mark.index
    indent = " " * prefer.start_mark.column
    return start, last, f"\n{indent}".join(f"- {name}" for name in [model, *kept])


def _added(body: yaml.MappingNode, model: str) -> tuple[int, int, str]:
    start = body.start_mark.index
    if not body.flow_style:
        indent = " " * body.start_mark.column
        return start, start, f"prefer: [{model}]\n{indent}"
    more = ", " if body.value else ""
    return start + 1, start + 1, f"prefer: [{model}]{more}"


def _value(node: Json, key: str, *, missing: bool = False) -> Json:
    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name.value == key:
            return value
    if missing:
        return None
    raise ValueError(f"this blueprint has no {key} to change")


def _check(text: str, chosen: Mapping[str, str]) -> None:
    parsed = parse_yaml(text.encode())
    document = parsed.root.value if parsed.root is not None and not parsed.problems else {}
    for role, model in chosen.items():
        if document.get(MODELS, {}).get(role, {}).get("prefer", [None])[0] != model:
            raise ValueError(f"models.{role} couldn't be changed")
