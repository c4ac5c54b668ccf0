"""What times and costs add up to."""

from bench import Bench

from mntui.ui.drawing.measures import measure, stretches
from tests.ui.drawing.plans import READ, reminding

SECOND = 1_000_000


def test_costs_are_summed_for_everything_around_a_step():
    spends = measure(reminding().run, 0).spends
    assert spends["explained"].micros == spends["explained[0]/explain"].micros == 1_200
    assert spends["reminders"].estimated_calls == 1
    assert spends[""].micros == 3_300
    assert "books" not in spends


def test_a_run_is_busy_while_any_call_is_out():
    bench = Bench(
        READ
        + "steps: {a: {tool: read}, b: {tool: read}, c: {approve: 'sure?', needs: [a]}, d: {tool: read, needs: [c]}}"
    )
    bench.later(2)
    bench.returns("a")
    bench.later(1)
    bench.returns("b")
    bench.later(100)
    ((start, end),) = measure(bench.run, bench.now.at).busy
    assert end - start == 3 * SECOND


def test_an_ended_run_no_longer_grows():
    bench = Bench(READ + "steps: {a: {tool: read}}")
    bench.later(2)
    bench.returns("a")
    assert measure(bench.run, bench.now.at + 50 * SECOND).now == bench.run.ended_at


def test_a_step_waits_as_a_whole_and_runs_while_a_call_is_out():
    bench = reminding()
    kinds = {path: [s.kind for s in stretches(bench.run, node, bench.now.at)] for path, node in bench.run.nodes.items()}
    assert kinds["books"] == ["waiting", "running"]
    assert kinds["reminders"] == ["holding"]
    assert kinds["reminders[0]/check"] == ["waiting"]
    assert kinds["reminders[0]/deliver"] == []


def test_a_repeated_call_shows_its_last_attempt():
    bench = Bench(READ + "steps: {a: {tool: read}}")
    bench.later(1)
    bench.fails("a", retryable=True)
    bench.later(30)
    whole, last = stretches(bench.run, bench.node("a"), bench.now.at)
    assert (last.end, last.start > whole.start) == (bench.now.at, True)
