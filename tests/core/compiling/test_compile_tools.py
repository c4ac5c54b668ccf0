"""Tools: effect classes only stricter, arguments against parameters, boundaries over inputs only."""

import pytest

from mntui.core.compiling.compile import compile_blueprint
from mntui.core.plan import ToolSpec
from mntui.tools.base import BUILTIN

PARAMETERS = {"type": "object", "properties": {"to": {"type": "string"}, "n": {"type": "integer"}}, "required": ["to"]}
PAY = ToolSpec("python.pay", "", PARAMETERS, {"type": "object"}, None)
KEYLESS = ToolSpec("python.keyless", "", PARAMETERS, {"type": "string"}, None, classes=("none", "unsafe"))
TOOLS = {**BUILTIN, PAY.use: PAY, KEYLESS.use: KEYLESS}
INPUTS = {"who": {"type": "string"}, "many": {"type": "list"}}


def compiled(tools, steps=None):
    steps = steps or {"a": {"set": {"x": 1}}}
    document = {
        "blueprint": "b",
        "inputs": INPUTS,
        "tools": tools,
        "servers": {"docs": {"url": "http://x"}},
        "steps": steps,
    }
    return compile_blueprint(document, {"sql/q.sql": "select 1"}, TOOLS)


def told(tools, steps=None):
    return [(finding.severity, finding.code, finding.where) for finding in compiled(tools, steps)[1]]


@pytest.mark.parametrize(
    ("use", "declared", "effect"),
    [
        ("files.read", None, "none"),
        ("files.read", "unsafe", "unsafe"),
        ("files.write", "keyed", "keyed"),
        ("files.write", "reconcilable", "reconcilable"),
        ("python.pay", "none", "none"),
        ("mcp.docs.search", "keyed", "keyed"),
    ],
)
def test_an_effect_class_may_be_declared_or_made_stricter(use, declared, effect):
    plan, findings = compiled({"t": {"use": use, **({"effect": declared} if declared else {})}})
    assert findings == ()
    assert plan.tools["t"].effect == effect


@pytest.mark.parametrize(
    ("use", "declared"),
    [
        ("files.write", "none"),
        ("files.append", "keyed"),
        ("python.keyless", "keyed"),
        ("python.keyless", "reconcilable"),
    ],
)
def test_an_effect_class_is_never_looser_than_the_tool_or_more_than_its_code_can_keep(use, declared):
    assert told({"t": {"use": use, "effect": declared}}) == [("problem", "effect", ("tools", "t", "effect"))]


@pytest.mark.parametrize("use", ["python.pay", "mcp.docs.search"])
def test_a_tool_without_a_class_is_a_warning_and_unsafe(use):
    plan, findings = compiled({"t": {"use": use}})
    assert [(finding.severity, finding.code) for finding in findings] == [("warning", "effect")]
    assert plan.tools["t"].effect == "unsafe"


def test_a_tool_of_a_server_takes_anything_and_taints():
    steps = {"a": {"tool": "t", "with": {"whatever": [1, {"x": "{{ inputs.who }}"}]}}}
    plan, findings = compiled({"t": {"use": "mcp.docs.search", "effect": "none"}}, steps)
    assert findings == ()
    assert plan.tools["t"].taints
    assert plan.tools["t"].spec.parameters == {"type": "object"}


GOOD = [
    {"to": "x"},
    {"to": "{{ inputs.who }}"},
    {"to": "to {{ inputs.who }}", "n": 5},
    {"to": "x", "n": "{{ inputs.many | length }}"},
]
BAD = [
    ({}, "with"),
    ({"to": 5}, "to"),
    ({"to": None}, "to"),
    ({"to": ["{{ inputs.who }}"]}, "to"),
    ({"to": {"deep": "{{ inputs.who }}"}}, "to"),
    ({"to": "x", "n": "5"}, "n"),
    ({"to": "x", "n": "no {{ inputs.who }}"}, "n"),
    ({"to": "x", "m": 1}, "m"),
]


@pytest.mark.parametrize("arguments", GOOD)
def test_arguments_that_fit_or_may_fit_are_left_to_the_run(arguments):
    assert told({"t": {"use": "python.pay", "effect": "none"}}, {"a": {"tool": "t", "with": arguments}}) == []


@pytest.mark.parametrize(("arguments", "last"), BAD)
def test_arguments_that_can_never_fit_are_problems(arguments, last):
    steps = {"a": {"tool": "t", "with": arguments}}
    ((severity, code, where),) = told({"t": {"use": "python.pay", "effect": "none"}}, steps)
    assert (severity, code, where[-1]) == ("problem", "argument", last)


def test_a_fixed_parameter_is_given_once():
    tools = {"t": {"use": "python.pay", "effect": "none", "with": {"to": "{{ inputs.who }}"}}}
    assert told(tools, {"a": {"tool": "t"}}) == []
    assert [code for _, code, _ in told(tools, {"a": {"tool": "t", "with": {"to": "x"}}})] == ["argument"]


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ({"with": {"to": "{{ a.x }}"}}, "reference"),
        ({"with": {"to": "{{ inputs.gone }}"}}, "reference"),
        ({"with": {"to": 5}}, "argument"),
        ({"with": {"gone": 5}}, "argument"),
        ({"allow": {"to": "{{ run.folder }}"}}, "reference"),
        ({"allow": {"gone": "x"}}, "argument"),
        ({"allow": {"to": [5]}}, "type"),
        ({"allow": {"to": "{{ inputs.who"}}, "template"),
        ({"secrets": ["a b"]}, "text"),
        ({"env": "HOME"}, "type"),
    ],
)
def test_what_a_tool_is_given_is_checked(section, code):
    assert [entry[1] for entry in told({"t": {"use": "python.pay", "effect": "none", **section}})] == [code]


def test_the_run_may_be_read_in_fixed_parameters():
    assert told({"t": {"use": "python.pay", "effect": "none", "with": {"to": "{{ run.folder }}"}}}) == []


def test_a_sql_file_is_read_in_for_steps_and_for_fixed_parameters():
    tools = {"q": {"use": "sql.query"}, "f": {"use": "sql.query", "with": {"query": "sql/q.sql"}}}
    steps = {"a": {"tool": "q", "with": {"query": "sql/q.sql"}}, "b": {"tool": "f"}}
    plan, findings = compiled(tools, steps)
    assert findings == ()
    assert plan.steps["a"].work.arguments == {"query": "select 1"}
    assert plan.tools["f"].fixed == {"query": "select 1"}


def test_only_the_query_of_sql_names_files():
    steps = {"a": {"tool": "t", "with": {"to": "sql/none.sql"}}}
    assert told({"t": {"use": "python.pay", "effect": "none"}}, steps) == []
