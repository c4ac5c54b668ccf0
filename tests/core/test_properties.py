"""What holds for every run, whatever comes back in whatever order, and whoever dies: a state machine of random lives."""

from typing import Any

from bench import RUN_ID, Bench, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import sized

from mntui.core.commands import CallModel, CallTool
from mntui.core.decide import decide, is_finished
from mntui.core.evolve import replay
from mntui.core.requests import Approve, Reject, Respond, Retry, Settle, Signal, Skip
from mntui.core.run import ENDED, new_run

HEAD = """
models: {fast: {max_tokens: 50}}
tools:
  read: {use: python.read, effect: none}
  pay: {use: python.pay, effect: keyed}
  post: {use: python.post, effect: reconcilable}
  send: {use: python.send, effect: unsafe}
agents: {w: {role: executor, model: fast, instructions: "Work.", tools: [read, pay], max_turns: 2}}
"""
TEXTS = {
    "line": "steps:\n  a: {tool: read}\n  b: {tool: pay, needs: [a]}\n  c: {tool: post, needs: [b]}\n  d: {tool: send, needs: [c]}\n",
    "branches": "steps:\n  a: {tool: read, on_failure: skip}\n  b: {tool: pay, on_failure: continue}\n  c: {tool: send}\n"
    "  d: {tool: read, needs: [a, b], join: all_done}\n  e: {tool: pay, needs: [a, b, c], join: {quorum: 2}}\n",
    "held": "recovery: {on_failure: pause}\nsteps:\n  a: {tool: pay}\n  b: {tool: send}\n  c: {tool: post, needs: [a, b]}\n",
    "items": "inputs: {list: {type: list, default: []}}\nsteps:\n  each:\n    for_each: '{{ inputs.list }}'\n    max_parallel: 2\n"
    "    steps:\n      r: {tool: read}\n      p: {tool: send, needs: [r]}\n  end: {set: {n: 1}, needs: [each], join: all_done}\n",
    "people": "steps:\n  w: {agent: w, with: {x: 1}}\n  ok: {approve: 'go?', show: {n: 1}, needs: [w], expires: 5m}\n"
    "  q: {ask: 'how many?', output: {n: integer}, needs: [w]}\n  s: {wait: {signal: go}}\n"
    "  go: {tool: pay, needs: [ok, q, s], join: all_done}\n  t: {wait: {for: 3m}}\n",
}
PLANS = {name: plan_of(HEAD + text) for name, text in TEXTS.items()}


def one_event(bench: Bench, draw: Any) -> None:
    """Something happens: a call comes back one way or another, a person acts, time passes, or the worker dies."""
    choices = [
        "later",
        "die",
        *["call"] * (3 * bool(bench.open)),
        *["person"] * (2 * bool(bench.run.asks or bench.run.held)),
    ]
    match draw(st.sampled_from(choices)):
        case "later":
            bench.later(draw(st.sampled_from([1, 5, 60, 400])))
        case "die":
            bench.dies()
        case "call":
            come_back(bench, draw(st.sampled_from(sorted(bench.open))), draw)
        case "person":
            act(bench, draw)
    if bench.run.listeners and draw(st.booleans()):
        bench.ask(Signal("go", {"n": 1}))


def come_back(bench: Bench, slot: str, draw: Any) -> None:
    command = bench.open[slot]
    if isinstance(command, CallModel):
        match draw(st.sampled_from(["says", "wants", "fails"])):
            case "says":
                bench.says(slot)
            case "wants":
                bench.wants(slot, ("read", {}), ("pay", {}))
            case "fails":
                bench.model_fails(slot, retryable=draw(st.booleans()))
        return
    assert isinstance(command, CallTool)
    outcomes = ["returns", "returns", "fails", "retryable", "not sent", *["nothing"] * command.reconcile]
    match draw(st.sampled_from(outcomes)):
        case "returns":
            bench.returns(slot)
        case "fails":
            bench.fails(slot)
        case "retryable":
            bench.fails(slot, "timeout", retryable=True)
        case "not sent":
            bench.fails(slot, "NotSent", retryable=True, sent=False)
        case "nothing":
            bench.finds_nothing(slot)


def act(bench: Bench, draw: Any) -> None:
    if bench.run.held and (not bench.run.asks or draw(st.booleans())):
        path = draw(st.sampled_from(sorted(bench.run.held)))
        bench.ask(Retry(path) if draw(st.booleans()) else Skip(path, {"ok": True}, "by hand"))
        return
    ask = bench.run.asks[draw(st.sampled_from(sorted(bench.run.asks)))]
    match ask.kind:
        case "approval":
            bench.ask(Approve(ask.id, ask.digest) if draw(st.booleans()) else Reject(ask.id, "no"))
        case "question":
            bench.ask(Respond(ask.id, {"n": 1}))
        case "in_doubt":
            how = draw(st.sampled_from(["happened", "not-happened", "abandon"]))
            bench.ask(Settle(ask.id, how))
        case "budget":
            bench.ask(Respond(ask.id, "stop"))


@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
@settings(max_examples=sized(120, 5000), deadline=None)
def test_whatever_happens_the_facts_alone_tell_the_state_and_every_run_ends(name: str, data: Any) -> None:
    bench = Bench("", plan=PLANS[name], inputs={"list": [1, 2, 3]})
    for _ in range(data.draw(st.integers(0, 60))):
        if bench.run.ended:
            break
        one_event(bench, data.draw)
        check_state(bench)
    finish(bench)
    bench.check_replay()
    check_effects(bench)


def check_state(bench: Bench) -> None:
    run = bench.run
    for command in decide(run):
        path = getattr(command, "path", "")
        assert not path or not is_finished(run, path) or getattr(command, "resumes", False), command
    flying = sum(call.flying for node in run.nodes.values() for call in node.calls.values())
    assert run.scopes[""].flying == flying
    held = sum(call.reserved_tokens for node in run.nodes.values() for call in node.calls.values())
    assert run.reserved_tokens == (0 if run.ended else held)


def finish(bench: Bench) -> None:
    """A patient person and a kind world bring every run to its end."""
    for _ in range(200):
        if bench.run.ended:
            return
        for slot in sorted(bench.open):
            if slot in bench.open:
                bench.says(slot) if slot.endswith(".0") else bench.returns(slot)
        for ask in tuple(bench.run.asks.values()):
            if ask.id not in bench.run.asks:
                continue
            if ask.kind == "approval":
                bench.ask(Approve(ask.id, ask.digest))
            elif ask.kind == "question":
                bench.ask(Respond(ask.id, {"n": 1}))
            elif ask.kind == "in_doubt":
                bench.ask(Settle(ask.id, "happened"))
        if bench.run.held:
            bench.ask(Skip(min(bench.run.held), {"ok": True}, "finish"))
        bench.ask(Signal("go"))
        bench.later(400)
    raise AssertionError(f"the run never ended: {bench.statuses()}")


def check_effects(bench: Bench) -> None:
    """Every intent has an outcome or a person's word; one key never stands for two digests."""
    digests: dict[str, str] = {}
    for fact in bench.facts:
        event = fact.event
        if type(event).__name__ == "ToolCallStarted":
            assert digests.setdefault(event.effect_key, event.digest) == event.digest
    for node in bench.run.nodes.values():
        assert node.status in ENDED | {"pending"}
        for call in node.calls.values():
            assert call.status not in {"running", "in_doubt"}, (node.path, call)


@given(name=st.sampled_from(sorted(TEXTS)), cut=st.floats(0, 1), data=st.data())
@settings(max_examples=sized(40, 1000), deadline=None)
def test_folding_in_two_parts_is_folding_at_once(name: str, cut: float, data: Any) -> None:
    bench = Bench("", plan=PLANS[name], inputs={"list": [1, 2]})
    for _ in range(20):
        if not bench.run.ended:
            one_event(bench, data.draw)
    at = int(len(bench.facts) * cut)
    a, b = bench.facts[:at], bench.facts[at:]
    empty = new_run(RUN_ID, PLANS[name])
    assert replay(empty, a + b) == replay(replay(empty, a), b)
