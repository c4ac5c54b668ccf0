"""Failures: handled, unhandled, retried, held for a person, and inside items."""

from bench import Bench

from mntui.core.requests import Cancel, Pause, Refused, Resume, Retry, Skip, Terminate

HEAD = "tools: {read: {use: python.read, effect: none}, pay: {use: python.pay, effect: keyed}}\n"


def test_an_unhandled_failure_lets_what_is_in_flight_end_and_then_fails_the_run() -> None:
    bench = Bench(HEAD + "steps:\n  a: {tool: read}\n  b: {tool: pay}\n  c: {tool: read, needs: [b]}\n")
    bench.fails("a")
    assert (bench.status(), bench.status("b")) == ("running", "running")
    bench.returns("b")
    assert bench.status() == "failed"
    assert bench.statuses() == {"a": "failed", "b": "succeeded", "c": "pending"}
    assert bench.run.problem_path == "a"


def test_a_failure_that_a_join_waits_for_is_handled() -> None:
    bench = Bench(HEAD + "steps:\n  a: {tool: read}\n  mend: {set: {n: 1}, needs: [a], join: one_failed}\n")
    bench.fails("a")
    assert bench.statuses() == {"a": "failed", "mend": "succeeded"}
    assert bench.status() == "succeeded"
    assert bench.node("a").handled


def test_a_failure_is_unhandled_if_one_of_its_dependents_can_no_longer_start() -> None:
    bench = Bench(
        HEAD
        + "steps:\n  a: {tool: read}\n  mend: {set: {n: 1}, needs: [a], join: one_failed}\n  b: {set: {n: 1}, needs: [a]}\n"
    )
    bench.fails("a")
    assert bench.status() == "failed"


def test_on_failure_continue_counts_as_succeeded_with_no_output() -> None:
    bench = Bench(
        HEAD + "steps:\n  a: {tool: read, on_failure: continue}\n"
        "  b: {set: {n: \"{{ a.n | default(7) }}\"}}\noutputs: {n: '{{ b.n }}'}\n"
    )
    bench.fails("a")
    assert (bench.status(), bench.output()) == ("succeeded", {"n": 7})


def test_a_missing_output_fails_where_it_is_used() -> None:
    bench = Bench(HEAD + "steps:\n  a: {tool: read, on_failure: continue}\n  b: {set: {n: '{{ a.n }}'}}\n")
    bench.fails("a")
    assert bench.status() == "failed"
    assert bench.node("b").problem is not None
    assert bench.node("b").problem.kind == "expression"


def test_retries_repeat_the_call_under_the_same_key_after_a_growing_pause() -> None:
    bench = Bench(
        HEAD + "steps:\n  a: {tool: pay, retry: {maximum_attempts: 3, initial_interval: 2s, backoff_coefficient: 3}}\n"
    )
    first = bench.node("a").calls["0.1"].effect_key
    bench.fails("a", retryable=True)
    assert bench.status("a") == "running"
    bench.later(1.9)
    assert not bench.open
    bench.later(0.3)
    bench.fails("a", retryable=True)
    bench.later(5.9)
    assert not bench.open
    bench.later(0.5)
    assert bench.node("a").calls["0.1"].effect_key == first
    bench.fails("a", retryable=True)
    assert bench.status() == "failed"
    assert bench.begun == ["a#0.1@0.1", "a#0.1@0.2", "a#0.1@0.3"]
    bench.check_replay()


def test_a_permanent_failure_is_not_retried() -> None:
    bench = Bench(HEAD + "steps:\n  a: {tool: read}\n")
    bench.fails("a", retryable=False)
    assert (bench.status(), bench.begun) == ("failed", ["a#0.1@0.1"])


def test_named_error_types_are_not_retried() -> None:
    bench = Bench(HEAD + "steps:\n  a: {tool: read, retry: {non_retryable_error_types: [Down]}}\n")
    bench.fails("a", "Down", retryable=True)
    assert bench.status() == "failed"


PAUSE = (
    HEAD
    + "recovery: {on_failure: pause}\nsteps:\n  a: {tool: pay}\n  b: {set: {n: '{{ a.n }}'}}\n  c: {tool: read}\n  d: {set: {n: 1}, needs: [c]}\noutputs: {n: '{{ b.n }}'}\n"
)


def test_pause_holds_the_failure_for_a_person_while_the_rest_goes_on() -> None:
    bench = Bench(PAUSE)
    bench.fails("a")
    bench.returns("c")
    assert bench.statuses() == {"a": "failed", "b": "pending", "c": "succeeded", "d": "succeeded"}
    assert bench.status() == "waiting"


def test_a_held_step_is_retried_in_a_new_generation_with_a_new_key() -> None:
    bench = Bench(PAUSE)
    first = bench.node("a").calls["0.1"].effect_key
    bench.fails("a")
    bench.returns("c")
    assert bench.ask(Retry()) is None
    assert bench.node("a").calls["0.1"].effect_key != first
    bench.returns("a", {"n": 5})
    assert (bench.status(), bench.output()) == ("succeeded", {"n": 5})
    bench.check_replay()


def test_a_retry_keeps_the_key_while_it_is_unknown_whether_the_effect_happened() -> None:
    bench = Bench(PAUSE.replace("{tool: pay}", "{tool: pay, retry: {maximum_attempts: 1}}"))
    first = bench.node("a").calls["0.1"].effect_key
    bench.fails("a", "timeout", retryable=True)
    bench.returns("c")
    assert bench.ask(Retry("a")) is None
    assert bench.node("a").calls["0.1"].effect_key == first


def test_a_held_step_is_skipped_with_an_output_that_a_person_gives() -> None:
    bench = Bench(PAUSE)
    bench.fails("a")
    bench.returns("c")
    assert bench.ask(Skip("a", {"n": 9}, "counted by hand")) is None
    assert (bench.status(), bench.output(), bench.node("a").given) == ("succeeded", {"n": 9}, "counted by hand")


def test_a_failed_run_is_reopened_by_retry_and_keeps_what_it_had() -> None:
    bench = Bench(HEAD + "steps:\n  a: {tool: read}\n  b: {tool: pay}\n  c: {set: {n: 1}, needs: [a, b]}\n")
    bench.returns("b")
    bench.fails("a")
    assert bench.status() == "failed"
    assert bench.ask(Retry()) is None
    assert (bench.status(), bench.status("b")) == ("running", "succeeded")
    bench.returns("a")
    assert bench.status() == "succeeded"
    assert bench.statuses() == {"a": "succeeded", "b": "succeeded", "c": "succeeded"}
    bench.check_replay()


def test_what_only_ended_with_the_run_is_done_again_after_a_retry() -> None:
    bench = Bench(
        HEAD + "steps:\n  a: {tool: read}\n  w: {approve: 'ok?', show: {n: 1}}\n  c: {set: {n: 1}, needs: [a, w]}\n"
    )
    bench.fails("a")
    assert bench.statuses()["w"] == "cancelled"
    bench.ask(Retry())
    bench.returns("a")
    assert bench.status() == "waiting"
    from mntui.core.requests import Approve

    ask = bench.only_ask()
    assert bench.ask(Approve(ask.id, ask.digest)) is None
    assert bench.status() == "succeeded"
    bench.check_replay()


EACH = (
    HEAD
    + """inputs: {list: {type: list, default: []}}
steps:
  each:
    for_each: "{{ inputs.list }}"
    max_parallel: 2
POLICY    steps:
      one: {tool: read}
      two: {tool: pay, needs: [one]}
"""
)


def each(policy: str = "", items: int = 3) -> Bench:
    return Bench(EACH.replace("POLICY", policy), inputs={"list": list(range(items))})


def test_a_failed_item_ends_alone_and_the_container_fails_after_all_items_ended() -> None:
    bench = each()
    assert sorted(bench.open) == ["each[0]/one#0.1", "each[1]/one#0.1"]
    bench.fails("each[0]/one")
    assert bench.status("each[0]") == "failed"
    assert "each[2]/one#0.1" in bench.open
    for index in (1, 2):
        bench.returns(f"each[{index}]/one")
        bench.returns(f"each[{index}]/two")
    assert (bench.status("each"), bench.status()) == ("failed", "failed")
    assert bench.node("each").problem is not None
    assert bench.node("each").problem.message == "1 of 3 items failed"


def test_a_container_that_continues_lists_its_failures() -> None:
    bench = each("    on_failure: continue\n", items=2)
    bench.fails("each[0]/one")
    bench.returns("each[1]/one")
    bench.returns("each[1]/two", {"id": 4})
    assert bench.status() == "succeeded"
    output = bench.output("each")
    assert (output["count"], output["failed"]) == (2, 1)
    assert [r["status"] for r in output["results"]] == ["failed", "succeeded"]
    assert output["results"][0]["error"] == "it broke"
    assert output["results"][1]["output"] == {"one": {"ok": True}, "two": {"id": 4}}


def test_retrying_a_failed_container_repeats_only_what_failed_in_it() -> None:
    bench = each(items=2)
    bench.returns("each[0]/one")
    bench.returns("each[0]/two")
    bench.returns("each[1]/one")
    bench.fails("each[1]/two")
    assert bench.status() == "failed"
    begun = len(bench.begun)
    assert bench.ask(Retry("each")) is None
    assert list(bench.open) == ["each[1]/two#0.1"]
    bench.returns("each[1]/two")
    assert bench.status() == "succeeded"
    assert bench.begun[begun:] == ["each[1]/two#0.1@1.2"]
    bench.check_replay()


def test_an_empty_list_is_a_container_that_succeeds_with_nothing() -> None:
    bench = each(items=0)
    assert bench.output("each") == {"count": 0, "failed": 0, "results": []}


def test_pause_admits_nothing_new_and_resume_goes_on() -> None:
    bench = Bench(HEAD + "steps:\n  a: {tool: read}\n  b: {tool: read, needs: [a]}\n")
    assert bench.ask(Pause()) is None
    bench.returns("a")
    assert (bench.status(), bench.status("a"), bench.status("b")) == ("paused", "succeeded", "pending")
    assert isinstance(bench.ask(Pause()), Refused)
    assert bench.ask(Resume()) is None
    bench.returns("b")
    assert bench.status() == "succeeded"


def test_cancel_gives_up_reads_and_lets_effects_end() -> None:
    bench = Bench(HEAD + "steps:\n  a: {tool: read}\n  b: {tool: pay}\n  c: {set: {n: 1}, needs: [b]}\n")
    assert bench.ask(Cancel("enough")) is None
    assert bench.status() == "running"
    bench.returns("b")
    assert bench.status() == "cancelled"
    assert bench.statuses() == {"a": "cancelled", "b": "succeeded", "c": "pending"}
    refusal = bench.ask(Cancel())
    assert refusal is not None
    assert refusal.code == "ended"


def test_terminate_ends_at_once() -> None:
    bench = Bench(HEAD + "steps:\n  b: {tool: pay}\n")
    assert bench.ask(Terminate("now")) is None
    assert bench.status() == "cancelled"
