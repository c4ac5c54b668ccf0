"""Keys that outputs cannot have, and effects of one tool that nothing orders."""

import pytest

from mntui.core.compiling.compile import compile_blueprint
from mntui.core.plan import ToolSpec
from mntui.tools.base import BUILTIN

NOTE = ToolSpec("python.note", "", {"type": "object"}, {"type": "string"}, None)
OPEN = ToolSpec("python.open", "", {"type": "object"}, {}, None)
TOOLS = {**BUILTIN, NOTE.use: NOTE, OPEN.use: OPEN}
SECTIONS = {
    "blueprint": "b",
    "inputs": {"n": {"type": "list"}, "kind": {"type": "string"}},
    "models": {"fast": {}},
    "agents": {"w": {"model": "fast", "instructions": "Write."}},
    "tools": {
        "read": {"use": "files.read"},
        "write": {"use": "files.append"},
        "other": {"use": "files.append"},
        "note": {"use": "python.note", "effect": "none"},
        "any": {"use": "python.open", "effect": "none"},
    },
}
SCHEMA = {"properties": {"to": {"type": "string"}, "list": {"type": "array", "items": {"properties": {"a": {}}}}}}


def findings_of(steps):
    return compile_blueprint({**SECTIONS, "steps": steps}, {}, TOOLS)[1]


PRODUCERS = {
    "set": {"set": {"to": 1, "deep": {"x": "{{ inputs.kind }}"}}},
    "agent": {"agent": "w"},
    "contract": {"agent": "w", "output": {"to": "string", "tags": ["string"], "more": {"x": "integer"}}},
    "schema": {"agent": "w", "output": SCHEMA},
    "open schema": {"agent": "w", "output": {**SCHEMA, "additionalProperties": True}},
    "router": {"agent": "w", "routes": {"k": []}},
    "tool": {"tool": "read", "with": {"path": "x"}},
    "text tool": {"tool": "note"},
    "open tool": {"tool": "any"},
    "approve": {"approve": "Go?", "show": {"to": 1}},
    "approve on": {"approve": "Go?", "show": {"to": 1}, "on_reject": "continue"},
    "ask": {"ask": "n?", "output": {"to": "string"}},
    "free ask": {"ask": "n?"},
    "each": {"for_each": "{{ inputs.n }}", "steps": {"i": {"set": {"x": 1}}}},
    "wait": {"wait": {"for": "5s"}},
    "signal": {"wait": {"signal": "go"}},
}


@pytest.mark.parametrize(
    ("producer", "path"),
    [
        ("set", "to"),
        ("set", "to.deeper"),
        ("set", "deep.x"),
        ("agent", "text"),
        ("contract", "more.x"),
        ("contract", "tags[0]"),
        ("schema", "list[0].a.any"),
        ("open schema", "other"),
        ("router", "reason"),
        ("tool", "text"),
        ("text tool", "value"),
        ("open tool", "anything.at.all"),
        ("approve", "to"),
        ("approve on", "approved"),
        ("ask", "to"),
        ("free ask", "whatever"),
        ("each", "results[0].output.i.x"),
        ("wait", "at"),
        ("signal", "x.y"),
    ],
)
def test_keys_that_may_be_there_are_left_alone(producer, path):
    assert findings_of({"p": PRODUCERS[producer], "s": {"set": {"y": f"{{{{ p.{path} }}}}"}}}) == ()


@pytest.mark.parametrize(
    ("producer", "path", "near"),
    [
        ("set", "tt", "to"),
        ("set", "deep.y", None),
        ("agent", "txt", "text"),
        ("contract", "tt", "to"),
        ("contract", "to.name", None),
        ("contract", "tags.first", None),
        ("contract", "more.y.z", None),
        ("schema", "tt", "to"),
        ("router", "rout", "route"),
        ("tool", "txt", "text"),
        ("text tool", "text", None),
        ("approve", "approved", None),
        ("ask", "tt", "to"),
        ("each", "result", "results"),
        ("wait", "until", None),
    ],
)
def test_keys_that_can_never_be_there_are_problems(producer, path, near):
    (finding,) = findings_of({"p": PRODUCERS[producer], "s": {"set": {"y": f"{{{{ p.{path} }}}}"}}})
    assert (finding.severity, finding.code, finding.where) == ("problem", "output", ("steps", "s", "set", "y"))
    assert near is None or f"Did you mean `{near}`?" in finding.remedy


def test_outputs_and_success_are_held_against_contracts_too():
    document = {
        **SECTIONS,
        "steps": {"p": PRODUCERS["set"]},
        "outputs": {"o": "{{ p.tt }}"},
        "success": {"s": "p.tt == 1"},
    }
    assert [finding.where for finding in compile_blueprint(document, {}, TOOLS)[1]] == [
        ("outputs", "o"),
        ("success", "s"),
    ]


def write(tool="write", **keys):
    return {"tool": tool, "with": {"path": "x", "text": "t"}, **keys}


PICK = {"route": "inputs.kind", "routes": {"l": "a", "r": "b"}}


def each(steps):
    return {"for_each": "{{ inputs.n }}", "steps": steps}


@pytest.mark.parametrize(
    "steps",
    [
        {"a": write(), "b": write(needs=["a"])},
        {"a": write(), "m": {"set": {"x": "{{ a.path }}"}}, "b": write(needs="m")},
        {"a": write(), "b": write("other")},
        {"a": {"tool": "read", "with": {"path": "x"}}, "b": {"tool": "read", "with": {"path": "x"}}},
        {"pick": PICK, "a": write(), "b": write()},
        {"pick": PICK, "a": {"set": {"x": 1}}, "b": write(), "c": write(needs="a")},
        {"e": each({"a": write()})},
        {"e": each({"a": write()}), "b": write(needs="e")},
        {"e": each({"pick": PICK, "a": write(), "b": write()})},
    ],
)
def test_effects_that_are_ordered_or_exclude_each_other_are_left_alone(steps):
    assert findings_of(steps) == ()


@pytest.mark.parametrize(
    "steps",
    [
        {"a": write(), "b": write()},
        {"a": write(), "b": write(), "c": write(needs=["a", "b"])},
        {"m": {"set": {"x": 1}}, "a": write(needs="m"), "b": write(needs="m")},
        {"e": each({"a": write()}), "b": write()},
        {"e": each({"a": write(), "b": write()})},
        {"e": each({"a": write()}), "f": each({"a": write()})},
        {"pick": PICK | {"routes": {"l": ["a", "b"]}}, "a": write(), "b": write()},
        {"pick": PICK, "a": write(), "b": {"set": {"x": 1}}, "c": write()},
    ],
)
def test_two_effects_of_one_tool_that_nothing_orders_are_one_warning(steps):
    assert [(finding.severity, finding.code) for finding in findings_of(steps)] == [("warning", "order")]
