"""A run's spans: one tree, real instants, the GenAI conventions' names, and nothing of what was said."""

import uuid
from typing import Any

from bench import RUN_ID, Bench

from mntui.core.export_spans import Span, span_id, spans, trace_id
from mntui.core.requests import Approve, Cancel, Retry

WORK = """
models: {fast: {max_tokens: 50}}
tools: {read: {use: python.read, effect: none}, pay: {use: python.pay, effect: keyed}}
agents: {writer: {role: executor, model: fast, instructions: "Say it.", tools: [read]}}
steps:
  draft: {agent: writer, with: {ticket: "a secret word"}}
  ok: {approve: "Send?", show: {text: "{{ draft.text }}"}}
  each:
    for_each: "{{ [1, 2] }}"
    needs: [ok]
    steps: {pay: {tool: pay, with: {n: "{{ item }}"}}}
"""


def tree(bench: Bench) -> dict[str, Span]:
    """By name, or by the place of a step."""
    return {str(span.attributes.get("mntui.step.path", "")) + " " + span.name: span for span in of(bench)}


def of(bench: Bench) -> tuple[Span, ...]:
    return spans(bench.run, tuple(bench.facts))


def worked() -> Bench:
    bench = Bench(WORK)
    bench.later(1)
    bench.wants("draft#1.0", ("read", {}))
    bench.returns("draft#1.1")
    bench.later(1)
    bench.says("draft#2.0", "Dear Ms Roth")
    bench.ask(Approve("bench-1.1", bench.only_ask().digest))
    bench.returns("each[0]/pay")
    bench.later(2)
    bench.returns("each[1]/pay")
    return bench


def parents(found: tuple[Span, ...]) -> dict[str, str]:
    names = {span.id: span.name for span in found}
    return {span.name: names.get(span.parent or 0, "") for span in found}


def test_the_tree_is_run_step_call_and_items_lie_in_their_step() -> None:
    found = of(worked())
    assert parents(found) == {
        "invoke_workflow bench": "",
        "invoke_agent writer": "invoke_workflow bench",
        "chat builtin/extractive": "invoke_agent writer",
        "execute_tool read": "invoke_agent writer",
        "ok": "invoke_workflow bench",
        "each": "invoke_workflow bench",
        "each[0]": "each",
        "each[0]/pay": "each[0]",
        "each[1]": "each",
        "each[1]/pay": "each[1]",
        "execute_tool pay": "each[1]/pay",
    }
    seen: set[int] = set()
    for span in found:
        assert span.parent is None or span.parent in seen, "parents come first"
        seen.add(span.id)


def test_instants_are_those_of_the_facts() -> None:
    bench = worked()
    run = of(bench)[0]
    assert (run.started_at, run.ended_at) == (bench.facts[0].at, bench.facts[-1].at)
    pay = tree(bench)["each[1]/pay each[1]/pay"]
    assert pay.ended_at - pay.started_at == 2_000_000
    assert all(span.started_at <= span.ended_at for span in of(bench))


def test_model_calls_have_the_names_of_the_conventions() -> None:
    chat = next(span for span in of(worked()) if span.name.startswith("chat"))
    assert chat.client
    assert chat.status == "ok"
    expected: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "builtin",
        "gen_ai.request.model": "builtin/extractive",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.response.finish_reasons": ("stop",),
        "mntui.cost_usd": 0.000007,
    }
    assert {name: chat.attributes[name] for name in expected} == expected


def test_tool_calls_have_the_names_of_the_conventions_and_their_effect_key() -> None:
    bench = worked()
    call = next(span for span in of(bench) if span.name == "execute_tool pay")
    assert call.attributes["gen_ai.operation.name"] == "execute_tool"
    assert call.attributes["gen_ai.tool.name"] == "pay"
    assert call.attributes["gen_ai.tool.call.id"] == bench.node("each[0]/pay").calls["0.1"].effect_key


def test_what_people_did_is_told_on_the_step_that_asked() -> None:
    ok = tree(worked())["ok ok"]
    assert [event.name for event in ok.events] == ["mntui.ApprovalRequested", "mntui.ApprovalGranted"]
    assert ok.events[1].attributes["mntui.actor"] == "person:ann"


def test_nothing_of_what_was_said_is_in_a_trace() -> None:
    text = repr(of(worked()))
    assert "secret word" not in text
    assert "Ms Roth" not in text


def test_the_same_run_gives_the_same_ids_and_they_are_unique() -> None:
    bench = worked()
    first, second = of(bench), of(bench)
    assert first == second
    assert len({span.id for span in first}) == len(first)
    assert first[0].id == span_id(RUN_ID, "run", 1)
    assert trace_id(RUN_ID) == uuid.UUID(RUN_ID).int


def test_a_failed_call_and_its_retry_are_two_spans() -> None:
    bench = Bench("tools: {read: {use: python.read, effect: none}}\nsteps: {r: {tool: read}}")
    bench.fails("r", "timeout", retryable=True)
    bench.later(5)
    bench.returns("r")
    one, two = (span for span in of(bench) if span.name == "execute_tool read")
    assert (one.status, one.message, one.attributes["error.type"]) == ("error", "it broke", "timeout")
    assert (two.status, two.attributes["mntui.attempt"]) == ("ok", 2)
    assert "mntui.RetryScheduled" in [event.name for event in tree(bench)["r r"].events]


def test_a_call_lost_with_its_worker_ends_where_another_took_over() -> None:
    bench = Bench("tools: {read: {use: python.read, effect: none}}\nsteps: {r: {tool: read}}")
    bench.later(1)
    bench.dies()
    bench.returns("r")
    one, two = (span for span in of(bench) if span.name == "execute_tool read")
    assert (one.status, one.message) == ("error", "lost with its worker")
    assert two.status == "ok"


def test_a_failed_run_says_so_and_a_person_who_retries_opens_its_step_anew() -> None:
    bench = Bench("tools: {read: {use: python.read, effect: none}}\nsteps: {r: {tool: read}}")
    bench.fails("r")
    run = of(bench)[0]
    assert (run.status, run.attributes["mntui.run.status"]) == ("error", "failed")
    bench.ask(Retry("r"))
    bench.returns("r")
    steps = [span for span in of(bench) if span.name == "r"]
    assert [span.status for span in steps] == ["error", "ok"]
    run, *others = of(bench)
    assert (run.status, run.ended_at) == ("ok", bench.facts[-1].at)
    assert "error.type" not in run.attributes
    assert all(span.parent is not None for span in others)


def test_a_run_that_goes_on_ends_with_its_last_fact_and_says_so() -> None:
    bench = Bench(WORK)
    unfinished = [span for span in of(bench) if span.attributes.get("mntui.unfinished")]
    assert {span.name for span in unfinished} == {
        "invoke_workflow bench",
        "invoke_agent writer",
        "chat builtin/extractive",
    }
    assert {span.ended_at for span in unfinished} == {bench.facts[-1].at}


def test_what_was_cancelled_inside_ends_with_what_it_was_in() -> None:
    bench = Bench(WORK)
    bench.ask(Cancel("no"))
    draft = next(span for span in of(bench) if span.name == "invoke_agent writer")
    assert draft.attributes["mntui.step.status"] == "cancelled"
    assert all(span.ended_at for span in of(bench))


def test_a_step_that_fails_before_it_starts_is_an_instant() -> None:
    bench = Bench("steps:\n  a: {set: {n: '{{ inputs.x.y }}'}}\ninputs: {x: {type: map, default: {}}}\n")
    failed = next(span for span in of(bench) if span.name == "a")
    assert (failed.status, failed.ended_at - failed.started_at) == ("error", 0)
