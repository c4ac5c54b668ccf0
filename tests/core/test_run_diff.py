"""Two runs side by side: steps by their path, what each gave, what it cost; a run's own folder is no difference."""

from dataclasses import replace

from bench import Bench

from mntui.core.run_diff import FOLDER, RunDiff, StepDiff, refs_to_compare, run_diff
from mntui.core.value_diff import Field
from mntui.core.values import Json, Ref

WORK = """
inputs: {who: {type: string, default: ann}, words: {type: list, default: []}}
models: {fast: {max_tokens: 50}}
agents: {w: {role: executor, model: fast, instructions: "Say it."}}
steps:
  first: {set: {who: "{{ inputs.who }}", at: "{{ run.folder }}/a.md"}}
  each:
    for_each: "{{ inputs.words }}"
    steps: {up: {set: {word: "{{ item }}!"}}}
  draft: {agent: w, with: {text: "{{ first.who }}"}}
outputs: {said: "{{ draft.text }}", file: "{{ first.at }}"}
success: {long: "draft.text | length > 3"}
"""


def worked(said: str, who: str = "ann", words: tuple[str, ...] = ("a",), tokens: int = 0) -> Bench:
    bench = Bench(WORK, inputs={"who": who, "words": list(words)})
    bench.says("draft#1.0", said)
    return bench


def diffed(before: Bench, after: Bench) -> RunDiff:
    return run_diff(before.run, after.run, lambda value: value)


def test_two_runs_that_did_the_same_are_the_same() -> None:
    found = diffed(worked("hello"), worked("hello"))
    assert found.same
    assert (found.steps, found.equal_steps) == ((), 4)


def test_what_a_step_gave_otherwise_is_told_at_its_path_and_in_the_outputs() -> None:
    found = diffed(worked("hello"), worked("bye"))
    (step,) = found.steps
    assert (step.path, step.kind, step.what, step.before, step.after) == (
        "draft",
        "agent",
        "changed",
        "succeeded",
        "succeeded",
    )
    assert step.fields == (Field("output.text", "hello", "bye"),)
    assert {field.name: field.after for field in found.whole} == {"outputs.said": "bye", "success.long": False}
    assert (found.before.success, found.after.success) == (True, False)


def test_inputs_and_items_that_only_one_of_them_has_are_told() -> None:
    found = diffed(worked("hello", words=("a",)), worked("hello", who="bob", words=("a", "b")))
    assert [field.name for field in found.inputs] == ["who", "words"]
    assert {step.path: step.what for step in found.steps} == {
        "first": "changed",
        "each": "changed",
        "each[1]/up": "added",
        "draft": "changed",
    }


def test_items_come_as_people_count() -> None:
    found = diffed(worked("hello", words=()), worked("hello", words=tuple("abcdefghijkl")))
    assert [step.path for step in found.steps][1:4] == ["each[0]/up", "each[1]/up", "each[2]/up"]
    assert [step.path for step in found.steps][-1] == "each[11]/up"


def test_the_folder_of_a_run_is_named_alike() -> None:
    before, after = (Bench(WORK, inputs={"who": "ann", "words": []}).run for _ in range(2))
    node = after.nodes["first"]._replace(output={"who": "ann", "at": "/elsewhere/b.md"})
    after = after._replace(folder="/elsewhere", nodes=after.nodes.set("first", node))
    (step,) = run_diff(before, after, lambda value: value).steps
    assert step.fields == (Field("output.at", f"{FOLDER}/a.md", f"{FOLDER}/b.md"),)


def test_a_run_that_is_not_so_far_yet_has_the_rest_pending() -> None:
    found = diffed(worked("hello"), Bench(WORK, inputs={"who": "ann", "words": ["a"]}))
    (step,) = found.steps
    assert (step.path, step.before, step.after) == ("draft", "succeeded", "running")
    assert found.after.success is None


def test_what_only_costs_otherwise_is_told_but_is_no_difference() -> None:
    before, after = worked("hello"), worked("hello").run
    node = after.nodes["draft"]
    node = node._replace(spend=replace(node.spend, micros=node.spend.micros + 500))
    found = run_diff(before.run, after._replace(nodes=after.nodes.set("draft", node)), lambda value: value)
    assert found.same
    assert [(step.path, step.what, step.after_micros - step.before_micros) for step in found.steps] == [
        ("draft", "cost", 500)
    ]


def test_a_large_value_is_asked_for_only_where_the_digests_differ() -> None:
    values: dict[str, Json] = {}
    runs = []
    for said in ("x" * 9000, "x" * 8999 + "y", "x" * 9000):
        bench = worked(said)
        output = bench.run.nodes["draft"].output
        assert isinstance(output, Ref)
        values[output.digest] = {"text": said}
        values[getattr(bench.run.outputs, "digest", "")] = {"said": said}
        runs.append(bench.run)
    assert refs_to_compare(runs[0], runs[2]) == ()
    assert {ref.digest for ref in refs_to_compare(runs[0], runs[1])} <= values.keys()
    found = run_diff(runs[0], runs[1], lambda value: values[value.digest] if isinstance(value, Ref) else value)
    assert [step.path for step in found.steps] == ["draft"]


def test_a_step_knows_what_became_of_it() -> None:
    assert StepDiff("a", "set", None, "running", 0, 0).what == "added"
    assert StepDiff("a", "set", "running", None, 0, 0).what == "removed"
