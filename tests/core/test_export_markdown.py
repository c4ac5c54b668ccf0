"""A run as a page: everything that a reader wants to know, and nothing that was said can change the page."""

import re

import pytest
from bench import Bench

from mntui.core.export_markdown import markdown
from mntui.core.requests import Approve, Reject, Settle

WORK = """
models: {fast: {max_tokens: 50}}
tools: {pay: {use: python.pay, effect: keyed}}
agents: {writer: {role: executor, model: fast, instructions: "Say it."}}
inputs: {who: {type: string, default: "nobody"}}
budget: {usd: 1}
steps:
  draft: {agent: writer, with: {ticket: "late"}}
  ok: {approve: "Send | it?", show: {text: "{{ draft.text }}"}, edit: [text]}
  pay: {tool: pay, with: {text: "{{ ok.text }}"}}
outputs: {text: "{{ ok.text }}"}
success: {paid: "pay.ok"}
"""


def page(bench: Bench) -> str:
    return markdown(bench.run, bench.facts, bench.output() if bench.run.outputs is not None else None)


def worked(said: str = "Dear Ms Roth") -> Bench:
    bench = Bench(WORK, inputs={"who": "ann"})
    bench.says("draft#1.0", said)
    bench.ask(Approve("bench-1.1", bench.only_ask().digest, {"text": "Dear Mr Roth"}))
    bench.returns("pay")
    return bench


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_it_tells_what_came_of_it() -> None:
    text = page(worked())
    assert text.startswith("# bench-1\n\n**succeeded**, a success\n")
    assert "| cost | $0.000007 of $1.00 |" in text
    assert "**text**: Dear Mr Roth" in section(text, "Outputs")
    assert "**who**: ann" in section(text, "Inputs")
    assert "holds" in section(text, "Success means")


def test_it_tells_every_step_with_its_kind_status_calls_and_cost() -> None:
    steps = section(page(worked()), "Steps")
    assert "| `draft` | agent | succeeded |" in steps
    assert "| `pay` | tool | succeeded | 0.0s | 1 |" in steps


def test_it_tells_who_decided_what_when_and_over_which_digest() -> None:
    bench = worked()
    people = section(page(bench), "People")
    final = next(f.event for f in bench.facts if type(f.event).__name__ == "ApprovalGranted").final_digest
    assert "| `bench-1.1` | `ok` | Send \\| it? | approved, edited: text | ann |" in people
    assert final[:12] in people


def test_it_tells_effects_and_models() -> None:
    text = page(worked())
    assert "| `pay` | `pay` | once, by its key |" in section(text, "Effects in the world")
    assert "| `builtin/extractive` | 1 | 10 | 5 | $0.000007 |" in section(text, "Models")


def test_a_run_that_waits_says_what_for_and_a_rejection_its_reason() -> None:
    bench = Bench(WORK)
    bench.says("draft#1.0")
    assert "**waiting** for an approval" in page(bench)
    assert "| `bench-1.1` | `ok` | Send \\| it? | **waits** |" in section(page(bench), "People")
    bench.ask(Reject("bench-1.1", "no way"))
    assert "rejected: no way" in section(page(bench), "People")


def test_a_failure_and_a_settled_doubt_are_told() -> None:
    bench = Bench("tools: {send: {use: python.send, effect: unsafe}}\nsteps: {s: {tool: send}}")
    bench.dies()
    bench.ask(Settle("bench-1.1", "abandon"))
    text = page(bench)
    assert "settled as abandon" in section(text, "People")
    assert "`s`: a person gave the effect up" in section(text, "Failures")


@pytest.mark.parametrize(
    "said",
    [
        "x | y\n# heading",
        "<script>alert(1)</script>",
        "```\nend\n```\n# out",
        "[a](javascript:b)",
        "a `b` |",
        "\x1b[2J",
    ],
)
def test_nothing_that_was_said_can_change_the_page(said: str) -> None:
    bench = Bench(WORK)
    bench.says("draft#1.0", said)
    bench.ask(Approve("bench-1.1", bench.only_ask().digest))
    bench.returns("pay")
    text = page(bench)
    headings = [line for line in outside_fences(text) if line.startswith("#")]
    assert headings[0] == "# bench-1"
    assert all(line.startswith("## ") for line in headings[1:])
    prose = re.sub("`[^`\n]*`", "", "\n".join(outside_fences(text)).replace("\\<", ""))
    assert "<script>" not in prose
    assert "\x1b" not in text
    rows = [line for line in outside_fences(text) if line.startswith("| `pay` | `pay`")]
    assert all(line.replace("\\|", "").count("|") == 6 for line in rows)


def outside_fences(text: str) -> list[str]:
    lines, fence = [], ""
    for line in text.splitlines():
        if not fence and line.startswith("```"):
            fence = line
        elif fence and line == fence:
            fence = ""
        elif not fence:
            lines.append(line)
    assert not fence
    return lines


def test_the_same_run_gives_the_same_page() -> None:
    bench = worked()
    assert page(bench) == page(bench)


def test_many_steps_are_cut_and_counted() -> None:
    bench = Bench("steps: {each: {for_each: '{{ inputs.n }}', max_parallel: 1000, steps: {s: {set: {a: 1}}}}}\ninputs: {n: {type: list}}", inputs={"n": list(range(600))})  # fmt: skip
    assert "… and 101 more." in page(bench)
