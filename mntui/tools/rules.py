"""`allow` rules: templates over inputs become patterns in which only the blueprint's own `*` and `**` are wildcards.

A value that a template inserts is escaped, so an input named `**` or `../..` opens nothing. Relative rules start in the
blueprint's folder (the run's own is always open). Links are followed in the part of a rule that a person gave, an
absolute path or an input at its start, and nowhere after it. Absent: expressions (rendering is handed in).
"""

import json
from collections.abc import Callable

from mntui.core.language.grammar import Span, split_template
from mntui.core.plan import ToolPlan
from mntui.core.values import Json
from mntui.tools.base import Pattern
from mntui.tools.patterns import segments_of

Render = Callable[[str], Json]


def rendered_rules(tool: ToolPlan, render: Render, blueprint: str) -> dict[str, tuple[Pattern, ...]]:
    """Every `allow` rule of a tool, ready for `Grants.allow`. `blueprint` is its folder. Raises ValueError."""
    return {
        parameter: tuple(
            path_pattern(rule, render, blueprint) if _is_path(tool, parameter) else text_pattern(rule, render)
            for rule in rules
        )
        for parameter, rules in tool.allow.items()
    }


def _is_path(tool: ToolPlan, parameter: str) -> bool:
    bound = tool.spec.bounds.get(parameter)
    return parameter in tool.spec.paths or (bound is not None and bound.kind == "path")


def path_pattern(template: str, render: Render, blueprint: str) -> Pattern:
    """A rule for a path parameter. Raises ValueError where it inserts nothing useful or climbs with `..`."""
    written, inserted, following = _split(template, render)
    if not written and inserted.startswith("/"):
        return _rooted(inserted, following, template)
    if written.startswith("/"):
        head = written if not inserted and "*" not in written else written.split("*")[0].rpartition("/")[0] + "/"
        _refuse_climbing(head, template)
        return _pattern(head, _plain_backslash(written[len(head) :]) + _escaped(inserted) + following, template)
    return _pattern(blueprint, _plain_backslash(written) + _escaped(inserted) + following, template)


def text_pattern(template: str, render: Render) -> Pattern:
    """A rule for a parameter that is no path: its whole text must match, read as segments between slashes."""
    written, inserted, following = _split(template, render)
    return Pattern("", _plain_backslash(written) + _escaped(inserted) + following)


def _split(template: str, render: Render) -> tuple[str, str, str]:
    """The text before the first expression, that expression's value, and everything after it, escaped."""
    written, inserted, following = "", "", ""
    for part in split_template(template):
        value = _inserted("{{" + part.source + "}}", render) if isinstance(part, Span) else part
        if inserted:
            following += _escaped(value) if isinstance(part, Span) else _plain_backslash(value)
        elif isinstance(part, Span):
            inserted = value
        else:
            written = value
    return written, inserted, following


def _inserted(expression: str, render: Render) -> str:
    value = render(expression)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = json.dumps(value)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{expression} must give text in an `allow` rule, not {json.dumps(value)}")
    return value


def _rooted(root: str, following: str, template: str) -> Pattern:
    if following and not following.startswith("/"):
        folder, _, name = root.rstrip("/").rpartition("/")
        return _pattern(folder + "/", _escaped(name) + following, template)
    return _pattern(root, following, template)


def _pattern(base: str, rest: str, template: str) -> Pattern:
    _refuse_climbing(rest, template)
    return Pattern(base, "/".join(segments_of(rest)))


def _refuse_climbing(text: str, template: str) -> None:
    if ".." in text.split("/"):
        raise ValueError(f"the `allow` rule {template!r} climbs with `..`; name the folder itself")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*")


def _plain_backslash(text: str) -> str:
    return text.replace("\\", "\\\\")
