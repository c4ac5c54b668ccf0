"""Agents: turns, tool calls, contracts, lost and failed calls, and the budget."""

from bench import Bench

from mntui.core.requests import Approve, Reject, Respond

HEAD = """
models: {fast: {max_tokens: 100}}
tools: {read: {use: python.read, effect: none}, send: {use: python.send, effect: keyed, approve: always}}
agents: {w: {role: executor, model: fast, instructions: "Be brief.", tools: [read, send], max_turns: 3}}
"""


def agent(more: str = "", rest: str = "") -> Bench:
    return Bench(HEAD + rest + "steps:\n  a: {agent: w, with: {x: 1}" + more + "}\noutputs: {o: '{{ a }}'}\n")


def test_an_answer_without_contract_is_text() -> None:
    bench = agent()
    bench.says("a#1.0", "hello")
    assert bench.output() == {"o": {"text": "hello"}}
    assert bench.run.spend.micros == 7
    assert bench.run.reserved_tokens == 0


def test_tool_calls_of_one_turn_run_side_by_side_and_the_model_sees_them_all() -> None:
    bench = agent()
    bench.wants("a#1.0", ("read", {"n": 1}), ("read", {"n": 2}))
    assert sorted(bench.open) == ["a#1.1", "a#1.2"]
    bench.returns("a#1.2")
    assert list(bench.open) == ["a#1.1"]
    bench.returns("a#1.1")
    assert list(bench.open) == ["a#2.0"]
    bench.says("a#2.0", "done")
    assert bench.status() == "succeeded"
    bench.check_replay()


def test_a_failed_tool_call_is_told_to_the_model() -> None:
    bench = agent()
    bench.wants("a#1.0", ("read", {"n": 1}))
    bench.fails("a#1.1")
    assert list(bench.open) == ["a#2.0"]
    bench.says("a#2.0")
    assert bench.status() == "succeeded"


def test_turns_are_bounded() -> None:
    bench = agent()
    for turn in (1, 2, 3, 4):
        bench.wants(f"a#{turn}.0", ("read", {"n": turn}))
        bench.returns(f"a#{turn}.1")
        if bench.run.ended:
            break
    assert bench.status() == "failed"
    assert bench.node("a").problem is not None
    assert bench.node("a").problem.kind == "turns"


def test_an_answer_that_breaks_its_contract_is_asked_for_again_and_then_fails() -> None:
    bench = agent(", output: {n: integer}")
    bench.says("a#1.0", "{}", violation="n is missing")
    assert list(bench.open) == ["a#2.0"]
    bench.says("a#2.0", "{}", violation="n is missing")
    assert bench.status() == "failed"
    assert bench.node("a").problem is not None
    assert "n is missing" in bench.node("a").problem.message


def test_a_lost_model_call_counts_its_worst_case_and_is_made_again() -> None:
    bench = agent()
    reserved = bench.run.reserved_tokens
    assert reserved > 100
    bench.dies()
    assert bench.run.spend.estimated_calls == 1
    assert bench.run.spend.input_tokens == reserved
    bench.says("a#1.0")
    assert bench.status() == "succeeded"
    bench.check_replay()


def test_an_answered_turn_is_never_asked_again_after_a_crash() -> None:
    bench = agent()
    bench.wants("a#1.0", ("read", {"n": 1}))
    bench.dies()
    assert bench.begun == ["a#1.0@0.1", "a#1.1@0.1", "a#1.1@0.2"]


def test_a_rejected_tool_call_is_answered_with_the_reason() -> None:
    bench = agent()
    bench.wants("a#1.0", ("send", {"to": "x"}))
    bench.ask(Reject(bench.only_ask().id, "not to x"))
    assert list(bench.open) == ["a#2.0"]
    assert bench.node("a").calls["1.1"].problem is not None
    assert "not to x" in bench.node("a").calls["1.1"].problem.message


def test_an_agents_approved_call_runs_once() -> None:
    bench = agent()
    bench.wants("a#1.0", ("send", {"to": "x"}))
    ask = bench.only_ask()
    bench.ask(Approve(ask.id, ask.digest))
    bench.returns("a#1.1")
    bench.says("a#2.0")
    assert bench.begun.count("a#1.1@0.1") == 1
    assert bench.status() == "succeeded"


def test_a_model_that_fails_for_now_is_tried_again_and_then_fails_the_step() -> None:
    bench = agent()
    for attempt in (1, 2, 3):
        assert bench.begun[-1] == f"a#1.0@0.{attempt}"
        bench.model_fails("a#1.0")
        bench.later(30)
    assert bench.status() == "failed"


def test_a_router_sends_the_run_down_one_route() -> None:
    bench = Bench(
        HEAD.replace("executor", "router").replace(", tools: [read, send], max_turns: 3", "")
        + "steps:\n  sort: {agent: w, with: {x: 1}, routes: {hot: now, cold: []}, else: later}\n"
        "  now: {set: {n: 1}}\n  later: {set: {n: 2}}\n"
    )
    bench.says("sort#1.0", value={"route": "hot", "reason": "it burns"})
    assert bench.statuses() == {"later": "skipped", "now": "succeeded", "sort": "succeeded"}
    assert bench.output("sort") == {"route": "hot", "reason": "it burns"}


BUDGET = HEAD + "budget: {tokens: 300, on_reach: ask}\nsteps:\n"


def test_parallel_calls_can_not_cross_the_budget_together() -> None:
    steps = "".join(f"  a{i}: {{agent: w, with: {{x: 1}}}}\n" for i in range(8))
    one_call = Bench(HEAD + "steps:\n  a: {agent: w, with: {x: 1}}\n").run.reserved_tokens
    bench = Bench(BUDGET.replace("300", str(2 * one_call + 5)) + steps)
    assert len(bench.open) == 2
    assert bench.run.reserved_tokens == 2 * one_call
    assert bench.only_ask().kind == "budget"
    for slot in tuple(bench.open):
        bench.says(slot)
    assert bench.status() == "waiting"


def test_a_raised_budget_goes_on_and_stop_fails_the_run() -> None:
    steps = "  a: {agent: w, with: {x: 1}}\n  b: {agent: w, with: {x: 1}, needs: [a]}\n"
    one_call = Bench(HEAD + "steps:\n" + steps).run.reserved_tokens
    bench = Bench(BUDGET.replace("300", str(one_call + 5)) + steps)
    bench.says("a#1.0")
    assert bench.only_ask().kind == "budget"
    refusal = bench.ask(Respond(bench.only_ask().id, "more"))
    assert refusal is not None
    assert refusal.code == "budget_answer"
    assert bench.ask(Respond(bench.only_ask().id, {"raise_tokens": 1000})) is None
    bench.says("b#1.0")
    assert bench.status() == "succeeded"
    bench.check_replay()
    stopped = Bench(BUDGET.replace("300", "10") + "  a: {agent: w, with: {x: 1}}\n")
    stopped.ask(Respond(stopped.only_ask().id, "stop"))
    assert stopped.status() == "failed"


def test_on_reach_stop_fails_before_the_call() -> None:
    bench = Bench(BUDGET.replace("300, on_reach: ask", "10, on_reach: stop") + "  a: {agent: w, with: {x: 1}}\n")
    assert (bench.status(), bench.begun) == ("failed", [])
    assert bench.run.problem is not None
    assert bench.run.problem.kind == "budget"


ASKER = HEAD.replace("tools: [read, send]", "tools: [read, ask]") + "steps:\n  a: {agent: w, with: {x: 1}}\n"


def test_an_agent_asks_the_person_and_goes_on_with_the_answer() -> None:
    bench = Bench(ASKER)
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    bench.wants("a#1.0", ("ask", {"question": "How many?", "answer": schema}))
    ask = bench.only_ask()
    assert (ask.kind, ask.question, bench.status()) == ("question", "How many?", "waiting")
    bench.dies()
    refusal = bench.ask(Respond(ask.id, {"n": "many"}))
    assert refusal is not None
    assert bench.ask(Respond(ask.id, {"n": 4})) is None
    assert bench.node("a").calls["1.1"].result == {"n": 4}
    bench.says("a#2.0")
    assert bench.status() == "succeeded"
    bench.check_replay()


def test_a_question_with_a_broken_contract_is_told_to_the_model() -> None:
    bench = Bench(ASKER)
    bench.wants("a#1.0", ("ask", {"question": "How many?", "answer": {"type": "nonsense"}}))
    assert list(bench.open) == ["a#2.0"]
    assert "JSON Schema" in bench.node("a").calls["1.1"].problem.message
