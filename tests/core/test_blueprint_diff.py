"""What changed between two blueprints, told by steps; and what the second may do that the first may not."""

from pathlib import Path

import pytest
from bench import plan_of

from mntui.core.blueprint_diff import BlueprintDiff, Change, blueprint_diff
from mntui.core.plan import Plan
from mntui.core.value_diff import Field
from mntui.library.load import load
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source

SHIPPED = Path(__file__).parents[2] / "blueprints"

BASE = """
version: "1"
inputs: {box: {type: path, default: box}, who: {type: string}}
models: {fast: {max_tokens: 50}}
tools:
  read: {use: files.read, allow: {path: "{{ inputs.box }}/**"}}
  pay: {use: python.pay, effect: keyed, approve: always}
agents: {writer: {role: executor, model: fast, instructions: "One.\\nTwo.\\nThree.", tools: [read]}}
steps:
  text: {tool: read, with: {path: "{{ inputs.box }}/a.md"}}
  draft: {agent: writer, with: {text: "{{ text.text }}"}}
  check: {approve: "Pay it?", show: {text: "{{ draft.text }}"}}
  pay: {tool: pay, with: {text: "{{ check.text }}"}}
budget: {usd: 0.5}
success: {short: "draft.text | length < 500"}
"""


def diffed(*changes: tuple[str, str]) -> BlueprintDiff:
    """The base against itself with these words replaced."""
    text = BASE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return blueprint_diff(plan_of(BASE), plan_of(text))


def test_order_spelling_and_comments_are_no_change() -> None:
    again = BASE.replace('{path: "{{ inputs.box }}/a.md"}}', "{path: '{{ inputs.box }}/a.md'}} # a comment")
    assert blueprint_diff(plan_of(BASE), plan_of(again)).same


def test_a_changed_step_names_its_keys_in_the_words_of_the_blueprint() -> None:
    (change,) = diffed(
        ('{text: "{{ text.text }}"}}', '{text: "{{ text.path }}"}, timeout: 5s, if: "inputs.who != \'\'"}')
    ).changes
    assert (change.section, change.name, change.what, change.kind) == ("steps", "draft", "changed", "agent")
    assert {field.name: (field.before, field.after) for field in change.fields} == {
        "with.text": ("{{ text.text }}", "{{ text.path }}"),
        "timeout": (600.0, 5.0),
        "if": (None, "inputs.who != ''"),
    }


def test_a_step_that_came_went_or_is_called_otherwise_is_told_as_that() -> None:
    found = diffed(("  draft: {agent", "  letter: {agent"), ("draft.text", "letter.text")).changes
    assert Change("steps", "letter", "renamed", "agent", "draft") in found
    found = diffed(("  check: {approve", "  more: {set: {n: 1}}\n  check: {approve")).changes
    assert found == (Change("steps", "more", "added", "set"),)
    assert blueprint_diff(
        plan_of(BASE.replace("  check:", "  more: {set: {n: 1}}\n  check:")), plan_of(BASE)
    ).changes == (Change("steps", "more", "removed", "set"),)


def test_a_prompt_is_told_line_by_line() -> None:
    (change,) = diffed(("One.\\nTwo.", "One.\\n2.")).changes
    assert (change.section, change.name) == ("agents", "writer")
    assert change.fields == (
        Field("instructions", "One.\nTwo.\nThree.", "One.\n2.\nThree.", "@@ -1,3 +1,3 @@\n One.\n-Two.\n+2.\n Three."),
    )


@pytest.mark.parametrize(
    ("old", "new", "wider", "narrower"),
    [
        (
            'allow: {path: "{{ inputs.box }}/**"}',
            'allow: {path: ["{{ inputs.box }}/**", "/tmp/**"]}',
            "path within /tmp/** too",
            "",
        ),
        ('allow: {path: "{{ inputs.box }}/**"}', 'allow: {path: "{{ inputs.box }}/a*"}', "a* too", "** no more"),
        (", approve: always", "", "no longer asks at each call", ""),
        (", approve: always", ", approve: always, env: [HOME]", "the variable HOME too", ""),
        ("effect: keyed", "effect: unsafe", "", "effect unsafe, was keyed"),
        ("tools: [read]", "tools: [read, pay]", "agent writer may call pay", ""),
        ("tools: [read]", "tools: []", "", "agent writer may no longer call read"),
        ("usd: 0.5", "usd: 1", "budget of money is $1.00, was $0.50", ""),
        ("usd: 0.5", "usd: 0.1", "", "budget of money is $0.1000"),
        ("budget: {usd: 0.5}", "", "unlimited", ""),
        ("use: python.pay", "use: python.send", "tool pay is python.send now, not python.pay", ""),
        (
            "agents:",
            "  post: {use: python.post, effect: keyed}\nagents:",
            "tool post is new: python.post, effect keyed",
            "",
        ),
        ("{tool: pay, with: {", "{tool: pay, with: {note: x, ", "", ""),
    ],
)
def test_what_reaches_further_is_told_apart(old: str, new: str, wider: str, narrower: str) -> None:
    reach = diffed((old, new)).reach
    for sentences, wanted in ((reach.wider, wider), (reach.narrower, narrower)):
        assert len(sentences) == bool(wanted), reach
        assert not wanted or wanted in sentences[0]


def test_an_approval_that_is_gone_and_code_that_changed_reach_further() -> None:
    without = BASE.replace('  check: {approve: "Pay it?", show: {text: "{{ draft.text }}"}}\n', "").replace(
        "check.text", "draft.text"
    )
    before, after = plan_of(BASE), plan_of(without)
    assert blueprint_diff(before, after).reach.wider == ("nobody is asked at check any more: Pay it?",)
    found = blueprint_diff(before, before, {"tools.py": "a"}, {"tools.py": "b", "more.py": ""})
    assert found.reach.wider == ("code more.py is new", "code tools.py has changed")
    assert not found.changes
    assert not found.same


def test_every_field_of_a_plan_is_looked_at() -> None:
    plan: Plan = plan_of(BASE)
    other = plan_of(BASE.replace('version: "1"', 'version: "2"\nabout: "Pays."\nrecovery: {on_failure: pause}'))
    (change,) = blueprint_diff(plan, other).changes
    assert {field.name for field in change.fields} == {"version", "about", "on_failure"}


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in SHIPPED.glob("*/blueprint.yaml")), ids=lambda path: path.name
)
def test_a_shipped_blueprint_is_no_other_than_itself_and_wholly_other_than_another(folder: Path) -> None:
    plan = load(folder, BUILTIN, describe_source).plan
    assert plan is not None
    assert blueprint_diff(plan, plan).same
    found = blueprint_diff(plan_of(BASE), plan)
    assert {change.name for change in found.changes if change.section == "steps" and change.what == "added"} >= {
        path for path in plan.steps if path not in ("text", "draft", "check", "pay")
    }
