"""Compiling: a blueprint's plain data becomes a Plan with everything resolved, or findings; never an exception."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mntui.core.compiling.blueprint import BLUEPRINT, FORMAT
from mntui.core.compiling.compile import compile_blueprint, compile_plan
from mntui.core.compiling.findings import MOST_FINDINGS
from mntui.core.plan import (
    AgentWork,
    ApproveWork,
    AskWork,
    BudgetPlan,
    ForEachWork,
    InputPlan,
    Join,
    RetryPolicy,
    RolePlan,
    Routes,
    RouteWork,
    SetWork,
    ToolSpec,
    ToolWork,
    WaitWork,
)
from mntui.tools.base import BUILTIN

PAY = ToolSpec(
    use="python.pay",
    about="",
    parameters={"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
    result={"type": "string"},
    effect=None,
    classes=("none", "keyed", "unsafe"),
)
TOOLS = {**BUILTIN, PAY.use: PAY}


def document_of(**sections):
    return {"blueprint": "b", "steps": {"a": {"set": {"x": 1}}}, **sections}


def compiled(files=None, **sections):
    """The plan of a blueprint that has nothing to be said about it."""
    plan, findings = compile_blueprint(document_of(**sections), files or {}, TOOLS)
    assert findings == ()
    assert plan is not None
    return plan


def findings_of(files=None, **sections):
    return compile_blueprint(document_of(**sections), files or {}, TOOLS)[1]


def codes(files=None, **sections):
    return [finding.code for finding in findings_of(files, **sections)]


MODELS = {"fast": {"prefer": ["ollama/x"], "max_tokens": 300, "builtin": "never"}}
AGENTS = {"writer": {"model": "fast", "instructions": "Write in {{ inputs.tone }}.", "tools": ["read"]}}
INPUTS = {
    "tone": {"type": "string", "default": "brief", "enum": ["warm", "brief"], "about": "how"},
    "n": {"type": "list"},
}
READ = {"read": {"use": "files.read", "allow": {"path": ["{{ inputs.tone }}/*", "b/**"]}}}


def test_declarations_become_plans():
    plan = compiled(
        version="1.2.0",
        about="x",
        inputs=INPUTS,
        models=MODELS,
        agents=AGENTS,
        tools=READ,
        servers={"docs": {"command": ["npx", "docs"], "env": ["HOME"]}},
        budget={"usd": 0.1, "tokens": 5, "on_reach": "stop"},
        recovery={"on_failure": "pause"},
        outputs={"r": "{{ a.x }}"},
        success={"fine": "a.x == 1", "sure": True},
        golden="golden/*.yaml",
    )
    assert (plan.name, plan.version, plan.about, plan.golden) == ("b", "1.2.0", "x", "golden/*.yaml")
    assert plan.inputs["tone"] == InputPlan("string", "how", ("warm", "brief"), "brief", required=False)
    assert plan.inputs["n"].required
    assert plan.models["fast"] == RolePlan(("ollama/x",), 300, builtin_allowed=False)
    assert (plan.agents["writer"].role, plan.agents["writer"].max_turns) == ("executor", 8)
    assert plan.agents["writer"].instructions == "Write in {{ inputs.tone }}."
    assert plan.tools["read"].allow == {"path": ("{{ inputs.tone }}/*", "b/**")}
    assert plan.tools["read"].effect == "none"
    assert plan.servers["docs"].command == ("npx", "docs")
    assert plan.budget == BudgetPlan(100_000, 5, "stop")
    assert plan.on_failure == "pause"
    assert plan.outputs == {"r": "{{ a.x }}"}
    assert plan.success == {"fine": "a.x == 1", "sure": "true"}


def test_instructions_are_read_in_from_their_file():
    agents = {"writer": {**AGENTS["writer"], "instructions": "./prompts/w.md"}}
    files = {"prompts/w.md": "Be {{ inputs.tone }}.\n"}
    plan = compiled(files, inputs=INPUTS, models=MODELS, agents=agents, tools=READ)
    assert plan.agents["writer"].instructions == "Be {{ inputs.tone }}.\n"


WORKS = {
    "tool": ({"tool": "read", "with": {"path": "p"}}, ToolWork("read", {"path": "p"})),
    "agent": ({"agent": "writer", "with": {"t": "x"}}, AgentWork("writer", {"t": "x"})),
    "agent router": (
        {"agent": "writer", "routes": {"go": "a", "stop": []}, "else": ["a"]},
        AgentWork("writer", {}, Routes({"go": ("a",), "stop": ()}, ("a",))),
    ),
    "route": (
        {"route": "inputs.tone", "routes": {"warm": ["a"]}},
        RouteWork("inputs.tone", Routes({"warm": ("a",)})),
    ),
    "set": ({"set": {"y": "{{ inputs.tone }}"}}, SetWork({"y": "{{ inputs.tone }}"})),
    "approve": (
        {
            "approve": "Go?",
            "show": {"y": 1},
            "edit": ["y"],
            "expires": "2h",
            "on_expiry": "fail",
            "on_reject": "continue",
        },
        ApproveWork("Go?", {"y": 1}, ("y",), 7200.0, "fail", "continue"),
    ),
    "ask": ({"ask": "How many?"}, AskWork("How many?")),
    "for_each": (
        {
            "for_each": "{{ inputs.n }}",
            "as": "row",
            "steps": {"i": {"set": {"z": "{{ row }}"}}},
            "outputs": {"o": "{{ i.z }}"},
        },
        ForEachWork("{{ inputs.n }}", "row", ("s/i",), {"o": "{{ i.z }}"}),
    ),
    "wait for": ({"wait": {"for": "5m"}}, WaitWork(duration="5m")),
    "wait signal": ({"wait": {"signal": "go"}}, WaitWork(signal="go")),
}


@pytest.mark.parametrize("kind", WORKS)
def test_each_kind_becomes_its_work(kind):
    given_step, work = WORKS[kind]
    steps = {"s": given_step, "a": {"set": {"x": 1}}}
    plan = compiled(inputs=INPUTS, models=MODELS, agents=AGENTS, tools=READ, steps=steps)
    assert plan.steps["s"].work == work
    assert plan.roots == ("s", "a")


def test_fields_of_a_step_become_its_plan():
    step = {
        "tool": "read",
        "with": {"path": "p"},
        "needs": "a",
        "join": {"quorum": 1},
        "if": "a.x == 1",
        "output": {"text": "string"},
        "timeout": "5s",
        "retry": {"maximum_attempts": 5, "contract": 0},
        "on_failure": "skip",
        "on_change": "ignore",
    }
    recovery = {"retry": {"initial_interval": "2s", "maximum_attempts": 9}}
    plan = compiled(tools=READ, inputs=INPUTS, recovery=recovery, steps={"a": {"set": {"x": 1}}, "s": step})
    made = plan.steps["s"]
    assert made.join == Join("quorum", 1)
    assert (made.condition, made.timeout_seconds, made.on_failure, made.on_change) == (
        "a.x == 1",
        5.0,
        "skip",
        "ignore",
    )
    assert made.output["properties"] == {"text": {"type": "string"}}
    assert made.retry == RetryPolicy(5, 2.0, contract=0)
    assert plan.steps["a"].retry == RetryPolicy(9, 2.0)


def test_attempts_of_tools_and_agents_have_a_time_limit_and_people_have_none():
    steps = {name: WORKS[name][0] for name in ("tool", "agent", "approve", "set")}
    plan = compiled(inputs=INPUTS, models=MODELS, agents=AGENTS, tools=READ, steps=steps)
    assert {name: plan.steps[name].timeout_seconds for name in steps} == {
        "tool": 60.0,
        "agent": 600.0,
        "approve": None,
        "set": None,
    }


def test_a_schema_file_becomes_the_contract():
    schema = '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'
    plan = compiled({"schemas/n.json": schema}, steps={"q": {"ask": "n?", "output": "schemas/n.json"}})
    assert plan.steps["q"].output["required"] == ["n"]


def test_an_approval_step_may_reject_by_an_expression_and_read_its_own_additions():
    steps = {
        "ok": {"approve": "Go?", "show": {"x": 1}, "on_reject": "continue"},
        "b": {"set": {"y": "{{ ok.reason }}"}, "if": "ok.approved"},
    }
    compiled(steps=steps)


def test_a_plan_is_made_again_from_pinned_content():
    assert compile_plan(document_of(), {}, TOOLS).name == "b"
    with pytest.raises(ValueError, match="no longer compiles"):
        compile_plan({"blueprint": "b"}, {}, TOOLS)


def test_warnings_do_not_keep_a_blueprint_from_compiling():
    plan, findings = compile_blueprint(document_of(tools={"pay": {"use": "python.pay"}}), {}, TOOLS)
    assert [(finding.severity, finding.code) for finding in findings] == [("warning", "effect")]
    assert plan.tools["pay"].effect == "unsafe"


def test_all_problems_are_told_at_once():
    told = findings_of(
        inputs={"n": {"type": "int"}},
        agents={"w": {"model": "none", "instructions": "x"}},
        steps={"a": {"tool": "gone"}, "b": {"set": {"x": "{{ c.x }}"}}, "d": {}},
        budget={"usd": float("1e9")},
    )
    assert {finding.code for finding in told} == {"choice", "undeclared", "reference", "kind", "range"}


def test_findings_are_cut_off_when_there_are_too_many():
    told = findings_of(steps={f"s{i}": {} for i in range(500)})
    assert len(told) == MOST_FINDINGS + 1
    assert told[-1].code == "more"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -0.01])
def test_a_budget_must_be_a_finite_amount(value):
    plan, findings = compile_blueprint(document_of(budget={"usd": value}), {}, TOOLS)
    assert plan is None
    assert [finding.where for finding in findings] == [("budget", "usd")]


@pytest.mark.parametrize("value", [{1: 2}, object(), (1, 2), {"x": b"bytes"}, {"x": {"y": {3, 4}}}])
def test_what_is_no_json_is_a_problem(value):
    plan, findings = compile_blueprint(document_of(about=value), {}, TOOLS)
    assert plan is None
    assert findings


def test_data_that_is_nested_too_deeply_is_a_problem():
    value = "x"
    for _ in range(100_000):
        value = [value]
    assert codes(outputs={"x": value}) == ["depth"]


def nested_schema(levels):
    return '{"properties": {"a": ' * levels + '{"type": "string"}' + "}}" * levels


@pytest.mark.parametrize(
    "text", ["[" * 100_000, nested_schema(400), "5", "[]", '{"properties": 5}', "", '{"$ref": "x:y"}']
)
def test_no_schema_file_makes_the_compiler_raise(text):
    steps = {"q": {"ask": "n?", "output": "schemas/n.json"}}
    assert codes({"schemas/n.json": text}, steps=steps) == ["contract"]


WORDS = sorted({name for record in (BLUEPRINT, *FORMAT.records.values()) for name in record.keys})
TEXTS = st.sampled_from(
    (
        *(
            "a",
            "b",
            "item",
            "inputs",
            "{{ a.x }}",
            "{{ b }}",
            "{{ inputs.a.b }}",
            "{{ needs.b.status }}",
            "a.x == 1",
            "{{",
        ),
        *(
            "5s",
            "files.read",
            "mcp.a.b",
            "a | b",
            "all_done",
            "prompts/a.md",
            "schemas/a.json",
            "sql/a.sql",
            "continue",
            "",
        ),
    )
)
KEYS = st.sampled_from(
    [*WORDS, "a", "b", "x", "path", "query", "text", "quorum", "for", "signal", "until", "item", "index"]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=25,
)
STEP = st.dictionaries(st.sampled_from(sorted(FORMAT.records["a step"].keys)), VALUES, max_size=4)
STEPS = st.one_of(VALUES, st.dictionaries(st.sampled_from(["a", "b", "c", "item", "index"]), STEP, max_size=4))
SECTIONS = {name: VALUES for name in BLUEPRINT.keys if name != "steps"}
FILES = {"prompts/a.md": "x {{ inputs.a }}", "schemas/a.json": '{"properties": {"x": {}}}', "sql/a.sql": "select 1"}


def holds_together(document):
    """Compiling gives a plan or problems, each with all that a finding must say."""
    plan, findings = compile_blueprint(document, FILES, TOOLS)
    assert (plan is None) == any(finding.severity == "problem" for finding in findings)
    assert all(finding.message and finding.remedy and finding.expected for finding in findings)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({"steps": STEPS}, optional=SECTIONS))
def test_no_document_makes_the_compiler_raise(document):
    holds_together(document)


RICH = document_of(
    inputs=INPUTS,
    models=MODELS,
    agents=AGENTS,
    tools={
        **READ,
        "pay": {"use": "python.pay", "effect": "keyed"},
        "search": {"use": "mcp.docs.search", "effect": "none"},
    },
    servers={"docs": {"command": ["x"]}},
    steps={
        **{name.replace(" ", "_"): given_step for name, (given_step, _) in WORKS.items()},
        "a": {"set": {"x": 1}, "output": {"x": "integer"}},
        "s": {
            "tool": "pay",
            "with": {"to": "{{ set.y }}"},
            "needs": ["tool"],
            "join": "none_failed",
            "retry": {"contract": 2},
        },
    },
    triggers={"t": {"schedule": "0 7 * * 1-5", "with": {"tone": "{{ trigger.at }}"}}},
    outputs={"r": "{{ s.value }}"},
    success={"fine": "for_each.failed == 0"},
    budget={"usd": 1},
    recovery={"retry": {"contract": 2}},
)


def places_in(value, where=()):
    yield where
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places_in(item, (*where, key))


def with_value(value, where, new):
    if not where:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[where[0]] = with_value(value[where[0]], where[1:], new)
    return copy


def test_the_rich_document_compiles():
    plan, findings = compile_blueprint(RICH, FILES, TOOLS)
    assert findings == ()
    assert plan is not None


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(places_in(RICH), key=str)), VALUES)
def test_no_single_change_of_a_good_document_makes_the_compiler_raise(where, value):
    holds_together(with_value(RICH, where, value))
