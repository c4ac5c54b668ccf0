"""Who needs whom: inferred, declared, by routes; from inside containers; and which of them a join counts."""

import pytest

from mntui.core.compiling.compile import compile_blueprint

SET = {"set": {"x": 1}}


def plan_of(steps, **sections):
    plan, findings = compile_blueprint({"blueprint": "b", "inputs": INPUTS, "steps": steps, **sections}, {}, {})
    assert [finding for finding in findings if finding.severity == "problem"] == []
    return plan


def problems_of(steps, **sections):
    _, findings = compile_blueprint({"blueprint": "b", "inputs": INPUTS, "steps": steps, **sections}, {}, {})
    return [(finding.code, finding.where) for finding in findings if finding.severity == "problem"]


INPUTS = {"n": {"type": "list"}, "kind": {"type": "string"}}


def reads(text):
    return {"set": {"y": text}}


def each(steps, **keys):
    return {"for_each": "{{ inputs.n }}", "steps": steps, **keys}


@pytest.mark.parametrize(
    "step",
    [
        {"set": {"y": "{{ a.x }}"}},
        {"set": {"y": {"deep": ["{{ a.x }}"]}}},
        {"set": {"y": "text {{ inputs.n }} and {{ a.x | json }}"}},
        {"set": {"y": "{{ needs.a.status }}"}},
        {"set": {"y": 1}, "if": "a.x == 1"},
        {"set": {"y": 1}, "if": "needs.a.status == 'failed'"},
        {"approve": "{{ a.x }}?", "show": {}},
        {"approve": "Go?", "show": {"x": "{{ a.x }}"}},
        {"ask": "{{ a.x }}?"},
        {"wait": {"for": "{{ a.x }}"}},
        {"for_each": "{{ a.x }}", "steps": {"i": SET}},
        {"for_each": "{{ inputs.n }}", "steps": {"i": {"set": {"y": "{{ a.x }}"}}}},
        {"for_each": "{{ inputs.n }}", "steps": {"i": SET}, "outputs": {"o": "{{ a.x }}"}},
        {"for_each": "{{ inputs.n }}", "steps": {"i": {"set": {"y": "{{ needs.a.error }}"}}}},
    ],
)
def test_every_reference_is_a_need(step):
    plan = plan_of({"a": SET, "s": step})
    assert plan.steps["s"].needs == ("a",)
    assert plan.steps["s"].counted == ("a",)
    assert plan.steps["a"].dependents == ("s",)


def test_a_reference_from_two_levels_inside_makes_the_outer_container_need_it():
    steps = {"a": SET, "out": each({"mid": {**each({"deep": reads("{{ a.x }}")}), "as": "row"}})}
    plan = plan_of(steps)
    assert plan.steps["out"].needs == ("a",)
    assert plan.steps["out/mid"].needs == ()
    assert plan.steps["out/mid/deep"].needs == ()


def test_what_a_container_gives_of_its_inner_steps_is_no_need():
    plan = plan_of({"e": each({"i": SET, "j": reads("{{ i.x }}")}, outputs={"o": "{{ j.y }}", "item": "{{ item }}"})})
    assert plan.steps["e"].needs == ()
    assert plan.steps["e/j"].needs == ("e/i",)


def test_prompts_outputs_and_success_make_no_needs():
    plan = plan_of({"a": SET, "b": SET}, outputs={"o": "{{ b.x }}"}, success={"fine": "a.x == b.x"})
    assert plan.steps["a"].needs == plan.steps["b"].needs == ()


def test_declared_needs_are_what_the_join_counts():
    plan = plan_of({"a": SET, "b": SET, "s": {**reads("{{ a.x }}"), "needs": ["b"], "join": "all_done"}})
    assert plan.steps["s"].needs == ("b", "a")
    assert plan.steps["s"].counted == ("b",)


def test_without_declared_needs_the_join_counts_all_inferred_ones():
    plan = plan_of({"a": SET, "b": SET, "s": {**reads("{{ a.x }}{{ b.x }}"), "join": "none_failed"}})
    assert plan.steps["s"].counted == ("a", "b")


def test_targets_need_their_router_beside_the_join():
    steps = {
        "pick": {"route": "inputs.kind", "routes": {"k": ["a"]}, "else": "b"},
        "a": reads("{{ c.x }}"),
        "b": SET,
        "c": SET,
    }
    plan = plan_of(steps)
    assert plan.steps["a"].needs == ("c", "pick")
    assert plan.steps["a"].counted == ("c",)
    assert plan.steps["a"].routers == plan.steps["b"].routers == ("pick",)
    assert plan.steps["pick"].dependents == ("a", "b")


def test_a_step_of_several_routers_may_ask_for_one_of_them():
    steps = {
        "one": {"route": "inputs.kind", "routes": {"k": "s"}},
        "two": {"route": "inputs.kind", "routes": {"k": "s"}},
        "s": {**SET, "join": "one_success"},
    }
    assert plan_of(steps).steps["s"].counted == ("one", "two")


def test_order_in_the_file_means_nothing():
    plan = plan_of({"last": reads("{{ first.x }}"), "first": SET})
    assert plan.steps["last"].needs == ("first",)


def test_inner_steps_see_items_indexes_siblings_and_outward():
    inner = {"i": reads("{{ item }}{{ index }}{{ inputs.n }}{{ run.id }}{{ a.x }}"), "j": reads("{{ i.y }}")}
    plan_of({"a": SET, "e": each(inner)})


def test_a_nested_for_each_sees_both_items():
    inner = each({"i": reads("{{ row }}{{ cell }}{{ index }}")}, **{"as": "cell"})
    plan_of({"e": each({"f": {**inner, "for_each": "{{ row }}"}}, **{"as": "row"})})


@pytest.mark.parametrize(
    ("steps", "code", "where"),
    [
        ({"s": reads("{{ gone.x }}")}, "reference", ("steps", "s", "set", "y")),
        ({"s": reads("{{ needs.gone.status }}")}, "reference", ("steps", "s", "set", "y")),
        ({"s": reads("{{ inputs.gone }}")}, "reference", ("steps", "s", "set", "y")),
        ({"s": reads("{{ run.gone }}")}, "reference", ("steps", "s", "set", "y")),
        ({"s": reads("{{ item }}")}, "reference", ("steps", "s", "set", "y")),
        ({"s": reads("{{ previous.x }}")}, "reference", ("steps", "s", "set", "y")),
        ({"s": reads("{{ s.y }}")}, "cycle", ("steps", "s", "set", "y")),
        ({"s": {**SET, "if": "s.x == 1"}}, "cycle", ("steps", "s", "if")),
        ({"s": {**SET, "needs": ["s"]}}, "cycle", ("steps", "s", "needs", 0)),
        ({"e": each({"i": reads("{{ e.count }}")})}, "cycle", ("steps", "e", "steps", "i", "set", "y")),
        ({"e": each({"i": SET}), "s": reads("{{ i.x }}")}, "reference", ("steps", "s", "set", "y")),
        ({"e": each({"i": SET}), "s": {**SET, "needs": "i"}}, "reference", ("steps", "s", "needs")),
        ({"a": SET, "e": each({"i": {**SET, "needs": ["a"]}})}, "reference", ("steps", "e", "steps", "i", "needs", 0)),
        ({"a": SET, "e": each({"a": SET})}, "id", ("steps", "e", "steps", "a")),
        ({"e": each({"e": SET})}, "id", ("steps", "e", "steps", "e")),
        ({"e": each({"item": SET})}, "id", ("steps", "e", "steps", "item")),
        ({"e": each({"i": SET}, **{"as": "inputs"})}, "id", ("steps", "e", "as")),
        ({"index": SET, "e": each({"i": SET})}, "as", ("steps", "e")),
        ({"e": each({"f": each({"i": SET})})}, "as", ("steps", "e", "steps", "f")),
        (
            {"e": each({"f": {**each({"i": SET}), "as": "row"}}, **{"as": "row"})},
            "as",
            ("steps", "e", "steps", "f", "as"),
        ),
        ({"r": {"route": "inputs.kind", "routes": {"k": "r"}}}, "cycle", ("steps", "r", "routes", "k")),
        ({"r": {"route": "inputs.kind", "routes": {"k": ["gone"]}}}, "reference", ("steps", "r", "routes", "k", 0)),
        ({"r": {"route": "inputs.kind", "routes": {"k": []}, "else": "gone"}}, "reference", ("steps", "r", "else")),
    ],
)
def test_what_cannot_be_seen_is_a_problem_where_it_stands(steps, code, where):
    assert problems_of(steps) == [(code, where)]


def test_two_containers_may_use_the_same_inner_ids():
    plan = plan_of({"e": each({"i": SET}), "f": each({"i": SET})})
    assert {"e/i", "f/i"} <= set(plan.steps)


def test_a_name_that_an_input_bears_is_answered_with_it():
    _, findings = compile_blueprint({"blueprint": "b", "inputs": INPUTS, "steps": {"s": reads("{{ kind }}")}}, {}, {})
    assert findings[0].remedy == "Write inputs.kind."


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ({"a": reads("{{ b.y }}"), "b": reads("{{ a.y }}")}, "a → b → a"),
        ({"a": {**SET, "needs": ["c"]}, "b": {**SET, "needs": ["a"]}, "c": {**SET, "needs": "b"}}, "a → c → b → a"),
        ({"a": {"route": "b.x", "routes": {"k": "b"}}, "b": SET}, "a → b → a"),
        ({"a": each({"i": reads("{{ b.y }}")}), "b": reads("{{ a.count }}")}, "a → b → a"),
        ({"z": SET, "a": {**SET, "needs": ["z", "b"]}, "b": {**SET, "needs": "a"}}, "a → b → a"),
    ],
)
def test_a_cycle_is_named_as_a_path(steps, path):
    _, findings = compile_blueprint({"blueprint": "b", "inputs": INPUTS, "steps": steps}, {}, {})
    assert [finding.code for finding in findings] == ["cycle"]
    assert findings[0].message.endswith(path)
