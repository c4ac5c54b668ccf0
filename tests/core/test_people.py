"""Approvals, questions, signals and timers."""

from typing import Any

from bench import Bench

from mntui.core.decide import Now
from mntui.core.requests import Approve, Reject, Respond, Signal

HEAD = "tools: {send: {use: python.send, effect: keyed}, always: {use: python.pay, effect: keyed, approve: always}}\n"
DRAFT = HEAD + (
    "steps:\n  draft: {set: {to: a@b.c, body: hello}}\n"
    "  check: {approve: 'Send it?', show: {to: '{{ draft.to }}', body: '{{ draft.body }}'}, edit: [body], "
    "output: {to: string, body: string}MORE}\n"
    "  go: {tool: send, with: {to: '{{ check.to }}', body: '{{ check.body }}'}}\n"
)


def draft(more: str = "") -> Bench:
    return Bench(DRAFT.replace("MORE", more))


def sent(bench: Bench) -> Any:
    return bench.node("go").calls["0.1"].arguments


def test_nothing_behind_an_approval_runs_before_it_is_given() -> None:
    bench = draft()
    assert bench.statuses() == {"check": "waiting", "draft": "succeeded", "go": "pending"}
    assert bench.status() == "waiting"
    assert not bench.open
    ask = bench.only_ask()
    assert (ask.id, ask.question, ask.shown) == ("bench-1.1", "Send it?", {"to": "a@b.c", "body": "hello"})
    assert bench.ask(Approve(ask.id, ask.digest)) is None
    assert sent(bench) == {"to": "a@b.c", "body": "hello"}
    bench.check_replay()


def test_an_edit_executes_exactly_the_edited_values_under_a_digest_of_its_own() -> None:
    bench = draft()
    ask = bench.only_ask()
    bench.ask(Approve(ask.id, ask.digest, {"body": "bye"}))
    assert sent(bench) == {"to": "a@b.c", "body": "bye"}
    granted = next(f.event for f in bench.facts if type(f.event).__name__ == "ApprovalGranted")
    assert (granted.edited, granted.digest) == (("body",), ask.digest)
    assert granted.final_digest != ask.digest


def test_an_approval_of_something_else_than_what_waits_is_refused() -> None:
    bench = draft()
    refusal = bench.ask(Approve(bench.only_ask().id, "0" * 64))
    assert refusal is not None
    assert refusal.code == "changed"
    assert bench.status() == "waiting"


def test_only_what_may_be_edited_is_edited_and_only_within_the_contract() -> None:
    bench = draft()
    ask = bench.only_ask()
    first = bench.ask(Approve(ask.id, ask.digest, {"to": "evil@x.y"}))
    second = bench.ask(Approve(ask.id, ask.digest, {"body": 5}))
    assert first is not None
    assert second is not None
    assert (first.code, second.code) == ("not_editable", "contract")
    assert "body" in second.message


def test_the_second_of_two_approvals_is_told_who_was_first_and_when() -> None:
    bench = draft()
    ask = bench.only_ask()
    bench.ask(Approve(ask.id, ask.digest), actor="person:ann")
    refusal = bench.ask(Approve(ask.id, ask.digest), actor="person:bob")
    assert refusal is not None
    assert refusal.code == "already_decided"
    assert "approved by person:ann at 1970-01-01" in refusal.message


def test_a_rejection_skips_the_step_and_what_needs_it() -> None:
    bench = draft()
    bench.ask(Reject(bench.only_ask().id, "wrong tone"))
    assert bench.statuses() == {"check": "skipped", "draft": "succeeded", "go": "skipped"}
    assert bench.node("check").why == "rejected: wrong tone"
    assert bench.status() == "succeeded"


def test_a_rejection_fails_or_goes_on_where_the_blueprint_says_so() -> None:
    failing = draft(", on_reject: fail")
    failing.ask(Reject(failing.only_ask().id, "no"))
    assert failing.status() == "failed"
    going = Bench(
        "steps:\n  check: {approve: 'ok?', show: {n: 1}, on_reject: continue}\n"
        "  after: {set: {said: '{{ check.approved }}', why: '{{ check.reason }}'}}\noutputs: {o: '{{ after }}'}\n"
    )
    going.ask(Reject(going.only_ask().id, "not now"))
    assert going.output() == {"o": {"said": False, "why": "not now"}}


def test_an_approval_expires_after_its_time_and_not_before() -> None:
    bench = draft(", expires: 1h, on_expiry: reject")
    bench.later(3599)
    assert bench.status("check") == "waiting"
    bench.later(1.5)
    assert bench.node("check").why == "expired: nobody answered in time"
    assert bench.status() == "succeeded"
    bench.check_replay()


def test_an_approval_that_expired_a_moment_ago_is_refused_even_before_its_timer_fired() -> None:
    bench = draft(", expires: 1h")
    ask = bench.only_ask()
    bench.now = Now(bench.now.at, "boot", bench.now.elapsed + 3_601_000_000)
    refusal = bench.ask(Approve(ask.id, ask.digest))
    assert refusal is not None
    assert refusal.code == "expired"


def test_a_tool_that_always_asks_does_so_at_the_call_with_its_exact_arguments() -> None:
    bench = Bench(HEAD + "steps:\n  go: {tool: always, with: {n: 1}}\n")
    ask = bench.only_ask()
    assert (ask.tool, ask.shown, ask.effect) == ("always", {"n": 1}, "keyed")
    bench.ask(Approve(ask.id, ask.digest))
    assert bench.begun == ["go#0.1@0.1"]
    bench.dies()
    assert bench.begun == ["go#0.1@0.1", "go#0.1@0.2"]
    bench.returns("go")
    assert bench.status() == "succeeded"


def test_an_edited_call_executes_the_edited_arguments() -> None:
    bench = Bench(HEAD + "steps:\n  go: {tool: always, with: {n: 1}}\n")
    ask = bench.only_ask()
    bench.ask(Approve(ask.id, ask.digest, {"n": 2}))
    assert bench.node("go").calls["0.1"].arguments == {"n": 2}
    assert bench.begun == ["go#0.1@0.1"]


def test_an_approve_step_stands_for_a_call_that_takes_all_its_arguments_from_it() -> None:
    text = HEAD + "steps:\n  check: {approve: 'ok?', show: {n: 1}}\n  go: {tool: always, with: {n: '{{ check.n }}'}}\n"
    bench = Bench(text)
    bench.ask(Approve(bench.only_ask().id, bench.only_ask().digest))
    assert bench.begun == ["go#0.1@0.1"]
    other = Bench(text.replace("{n: '{{ check.n }}'}", "{n: '{{ check.n }}', m: 2}"))
    other.ask(Approve(other.only_ask().id, other.only_ask().digest))
    assert other.begun == []
    assert other.only_ask().tool == "always"


def test_a_rejected_call_of_a_step_skips_it() -> None:
    bench = Bench(HEAD + "steps:\n  go: {tool: always, with: {n: 1}}\n")
    bench.ask(Reject(bench.only_ask().id, "no"))
    assert (bench.status("go"), bench.status()) == ("skipped", "succeeded")


def test_a_question_waits_for_an_answer_that_fits_its_contract() -> None:
    bench = Bench("steps:\n  q: {ask: 'How many?', output: {value: integer}}\noutputs: {n: '{{ q.value }}'}\n")
    ask = bench.only_ask()
    refusal = bench.ask(Respond(ask.id, {"value": "many"}))
    assert refusal is not None
    assert refusal.code == "contract"
    assert bench.ask(Respond(ask.id, {"value": 3})) is None
    assert bench.output() == {"n": 3}
    bench.check_replay()


def test_signals_are_kept_from_the_start_and_used_once_in_order() -> None:
    bench = Bench(
        "steps:\n  one: {wait: {signal: go}}\n  two: {wait: {signal: go}, needs: [one]}\n"
        "outputs: {a: '{{ one.n }}', b: '{{ two.n }}'}\n"
    )
    assert bench.status() == "waiting"
    bench.ask(Signal("go", {"n": 1}))
    assert bench.statuses() == {"one": "succeeded", "two": "waiting"}
    bench.ask(Signal("go", {"n": 2}))
    assert bench.output() == {"a": 1, "b": 2}
    early = Bench(
        "steps:\n  ok: {approve: 'go?', show: {n: 1}}\n  one: {wait: {signal: go}, needs: [ok]}\noutputs: {a: '{{ one.n }}'}\n"
    )
    early.ask(Signal("go", {"n": 7}))
    early.ask(Approve(early.only_ask().id, early.only_ask().digest))
    assert early.output() == {"a": 7}
    early.check_replay()


def test_a_wait_ends_by_time_that_really_passed_whatever_the_clock_says() -> None:
    bench = Bench("steps:\n  w: {wait: {for: 10m}}\n")
    bench.now = Now(bench.now.at + 7_200_000_000, "boot", bench.now.elapsed + 1_000_000)
    bench.tell()
    assert bench.status("w") == "waiting"
    bench.now = Now(bench.now.at - 3_600_000_000, "boot", bench.now.elapsed + 600_000_000)
    bench.tell()
    assert bench.status() == "succeeded"
    assert [f.at for f in bench.facts] == sorted(f.at for f in bench.facts)


def test_after_a_reboot_a_wait_ends_by_wall_time() -> None:
    bench = Bench("steps:\n  w: {wait: {for: 10m}}\n")
    bench.now = Now(bench.now.at + 599_000_000, "another boot", 0)
    bench.tell()
    assert bench.status("w") == "waiting"
    bench.now = Now(bench.now.at + 2_000_000, "another boot", 2_000_000)
    bench.tell()
    assert bench.status() == "succeeded"
