"""What blocks a run, since when, and what unblocks it."""

from bench import Bench

from mntui.core.requests import Approve, Pause
from mntui.core.why import Blocker, HeldBack, why

HEAD = (
    "tools: {send: {use: python.send, effect: unsafe}, read: {use: python.read, effect: none}}\n"
    "models: {fast: {max_tokens: 50}}\n"
    "agents: {w: {role: executor, model: fast, instructions: hello}}\n"
)


def only(bench: Bench) -> Blocker:
    (blocker,) = why(bench.run)
    return blocker


def test_a_run_at_work_has_no_blockers() -> None:
    assert why(Bench(HEAD + "steps: {r: {tool: read}}").run) == ()


def test_a_run_that_ended_well_has_no_blockers() -> None:
    assert why(Bench("steps: {s: {set: {a: 1}}}").run) == ()


def test_an_approval_is_unblocked_by_its_id_and_digest_and_says_when_it_expires() -> None:
    bench = Bench("steps: {ok: {approve: 'Send it?', expires: 1h}}")
    blocker, ask = only(bench), bench.only_ask()
    assert (blocker.kind, blocker.step, blocker.since) == ("approval", "ok", ask.asked_at)
    assert blocker.command == f"mntui approve {ask.id} --digest {ask.digest}"
    assert blocker.until == ask.asked_at + 3_600_000_000


def test_the_expiry_of_an_approval_is_no_blocker_of_its_own() -> None:
    assert [b.kind for b in why(Bench("steps: {ok: {approve: 'Send it?', expires: 1h}}").run)] == ["approval"]


def test_a_question_names_the_fields_of_its_answer() -> None:
    blocker = only(Bench("steps: {q: {ask: 'Which?', output: {pick: a | b}}}"))
    assert blocker.command == """mntui respond bench-1.1 '{"pick": …}'"""


def test_an_effect_in_doubt_is_settled() -> None:
    bench = Bench(HEAD + "steps: {s: {tool: send}}")
    bench.fails("s", "ConnectionError")
    assert only(bench).kind == "in_doubt"
    assert only(bench).command == "mntui settle bench-1.1 happened|not-happened|abandon"


def test_a_budget_is_raised_in_the_unit_that_ran_out() -> None:
    bench = Bench(HEAD + "budget: {tokens: 5}\nsteps: {s: {agent: w}}")
    assert only(bench).kind == "budget"
    assert "raise_tokens" in only(bench).command


def test_a_failure_that_pauses_is_retried_by_the_path_as_a_shell_needs_it() -> None:
    bench = Bench(HEAD + "recovery: {on_failure: pause}\nsteps: {r: {tool: read, retry: {maximum_attempts: 1}}}")
    bench.fails("r")
    assert only(bench) == Blocker(
        "failure", "it failed: it broke", "r", bench.node("r").ended_at, "mntui retry bench-1 r"
    )


def test_a_failed_run_says_why_and_how_to_go_on() -> None:
    bench = Bench(HEAD + "steps: {r: {tool: read, retry: {maximum_attempts: 1}}}")
    bench.fails("r")
    assert (only(bench).what, only(bench).step) == ("it failed: it broke", "r")
    assert only(bench).command == "mntui retry bench-1"


def test_a_retry_goes_on_by_itself_and_says_when() -> None:
    bench = Bench(HEAD + "steps: {r: {tool: read}}")
    bench.fails("r", retryable=True)
    blocker = only(bench)
    assert (blocker.kind, blocker.command) == ("retry", "")
    assert blocker.what == "read is tried again after attempt 1 failed: it broke"
    assert blocker.until == bench.run.timers["r#0.1"].until


def test_a_wait_for_a_signal_is_unblocked_by_the_signal_and_one_for_a_time_by_itself() -> None:
    bench = Bench("steps: {a: {wait: {signal: paid}}, b: {wait: {for: 2h}}}")
    signal, timer = why(bench.run)
    assert (signal.kind, signal.command, timer.kind, timer.command) == (
        "signal",
        "mntui signal bench-1 paid",
        "timer",
        "",
    )


def test_a_paused_run_is_resumed_and_people_come_first() -> None:
    bench = Bench("steps: {ok: {approve: 'Send it?'}, after: {set: {a: 1}, needs: [ok]}}")
    bench.ask(Pause())
    assert [b.kind for b in why(bench.run)] == ["approval", "paused"]
    bench.ask(Approve("bench-1.1", bench.only_ask().digest))
    assert only(bench).command == "mntui resume bench-1"


def test_what_the_worker_holds_back_is_told_with_its_limit() -> None:
    bench = Bench(HEAD + "steps: {r: {tool: read}}")
    assert why(bench.run, {"r#0.1": "concurrency: tools"}) == (
        Blocker("limit", "waiting: concurrency: tools", "r", None, ""),
    )


def test_a_rate_limit_says_when_it_lets_go_and_a_model_that_is_loading_for_how_long() -> None:
    bench = Bench(HEAD + "steps: {r: {tool: read}}")
    held = HeldBack({"r#1.0": "rate limit: p asked to wait"}, {"r#1.0": 77}, {"s#1.0": "loading small:1b, 23 s"})
    assert why(bench.run, held) == (
        Blocker("limit", "waiting: rate limit: p asked to wait", "r", None, "", 77),
        Blocker("loading", "its model is still loading: loading small:1b, 23 s", "s", None, ""),
    )


def test_where_a_retry_would_be_refused_the_command_that_works_instead_is_named() -> None:
    bench = Bench(
        HEAD.replace("unsafe", "keyed")
        + "recovery: {on_failure: pause}\nsteps: {s: {tool: send, output: {id: string}}}"
    )
    bench.returns("s", {"other": 1})
    assert only(bench).command.startswith("mntui skip bench-1 s ")
