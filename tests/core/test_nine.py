"""The nine answers are told from the folded run alone."""

from bench import Bench

from mntui.core.nine import nine, succeeded
from mntui.core.requests import Approve

RUN = """
models: {fast: {max_tokens: 50}}
tools:
  read: {use: python.read, effect: none}
  send: {use: python.send, effect: keyed, approve: always}
agents: {w: {role: executor, model: fast, instructions: "Say it.", tools: [read]}}
budget: {usd: 1}
steps:
  draft: {agent: w, with: {ticket: "late", tone: brief}}
  go: {tool: send, with: {text: "{{ draft.text }}"}}
outputs: {text: "{{ draft.text }}"}
success: {sent: "go.ok"}
"""
READ = "tools: {read: {use: python.read, effect: none}}\n"


def test_state_counts_steps_and_money_and_knows_no_success_before_the_end() -> None:
    bench = Bench(RUN)
    bench.says("draft#1.0", "Pay up.")
    state = nine(bench.run).state
    assert (state.status, state.waiting_for, state.success) == ("waiting", ("approval",), None)
    assert (state.steps_ended, state.steps, state.spend.micros, state.budget_micros) == (1, 2, 7, 1_000_000)


def test_active_steps_say_what_they_are_doing() -> None:
    bench = Bench(RUN)
    (active,) = nine(bench.run).active
    assert (active.path, active.kind, active.doing) == ("draft", "agent", "asks the model builtin/extractive")
    bench.says("draft#1.0", "Pay up.")
    (active,) = nine(bench.run).active
    assert active.doing == "waits for a person: Call send? (bench-1.1)"


def test_a_retry_says_when_it_is_due() -> None:
    bench = Bench(READ + "steps: {r: {tool: read}}")
    bench.fails("r", retryable=True)
    (active,) = nine(bench.run).active
    assert active.doing == "tries the tool read again: it broke"
    assert active.until == bench.run.timers["r#0.1"].until


def test_a_fan_out_is_one_active_step_with_counts() -> None:
    bench = Bench(READ + "steps: {each: {for_each: '{{ [1, 2] }}', steps: {r: {tool: read}}}}")
    bench.returns("each[0]/r")
    doing = {active.path: active.doing for active in nine(bench.run).active}
    assert doing == {"each": "1 of 2 items ended", "each[1]/r": "calls the tool read"}


def test_allowed_tools_say_who_may_call_them_and_what_they_promise() -> None:
    tools = {tool.name: tool for tool in nine(Bench(RUN).run).tools}
    assert (tools["read"].agents, tools["read"].steps, tools["read"].effect) == (("w",), (), "none")
    assert (tools["send"].steps, tools["send"].approve) == (("go",), True)


def test_committed_are_effects_in_the_world_and_finished_steps_but_no_reads() -> None:
    bench = Bench(RUN)
    bench.says("draft#1.0", "Pay up.")
    assert (nine(bench.run).effects, nine(bench.run).finished) == ((), ("draft",))
    bench.ask(Approve("bench-1.1", bench.only_ask().digest))
    bench.returns("go")
    (effect,) = nine(bench.run).effects
    assert (effect.path, effect.tool, effect.arguments) == ("go", "send", {"text": "Pay up."})
    assert effect.key


def test_a_failure_that_stops_the_run_can_be_retried() -> None:
    bench = Bench(READ + "recovery: {on_failure: pause}\nsteps: {r: {tool: read, retry: {maximum_attempts: 1}}}")
    bench.fails("r")
    answers = nine(bench.run)
    assert [(f.path, f.settled) for f in answers.failed] == [("r", False)]
    assert [(r.path, r.refusal) for r in answers.retryable] == [("r", None)]


def test_a_failure_that_the_blueprint_goes_on_from_is_settled_and_needs_no_retry() -> None:
    bench = Bench(READ + "steps: {r: {tool: read, retry: {maximum_attempts: 1}, on_failure: continue}}")
    bench.fails("r")
    answers = nine(bench.run)
    assert [(f.path, f.settled) for f in answers.failed] == [("r", True)]
    assert answers.retryable == ()


def test_an_effect_that_happened_is_not_offered_for_a_retry_but_says_what_works() -> None:
    bench = Bench(
        "tools: {send: {use: python.send, effect: keyed}}\nrecovery: {on_failure: pause}\n"
        "steps: {s: {tool: send, output: {id: string}}}"
    )
    bench.returns("s", {"other": 1})
    (each,) = nine(bench.run).retryable
    assert each.refusal is not None
    assert each.refusal.code == "effect_happened"
    assert "mntui skip" in each.refusal.remedy


def test_what_waits_for_a_person_comes_oldest_first() -> None:
    bench = Bench("steps: {a: {approve: 'A?'}, b: {ask: 'B?'}}")
    assert [(ask.id, ask.kind) for ask in nine(bench.run).asks] == [
        ("bench-1.1", "approval"),
        ("bench-1.2", "question"),
    ]


def test_an_agent_sees_what_its_steps_name_and_no_more() -> None:
    (agent,) = nine(Bench(RUN).run).agents
    assert (agent.model, agent.tools, agent.instructions) == ("builtin/extractive", ("read",), "Say it.")
    assert agent.sees == {"draft": ("ticket", "tone")}


def test_success_is_named_expressions_and_judged_at_the_end() -> None:
    bench = Bench("steps: {s: {set: {a: 1}}}\nsuccess: {one: 's.a == 1', two: 's.a == 2'}")
    assert {c.name: c.holds for c in nine(bench.run).success} == {"one": True, "two": False}
    assert succeeded(bench.run) is False
    assert {c.name: c.holds for c in nine(Bench(RUN).run).success} == {"sent": None}


def test_a_run_that_succeeded_without_named_expressions_is_a_success() -> None:
    assert succeeded(Bench("steps: {s: {set: {a: 1}}}").run) is True
